/* inf.c - a worker for everybody: nobody waits, and nothing is shared */
#include "models/policy.h"

#include <math.h>

#include "models/heap.h"

/*
 * M/G/inf, a pure delay: what a target would do whose requests never meet.
 * How many workers there are does not count; all are worker 0.
 */
struct inf {
	struct heap ends; /* of the jobs there */
	struct pool jobs;
};

static size_t inf_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct inf);
}

static int inf_init(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err)
{
	struct inf *s = state;

	(void)options;
	(void)workers;
	(void)err;
	s->ends.entry = arena_array(arena, jobs, sizeof(*s->ends.entry));
	pool_init(&s->jobs, jobs, arena);
	return 0;
}

static double inf_capacity(const void *options, uint32_t workers,
			   const struct workload *workload)
{
	(void)options;
	(void)workers;
	(void)workload;
	return INFINITY;
}

static struct policy_shape inf_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_INFINITE };
}

static enum job_outcome inf_arrive(void *state, sim_time t,
				   const struct job *job)
{
	struct inf *s = state;
	struct done *done;
	uint32_t slot;

	if (!s->jobs.nfree)
		return JOB_DROPPED;
	slot = pool_take(&s->jobs, job);
	done = &s->jobs.slot[slot];
	done->first_start = t;
	done->completion = t + job->service;
	done->slices = 1;
	heap_push(&s->ends, done->completion, job->id, slot);
	return JOB_DONE;
}

static sim_time inf_next(const void *state)
{
	const struct inf *s = state;

	return s->ends.n ? s->ends.entry[0].key : INFINITY;
}

static size_t inf_advance(void *state, sim_time t, struct done *done, size_t n)
{
	struct inf *s = state;
	size_t out = 0;

	while (out < n && inf_next(s) <= t)
		done[out++] = *pool_put(&s->jobs, heap_pop(&s->ends));
	return out;
}

static void inf_departures(void *state, const struct job *jobs, sim_time *start,
			   sim_time *completion, size_t n)
{
	(void)state;
	for (size_t i = 0; i < n; i++) {
		start[i] = jobs[i].arrival;
		completion[i] = jobs[i].arrival + jobs[i].service;
	}
}

static void inf_rebase(void *state, sim_time by)
{
	struct inf *s = state;

	for (uint32_t i = 0; i < s->ends.n; i++) {
		struct done *done = &s->jobs.slot[s->ends.entry[i].slot];

		s->ends.entry[i].key -= by;
		done->job.arrival -= by;
		done->first_start -= by;
		done->completion -= by;
	}
}

const struct policy_ops policy_inf = {
	.kind = {
		.name = "inf",
		.help = "infinitely many workers: nobody waits",
	},
	.flags = POLICY_AT_ONCE,
	.state_size = inf_state_size,
	.init = inf_init,
	.capacity = inf_capacity,
	.shape = inf_shape,
	.arrive = inf_arrive,
	.next = inf_next,
	.advance = inf_advance,
	.departures = inf_departures,
	.rebase = inf_rebase,
};
