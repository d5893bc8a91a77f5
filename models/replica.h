/* replica.h - one replication of a simulated queue */
#ifndef MODELS_REPLICA_H
#define MODELS_REPLICA_H

#include "lancet/core/arena.h"
#include "lancet/core/rng.h"
#include "models/predict.h"
#include "models/tally.h"

/* What is recorded, of which jobs. */
struct replica_series {
	enum predict_metric metric; /* sojourn, wait or slowdown */
	uint32_t class;		    /* number + 1; 0: all */
	double given;		    /* of this service; 0: all */
	double bound;		    /* count what is above; 0: nothing */
	bool quantiles;
};

struct replica_plan {
	const struct predict_query *query;
	const struct replica_series *series;
	size_t nseries;
	double mean;   /* of service */
	bool refuses;  /* jobs are dropped by rule, not for room */
	uint32_t room; /* for jobs at once */
	uint64_t warm_up;
};

#define REPLICA_BURST 128

/* Jobs as columns. */
struct replica_burst {
	size_t n;
	sim_time arrival[REPLICA_BURST], start[REPLICA_BURST];
	sim_time completion[REPLICA_BURST];
	double service[REPLICA_BURST];
	uint32_t class[REPLICA_BURST];
};

struct replica {
	const struct replica_plan *plan;
	struct arena arena;
	struct policy policy;
	const struct arrival_ops *arrival;
	void *arrival_state;
	struct rng gap, class, service, pick;
	sim_time now;  /* of the last arrival */
	uint64_t jobs; /* so far */
	bool overflow;
	struct tally *tally;	   /* of each series */
	struct replica_burst done; /* not yet recorded */
};

/*
 * The streams of (seed, number) are one for gaps, classes, services and the
 * policy's choices each: at any load and under any policy the same jobs
 * come, only faster or slower. 0 or a negative errno; to be finished in
 * either case.
 */
int replica_init(struct replica *r, const struct replica_plan *plan,
		 uint32_t number, struct err *err);
void replica_fini(struct replica *r);

/* Let a burst of jobs more arrive. False: more in the queue than its room. */
bool replica_burst(struct replica *r);

#endif
