/* simulated.h - a point measured on a simulated queue, in virtual time */
#ifndef TESTS_COVERAGE_SIMULATED_H
#define TESTS_COVERAGE_SIMULATED_H

#include "coordinator/measure.h"
#include "coordinator/plan.h"
#include "tests/coverage/stream.h"

/* A cell of the table: a queue at a load. */
struct cell {
	const char *name;
	const char *policy;
	unsigned workers;
	const char *arrival, *service;	/* as in a configuration */
	double load;
	double held;		/* share of intervals that should hold */
	unsigned seeds;		/* as many points, where nobody says */
	double relative;	/* precision asked for */
};

/* How its points are measured. */
struct protocol {
	double q, relative;	/* the precision asked for; 0: none */
	double limit_s;
	bool stalls;		/* of the agent, 5% of the time left out */
};

/* The cell's plan; the program ends where it is none. */
const struct plan *simulated_plan(const struct cell *cell,
				  const struct protocol *protocol,
				  struct arena *arena);

struct stream_queue simulated_queue(const struct plan *plan);

struct simulated {
	struct point_data data;
	struct arena arena;
	unsigned segments, cuts;
	double reached;
};

/*
 * Measured as a run does: warm-up, segments, windows left out, extensions
 * until it is precise enough or the time is up, all by the coordinator's own
 * functions. To be finished.
 */
void simulated_run(struct simulated *point, const struct plan *plan,
		   const struct protocol *protocol, uint64_t seed);
void simulated_fini(struct simulated *point);

#endif
