/* sections.c - quantiles of a series, and what its sections say of their error
 */
#include "models/sections.h"

#include <math.h>

static size_t rank_of(double q, size_t n)
{
	size_t rank = (size_t)ceil(q * (double)n);

	return rank < 1 ? 0 : rank > n ? n - 1 : rank - 1;
}

static size_t section_size(size_t n, size_t s)
{
	return (s + 1) * n / SECTIONS - s * n / SECTIONS;
}

static void swap(struct section_value *a, struct section_value *b)
{
	struct section_value c = *a;

	*a = *b;
	*b = c;
}

/*
 * Smaller ones before x[k], larger ones behind, within [lo, hi] (Hoare 1961,
 * the median of three as pivot).
 */
static void select_rank(struct section_value *x, size_t lo, size_t hi, size_t k)
{
	while (lo < hi) {
		double a = x[lo].value, b = x[lo + (hi - lo) / 2].value;
		double c = x[hi].value;
		double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
		size_t i = lo, j = hi;

		for (;; i++, j--) {
			while (x[i].value < pivot)
				i++;
			while (x[j].value > pivot)
				j--;
			if (i >= j)
				break;
			swap(&x[i], &x[j]);
		}
		if (k <= j)
			hi = j;
		else
			lo = j + 1;
	}
}

/* What each section holds of the values clamped to [lo, hi], centred. */
static void influence(const struct section_value *x, size_t n, double lo,
		      double hi, double averaged, size_t stride, double *out)
{
	double sum[SECTIONS] = { 0 }, all = 0;

	for (size_t i = 0; i < n; i++) {
		double v = x[i].value;

		sum[x[i].section] += v < lo ? 0 : v > hi ? hi - lo : v - lo;
	}
	for (size_t s = 0; s < SECTIONS; s++)
		all += sum[s] / (double)n;
	for (size_t s = 0; s < SECTIONS; s++)
		out[s * stride] =
			(sum[s] - all * (double)section_size(n, s)) / averaged;
}

/* Values before x[*from] are smaller than all that the rest looks at. */
static void one_quantile(struct section_value *x, size_t n, size_t *from,
			 double q, size_t stride, double *out)
{
	size_t rank = rank_of(q, n);
	size_t end = rank < n - 1 - rank ? rank : n - 1 - rank;
	size_t below = rank - end / 5, above = rank + end / 5;
	double sum = 0, averaged;

	below = below < *from ? *from : below;
	averaged = (double)(above - below + 1);
	select_rank(x, *from, n - 1, below);
	select_rank(x, below, n - 1, above);
	for (size_t i = below; i <= above; i++)
		sum += x[i].value;
	out[0] = sum / averaged;
	influence(x, n, x[below].value, x[above].value, averaged, stride,
		  out + stride);
	*from = below;
}

void sections_quantiles(const double *series, size_t n, const double *q,
			size_t nq, double *rows, struct section_value *scratch)
{
	size_t from = 0;

	for (size_t s = 0; s < SECTIONS; s++)
		for (size_t i = s * n / SECTIONS; i < (s + 1) * n / SECTIONS;
		     i++)
			scratch[i] = (struct section_value){ series[i],
							     (uint32_t)s };
	for (size_t i = 0; i < nq; i++)
		one_quantile(scratch, n, &from, q[i], nq, rows + i);
}
