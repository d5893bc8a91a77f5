/* gof.c - goodness of fit: are these gaps from that law? */
#include "coordinator/gof.h"

#include <math.h>

/* The distribution of A^2 for n -> infinity, to six digits. */
static double ad_inf(double z)
{
	if (z <= 0)
		return 0;
	if (z < 2)
		return exp(-1.2337141 / z) / sqrt(z) *
		       (2.00012 +
			(.247105 -
			 (.0649821 -
			  (.0347962 - (.011672 - .00168691 * z) * z) * z) *
				 z) *
				z);
	return exp(-exp(1.0776 -
			(2.30695 -
			 (.43424 -
			  (.082433 - (.008056 - .0003146 * z) * z) * z) *
				 z) *
				z));
}

double gof_ad_p(double z)
{
	double p = 1 - ad_inf(z);

	return p < 0 ? 0 : p;
}

double gof_ks_p(double d, size_t n)
{
	double root = sqrt((double)n);
	double x = (root + .12 + .11 / root) * d;
	double sum = 0, sign = 1;

	if (x < .2)	/* the series converges slowly, the answer is 1 */
		return 1;
	for (int k = 1; k <= 100; k++, sign = -sign) {
		double term = exp(-2 * k * k * x * x);

		sum += sign * term;
		if (term < 1e-12)
			break;
	}
	return fmin(fmax(2 * sum, 0), 1);
}

/* A^2 from the law's values at the gaps; clipped where they reach 0 or 1. */
static double anderson_darling(const int32_t *gap, size_t n,
			       double (*cdf)(const void *, double),
			       const void *state)
{
	const double tiny = 1e-15;
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double low = fmax(cdf(state, gap[i]), tiny);
		double high = fmax(1 - cdf(state, gap[n - 1 - i]), tiny);

		sum += (2 * (double)i + 1) * (log(low) + log(high));
	}
	return -(double)n - sum / (double)n;
}

/* sup of |F_n - F| when F may be evaluated up to `shift` further on. */
static double kolmogorov(const int32_t *gap, size_t n, double shift,
			 double (*cdf)(const void *, double),
			 const void *state)
{
	double d = 0;

	for (size_t i = 0; i < n; i++) {
		double below = (double)i / (double)n;
		double upto = (double)(i + 1) / (double)n;

		/* The law's left limit: what is strictly before this gap. */
		d = fmax(d, upto - cdf(state, gap[i] + shift));
		d = fmax(d, cdf(state, gap[i] - shift - .5) - below);
	}
	return d;
}

/* Does the law jump at one of the gaps, or at the middle one? */
static int has_atom(const int32_t *gap, size_t n,
		    double (*cdf)(const void *, double), const void *state)
{
	double before = 0;
	double at = gap[n - 1] + 1.;

	/* Bisect towards the steepest rise; a jump stays one. */
	for (double low = -1, high = at; high - low > .25;) {
		double middle = (low + high) / 2;
		double f_low = cdf(state, low), f_high = cdf(state, high);
		double f = cdf(state, middle);

		if (f - f_low > f_high - f)
			high = middle;
		else
			low = middle;
		before = fmax(f_high - f, f - f_low);
	}
	return before > .01;
}

void gof_run(struct gof *gof, const int32_t *gap,
	     double (*cdf)(const void *state, double gap_ns),
	     const void *state)
{
	size_t n = gof->n;

	if (has_atom(gap, n, cdf, state)) {
		gof->shift = gof->atom_shift;
		gof->distance = kolmogorov(gap, n, gof->shift, cdf, state);
		gof->ad = (double)NAN;
		gof->ad_p = 1;
		gof->ks = gof->distance;
		/* Dvoretzky, Kiefer, Wolfowitz; constant by Massart 1990. */
		gof->ks_p = fmin(2 * exp(-2 * (double)n * gof->distance *
					 gof->distance), 1);
		return;
	}
	gof->distance = kolmogorov(gap, n, gof->shift, cdf, state);
	gof->ad = anderson_darling(gap, n, cdf, state);
	gof->ad_p = gof_ad_p(gof->ad);
	gof->ks = kolmogorov(gap, n, 0, cdf, state);
	gof->ks_p = gof_ks_p(gof->ks, n);
}
