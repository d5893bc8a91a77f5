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

	heap_push(&c->waiting, key, job->id, slot);
}

static void start(struct central *c, uint32_t worker, uint32_t slot, sim_time t)
{
	workers_put(&c->workers, worker, slot, t, t + c->workers.left[slot]);
}

static void dispatch(struct workers *w, sim_time t)
{
	struct central *c = (struct central *)w;

	while (w->busy < w->n && c->waiting.n)
		start(c, workers_idle(w, 0), heap_pop(&c->waiting), t);
}

void central_init(struct central *c, uint32_t workers, uint32_t jobs,
		  struct arena *arena)
{
	workers_init(&c->workers, workers, jobs, arena);
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
		double key = c->key(c, job, least_of(&w->until, i) - t);

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
	sim_time until = least_of(&w->until, worker);

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
		start(c, workers_idle(&c->workers, 0), slot, t);
	else if (!c->preempt || !preempt(c, slot, t))
		join(c, slot);
	return JOB_DONE;
}
