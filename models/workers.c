/* workers.c - workers that hold one job each until an instant known ahead */
#include "models/workers.h"

#include <math.h>

void workers_init(struct workers *w, uint32_t workers, uint32_t jobs,
		  struct arena *arena)
{
	w->n = workers;
	w->slot = arena_array(arena, workers, sizeof(*w->slot));
	w->idle = arena_array(arena, (workers + 63) / 64, sizeof(*w->idle));
	for (uint32_t i = 0; i < workers; i++)
		w->idle[i / 64] |= UINT64_C(1) << (i % 64);
	least_init(&w->until, workers, arena);
	w->timer = INFINITY;
	w->room = jobs;
	w->left = arena_array(arena, jobs, sizeof(*w->left));
	w->next = arena_array(arena, jobs, sizeof(*w->next));
	pool_init(&w->pool, jobs, arena);
}

uint32_t workers_take(struct workers *w, const struct job *job)
{
	uint32_t slot = pool_take(&w->pool, job);

	w->left[slot] = job->service;
	return slot;
}

void workers_hold(struct workers *w, uint32_t worker, uint32_t slot,
		  sim_time until)
{
	w->slot[worker] = slot;
	w->idle[worker / 64] &= ~(UINT64_C(1) << (worker % 64));
	w->busy++;
	least_set(&w->until, worker, until);
}

void workers_put(struct workers *w, uint32_t worker, uint32_t slot,
		 sim_time start, sim_time until)
{
	struct done *d = &w->pool.slot[slot];

	if (!d->slices++)
		d->first_start = start;
	d->worker = worker;
	workers_hold(w, worker, slot, until);
}

uint32_t workers_preempt(struct workers *w, uint32_t worker)
{
	w->idle[worker / 64] |= UINT64_C(1) << (worker % 64);
	w->busy--;
	least_set(&w->until, worker, INFINITY);
	return w->slot[worker];
}

uint32_t workers_idle(const struct workers *w, uint32_t from)
{
	uint64_t mask = ~UINT64_C(0) << (from % 64);

	for (uint32_t i = from / 64; i * 64 < w->n; i++) {
		if (w->idle[i] & mask)
			return i * 64 +
			       (uint32_t)__builtin_ctzll(w->idle[i] & mask);
		mask = ~UINT64_C(0);
	}
	return WORKER_NONE;
}

sim_time workers_next(const void *state)
{
	const struct workers *w = state;

	sim_time least = least_value(&w->until);

	return least < w->timer ? least : w->timer;
}

/*
 * The round of one instant; false when done[n] is full. Idle workers are
 * filled only when all that end then have ended, maybe in a later call.
 */
static bool round_at(struct workers *w, sim_time t, struct done *done, size_t n,
		     size_t *out)
{
	while (least_value(&w->until) == t) {
		uint32_t worker = least_index(&w->until), slot;

		if (*out == n)
			return false;
		slot = workers_preempt(w, worker);
		if (w->ended && !w->ended(w, worker, slot, t))
			continue;
		done[*out] = *pool_put(&w->pool, slot);
		done[(*out)++].completion = t;
	}
	if (w->timer == t)
		w->due(w, t);
	w->dispatch(w, t);
	return true;
}

size_t workers_advance(void *state, sim_time t, struct done *done, size_t n)
{
	sim_time next;
	size_t out = 0;

	while ((next = workers_next(state)) <= t &&
	       round_at(state, next, done, n, &out))
		;
	return out;
}

void workers_rebase(void *state, sim_time by)
{
	struct workers *w = state;

	for (uint32_t i = 0; i < w->n; i++)
		least_set(&w->until, i, least_of(&w->until, i) - by);
	w->timer -= by;
	/* Free slots too: it does no harm. */
	for (uint32_t i = 0; i < w->room; i++) {
		w->pool.slot[i].job.arrival -= by;
		w->pool.slot[i].first_start -= by;
	}
}
