/* tandem.c - central queues one after the other: NIC, stack, application */
#include "models/workers.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "workloads/schedule.h"

/*
 * Stages in series (Jackson 1957 has the stationary law of exponential
 * ones). Workers are numbered through all stages.
 */
struct tandem_options {
	struct option_list stages, later;
	double transit;
	struct dist law[POLICY_STAGES]; /* from the second on; made of later */
};

struct tandem {
	struct workers workers; /* first */
	const struct tandem_options *options;
	struct {
		uint32_t first, workers, busy;
		struct fifo queue;
	} stage[POLICY_STAGES];
	uint32_t nstages;
	uint32_t *at;	    /* which stage the job in a slot is in */
	sim_time *there;    /* or when it comes there */
	struct fifo moving; /* between stages, in order of `there` */
};

static const struct option_row tandem_rows[] = {
	{ .key = "stages",
	  .type = OPTION_TYPE_INTS,
	  .offset = offsetof(struct tandem_options, stages),
	  .preset = "[1, 1]",
	  .min = 1,
	  .max = 4096,
	  .help = "workers of each stage, one to three stages; the target's "
		  "number of workers is ignored" },
	OPTION(VALUE, struct tandem_options, transit, 0, "0ns", 0, 1e15,
	       "time from one stage to the next"),
	{ .key = "later",
	  .type = OPTION_TYPE_KINDS,
	  .offset = offsetof(struct tandem_options, later),
	  .class = KIND_DIST,
	  .help = "service laws from the second stage on; default: a request "
		  "has the same service time at each stage" },
	{ 0 },
};

static int tandem_complete(void *options, struct arena *arena, struct err *err)
{
	struct tandem_options *o = options;
	const struct choice *later = o->later.items;

	if (!o->stages.n || o->stages.n > POLICY_STAGES)
		return err_set(err, -EINVAL, "%zu stages; give one to %d",
			       o->stages.n, POLICY_STAGES);
	if (o->later.n && o->later.n != o->stages.n - 1)
		return err_set(err, -EINVAL,
			       "%zu laws for %zu stages; give one for each but "
			       "the first",
			       o->later.n, o->stages.n);
	for (size_t i = 0; i < o->later.n; i++)
		if (dist_init(&o->law[i + 1], &later[i], arena, err))
			return err->code;
	return 0;
}

static uint32_t workers_of(const struct tandem_options *o, uint32_t stage)
{
	return (uint32_t)((const int64_t *)o->stages.items)[stage];
}

/* Load is told of the first stage. */
static uint32_t tandem_workers(const void *options, uint32_t workers)
{
	(void)workers;
	return workers_of(options, 0);
}

static void tandem_pick(const void *options, uint32_t workers, uint64_t draw,
			union job_aux *aux)
{
	const struct tandem_options *o = options;
	const struct rng_key key = { .seed = draw, .purpose = RNG_POLICY };
	struct rng rng;

	(void)workers;
	rng_init(&rng, &key);
	for (size_t i = 0; i < o->later.n; i++) {
		const struct dist *law = &o->law[i + 1];

		law->ops->sample(law->state, &rng, &aux->later[i], 1);
		/* 0 would mean that nothing was drawn. */
		aux->later[i] = fmax(aux->later[i], DBL_MIN);
	}
}

/* --- the way through ------------------------------------------------------ */

static void join(struct tandem *s, uint32_t slot)
{
	fifo_push(&s->workers, &s->stage[s->at[slot]].queue, slot);
}

static void move(struct tandem *s, uint32_t slot, sim_time t)
{
	struct workers *w = &s->workers;
	const struct job *job = &w->pool.slot[slot].job;
	double service = job->aux.later[s->at[slot]++];

	w->left[slot] = service > 0 ? service : job->service;
	if (!(s->options->transit > 0)) {
		join(s, slot);
		return;
	}
	s->there[slot] = t + s->options->transit;
	fifo_push(w, &s->moving, slot);
	w->timer = s->there[s->moving.head];
}

static bool tandem_ended(struct workers *w, uint32_t worker, uint32_t slot,
			 sim_time t)
{
	struct tandem *s = (struct tandem *)w;

	(void)worker;
	s->stage[s->at[slot]].busy--;
	if (s->at[slot] + 1 == s->nstages) {
		w->pool.slot[slot].slices = 1;
		return true;
	}
	move(s, slot, t);
	return false;
}

static void tandem_due(struct workers *w, sim_time t)
{
	struct tandem *s = (struct tandem *)w;

	while (s->moving.n && s->there[s->moving.head] <= t)
		join(s, fifo_pop(w, &s->moving));
	w->timer = s->moving.n ? s->there[s->moving.head] : INFINITY;
}

static void tandem_dispatch(struct workers *w, sim_time t)
{
	struct tandem *s = (struct tandem *)w;

	for (uint32_t i = 0; i < s->nstages; i++)
		while (s->stage[i].queue.n &&
		       s->stage[i].busy < s->stage[i].workers) {
			uint32_t slot = fifo_pop(w, &s->stage[i].queue);
			uint32_t worker = workers_idle(w, s->stage[i].first);

			s->stage[i].busy++;
			workers_put(w, worker, slot, t, t + w->left[slot]);
		}
}

/* --- as the driver sees it ------------------------------------------------ */

static size_t tandem_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct tandem);
}

static int tandem_init(void *state, const void *options, uint32_t workers,
		       uint32_t jobs, struct arena *arena, struct err *err)
{
	struct tandem *s = state;

	(void)err;
	s->options = options;
	s->nstages = (uint32_t)s->options->stages.n;
	workers = 0;
	for (uint32_t i = 0; i < s->nstages; i++) {
		s->stage[i].first = workers;
		s->stage[i].workers = workers_of(options, i);
		workers += s->stage[i].workers;
	}
	s->at = arena_array(arena, jobs, sizeof(*s->at));
	s->there = arena_array(arena, jobs, sizeof(*s->there));
	workers_init(&s->workers, workers, jobs, arena);
	s->workers.ended = tandem_ended;
	s->workers.dispatch = tandem_dispatch;
	s->workers.due = tandem_due;
	return 0;
}

static enum job_outcome tandem_arrive(void *state, sim_time t,
				      const struct job *job)
{
	struct tandem *s = state;
	uint32_t slot;

	if (!s->workers.pool.nfree)
		return JOB_DROPPED;
	slot = workers_take(&s->workers, job);
	s->at[slot] = 0;
	join(s, slot);
	tandem_dispatch(&s->workers, t);
	return JOB_DONE;
}

static void tandem_rebase(void *state, sim_time by)
{
	struct tandem *s = state;

	for (uint32_t i = 0; i < s->workers.room; i++)
		s->there[i] -= by;
	workers_rebase(&s->workers, by);
}

static double tandem_capacity(const void *options, uint32_t workers,
			      const struct workload *workload)
{
	const struct tandem_options *o = options;
	double mean = workload_moment(workload, 1);
	double least = workers_of(o, 0) / mean;

	(void)workers;
	for (uint32_t i = 1; i < o->stages.n; i++)
		least = fmin(least, workers_of(o, i) /
					    (o->later.n ? dist_mean(&o->law[i])
							: mean));
	return least;
}

static struct policy_shape tandem_shape(const void *options)
{
	const struct tandem_options *o = options;
	struct policy_shape shape = {
		.of = POLICY_TANDEM,
		.nstages = (uint32_t)o->stages.n,
		.transit = o->transit,
	};

	for (uint32_t i = 0; i < shape.nstages; i++) {
		shape.stage_workers[i] = workers_of(o, i);
		if (i && o->later.n)
			shape.stage_service[i] = &o->law[i];
	}
	return shape;
}

const struct policy_ops policy_tandem = {
	.kind = {
		.name = "tandem",
		.help = "stages in series, each with a central queue",
		.options = tandem_rows,
		.options_size = sizeof(struct tandem_options),
		.short_keys = "stages transit",
		.short_help = "tandem:STAGE,STAGE...[:TRANSIT], tandem:1,2:5us",
		.complete = tandem_complete,
	},
	.flags = POLICY_PICKS,
	.state_size = tandem_state_size,
	.init = tandem_init,
	.capacity = tandem_capacity,
	.shape = tandem_shape,
	.workers = tandem_workers,
	.pick = tandem_pick,
	.arrive = tandem_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = tandem_rebase,
};
