/* trend.h - do values drift, or keep to one side? */
#ifndef LANCET_CORE_STATS_TREND_H
#define LANCET_CORE_STATS_TREND_H

#include <stddef.h>

struct err;

/*
 * Wald and Wolfowitz (1940): runs of values on one side of the median (equal
 * to it counts as above); normal, two-sided, without continuity correction;
 * good from 10 values on each side. Refused where nothing is below the
 * median. O(n log n).
 */
struct runs {
	size_t runs, above, below;
	double z, p;
};

int trend_runs(const double *x, size_t n, struct runs *out, struct err *err);

/*
 * Mann (1945), Kendall (1975): s = later pairs that rise less those that
 * fall, its variance corrected for ties, z with continuity; p two-sided, for
 * independent values, good from n = 10 on. At least 3 values, not all equal.
 * O(n log n) by counting exchanges of a merge sort (Knight 1966).
 */
struct mann_kendall {
	double s, variance, z, p;
};

int trend_mann_kendall(const double *x, size_t n, struct mann_kendall *out,
		       struct err *err);

#endif
