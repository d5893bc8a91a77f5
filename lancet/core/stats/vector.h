/* vector.h - what every statistic first asks of its data */
#ifndef LANCET_CORE_STATS_VECTOR_H
#define LANCET_CORE_STATS_VECTOR_H

#include <stddef.h>

struct arena;
struct err;

/*
 * All statistics of this folder take plain arrays of doubles and leave them
 * as they are. One that can fail returns 0 or -errno with one line in err,
 * and never a result that is not a number: too short, not finite or without
 * the variation that the statistic divides by are refused in words.
 * Callers have turned GSL's error handler off.
 */

/* 0 when there are `least` values, all within +-1e60. */
int vector_check(const double *x, size_t n, size_t least, struct err *err);

/* As vector_check, and not all the same. */
int vector_check_varied(const double *x, size_t n, size_t least,
			struct err *err);

double vector_mean(const double *x, size_t n);

/* Of a sample: over n - 1; n > 1. */
double vector_deviation(const double *x, size_t n);

/* In rising order, in place. */
void vector_sort(double *x, size_t n);

/* x - mean, in the arena. */
double *vector_centred(const double *x, size_t n, struct arena *arena);

/* In rising order, in the arena. O(n log n). */
double *vector_sorted(const double *x, size_t n, struct arena *arena);

/*
 * Two-sided probabilities beyond |z| and |t|, with full relative precision
 * far out: GSL's own t distribution is an approximation (Cornish and Fisher)
 * from 30 degrees of freedom on, so the incomplete beta function is used.
 */
double tail_normal(double z);
double tail_student(double t, double df);

/* The t that |t| exceeds with probability p. */
double quantile_student(double p, double df);

#endif
