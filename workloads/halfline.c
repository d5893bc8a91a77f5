/* halfline.c - integrals from 0 to infinity, to 13 digits */
#include "workloads/halfline.h"

#include <math.h>

/*
 * x = exp(t - exp(-t)) and the trapezoidal rule in t: the double exponential
 * rule for integrands that fall exponentially (Takahasi and Mori 1974). Below
 * t = -6.5 x is 1e-290; halving the step squares the error, so that two sums
 * that agree to 1e-10 leave the second one right to rounding.
 */
double complex halfline(double complex (*f)(double x, const void *context),
			const void *context, double reach)
{
	double complex sum = 0, all = 0, before = 0;
	double h = 0.25, step = h, first = -6.5;

	for (int level = 0; level < 9; level++) {
		for (double t = first;; t += step) {
			double x = exp(t - exp(-t));

			if (x > reach)
				break;
			sum += f(x, context) * x * (1 + exp(-t));
		}
		all = sum * h;
		if (level > 2 && cabs(all - before) < 1e-10 * cabs(before))
			break;
		before = all;
		/* Next come the points between. */
		step = h;
		h /= 2;
		first = -6.5 + h;
	}
	return all;
}

struct ray {
	double complex (*density)(double complex x, const void *law);
	const void *law;
	double complex rate, step; /* s and dx per unit of the path */
};

static double complex along(double x, const void *context)
{
	const struct ray *r = context;

	return cexp(-r->rate * x) * r->density(r->step * x, r->law) * r->step;
}

double complex halfline_laplace(double complex (*density)(double complex x,
							  const void *law),
				const void *law, double complex s, double turn)
{
	double complex step = cexp(-I * turn * carg(s)) / cabs(s);
	struct ray ray = { density, law, s * step, step };

	/* exp(-40) is below rounding; what does not fall so, the density
	 * makes fall. */
	return halfline(along, &ray, 40 / fmax(creal(ray.rate), 1e-2));
}
