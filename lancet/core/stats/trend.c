/* trend.c - do values drift, or keep to one side? */
#include "lancet/core/stats/trend.h"

#include <errno.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"

int trend_runs(const double *x, size_t n, struct runs *out, struct err *err)
{
	int rc = vector_check_varied(x, n, 2, err);
	double median, m, a, b, product;
	struct arena arena;

	if (rc)
		return rc;
	arena_init(&arena);
	median = gsl_stats_median_from_sorted_data(vector_sorted(x, n, &arena),
						   1, n);
	arena_fini(&arena);
	*out = (struct runs){ .runs = 1 };
	for (size_t i = 0; i < n; i++) {
		bool above = x[i] >= median;

		out->above += above;
		out->runs += i > 0 && above != (x[i - 1] >= median);
	}
	out->below = n - out->above;
	if (out->below == 0)
		return err_set(err, -EDOM,
			       "no value is below the median, %g; "
			       "there are no runs to count",
			       median);
	m = (double)n;
	a = (double)out->above;
	b = (double)out->below;
	product = 2 * a * b;
	if (product <= m)
		return err_set(err, -EDOM,
			       "%zu values above the median and "
			       "%zu below it are too few",
			       out->above, out->below);
	out->z = ((double)out->runs - product / m - 1) /
		 sqrt(product / m * (product / m - 1) / (m - 1));
	out->p = tail_normal(out->z);
	return 0;
}

/*
 * Sorts x[n]; how many pairs were in falling order. Such counts, like n^2,
 * are exact in a double up to n = 9e7.
 */
static double falling(double *x, double *spare, size_t n)
{
	size_t half = n / 2, i = 0, j = half, to = 0;
	double count;

	if (n < 2)
		return 0;
	count = falling(x, spare, half) + falling(x + half, spare, n - half);
	while (i < half || j < n) {
		if (j == n || (i < half && x[i] <= x[j])) {
			spare[to++] = x[i++];
		} else {
			count += (double)(half - i);
			spare[to++] = x[j++];
		}
	}
	memcpy(x, spare, n * sizeof(*x));
	return count;
}

/* Over groups of t equal ones: pairs, and what they take off the variance. */
static void tied(const double *sorted, size_t n, double *pairs, double *off)
{
	*pairs = *off = 0;
	for (size_t i = 0, end; i < n; i = end) {
		double t;

		for (end = i + 1; end < n && sorted[end] == sorted[i];)
			end++;
		t = (double)(end - i);
		*pairs += t * (t - 1) / 2;
		*off += t * (t - 1) * (2 * t + 5);
	}
}

int trend_mann_kendall(const double *x, size_t n, struct mann_kendall *out,
		       struct err *err)
{
	int rc = vector_check_varied(x, n, 3, err);
	double m = (double)n, down, pairs, off, *y, *spare;
	struct arena arena;

	if (rc)
		return rc;
	arena_init(&arena);
	y = arena_copy(&arena, x, n * sizeof(*x));
	spare = arena_array(&arena, n, sizeof(*spare));
	down = falling(y, spare, n);
	tied(y, n, &pairs, &off);
	arena_fini(&arena);
	out->s = m * (m - 1) / 2 - pairs - 2 * down;
	out->variance = (m * (m - 1) * (2 * m + 5) - off) / 18;
	out->z = (out->s - (out->s > 0) + (out->s < 0)) / sqrt(out->variance);
	out->p = tail_normal(out->z);
	return 0;
}
