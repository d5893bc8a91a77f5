/* fit.c - goodness of fit: A^2, W^2 and D of observations from a known law */
#include "lancet/core/stats/fit.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/rng.h"
#include "lancet/core/stats/vector.h"

/* Most observations that are simulated; fit.h has what is done beyond. */
#define SIMULATED 200

double fit_anderson(const double *log_below, const double *log_above, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (2 * (double)i + 1) *
		       (log_below[i] + log_above[n - 1 - i]);
	return -(double)n - sum / (double)n;
}

double fit_cramer(const double *below, size_t n)
{
	double sum = 1 / (12. * (double)n);

	for (size_t i = 0; i < n; i++) {
		double off = below[i] - ((double)i + .5) / (double)n;

		sum += off * off;
	}
	return sum;
}

double fit_kolmogorov(const double *below, size_t n)
{
	double d = 0;

	for (size_t i = 0; i < n; i++) {
		d = fmax(d, (double)(i + 1) / (double)n - below[i]);
		d = fmax(d, below[i] - (double)i / (double)n);
	}
	return d;
}

/* x[n] in rising order, in units of the mean. */
static double anderson_exponential(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (2 * (double)i + 1) *
		       (log(-expm1(-x[i])) - x[n - 1 - i]);
	return -(double)n - sum / (double)n;
}

int fit_exponential(const double *x, size_t n, double mean, struct fit *fit,
		    struct err *err)
{
	struct arena arena;
	double *y, *below;
	int rc = vector_check(x, n, 1, err);

	for (size_t i = 0; i < n && !rc; i++)
		if (x[i] < 0)
			rc = err_set(err, -EDOM,
				     "value %zu is negative, which an "
				     "exponential law does not give",
				     i + 1);
	if (!rc && !(mean > 0))
		mean = vector_mean(x, n);
	if (!rc && !(mean > 0))
		rc = err_set(err, -EDOM,
			     "all %zu values are 0; there is no "
			     "mean to test an exponential law with",
			     n);
	if (rc)
		return rc;
	arena_init(&arena);
	y = vector_sorted(x, n, &arena);
	below = arena_array(&arena, n, sizeof(*below));
	for (size_t i = 0; i < n; i++) {
		y[i] /= mean;
		below[i] = -expm1(-y[i]);
	}
	*fit = (struct fit){
		.anderson = anderson_exponential(y, n),
		.cramer = fit_cramer(below, n),
		.kolmogorov = fit_kolmogorov(below, n),
	};
	arena_fini(&arena);
	return 0;
}

/*
 * n exponentials in rising order, without sorting: the gaps between them are
 * independent exponentials of mean 1 / (number still to come) (Renyi 1953).
 */
static double simulated(struct rng *rng, size_t n)
{
	double x[SIMULATED], at = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		at += rng_exponential(rng) / (double)(n - i);
		x[i] = at;
		sum += at;
	}
	for (size_t i = 0; i < n; i++)
		x[i] *= (double)n / sum;
	return anderson_exponential(x, n);
}

double fit_anderson_p_estimated(double a2, size_t n, size_t runs, uint64_t seed)
{
	size_t few = n < SIMULATED ? n : SIMULATED, hits = 0;
	double bound = a2 * (1 + .6 / (double)n) / (1 + .6 / (double)few);
	struct rng_key key = { .seed = seed, .purpose = RNG_CHECK };
	struct rng rng;

	rng_init(&rng, &key);
	for (size_t run = 0; run < runs; run++)
		hits += simulated(&rng, few) >= bound;
	return (1 + (double)hits) / (1 + (double)runs);
}

double fit_anderson_critical(double p, size_t n)
{
	static const struct {
		double p, a2;
	} table[] = {
		{ .15, .922 },	 { .10, 1.078 }, { .05, 1.341 },
		{ .025, 1.606 }, { .01, 1.957 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (fabs(table[i].p - p) < 1e-9)
			return table[i].a2 / (1 + .6 / (double)n);
	return 0;
}
