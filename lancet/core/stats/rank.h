/* rank.h - ranks, and whether one sample lies above another */
#ifndef LANCET_CORE_STATS_RANK_H
#define LANCET_CORE_STATS_RANK_H

#include <stddef.h>

struct arena;
struct err;

/*
 * The ranks of x[n] from 1, equal values sharing their mean rank; in the
 * arena. *ties, where wanted: sum of t^3 - t over groups of t. O(n log n).
 */
double *rank_middle(const double *x, size_t n, double *ties,
		    struct arena *arena);

/*
 * Mann and Whitney (1947): u = pairs with x above y, ties counting half.
 * p, two-sided: normal with the variance corrected for ties (Lehmann 1975)
 * and continuity; good from about 8 values each. All values equal: refused.
 */
struct mann_whitney {
	double u, p;
};

int rank_mann_whitney(const double *x, size_t nx, const double *y, size_t ny,
		      struct mann_whitney *out, struct err *err);

/*
 * The exact two-sided p of u, for samples without ties, by Mann and Whitney's
 * recursion in probabilities (nothing is subtracted). O((nx ny)^2): refused
 * beyond nx ny = 40000, where the normal p is as good, and for a u that only
 * ties can give.
 */
int rank_mann_whitney_exact(double u, size_t nx, size_t ny, double *p,
			    struct err *err);

#endif
