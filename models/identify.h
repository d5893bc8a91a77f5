/* identify.h - which queue a server is, from what it did when it was tried */
#ifndef MODELS_IDENTIFY_H
#define MODELS_IDENTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/predict.h"

struct arena;

/* Replies per ns to so many callers, each of whom waits for its own. */
struct identify_depth {
	uint32_t depth;
	double rate, error;	/* standard error */
};

/*
 * Bursts of `size` requests sent at once, `stagger` apart, to an idle server.
 * Of each of n bursts: the mean of its latencies, and when the latest reply
 * came after the first was sent. Their medians are what counts: on a busy
 * machine a few are far off.
 */
struct identify_burst {
	uint32_t size;
	size_t n;
	double *mean, *last;	/* in rising order, each for itself */
	double stagger;
};

/* What was measured; times in ns. */
struct identify_data {
	/* Latencies of single requests, one at a time, in rising order. */
	const double *alone;
	size_t nalone;
	/* The same of requests without work; none: the protocol has none. */
	const double *bare;
	size_t nbare;
	/* What is known of their work, in rising order: as the server told
	 * it, else as they carried it; none where neither is. */
	const double *work;
	size_t nwork;
	bool told;
	/* Mean work carried at the largest depth, over that of these here;
	 * 1 where none is carried. */
	double luck;
	/* Two or more, in rising order of depth, the largest saturated. */
	const struct identify_depth *depth;
	size_t ndepths;
	const struct identify_burst *burst;
	size_t nbursts;
	uint64_t seed;
};

/* An atom of the service law: a value, and its probability. */
struct identify_atom {
	double value, p;
};

struct identified {
	struct predict_value capacity;		/* requests per ns */
	struct predict_value communication;	/* ns a request is on its way */
	struct predict_value service;		/* mean, ns on a worker */
	double scv;
	/*
	 * Requests served at once: capacity times mean service. `whole` is
	 * the number it is taken for.
	 */
	struct predict_value workers;
	uint32_t whole;
	const struct identify_atom *atom;	/* of the law, rising */
	size_t natoms;
	const char *law;	/* how the law was found, one sentence */
	const char *count;	/* how the workers were */
};

/*
 * Capacity: of the two largest depths, 1/rate is taken as linear in 1/depth,
 * which is exact for workers with queues of their own (Bard-Schweitzer's
 * asymptote: Lazowska et al. 1984, 5) and changes nothing where both are
 * saturated.
 *
 * A server that tells how long it served a request leaves nothing to guess:
 * the rest of the latency is communication, and workers = capacity x service.
 * Where requests without work were tried, their latency is communication, and
 * what is left of the others' is service. Where neither can be, workers and
 * communication show only together: each number of workers k that the
 * capacity allows leaves a service of k / capacity and the rest as
 * communication. Bursts tell them apart: up to k requests at once wait for
 * nobody. Of the k whose simulated bursts agree with the measured ones the
 * best is taken, all of them are the interval.
 *
 * A service that is small beside its path cannot be told from the path's own
 * noise: its law is then one atom, and `law` says so.
 */
void identify(const struct identify_data *data, struct identified *found,
	      struct arena *arena);

#endif
