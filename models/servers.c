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
	s->arena = arena;
	pool_init(&s->pool, jobs, arena);
}

static sim_time joins(struct servers *s, const struct job *job)
{
	return s->join ? s->join(s, job) : job->arrival;
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
	sim_time at = free_at[0], there = joins(s, job);
	uint32_t place = 0;

	for (uint32_t i = 1; i < s->each; i++)
		at = free_at[i] < at ? free_at[i] : at;
	if (at < there)
		at = there;
	while (free_at[place] > at)
		place++;
	*start = at;
	*completion = free_at[place] = at + job->service;
	return server * s->each + place;
}

enum job_outcome servers_arrive(void *state, sim_time t, const struct job *job)
{
	struct servers *s = state;
	enum job_outcome outcome;
	uint32_t server, slot;
	struct done *d;

	(void)t; /* the job knows when it arrived */
	if (!s->pool.nfree)
		return JOB_DROPPED;
	outcome = s->admit ? s->admit(s, job) : JOB_DONE;
	if (outcome != JOB_DONE)
		return outcome;
	server = s->choose ? s->choose(s, job) : 0;
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

/* Who has left by t counts no more. */
static void leave_until(struct servers *s, sim_time t)
{
	while (s->leaving.n && s->leaving.entry[0].key <= t)
		s->count[heap_pop(&s->leaving)]--;
}

static void leave_at(struct servers *s, uint32_t server, sim_time t)
{
	s->count[server]++;
	s->leaving.entry =
		arena_grow(s->arena, s->leaving.entry, s->leaving.n,
			   &s->leaving_room, sizeof(*s->leaving.entry));
	heap_push(&s->leaving, t, 0, server);
}

void servers_departures(void *state, const struct job *jobs, sim_time *start,
			sim_time *completion, size_t n)
{
	struct servers *s = state;

	for (size_t i = 0; i < n; i++) {
		uint32_t server;

		if (s->counts)
			leave_until(s, jobs[i].arrival);
		server = s->choose(s, &jobs[i]);
		assign(s, server, &jobs[i], &start[i], &completion[i]);
		if (s->counts)
			leave_at(s, server, completion[i]);
	}
}

/*
 * Give the least of a heap of times a new value. The hole sinks to a leaf
 * first, whatever the value (Wegener 1993): most new times are late, and
 * which kid is less is no branch to guess.
 */
static void replace_least(sim_time *free_at, uint32_t n, sim_time value)
{
	uint32_t at = 0, kid;

	for (kid = 1; kid + 1 < n; kid = 2 * at + 1) {
		kid += free_at[kid + 1] < free_at[kid];
		free_at[at] = free_at[kid];
		at = kid;
	}
	if (kid < n) {
		free_at[at] = free_at[kid];
		at = kid;
	}
	for (; at && value < free_at[(at - 1) / 2]; at = (at - 1) / 2)
		free_at[at] = free_at[(at - 1) / 2];
	free_at[at] = value;
}

void servers_departures_central(void *state, const struct job *jobs,
				sim_time *start, sim_time *completion, size_t n)
{
	struct servers *s = state;

	for (size_t i = 0; i < n; i++) {
		sim_time there;

		start[i] = completion[i] = INFINITY;
		if (s->admit && s->admit(s, &jobs[i]) != JOB_DONE)
			continue;
		there = joins(s, &jobs[i]);
		start[i] = there > s->free_at[0] ? there : s->free_at[0];
		completion[i] = start[i] + jobs[i].service;
		replace_least(s->free_at, s->each, completion[i]);
	}
}

uint32_t servers_candidate(const struct servers *s, const uint32_t *count,
			   const struct job *job)
{
	uint32_t best = job->aux.pick[0] % s->servers;

	for (size_t i = 1; i < POLICY_CANDIDATES; i++) {
		uint32_t other = job->aux.pick[i];

		if (other == PICK_NONE)
			break;
		other %= s->servers;
		if (count[other] < count[best])
			best = other;
	}
	return best;
}

sim_time servers_first_free(const struct servers *s)
{
	sim_time least = s->free_at[0];

	for (uint32_t i = 1; i < s->servers * s->each; i++)
		least = s->free_at[i] < least ? s->free_at[i] : least;
	return least;
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
	for (uint32_t i = 0; i < s->leaving.n; i++)
		s->leaving.entry[i].key -= by;
}

uint32_t servers_each(const struct servers_options *o, uint32_t workers)
{
	return o->each ? (uint32_t)o->each : workers;
}

uint32_t servers_workers(const void *options, uint32_t workers)
{
	const struct servers_options *o = options;

	return (uint32_t)o->servers * servers_each(o, workers);
}

double servers_capacity(const void *options, uint32_t workers,
			const struct workload *workload)
{
	(void)options;
	return workers / workload_moment(workload, 1);
}

double servers_capacity_all(const void *options, uint32_t workers,
			    const struct workload *workload)
{
	return servers_capacity(options, servers_workers(options, workers),
				workload);
}
