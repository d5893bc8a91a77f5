/* root.h - where a function crosses 0 */
#ifndef MODELS_ROOT_H
#define MODELS_ROOT_H

/*
 * The root of f in [lo, hi], at whose ends its signs differ, to a relative
 * 1e-13; NAN where they do not.
 */
double root_find(double (*f)(double x, void *context), void *context, double lo,
		 double hi);

/*
 * Smallest x >= from at which a tail P(X > x), continuous beyond `from`, is
 * down to `later`, to a relative 1e-10; NAN where the tail cannot be told.
 * Around from + step it is looked for first.
 */
double root_tail(double (*tail)(double x, void *context), void *context,
		 double from, double step, double later);

#endif
