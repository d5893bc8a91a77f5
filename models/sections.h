/* sections.h - quantiles of a series, and what its sections say of their error
 */
#ifndef MODELS_SECTIONS_H
#define MODELS_SECTIONS_H

#include <stddef.h>
#include <stdint.h>

/* An interval of 39 degrees of freedom is within 3% of the normal one. */
#define SECTIONS 40
#define SECTIONS_LEAST (20 * SECTIONS)

struct section_value {
	double value;
	uint32_t section;
};

/*
 * Quantiles q[nq], rising, of a series of n >= SECTIONS_LEAST values in order
 * of time, into rows[0 .. nq). Each is the mean of the order statistics
 * around it, a fifth of the way to the nearer end to both sides: an exponential
 * tail's quantile is then high by 0.7% of its mean, and a difference of two
 * series with the same luck is no longer that of two single values.
 *
 * The SECTIONS rows behind are what each section of consecutive values adds
 * to the error: its sum of the values clamped to that range, less its share
 * of all, over the number that was averaged (the influence of a trimmed
 * mean, Huber 1964). Sums of their products are covariances, also between
 * series that share their luck, where sections are long against the memory
 * of the series.
 */
void sections_quantiles(const double *series, size_t n, const double *q,
			size_t nq, double *rows, struct section_value *scratch);

#endif
