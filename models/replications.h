/* replications.h - independent replications of one queue, on all cores */
#ifndef MODELS_REPLICATIONS_H
#define MODELS_REPLICATIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "models/replica.h"

struct err;

/*
 * A fixed number, whatever the threads: 31 degrees of freedom cost 4% of an
 * interval's width, and stopping at the first narrow one little coverage.
 */
#define REPLICATIONS 32

struct replications {
	const struct replica_plan *plan;
	struct replica *replica; /* REPLICATIONS of them */
	uint32_t threads;
	int64_t deadline_ns; /* of clock_now_ns() */

	/* Of a round: all replications go on until so many jobs. */
	uint64_t until;
	atomic_uint next;
	atomic_bool out_of_time, overflow;
};

/* 0 or a negative errno; to be finished in either case. The plan must live
 * as long. */
int replications_init(struct replications *r, const struct replica_plan *plan,
		      int64_t deadline_ns, struct err *err);
void replications_fini(struct replications *r);

/*
 * Let each go on until so many jobs have come to it, its warm-up included;
 * the query's threads share them. Ends early with out_of_time, or overflow.
 */
void replications_run(struct replications *r, uint64_t until);

#endif
