/* dist.h - what a distribution of times or sizes promises */
#ifndef WORKLOADS_DIST_H
#define WORKLOADS_DIST_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"

struct arena;
struct err;
struct rng;

enum dist_flag {
	DIST_EXPONENTIAL = 1,	/* M of Kendall's notation, whatever its mean */
	DIST_CONSTANT = 2,	/* D */
};

/* Of a law of phases: with probability p, a sum of so many exponential ones. */
struct dist_branch {
	double p;
	uint32_t stages;
	double rate; /* of each stage, per unit of the law */
};

/*
 * One law, for example lognormal. A backend is one file dist/NAME.c that
 * exports exactly `const struct dist_ops dist_NAME`. Values are in the unit
 * the configuration gave (nanoseconds for times, bytes for sizes) and never
 * negative.
 *
 * Slots are required unless marked optional. All but init are pure: any
 * thread may call them on one state at the same time.
 */
struct dist_ops {
	struct kind kind;
	unsigned flags;
	size_t state_size;

	/*
	 * Cold. Check the options together and precompute; what a state needs
	 * beyond state_size comes from the arena. 0 or -EINVAL.
	 */
	int (*init)(void *state, const void *options, struct arena *arena,
		    struct err *err);

	/* Hot. n independent draws into x[n] from the caller's stream. */
	void (*sample)(const void *state, struct rng *rng, double *x, size_t n);

	/* E[X^k] for k = 1, 2, 3; INFINITY where the moment diverges. */
	double (*moment)(const void *state, int k);

	/* P(X <= x), accurate to 1e-12 also in the tails. */
	double (*cdf)(const void *state, double x);

	/* Smallest x with cdf(x) >= p, for 0 < p < 1. */
	double (*quantile)(const void *state, double p);

	/*
	 * Optional: the points that carry probability, in rising order, into
	 * x[max] and p[max]; returns how many there are. NULL: the law is
	 * continuous.
	 */
	size_t (*atoms)(const void *state, double *x, double *p, size_t max);

	/*
	 * Optional: the law as a mixture of Erlang laws, into branch[max];
	 * returns how many there are. NULL: it is none.
	 */
	size_t (*branches)(const void *state, struct dist_branch *branch,
			   size_t max);

	/*
	 * Optional: E[exp(-s X)], to 1e-12, for Re s >= 0 and whatever more
	 * of the left half plane it exists in; NAN where it diverges.
	 */
	double complex (*laplace)(const void *state, double complex s);

	/*
	 * Optional: 1 - E[exp(-s X)], which that rounds away for small s;
	 * heavy tails need its digits.
	 */
	double complex (*laplace_rest)(const void *state, double complex s);
};

/* A law with its state, ready to draw. */
struct dist {
	const struct dist_ops *ops;
	void *state;
};

/* From a configuration's choice (KIND_DIST). 0 or -EINVAL. */
int dist_init(struct dist *dist, const struct choice *choice,
	      struct arena *arena, struct err *err);

static inline double dist_mean(const struct dist *d)
{
	return d->ops->moment(d->state, 1);
}

/* Variance over the square of the mean. */
double dist_scv(const struct dist *dist);

#endif
