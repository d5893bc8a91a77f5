/* shift.c - where a sample lies, and how far from another */
#include "lancet/core/stats/shift.h"

#include <errno.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"

/* Sums a_i + b_j of two rising arrays; with `half` only those with i <= j. */
struct sums {
	const double *a, *b;
	size_t na, nb;
	bool half; /* a and b are the same */
};

/* How many sums are at most v: one walk down b while a rises. */
static double count_upto(const struct sums *s, double v)
{
	size_t j = s->nb;
	double count = 0;

	for (size_t i = 0; i < s->na; i++) {
		while (j > 0 && s->a[i] + s->b[j - 1] > v)
			j--;
		if (s->half && j <= i)
			break;
		count += (double)(s->half ? j - i : j);
	}
	return count;
}

/* Doubles as integers in the same order, and back. */
static int64_t to_ordered(double x)
{
	int64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits < 0 ? INT64_MIN - bits : bits;
}

static double from_ordered(int64_t bits)
{
	double x;

	bits = bits < 0 ? INT64_MIN - bits : bits;
	memcpy(&x, &bits, sizeof(x));
	return x;
}

/*
 * The k-th smallest sum, k from 1: bisection over the doubles themselves ends
 * on the sum exactly, after at most 64 counts.
 */
static double select_sum(const struct sums *s, double k)
{
	int64_t low = to_ordered(s->a[0] + s->b[0]);
	int64_t high = to_ordered(s->a[s->na - 1] + s->b[s->nb - 1]);

	while (low < high) {
		/* Without overflow, rounding down. */
		int64_t middle = (low & high) + ((low ^ high) >> 1);

		if (count_upto(s, from_ordered(middle)) >= k)
			high = middle;
		else
			low = middle + 1;
	}
	return from_ordered(low);
}

static double median_sum(const struct sums *s)
{
	double n = s->half ? (double)s->na * ((double)s->na + 1) / 2
			   : (double)s->na * (double)s->nb;
	double low = select_sum(s, floor((n + 1) / 2));
	double high = fmod(n, 2) != 0 ? low : select_sum(s, n / 2 + 1);

	return low / 2 + high / 2;
}

int shift_one(const double *x, size_t n, double *centre, struct err *err)
{
	int rc = vector_check(x, n, 1, err);
	struct sums sums = { .na = n, .nb = n, .half = true };
	struct arena arena;
	double *half;

	if (rc)
		return rc;
	arena_init(&arena);
	half = vector_sorted(x, n, &arena);
	for (size_t i = 0; i < n; i++)
		half[i] /= 2;
	sums.a = sums.b = half;
	*centre = median_sum(&sums);
	arena_fini(&arena);
	return 0;
}

int shift_two(const double *x, size_t nx, const double *y, size_t ny,
	      double *shift, struct err *err)
{
	int rc = vector_check(x, nx, 1, err);
	struct sums sums = { .na = nx, .nb = ny };
	struct arena arena;
	double *minus;

	rc = rc ? rc : vector_check(y, ny, 1, err);
	if (rc)
		return rc;
	arena_init(&arena);
	minus = arena_copy(&arena, x, nx * sizeof(*x));
	for (size_t i = 0; i < nx; i++)
		minus[i] = -x[i];
	sums.a = vector_sorted(minus, nx, &arena);
	sums.b = vector_sorted(y, ny, &arena);
	*shift = median_sum(&sums);
	arena_fini(&arena);
	return 0;
}

int shift_welch(const double *x, size_t nx, const double *y, size_t ny,
		struct welch *out, struct err *err)
{
	int rc = vector_check(x, nx, 2, err);
	double mx, my, vx, vy, share;

	rc = rc ? rc : vector_check(y, ny, 2, err);
	if (rc)
		return rc;
	mx = vector_mean(x, nx);
	my = vector_mean(y, ny);
	vx = gsl_stats_variance_m(x, 1, nx, mx) / (double)nx;
	vy = gsl_stats_variance_m(y, 1, ny, my) / (double)ny;
	if (!(vx + vy > 0))
		return err_set(err, -EDOM,
			       "neither sample varies; there is no "
			       "error to hold the difference against");
	out->t = (mx - my) / sqrt(vx + vy);
	share = vx / (vx + vy);
	out->df = 1 / (share * share / ((double)nx - 1) +
		       (1 - share) * (1 - share) / ((double)ny - 1));
	out->p = tail_student(out->t, out->df);
	return 0;
}
