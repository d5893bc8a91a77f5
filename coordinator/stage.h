/* stage.h - a server under one kind of load: set up, run, and its records */
#ifndef COORDINATOR_STAGE_H
#define COORDINATOR_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct config;
struct err;
struct option_problems;
struct plan_host;
struct sample;
struct stall;

/* Told when a stage begins; of how many it is which is not known. */
typedef void stage_progress(void *context, const char *what);

/* A server that is tried out, with the requests of its configuration. */
struct stage_trial {
	const struct config *config;
	const struct plan_host *host;
	bool neighbour;		/* it runs on this machine, where it likes */
	stage_progress *progress;
	void *context;
	struct arena *arena;
	struct option_problems *problems;
	uint32_t stages;	/* run so far: each has requests of its own */
	int64_t idle_ns;	/* when those of the last are all served */
};

/* How a stage loads the target; the rest is as the configuration says. */
struct stage {
	const char *what;
	double rate_rps;
	uint32_t threads, connections;
	uint32_t in_flight;	/* on each; 0: all as the configuration says */
	uint32_t burst;		/* requests at once; 0: evenly spaced */
	int64_t length_ns;
	bool bare;		/* requests without work */
	bool sleeps;		/* an agent that sleeps while nothing is there */
};

/* What came of a stage: records in order of sending, warm-up and all. */
struct stage_reply {
	const struct sample *sample;
	size_t n;
	const struct stall *stall;	/* of the agent, in order */
	size_t nstalls;
	int64_t from_ns, until_ns;	/* after a tenth, to settle */
};

/*
 * One agent in a session of its own; what it sent lives in the trial's arena.
 * Negative with one line, or with problems, where that cannot be.
 */
int stage_run(struct stage_trial *t, const struct stage *stage,
	      struct stage_reply *reply, struct err *err);

/* Replies that came, whether they count or not. */
size_t stage_received(const struct stage_reply *r);

/* One line: too few replies came that count, n of them. */
int stage_too_few(const struct stage *stage, const struct stage_reply *r,
		  size_t n, struct err *err);

/*
 * Sent after the warm-up, answered, and not met by stalls of the agent that
 * matter beside its latency; of one class, or of any where it is -1.
 */
bool stage_counts(const struct stage_reply *r, const struct sample *s,
		  int class);

#endif
