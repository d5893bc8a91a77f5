/* batch.h - warm-up and precision of the mean of a series, by batches */
#ifndef LANCET_CORE_STATS_BATCH_H
#define LANCET_CORE_STATS_BATCH_H

#include <stddef.h>

struct err;

/*
 * MSER-5 (White 1997; White, Cobb and Spratt 2000): of batch means of 5
 * values drop the first d <= half of them that make the squared standard
 * error of the mean of the rest, sum (Y - mean)^2 / (m - d)^2, least; the
 * first d of equals. A d at the half says that the series is too short.
 * At least 5 values; a remainder at the end is left out. O(n).
 */
struct mser5 {
	size_t batches; /* m */
	size_t drop;	/* d, in batches */
	size_t drop_values;
	double least;
};

int batch_mser5(const double *x, size_t n, struct mser5 *out, struct err *err);

/*
 * The mean of `batches` equal batches (a remainder at the end is left out)
 * and the half-width of its interval by Student's t (Conway 1963; Law and
 * Kelton 2000, 9.5.3): valid when batches are so long that their means are
 * independent. von_neumann (1941) is the test of that: the sum of squared
 * differences of neighbours over that of deviations, about 2 (1 - their
 * correlation); 2 where all batches are equal and the half-width is 0.
 */
struct batch_means {
	double mean, half_width, von_neumann;
};

int batch_means(const double *x, size_t n, size_t batches, double confidence,
		struct batch_means *out, struct err *err);

#endif
