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
	size_t stalled;		/* left out, as burst_settle() says */
};

/* One burst: when its first reply came after its first request, and so on. */
struct burst_seen {
	double first, mean, last;
};

/*
 * The n bursts that were seen, in any order, to b->mean and b->last. Where not
 * even the first reply came within BURST_STALL times the median of all first
 * ones, the server or its machine stood still: such a burst is left out, and
 * so are those of simulated servers, whose services may be as long. Of a few
 * requests all may be long ones, so small bursts stay.
 */
#define BURST_STALL 8.
#define BURST_STALL_SIZE 4u
void burst_settle(struct identify_burst *b, struct burst_seen *seen, size_t n,
		  struct arena *arena);

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
	/* Of single requests, too: those that a standstill made late. */
	const double *late;
	size_t nlate;
	double usual;		/* the mean of the others */
	double every;		/* one of all these was sent; 0: far apart */
	double communication;
	size_t workers;
	enum burst_order order;
};

/*
 * A standstill that made a request so late, and how many there are of it per
 * time. One that is short ends evenly between a request's reply and its own
 * length later, so it is twice as long as the request was late, and most are
 * met by nobody. Of one that is long a single request is there, whose followers
 * wait until it is answered: it meets each, and from the beginning.
 */
struct burst_still {
	double length, rate;
};

struct burst_still burst_still(const struct burst_server *s, double late);

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

/* Requests that burst_misfit() simulates of these, with a share of 1. */
double burst_requests(const struct identify_burst *burst, size_t n);

/*
 * Share of the bursts that burst_settle() left out: about as many others met a
 * standstill later on and are late, which moves medians up by half of that.
 */
double burst_left_out(const struct identify_burst *burst, size_t n);

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
