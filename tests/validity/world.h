/* world.h - simulated experiments: agents, a queue, and what goes wrong */
#ifndef TESTS_VALIDITY_WORLD_H
#define TESTS_VALIDITY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coordinator/point.h"

struct arena;
struct plan;

#define WORLD_AGENTS 2

/*
 * What is simulated: agents that send by the law of `arrival`, late by
 * scheduling and by the cost of a send, to one FCFS worker with exponential
 * service, and reply over a path of some microseconds. Each field of what
 * goes wrong is 0 or NULL where nothing does.
 */
struct world {
	const char *arrival;	/* as of `lancet check --arrival` */
	unsigned agents;
	uint64_t seed;
	bool records;		/* of all requests reach the checks */

	const char *sent_arrival; /* instead of the one that is asked for */
	bool one_seed;		/* agents draw the same numbers */
	double rate;		/* faster than asked by this share */
	int64_t freeze_ns;	/* the senders stand still, each second */
	double rise;		/* latency grows evenly by this share */
	double step;		/* latency jumps by it, somewhere in the middle */
	double wave;		/* latency goes up and down by it, */
	double periods;		/* so often */
	double lost;		/* share of replies that never come */
	double waiting;		/* share that finds every connection taken */
	int64_t apart_ns;	/* more for every other agent */
	double tail;		/* share of theirs that is 1 ms later */
	double longer;		/* service is longer by this share */
	/* Of a file that somebody wrote, as `lancet check` has it: */
	bool file;
	int64_t pause_ns;	/* nothing is sent for so long, once */
	double copied;		/* share at the end: latencies of the first */
	double zero;		/* share that took no time */
	bool shy;		/* nothing is sent while one is in flight */
	double in_us;		/* share that was written in us, not ns */
	double missing;		/* share of lines, ten in a row each time */
	int64_t round_ns;	/* latencies are rounded up to this */
	bool any_arrival;	/* nobody says what was intended */
};

/* Mean service, and the plan for a run of nine loads at one such worker. */
#define WORLD_SERVICE_NS 50000.

struct plan *world_plan(const struct world *world, double from, double to,
			unsigned points, struct arena *arena);

/* One point of so many requests, taken in and closed; in the arena. */
void world_point(const struct world *world, const struct plan *plan,
		 size_t point, size_t requests, struct point_data *data,
		 struct arena *arena);

#endif
