/* order.h - quantiles of a sample, and exact ranks for their intervals */
#ifndef LANCET_CORE_STATS_ORDER_H
#define LANCET_CORE_STATS_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Of n independent values the ranks (from 1) whose values enclose quantile q
 * with at least this confidence, with equal tails, whatever the law (Thompson
 * 1936; David and Nagaraja 2003, 7.1): the largest lower with P(B <= lower -
 * 1) <= a / 2 and the smallest upper with P(B <= upper - 1) >= 1 - a / 2, B
 * binomial(n, q), a = 1 - confidence. 0 and n + 1 mean no bound on that side.
 * coverage = P(lower <= B < upper), exact for a continuous law.
 * O(sqrt n); n up to 1e15.
 */
struct order_ranks {
	uint64_t lower, upper;
	double coverage;
};

int order_ranks(uint64_t n, double q, double confidence,
		struct order_ranks *out, struct err *err);

/* The smallest n with an upper rank: q^n <= a / 2. 0: no such n below 2^63. */
uint64_t order_least(double q, double confidence);

/*
 * Quantile q in [0, 1] of x[n], n > 0, in rising order: the inverse of the
 * empirical distribution function, or linear between order statistics (types 1
 * and 7 of Hyndman and Fan 1996).
 */
double order_quantile(const double *x, size_t n, double q);
double order_quantile_linear(const double *x, size_t n, double q);

#endif
