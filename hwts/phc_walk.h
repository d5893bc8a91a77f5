/* phc_walk.h - a clock whose frequency wanders, from noisy offsets */
#ifndef HWTS_PHC_WALK_H
#define HWTS_PHC_WALK_H

#include <stdbool.h>
#include <stddef.h>

/* An offset, known within half a bracket. */
struct phc_point {
	double x_s, y_ns, half_ns;
};

/*
 * What is known of a clock at an instant: its offset and how fast that
 * grows, with their (co)variances. The frequency walks at random, `wander`
 * ns/s in the square root of a second; a reading's error has the variance
 * half^2 / 3 of an instant anywhere in its bracket. Both count in units of
 * the same scale, which phc_bank finds: all variances are to be multiplied by
 * its square, and errors by it.
 */
struct phc_walk {
	double x_s, y_ns, slope;	/* ns, ns per s */
	double yy, ys, ss;
};

/*
 * Nothing is known of it yet: 1000 ppm. It may be more; larger variances
 * would leave no digits for those of the readings.
 */
#define PHC_SLOPE_ANY 1e6

/* At the first reading; slope_error: how far off the slope may be, ns/s. */
void phc_walk_init(struct phc_walk *w, const struct phc_point *p,
		   double slope, double slope_error);

/* On to a later instant of which nothing is known. */
void phc_walk_predict(struct phc_walk *w, double x_s, double wander);

/* A reading of then. Its squared surprise; its variance before it. */
double phc_walk_update(struct phc_walk *w, const struct phc_point *p,
		       double *variance);

/* Filtered w, before what is known of the later instant `next`: smoothed. */
void phc_walk_smooth(struct phc_walk *w, const struct phc_walk *next,
		     double wander);

/*
 * How much it wanders, by maximum likelihood: a filter for each wander that
 * may be. All zero at first; but what lies `memory` readings back counts for
 * 1/e (0: all count).
 */
#define PHC_WANDERS 17u

struct phc_bank {
	struct phc_walk walk[PHC_WANDERS];
	double score[PHC_WANDERS];	/* sum of log variances */
	double squares[PHC_WANDERS];	/* sum of squared surprises */
	double n, memory;
	bool sloped;			/* two readings have been taken */
};

/* A first reading; again after an event: what it wandered is kept. */
void phc_bank_begin(struct phc_bank *b, const struct phc_point *p,
		    double slope, double slope_error);
void phc_bank_take(struct phc_bank *b, const struct phc_point *p);

/* The most that is so likely (its logarithm less the best's), and its scale. */
size_t phc_bank_wander(const struct phc_bank *b, double less);
double phc_bank_scale(const struct phc_bank *b, size_t k);

/* ns/s in the square root of a second, of scale 1. */
double phc_bank_step(size_t k);

#endif
