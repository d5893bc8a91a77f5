/* burst.h - requests at once before an idle server of so many workers */
#ifndef MODELS_BURST_H
#define MODELS_BURST_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct rng;

#define BURST_SIZE 64u		/* at most */
#define BURST_WORKERS 1024u

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

/* How workers share what came: policies of these names. */
enum burst_order {
	BURST_FCFS,		/* one queue */
	BURST_SHARED,		/* all at once, at equal speed */
	BURST_SPLIT,		/* a queue for each worker, chosen at random */
	BURST_ORDERS
};

extern const char *const burst_order_name[BURST_ORDERS];

/*
 * A server whose single requests took `alone`[nalone], of which
 * `communication` was on the way and the rest on one of its workers.
 */
struct burst_server {
	const double *alone;
	size_t nalone;
	double communication;
	size_t workers;
	enum burst_order order;
};

/* Bursts before that server, each when it is idle. */
struct burst_work {
	uint32_t size;
	size_t bursts;
	double stagger;
	const double *service;	/* of the bursts' requests, one after another */
};

/*
 * When each request is done, counted from the first arrival of its burst:
 * replay() under the policy. The rng chooses the worker where that is random.
 */
void burst_serve(const struct burst_server *s, const struct burst_work *work,
		 struct rng *rng, double *done, struct arena *arena);

/*
 * How badly the server explains the bursts: a chi square. Besides chance, a
 * median may be off by a share of itself and some 100 ns, for the wakes and
 * sends that no model knows. What the way there and back takes may differ
 * from that of single requests, by the same in all bursts (a server that
 * sleeps wakes up once for several), and each request of a burst may cost a
 * little that no worker does (reading it, sending its reply): the offset and
 * the cost that fit best are taken, and large ones count against the server.
 * `share` of the bursts that make chance small are simulated.
 */
double burst_misfit(const struct burst_server *s,
		    const struct identify_burst *burst, size_t n, double share,
		    uint64_t seed);

#endif
