/* sharing.c - one processor of several cores, shared by all its jobs alike */
#include "models/sharing.h"

#include <math.h>

void sharing_init(struct sharing *s, uint32_t cores, uint32_t jobs,
		  struct arena *arena)
{
	s->cores = cores;
	s->each = 1.0 / cores;
	s->next = INFINITY;
	s->left.entry = arena_array(arena, jobs, sizeof(*s->left.entry));
}

/* Time that a unit of a job's work takes. */
static double stretch(const struct sharing *s)
{
	return s->left.n <= s->cores ? 1 : s->left.n * s->each;
}

/* Only when the set of jobs changes: the next completion is fixed by then. */
static void plan_next(struct sharing *s)
{
	double left;

	s->next = INFINITY;
	if (!s->left.n)
		return;
	left = s->left.entry[0].key - s->work;
	s->next = left > 0 ? s->at + left * stretch(s) : s->at;
}

/*
 * Only then, too: a clock that ticks often must not wear the work down by
 * rounding.
 */
static void catch_up(struct sharing *s, sim_time t)
{
	/* Idle: from 0 again, so that the sum keeps its precision. */
	s->work = s->left.n ? s->work + (t - s->at) / stretch(s) : 0;
	s->at = t;
}

void sharing_start(struct sharing *s, sim_time t, struct pool *pool,
		   uint32_t slot)
{
	struct done *d = &pool->slot[slot];

	catch_up(s, t);
	d->first_start = d->job.arrival;
	d->slices = 1;
	heap_push(&s->left, s->work + d->job.service + d->overhead, d->job.id,
		  slot);
	plan_next(s);
}

size_t sharing_advance(struct sharing *s, sim_time t, struct pool *pool,
		       struct done *done, size_t n)
{
	sim_time due = sharing_due(t);
	size_t out = 0;

	while (out < n && s->next <= due) {
		s->work = s->left.entry[0].key;
		s->at = s->next < t ? s->next : t;
		done[out] = *pool_put(pool, heap_pop(&s->left));
		done[out++].completion = s->at;
		plan_next(s);
	}
	return out;
}

void sharing_rebase(struct sharing *s, sim_time by, struct pool *pool)
{
	s->at -= by;
	s->next -= by;
	for (uint32_t i = 0; i < s->left.n; i++) {
		struct done *d = &pool->slot[s->left.entry[i].slot];

		d->job.arrival -= by;
		d->first_start -= by;
	}
}

/* --- servers of their own --------------------------------------------------
 */

void shared_init(struct shared_servers *s, uint32_t servers, uint32_t cores,
		 uint32_t room, uint32_t jobs, struct arena *arena)
{
	s->n = servers;
	s->room = room < jobs ? room : jobs;
	s->server = arena_array(arena, servers, sizeof(*s->server));
	for (uint32_t i = 0; i < servers; i++)
		sharing_init(&s->server[i], cores, s->room, arena);
	least_init(&s->next, servers, arena);
	pool_init(&s->pool, jobs, arena);
}

enum job_outcome shared_arrive(struct shared_servers *s, uint32_t server,
			       sim_time t, const struct job *job, double more)
{
	struct sharing *at = &s->server[server];
	uint32_t slot;

	if (!s->pool.nfree || at->left.n == s->room)
		return JOB_DROPPED;
	slot = pool_take(&s->pool, job);
	s->pool.slot[slot].worker = server;
	s->pool.slot[slot].overhead = more;
	sharing_start(at, t, &s->pool, slot);
	least_set(&s->next, server, sharing_next(at));
	return JOB_DONE;
}

sim_time shared_next(const void *state)
{
	const struct shared_servers *s = state;

	return least_value(&s->next);
}

size_t shared_advance(void *state, sim_time t, struct done *done, size_t n)
{
	struct shared_servers *s = state;
	size_t out = 0;

	while (out < n && least_value(&s->next) <= sharing_due(t)) {
		uint32_t i = least_index(&s->next);

		out += sharing_advance(&s->server[i],
				       fmin(least_value(&s->next), t), &s->pool,
				       done + out, 1);
		least_set(&s->next, i, sharing_next(&s->server[i]));
	}
	return out;
}

void shared_rebase(void *state, sim_time by)
{
	struct shared_servers *s = state;

	for (uint32_t i = 0; i < s->n; i++) {
		sharing_rebase(&s->server[i], by, &s->pool);
		least_set(&s->next, i, sharing_next(&s->server[i]));
	}
}
