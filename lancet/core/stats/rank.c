/* rank.c - ranks, and whether one sample lies above another */
#include "lancet/core/stats/rank.h"

#include <errno.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"

/* Pairs beyond which the exact p is refused. */
#define PAIRS_MOST 40000

double *rank_middle(const double *x, size_t n, double *ties,
		    struct arena *arena)
{
	double *rank = arena_array(arena, n, sizeof(*rank)), sum = 0;
	size_t *order = arena_array(arena, n, sizeof(*order));

	gsl_sort_index(order, x, 1, n);
	for (size_t i = 0, end; i < n; i = end) {
		double t;

		for (end = i + 1; end < n && x[order[end]] == x[order[i]];)
			end++;
		t = (double)(end - i);
		sum += t * t * t - t;
		for (size_t j = i; j < end; j++)
			rank[order[j]] = (double)i + (t + 1) / 2;
	}
	if (ties)
		*ties = sum;
	return rank;
}

static double normal_p(double u, double nx, double ny, double ties)
{
	double n = nx + ny;
	double variance = nx * ny / 12 * (n + 1 - ties / (n * (n - 1)));
	double off = fabs(u - nx * ny / 2) - .5;

	return off <= 0 ? 1 : tail_normal(off / sqrt(variance));
}

int rank_mann_whitney(const double *x, size_t nx, const double *y, size_t ny,
		      struct mann_whitney *out, struct err *err)
{
	struct arena arena;
	double *all, *rank, sum = 0, ties;
	int rc = vector_check(x, nx, 1, err);

	rc = rc ? rc : vector_check(y, ny, 1, err);
	if (rc)
		return rc;
	arena_init(&arena);
	all = arena_array(&arena, nx + ny, sizeof(*all));
	memcpy(all, x, nx * sizeof(*x));
	memcpy(all + nx, y, ny * sizeof(*y));
	rc = vector_check_varied(all, nx + ny, 2, err);
	rank = rank_middle(all, nx + ny, &ties, &arena);
	for (size_t i = 0; i < nx; i++)
		sum += rank[i];
	arena_fini(&arena);
	if (rc)
		return rc;
	out->u = sum - (double)nx * ((double)nx + 1) / 2;
	out->p = normal_p(out->u, (double)nx, (double)ny, ties);
	return 0;
}

/* row[j][v] = P(U <= v) of i and j values, from that of i - 1. */
static void exact_row(double **row, size_t i, size_t ny, size_t most)
{
	for (size_t j = 1; j <= ny; j++) {
		double a = (double)i / (double)(i + j), b = 1 - a;

		/* The largest is of x, above all j of y; or it is of y. */
		for (size_t v = most + 1; v-- > 0;)
			row[j][v] = (v >= j ? a * row[j][v - j] : 0) +
				    b * row[j - 1][v];
	}
}

int rank_mann_whitney_exact(double u, size_t nx, size_t ny, double *p,
			    struct err *err)
{
	double pairs = (double)nx * (double)ny;
	double low = fmin(u, pairs - u);
	size_t most = (size_t)fmax(low, 0);
	struct arena arena;
	double **row;

	if (!(pairs >= 1 && pairs <= PAIRS_MOST))
		return err_set(err, -E2BIG,
			       "the exact p is for 1 to %d pairs "
			       "of values; take the normal one",
			       PAIRS_MOST);
	if (!(low >= 0) || low != floor(low))
		return err_set(err, -EDOM,
			       "no samples without ties have "
			       "U = %g; take the normal p",
			       u);
	arena_init(&arena);
	row = arena_array(&arena, ny + 1, sizeof(*row));
	for (size_t j = 0; j <= ny; j++) {
		row[j] = arena_array(&arena, most + 1, sizeof(**row));
		for (size_t v = 0; v <= most; v++)
			row[j][v] = 1; /* without values of x U is 0 */
	}
	for (size_t i = 1; i <= nx; i++)
		exact_row(row, i, ny, most);
	*p = fmin(2 * row[ny][most], 1);
	arena_fini(&arena);
	return 0;
}
