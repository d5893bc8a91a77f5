/* central.c - one queue in order of a key before all workers */
#include "models/central.h"

#include <math.h>

size_t central_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct central);
}

static void join(struct central *c, uint32_t slot)
{
	const struct job *job = &c->workers.pool.slot[slot].job;
	double key = c->key(c, job, c->workers.left[slot]);

	c->queued++;
	heap_push(&c->waiting, key, job->id, slot);
}

static void start(struct central *c, uint32_t worker, uint32_t slot, sim_time t)
{
	double *left = &c->workers.left[slot];
	sim_time until = t + *left;

	if (c->quantum > 0 && *left > c->quantum)
		until = t + c->quantum + c->cost;
	workers_put(&c->workers, worker, slot, t, until);
}

static void dispatch(struct workers *w, sim_time t)
{
	struct central *c = (struct central *)w;

	while (w->busy < w->n && c->waiting.n)
		start(c, workers_idle(w), heap_pop(&c->waiting), t);
}

/* A slice is over; whether the last one is known by the work left. */
static bool ended(struct workers *w, uint32_t worker, uint32_t slot, sim_time t)
{
	struct central *c = (struct central *)w;

	(void)worker;
	(void)t;
	if (!(c->quantum > 0) || w->left[slot] <= c->quantum)
		return true;
	w->left[slot] -= c->quantum;
	w->pool.slot[slot].overhead += c->cost;
	join(c, slot);
	return false;
}

void central_init(struct central *c, uint32_t workers, uint32_t jobs,
		  struct arena *arena)
{
	workers_init(&c->workers, workers, jobs, arena);
	c->workers.ended = ended;
	c->workers.dispatch = dispatch;
	c->waiting.entry = arena_array(arena, jobs, sizeof(*c->waiting.entry));
}

/* The job in service with the largest key, among equal ones the largest id. */
static uint32_t find_worst(struct central *c, sim_time t, double *worst)
{
	const struct workers *w = &c->workers;
	uint32_t at = 0;
	uint64_t id = 0;

	*worst = -INFINITY;
	for (uint32_t i = 0; i < w->n; i++) {
		const struct job *job = &w->pool.slot[w->slot[i]].job;
		double key = c->key(c, job, w->until[i] - t);

		if (key > *worst || (key == *worst && job->id > id)) {
			*worst = key;
			id = job->id;
			at = i;
		}
	}
	return at;
}

/* All workers are busy: does the newcomer take one? */
static bool preempt(struct central *c, uint32_t slot, sim_time t)
{
	struct workers *w = &c->workers;
	const struct job *job = &w->pool.slot[slot].job;
	double worst;
	uint32_t worker = find_worst(c, t, &worst), victim;
	sim_time until = w->until[worker];

	if (!(worst > c->key(c, job, job->service)))
		return false;
	victim = workers_preempt(w, worker);
	w->left[victim] = until - t;
	join(c, victim);
	start(c, worker, slot, t);
	return true;
}

enum job_outcome central_arrive(void *state, sim_time t, const struct job *job)
{
	struct central *c = state;
	uint32_t slot;

	if (!c->workers.pool.nfree)
		return JOB_DROPPED;
	slot = workers_take(&c->workers, job);
	if (c->workers.busy < c->workers.n)
		start(c, workers_idle(&c->workers), slot, t);
	else if (!c->preempt || !preempt(c, slot, t))
		join(c, slot);
	return JOB_DONE;
}
