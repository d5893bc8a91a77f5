/* identify.h - which queue a server is, from what it did when it was tried */
#ifndef MODELS_IDENTIFY_H
#define MODELS_IDENTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/burst.h"
#include "models/law.h"
#include "models/predict.h"

struct arena;

/* Replies per ns to so many callers, each of whom waits for its own. */
struct identify_depth {
	uint32_t depth;
	double rate, error;	/* standard error */
};

/* A second or so of as many replies as the server gives. */
struct identify_look {
	double rate;		/* replies per ns */
	double busy;		/* work done for them per ns, as far as known */
};

/* What was measured; times in ns. */
struct identify_data {
	/* Latencies of single requests, one at a time, in rising order. */
	const double *alone;
	size_t nalone;
	double every;		/* so far apart were they sent; 0: very far */
	/* The same of requests without work; none: the protocol has none. */
	const double *bare;
	size_t nbare;
	/* What is known of their work, in rising order: as the server told
	 * it, else as they carried it; none where neither is. */
	const double *work;
	size_t nwork;
	bool told;
	/* In rising order of depth; to be shown. */
	const struct identify_depth *depth;
	size_t ndepths;
	const struct identify_look *look;	/* two or more */
	size_t nlooks;
	const struct identify_burst *burst;
	size_t nbursts;
	uint64_t seed;
	/* Told now and then how much of it is done; or NULL. */
	void (*progress)(void *context, double share);
	void *context;
};

/* An atom of the service law: a value, and its probability. */
struct identify_atom {
	double value, p;
};

struct identified {
	struct predict_value capacity;		/* requests per ns */
	struct predict_value communication;	/* ns a request is on its way */
	struct predict_value service;		/* mean, ns on a worker */
	struct predict_value scv;	/* as measured, stalls and all */
	struct law_fit fit;	/* name NULL: the law is not known */
	/*
	 * Requests served at once; `whole` is the number it is taken for. 0:
	 * not known; the value is then NAN, as those of both times are.
	 */
	struct predict_value workers;
	uint32_t whole;
	const struct identify_atom *atom;	/* of the law, rising */
	size_t natoms;		/* 0: not known */
	const char *law;	/* how the law was found, one sentence */
	const char *count;	/* how the workers were */
	const char *order;	/* of service, as a policy; NULL: not known */
	const char *orders;	/* others that are as likely; or "" */
	double misfit;		/* of the bursts: 1 is chance, more is not */
	double stalled;		/* share of single requests left out as such */
};

/* So bad a misfit means that no queue is like the server. */
#define IDENTIFY_UNLIKE 10.

/* The law is one of those that have names. */
static inline bool identified_law(const struct identified *found)
{
	return found->fit.name && found->fit.misfit <= found->fit.allowed;
}

/*
 * Capacity: the median look, and the interval in which 95% of further ones
 * are (Student's prediction interval: Hahn 1970). Looks at a busy machine
 * depend on each other, which makes an interval of their mean far too narrow.
 * The lowest is left out where the others' interval of 99.9% has not got it:
 * the machine stood still then, and a further look is not likely to be as low.
 *
 * A server that tells how long it served a request leaves nothing to guess:
 * the rest of the latency is communication, and the workers are the work done
 * per time while it is full.
 * Where requests without work were tried, their latency is communication, and
 * what is left of the others' is service. Where neither can be, workers and
 * communication show only together: each number of workers k that the
 * capacity allows leaves a service of k / capacity and the rest as
 * communication. Bursts tell them apart (burst.h): up to k requests at once
 * wait for nobody. Of the k, and of the orders of service, whose bursts are
 * like the measured ones the best is taken. The interval has all that a chi
 * square does not reject against it, scaled by the misfit of the best where
 * that is more than chance explains (Birge 1932), and what is no worse than
 * the best is itself beyond chance: a server that no k describes well is
 * known the less. How long a request is served follows from k and a capacity
 * within its interval, and from what single requests take without those that
 * a standstill made late: how many of them is tried as the others are, and
 * whatever share is as likely widens the interval. While it stands still the
 * server is not full, so that a capacity up to that much higher is as good.
 * Few bursts of few candidates are simulated first, all of them then where it
 * is close, so that hundreds of workers take seconds.
 *
 * A service that is small beside its path cannot be told from the path's own
 * noise: its law is then one atom, and `law` says so.
 */
void identify(const struct identify_data *data, struct identified *found,
	      struct arena *arena);

#endif
