/* scores.h - each window's latencies in a few numbers, for tests over windows */
#ifndef COORDINATOR_SCORES_H
#define COORDINATOR_SCORES_H

#include <stddef.h>

struct arena;
struct point_data;

/*
 * Windows after the warm-up that the headline counts, in order, with sums
 * over the requests of each. The logarithm makes equal what is equal in
 * proportion and lets no single stall outweigh the rest; the shares beyond
 * two quantiles of the point are for what only a tail shows.
 */
struct scores {
	size_t n;
	double *answered;	/* requests with a reply */
	double *all;		/* intended requests */
	double *log_ns;		/* of answered ones */
	double square_ns;	/* of those, over all windows: squares */
	double *upper, *tail;	/* later than the point's p90, p99; all */
};

/*
 * Of requests that met no other of their agent in flight, by the records:
 * the same windows, log_ns and answered only. They queued behind nothing, so
 * they hardly depend on each other however full the server is. Without
 * records all are 0.
 */
struct scores scores_alone(const struct point_data *data,
			   struct arena *arena);

/* Of one agent, or of all where agent is negative. */
struct scores scores_of(const struct point_data *data, int agent,
			struct arena *arena);

#endif
