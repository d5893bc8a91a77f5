/* shift.h - where a sample lies, and how far from another */
#ifndef LANCET_CORE_STATS_SHIFT_H
#define LANCET_CORE_STATS_SHIFT_H

#include <stddef.h>

struct err;

/*
 * Hodges and Lehmann (1963): the median of (x_i + x_j) / 2 over i <= j, and
 * the median of y_j - x_i, exact, without making the pairs. O(n log n) to
 * sort, then at most 130 passes over the data.
 */
int shift_one(const double *x, size_t n, double *centre, struct err *err);
int shift_two(const double *x, size_t nx, const double *y, size_t ny,
	      double *shift, struct err *err);

/*
 * Welch (1947): t of mean(x) - mean(y) with variances of their own, p
 * two-sided. At least 2 values each, of which some differ.
 */
struct welch {
	double t, df, p;
};

int shift_welch(const double *x, size_t nx, const double *y, size_t ny,
		struct welch *out, struct err *err);

#endif
