/* servers.c - FCFS servers, a job's server chosen when it arrives */
#include "models/servers.h"

#include <math.h>

#include "workloads/schedule.h"

size_t servers_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct servers);
}

void servers_init(struct servers *s, const void *options, uint32_t servers,
		  uint32_t each, uint32_t jobs, struct arena *arena)
{
	s->options = options;
	s->servers = servers;
	s->each = each;
	s->jobs = jobs;
	s->free_at =
		arena_array(arena, (size_t)servers * each, sizeof(*s->free_at));
	s->count = arena_array(arena, servers, sizeof(*s->count));
	s->done.entry = arena_array(arena, jobs, sizeof(*s->done.entry));
	pool_init(&s->pool, jobs, arena);
}

/*
 * The job starts when it is there and a worker of its server is free: the
 * lowest of those that then are.
 */
static uint32_t assign(struct servers *s, uint32_t server,
		       const struct job *job, sim_time *start,
		       sim_time *completion)
{
	sim_time *free_at = s->free_at + (size_t)server * s->each;
	sim_time at = free_at[0];
	uint32_t place = 0;

	for (uint32_t i = 1; i < s->each; i++)
		at = free_at[i] < at ? free_at[i] : at;
	if (at < job->arrival)
		at = job->arrival;
	while (free_at[place] > at)
		place++;
	*start = at;
	*completion = free_at[place] = at + job->service;
	return server * s->each + place;
}

enum job_outcome servers_arrive(void *state, sim_time t, const struct job *job)
{
	struct servers *s = state;
	uint32_t server, slot;
	struct done *d;

	(void)t; /* the job knows when it arrived */
	if (!s->pool.nfree)
		return JOB_DROPPED;
	server = s->choose(s, job);
	slot = pool_take(&s->pool, job);
	d = &s->pool.slot[slot];
	d->worker = assign(s, server, job, &d->first_start, &d->completion);
	d->slices = 1;
	s->count[server]++;
	heap_push(&s->done, d->completion, d->worker, slot);
	return JOB_DONE;
}

sim_time servers_next(const void *state)
{
	const struct servers *s = state;

	return s->done.n ? s->done.entry[0].key : INFINITY;
}

size_t servers_advance(void *state, sim_time t, struct done *done, size_t n)
{
	struct servers *s = state;
	size_t out = 0;

	while (out < n && s->done.n && s->done.entry[0].key <= t) {
		done[out] = *pool_put(&s->pool, heap_pop(&s->done));
		s->count[done[out++].worker / s->each]--;
	}
	return out;
}

void servers_departures(void *state, const struct job *jobs, sim_time *start,
			sim_time *completion, size_t n)
{
	struct servers *s = state;

	for (size_t i = 0; i < n; i++)
		assign(s, s->choose(s, &jobs[i]), &jobs[i], &start[i],
		       &completion[i]);
}

void servers_rebase(void *state, sim_time by)
{
	struct servers *s = state;

	for (uint32_t w = 0; w < s->servers * s->each; w++)
		s->free_at[w] -= by;
	for (uint32_t i = 0; i < s->done.n; i++) {
		struct done *d = &s->pool.slot[s->done.entry[i].slot];

		s->done.entry[i].key -= by;
		d->job.arrival -= by;
		d->first_start -= by;
		d->completion -= by;
	}
}

double servers_capacity(const void *options, uint32_t workers,
			const struct workload *workload)
{
	(void)options;
	return workers / workload_moment(workload, 1);
}
