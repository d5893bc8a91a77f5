/* slots.c - a central queue before a few slots at every worker */
#include "models/slots.h"

#include "lancet/core/rng.h"

const char *const slots_ties[] = { "lowest", "uniform", NULL };

size_t slots_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct slots);
}

void slots_init(struct slots *s, const struct quanta_options *quanta,
		uint32_t depth, uint32_t workers, bool extra, uint32_t jobs,
		struct arena *arena)
{
	s->quanta = *quanta;
	s->n = workers;
	s->depth = depth;
	workers_init(&s->workers, workers + extra, jobs, arena);
	s->workers.ended = slots_ended;
	s->workers.dispatch = slots_dispatch;
	s->order = arena_array(arena, jobs, sizeof(*s->order));
	s->held = arena_array(arena, workers, sizeof(*s->held));
	levels_init(&s->holds, workers, arena);
	known_init(&s->known, workers, arena);
	least_init(&s->leaving, workers, arena);
	s->free_at = arena_array(arena, workers, sizeof(*s->free_at));
}

void slots_join(struct slots *s, struct fifo *queue, uint32_t slot)
{
	s->order[slot] = s->joined++;
	fifo_push(&s->workers, queue, slot);
}

static uint32_t take_first(struct slots *s)
{
	bool fresh = s->fresh.n &&
		     (!s->expired.n ||
		      s->order[s->fresh.head] < s->order[s->expired.head]);

	return fifo_pop(&s->workers, fresh ? &s->fresh : &s->expired);
}

/* Who gets that job. */
static uint32_t choose(const struct slots *s, const struct job *job)
{
	if (!s->uniform)
		return levels_least(&s->holds);
	return levels_any(&s->holds, rng_mix(job->aux.draw[1] + 1));
}

static void start_first(struct slots *s, uint32_t worker, sim_time t)
{
	quanta_put(&s->quanta, &s->workers, worker,
		   fifo_pop(&s->workers, &s->held[worker]), t);
}

/* Hand out the central queue; who holds nothing else starts at once. */
void slots_dispatch(struct workers *w, sim_time t)
{
	struct slots *s = (struct slots *)w;

	while (s->holds.low < s->depth && s->fresh.n + s->expired.n) {
		uint32_t slot = take_first(s);
		uint32_t worker = choose(s, &w->pool.slot[slot].job);

		fifo_push(w, &s->held[worker], slot);
		if (!s->holds.count[worker])
			start_first(s, worker, t);
		levels_up(&s->holds, worker);
	}
}

/*
 * What the worker holds next is its own, and starts at once: that changes
 * nothing for what others get when the central queue is handed out.
 */
bool slots_ended(struct workers *w, uint32_t worker, uint32_t slot, sim_time t)
{
	struct slots *s = (struct slots *)w;
	bool done = quanta_done(w, slot);

	levels_down(&s->holds, worker);
	if (!done)
		slots_join(s, &s->expired, slot);
	if (s->held[worker].n)
		start_first(s, worker, t);
	return done;
}

enum job_outcome slots_arrive(void *state, sim_time t, const struct job *job)
{
	struct slots *s = state;

	if (!s->workers.pool.nfree)
		return JOB_DROPPED;
	slots_join(s, &s->fresh, workers_take(&s->workers, job));
	s->workers.dispatch(&s->workers, t);
	return JOB_DONE;
}

static sim_time later(sim_time a, sim_time b)
{
	return a > b ? a : b;
}

/* Time goes on to t for the one who hands out. */
static void leave_until(struct slots *s, sim_time t)
{
	s->front = t;
	while (least_value(&s->leaving) <= t) {
		uint32_t worker = least_index(&s->leaving);

		known_pop(&s->known, worker);
		least_set(&s->leaving, worker, known_first(&s->known, worker));
		levels_down(&s->holds, worker);
	}
}

/*
 * Jobs are handed out in order of arrival, each as soon as somebody holds
 * fewer than `depth`: so when and to whom follows from the departures of
 * those before it, and its own departure from that.
 */
void slots_departures(void *state, const struct job *jobs, sim_time *start,
		      sim_time *completion, size_t n)
{
	struct slots *s = state;

	for (size_t i = 0; i < n; i++) {
		uint32_t worker;

		leave_until(s, later(jobs[i].arrival, s->front));
		while (s->holds.low == s->depth)
			leave_until(s, least_value(&s->leaving));
		worker = choose(s, &jobs[i]);
		start[i] = later(s->front, s->free_at[worker]);
		completion[i] = start[i] + jobs[i].service;
		s->free_at[worker] = completion[i];
		if (!s->holds.count[worker])
			least_set(&s->leaving, worker, completion[i]);
		known_push(&s->known, worker, completion[i]);
		levels_up(&s->holds, worker);
	}
}

void slots_rebase(void *state, sim_time by)
{
	struct slots *s = state;

	workers_rebase(state, by);
	s->front -= by;
	known_rebase(&s->known, by);
	for (uint32_t i = 0; i < s->n; i++) {
		s->free_at[i] -= by;
		least_set(&s->leaving, i, known_first(&s->known, i));
	}
}
