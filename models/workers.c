/* workers.c - workers that hold one job each until an instant known ahead */
#include "models/workers.h"

#include <math.h>

void workers_init(struct workers *w, uint32_t workers, uint32_t jobs,
		  struct arena *arena)
{
	w->n = workers;
	w->slot = arena_array(arena, workers, sizeof(*w->slot));
	w->until = arena_array(arena, workers, sizeof(*w->until));
	for (uint32_t i = 0; i < workers; i++) {
		w->slot[i] = WORKER_IDLE;
		w->until[i] = INFINITY;
	}
	w->least = INFINITY;
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

static void find_least(struct workers *w)
{
	w->least = w->until[0];
	for (uint32_t i = 1; i < w->n; i++)
		if (w->until[i] < w->least)
			w->least = w->until[i];
}

void workers_put(struct workers *w, uint32_t worker, uint32_t slot,
		 sim_time start, sim_time until)
{
	struct done *d = &w->pool.slot[slot];

	if (!d->slices++)
		d->first_start = start;
	d->worker = worker;
	w->slot[worker] = slot;
	w->until[worker] = until;
	w->busy++;
	if (until < w->least)
		w->least = until;
}

static uint32_t release(struct workers *w, uint32_t worker)
{
	uint32_t slot = w->slot[worker];

	w->slot[worker] = WORKER_IDLE;
	w->until[worker] = INFINITY;
	w->busy--;
	return slot;
}

uint32_t workers_preempt(struct workers *w, uint32_t worker)
{
	uint32_t slot = release(w, worker);

	find_least(w);
	return slot;
}

uint32_t workers_idle(const struct workers *w)
{
	uint32_t i = 0;

	while (w->slot[i] != WORKER_IDLE)
		i++;
	return i;
}

sim_time workers_next(const void *state)
{
	const struct workers *w = state;

	return w->least < w->timer ? w->least : w->timer;
}

/*
 * The round of one instant; false when done[n] is full. Idle workers are
 * filled only when all that end then have ended, maybe in a later call.
 */
static bool round_at(struct workers *w, sim_time t, struct done *done, size_t n,
		     size_t *out)
{
	for (uint32_t i = 0; i < w->n; i++) {
		uint32_t slot;

		if (w->until[i] != t)
			continue;
		if (*out == n)
			return false;
		slot = release(w, i);
		if (w->ended && !w->ended(w, i, slot, t))
			continue;
		done[*out] = *pool_put(&w->pool, slot);
		done[(*out)++].completion = t;
	}
	if (w->timer == t)
		w->due(w, t);
	w->dispatch(w, t);
	find_least(w);
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
		w->until[i] -= by;
	w->least -= by;
	w->timer -= by;
	/* Free slots too: it does no harm. */
	for (uint32_t i = 0; i < w->room; i++) {
		w->pool.slot[i].job.arrival -= by;
		w->pool.slot[i].first_start -= by;
	}
}
