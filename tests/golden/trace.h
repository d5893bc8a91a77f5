/* trace.h - golden traces: jobs, and what a policy does with each of them */
#ifndef TESTS_GOLDEN_TRACE_H
#define TESTS_GOLDEN_TRACE_H

#include <stdio.h>

#include "models/policy.h"

struct arena;
struct err;

/* NAN and UINT32_MAX: none. */
struct trace_want {
	double start, completion;
	uint32_t worker, slices;
	enum job_outcome outcome;
	double overhead; /* in no file */
};

/* Columns of what is wanted, a bit each. */
enum trace_column {
	TRACE_START = 1,
	TRACE_COMPLETION = 2,
	TRACE_WORKER = 4,
	TRACE_SLICES = 8,
	TRACE_OUTCOME = 16,
};

struct trace {
	const char *path;
	struct choice policy;
	uint32_t workers;
	unsigned check;	  /* columns that count */
	double tolerance; /* of times, relative; 0: equality */
	size_t n;
	struct job *job;
	struct trace_want *want;
};

/* 0 or -errno: `FILE:LINE: what; remedy`. All lives as long as the arena. */
int trace_read(struct trace *t, const char *path, struct arena *arena,
	       struct err *err);

/* How the policy is driven: none of it may matter. */
enum trace_way {
	TRACE_PAUSE = 1,  /* stop at every event and halfway to it, as a
			   * target's clock may; and hold what is seen on the
			   * way to Little's law */
	TRACE_REBASE = 2, /* move the clock, as the simulator does */
	TRACE_BURSTS = 4, /* by departures(), where there are; times alone */
};

/*
 * Run the policy as a driver does. Prints a line a miss; returns how many,
 * or -errno where the policy cannot be had with these parameters.
 */
long trace_run(const struct trace *t, unsigned way, FILE *misses,
	       struct err *err);

/* The same, but what it does becomes what is wanted. */
long trace_fill(const struct trace *t, FILE *misses, struct err *err);

#endif
