/* pairs.h - every request's measured and replayed response time */
#ifndef COORDINATOR_PAIRS_H
#define COORDINATOR_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"

struct arena;
struct err;
struct job;
struct point_data;
struct sample;

/* One request of a segment, in order of intended time over all agents. */
struct request {
	const struct sample *sample;
	uint64_t id;		/* as on the wire */
	int64_t intended_ns;	/* schedule time */
	unsigned out;		/* of its window */
};

/*
 * Those that were sent, of one segment; they live in the arena. Of a fan-out
 * those of which all parts are there, put together.
 */
struct request *requests_whole(const struct point_data *data, uint32_t segment,
			       size_t *n, struct arena *arena);

/*
 * Those of a segment that were served, as jobs that arrive at the intended
 * instants; entry i is of request[i]. -ENODATA without service times.
 */
int pairs_jobs(const struct point_data *data, uint32_t segment,
	       const struct choice *policy, uint32_t workers,
	       struct request **request, struct job **job, size_t *n,
	       struct arena *arena, struct err *err);

struct pair {
	double measured_ns, replayed_ns;
	unsigned out;		/* enum window_out of its window */
};

/*
 * Answered requests of all segments in order, each with its replay under
 * the policy: arrivals at the intended instants, the queue empty where a
 * segment starts; of a fan-out, the last of the parts. 0 or -errno, for
 * example where no service time is known.
 */
int pairs_replay(const struct point_data *data, const struct choice *policy,
		 uint32_t workers, struct pair **pairs, size_t *n,
		 struct arena *arena, struct err *err);

struct pair_quantile {
	double q, measured_ns, replayed_ns;
	double half_ns;		/* of the difference's interval; NAN: none */
};

/*
 * Quantiles of both sides over the same requests, and the interval of their
 * difference: jackknife over 20 batches of consecutive requests (Tukey 1958;
 * Shao and Wu 1989 for quantiles: deleting large groups is consistent), its
 * freedom by how evenly they differ.
 */
void pairs_quantile(const struct pair *pairs, size_t n, double confidence,
		    struct pair_quantile *out, size_t nout,
		    struct arena *arena);

/* Quantile of measured - replayed, request by request. Sorts scratch[n]. */
double pairs_difference(const struct pair *pairs, size_t n, double q,
			double *scratch);

#endif
