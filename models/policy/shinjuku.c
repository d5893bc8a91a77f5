/* shinjuku.c - a queue for every class, the one most behind its promise first
 */
#include "models/classes.h"

#include "lancet/core/option.h"
#include "models/quanta.h"

/*
 * Shinjuku (Kaffes et al., NSDI 2019), multi-queue policy: an idle worker
 * takes the first of the queue with the largest age over SLO. Of a preempted
 * job the age counts from its arrival, but it queues at the tail.
 */
struct shinjuku_options {
	struct quanta_options quanta; /* first */
	struct option_list slo;
};

struct shinjuku {
	struct workers workers; /* first */
	const struct shinjuku_options *options;
	struct classes waiting;
};

static const struct option_row shinjuku_rows[] = {
	QUANTA_ROWS(struct shinjuku_options, quanta),
	OPTION(VALUES, struct shinjuku_options, slo, 0, NULL, 1e-9, 1e15,
	       "latency objective of each class; the last applies to all "
	       "further ones; default: the same for all"),
	{ 0 },
};

static size_t shinjuku_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct shinjuku);
}

static double slo_of(const struct shinjuku *s, uint32_t class)
{
	const struct option_list *slo = &s->options->slo;
	const double *of = slo->items;

	return !slo->n ? 1 : of[class < slo->n ? class : slo->n - 1];
}

/* The class whose first is oldest in terms of its promise, the lowest of
 * equals; CLASSES_MOST where nobody waits. */
static uint32_t most_behind(const struct shinjuku *s, sim_time t)
{
	uint32_t most = CLASSES_MOST;
	double worst = -INFINITY;

	for (uint32_t i = 0; i < s->waiting.n; i++) {
		const struct fifo *queue = &s->waiting.queue[i];
		double behind;

		if (!queue->n)
			continue;
		behind = (t - s->workers.pool.slot[queue->head].job.arrival) /
			 slo_of(s, i);
		if (behind > worst) {
			worst = behind;
			most = i;
		}
	}
	return most;
}

static void shinjuku_dispatch(struct workers *w, sim_time t)
{
	struct shinjuku *s = (struct shinjuku *)w;
	uint32_t class;

	while (w->busy < w->n && (class = most_behind(s, t)) < CLASSES_MOST)
		quanta_put(&s->options->quanta, w, workers_idle(w, 0),
			   fifo_pop(w, &s->waiting.queue[class]), t);
}

static bool shinjuku_ended(struct workers *w, uint32_t worker, uint32_t slot,
			   sim_time t)
{
	struct shinjuku *s = (struct shinjuku *)w;

	(void)worker;
	(void)t;
	if (quanta_done(w, slot))
		return true;
	classes_join(&s->waiting, w, slot);
	return false;
}

static int shinjuku_init(void *state, const void *options, uint32_t workers,
			 uint32_t jobs, struct arena *arena, struct err *err)
{
	struct shinjuku *s = state;

	(void)err;
	s->options = options;
	workers_init(&s->workers, workers, jobs, arena);
	s->workers.ended = shinjuku_ended;
	s->workers.dispatch = shinjuku_dispatch;
	return 0;
}

static enum job_outcome shinjuku_arrive(void *state, sim_time t,
					const struct job *job)
{
	struct shinjuku *s = state;
	struct workers *w = &s->workers;

	if (!w->pool.nfree)
		return JOB_DROPPED;
	classes_join(&s->waiting, w, workers_take(w, job));
	shinjuku_dispatch(w, t);
	return JOB_DONE;
}

const struct policy_ops policy_shinjuku = {
	.kind = {
		.name = "shinjuku",
		.help = "a queue for every class, the one furthest behind its "
			"objective first; in time slices that cost something",
		.options = shinjuku_rows,
		.options_size = sizeof(struct shinjuku_options),
		.short_keys = "quantum cost slo overshoot",
		.short_help = "shinjuku:QUANTUM[:COST[:SLO,SLO...]]",
	},
	.flags = POLICY_PICKS,
	.state_size = shinjuku_state_size,
	.init = shinjuku_init,
	.capacity = quanta_capacity,
	.pick = quanta_pick,
	.arrive = shinjuku_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
