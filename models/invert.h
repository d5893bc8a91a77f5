/* invert.h - a function's values from its Laplace transform */
#ifndef MODELS_INVERT_H
#define MODELS_INVERT_H

#include <complex.h>

/* f(3 t), f(5 t) ... come in by exp(-INVERT_ALIAS); rounding of the transform
 * is multiplied by the root of its inverse, over t. */
#define INVERT_ALIAS 22.0

/*
 * f(t) at t > 0 from its transform, which has no singularity right of 0. For
 * an f that is smooth around t and everywhere of its size there, to about
 * 1e-9 of it; a tail is brought to one size by shifting s. What two orders of
 * the summation differ by goes to *off, where that is not NULL: where it is
 * large, f has a jump or a kink near t, and the value is no good.
 */
double invert(double complex (*transform)(double complex s, void *context),
	      void *context, double t, double *off);

#endif
