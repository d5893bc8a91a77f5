/* arrival.h - what an arrival process promises */
#ifndef WORKLOADS_ARRIVAL_H
#define WORKLOADS_ARRIVAL_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"

struct arena;
struct err;
struct rng;

/* The part of the whole process that one thread generates. */
struct arrival_share {
	double rate_rps;	/* of the whole process */
	uint32_t index, of;	/* this thread among all threads of all agents */
	const void *file;	/* what load() read; NULL: init() reads it */
};

enum arrival_flag {
	ARRIVAL_RENEWAL = 1,	/* gaps are independent with law cdf() */
	ARRIVAL_POISSON = 2,	/* M of Kendall's notation */
	ARRIVAL_CONSTANT = 4,	/* D */
	ARRIVAL_FINITE = 8,	/* ends, and has no steady state: a trace */
	/*
	 * Every share draws the whole process and keeps the requests of its
	 * turn: index, index + of, ... So all shares need equal streams.
	 */
	ARRIVAL_TURNS = 16,
};

/*
 * A Markov-modulated Poisson process of n states, which follow each other in
 * a circle: two of them are any MMPP2. Rates are per ns.
 */
#define ARRIVAL_MMPP_STATES 8

struct arrival_mmpp {
	size_t n;
	double rate[ARRIVAL_MMPP_STATES];  /* of requests, in a state */
	double leave[ARRIVAL_MMPP_STATES]; /* of switches out of it */
};

struct arrival_ops {
	struct kind kind;
	unsigned flags;
	size_t state_size;

	/*
	 * Cold, optional: read the file that the options name, for the shares
	 * of all threads and points; it is not written to afterwards.
	 */
	int (*load)(const void *options, const void **file,
		    struct arena *arena, struct err *err);

	/* Cold. 0, -EINVAL, or what reading a file gave. */
	int (*init)(void *state, const void *options,
		    const struct arrival_share *share, struct arena *arena,
		    struct err *err);

	/*
	 * Hot. The next n gaps of this share in ns, the first from time 0;
	 * returns how many, fewer than n only at the end of a trace.
	 */
	size_t (*gaps)(void *state, struct rng *rng, double *gap_ns, size_t n);

	/*
	 * P(gap <= x ns) of one share; required with ARRIVAL_RENEWAL. Left
	 * limits at atoms are the caller's business (fixed has one). NAN
	 * where it is not known: that of the sum of several gaps, one share's
	 * part, often has no closed form.
	 */
	double (*cdf)(const void *state, double gap_ns);

	/*
	 * Optional, with ARRIVAL_RENEWAL: E[exp(-s gap)] of one share, s per
	 * ns; where it exists, and how well: as a law's.
	 */
	double complex (*laplace)(const void *state, double complex s);

	/*
	 * Optional, with ARRIVAL_RENEWAL: variance of a gap of the whole
	 * process over the square of its mean.
	 */
	double (*scv)(const void *state);

	/* Optional: the whole process, where it is an MMPP. */
	const struct arrival_mmpp *(*mmpp)(const void *state);

	/*
	 * Optional: class and service of the last gaps() where the process
	 * dictates them (a trace with those columns): index from 0 within
	 * that burst; class -1 and service_ns 0 where not.
	 */
	void (*dictated)(const void *state, size_t i, int32_t *class,
			 uint64_t *service_ns);
};

#endif
