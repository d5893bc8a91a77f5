/* gof.c - goodness of fit: are these gaps from that law? */
#include "coordinator/gof.h"

#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/stats/fit.h"
#include "lancet/core/stats/kolmogorov.h"
#include "lancet/core/stats/quadratic.h"

/* A^2 from the law's values at the gaps; clipped where they reach 0 or 1. */
static double anderson_darling(const int32_t *gap, size_t n,
			       double (*cdf)(const void *, double),
			       const void *state)
{
	const double tiny = 1e-15;
	struct arena arena;
	double *below, *above, a2;

	arena_init(&arena);
	below = arena_array(&arena, n, sizeof(*below));
	above = arena_array(&arena, n, sizeof(*above));
	for (size_t i = 0; i < n; i++) {
		double f = cdf(state, gap[i]);

		below[i] = log(fmax(f, tiny));
		above[i] = log(fmax(1 - f, tiny));
	}
	a2 = fit_anderson(below, above, n);
	arena_fini(&arena);
	return a2;
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
	gof->ad_p = quadratic_anderson_p(gof->ad);
	gof->ks = kolmogorov(gap, n, 0, cdf, state);
	gof->ks_p = kolmogorov_p(gof->ks, n);
}

double gof_between(const int32_t *a, size_t na, const int32_t *b, size_t nb,
		   double shift)
{
	size_t upto = 0, before = 0;
	double d = 0;

	for (size_t i = 0; i < na; i++) {
		while (upto < nb && b[upto] <= a[i] + shift)
			upto++;
		while (before < nb && b[before] < a[i] - shift)
			before++;
		d = fmax(d, (double)(i + 1) / (double)na -
			    (double)upto / (double)nb);
		d = fmax(d, (double)before / (double)nb -
			    (double)i / (double)na);
	}
	return d;
}
