/* invert.c - a function's values from its Laplace transform */
#include "models/invert.h"

#include <math.h>
#include <stddef.h>

/*
 * The Fourier series method with Euler summation (Abate and Whitt 1992,
 * 1995, algorithm EULER). Aliases come in by 3e-10, and rounding of the
 * transform times 6e4 is as much; the binomial average of the last partial
 * sums of the alternating series does the rest.
 */
#define TERMS 25
#define AVERAGED 15

/* Average of the partial sums from..from + n, binomial weights. */
static double average(const double *sum, int n)
{
	double weight = ldexp(1, -n), value = 0;

	for (int j = 0; j <= n; j++) {
		value += weight * sum[j];
		weight *= (double)(n - j) / (j + 1);
	}
	return value;
}

double invert(double complex (*transform)(double complex s, void *context),
	      void *context, double t, double *off)
{
	double partial[AVERAGED + 1], sum, value,
		scale = exp(INVERT_ALIAS / 2) / t;

	sum = creal(transform(INVERT_ALIAS / (2 * t), context)) / 2;
	for (int k = 1; k <= TERMS + AVERAGED; k++) {
		double complex s = (INVERT_ALIAS / 2 + I * (M_PI * k)) / t;

		sum += (k % 2 ? -1 : 1) * creal(transform(s, context));
		if (k >= TERMS)
			partial[k - TERMS] = sum;
	}
	value = scale * average(partial, AVERAGED);
	if (off)
		*off = fabs(value - scale * average(partial, AVERAGED - 2));
	return value;
}
