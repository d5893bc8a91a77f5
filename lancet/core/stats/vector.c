/* vector.c - what every statistic first asks of its data */
#include "lancet/core/stats/vector.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"

/* Sums of fourth powers of larger ones may leave the range of a double. */
#define LARGEST 1e60

int vector_check(const double *x, size_t n, size_t least, struct err *err)
{
	if (n < least)
		return err_set(err, -EINVAL,
			       "%zu values are too few; give at least %zu", n,
			       least);
	for (size_t i = 0; i < n; i++)
		if (!(fabs(x[i]) <= LARGEST))
			return err_set(err, -EINVAL,
				       "value %zu is not finite or beyond %g; "
				       "leave it out",
				       i + 1, LARGEST);
	return 0;
}

int vector_check_varied(const double *x, size_t n, size_t least,
			struct err *err)
{
	int rc = vector_check(x, n, least, err);

	for (size_t i = 1; i < n && !rc; i++)
		if (x[i] != x[0])
			return 0;
	return rc ? rc
		  : err_set(err, -EDOM,
			    "all %zu values are %g; there is nothing to test",
			    n, x[0]);
}

double vector_mean(const double *x, size_t n)
{
	return gsl_stats_mean(x, 1, n);
}

double vector_deviation(const double *x, size_t n)
{
	return gsl_stats_sd(x, 1, n);
}

void vector_sort(double *x, size_t n)
{
	gsl_sort(x, 1, n);
}

double *vector_centred(const double *x, size_t n, struct arena *arena)
{
	double *y = arena_array(arena, n, sizeof(*y));
	double mean = vector_mean(x, n);

	for (size_t i = 0; i < n; i++)
		y[i] = x[i] - mean;
	return y;
}

double *vector_sorted(const double *x, size_t n, struct arena *arena)
{
	double *y = arena_copy(arena, x, n * sizeof(*x));

	gsl_sort(y, 1, n);
	return y;
}

double tail_normal(double z)
{
	return erfc(fabs(z) / M_SQRT2);
}

double tail_student(double t, double df)
{
	double t2 = t * t;

	if (!isfinite(t2))
		return 0;
	/* There gsl_cdf_beta takes an asymptotic form that loses digits. */
	if (df > 1e5)
		return gsl_sf_beta_inc(df / 2, .5, df / (df + t2));
	/* The share that is not close to 1 keeps its digits. */
	if (t2 > df)
		return gsl_cdf_beta_P(df / (df + t2), df / 2, .5);
	return gsl_cdf_beta_Q(t2 / (df + t2), .5, df / 2);
}

/* From GSL's approximation, by Newton's method: the density is known. */
double quantile_student(double p, double df)
{
	double t = gsl_cdf_tdist_Qinv(p / 2, df);

	for (int i = 0; i < 4; i++) {
		double log_density = lgamma((df + 1) / 2) - lgamma(df / 2) -
				     log(df * M_PI) / 2 -
				     (df + 1) / 2 * log1p(t * t / df);

		t += (tail_student(t, df) - p) / (2 * exp(log_density));
	}
	return t;
}
