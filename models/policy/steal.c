/* steal.c - a queue for every worker, idle ones take from the longest */
#include "models/workers.h"

#include "lancet/core/option.h"
#include "models/servers.h"

struct steal_options {
	double cost;
};

struct steal {
	struct workers workers; /* first */
	double cost;
	struct fifo *queue; /* of each worker */
	uint64_t waiting;   /* in all of them */
};

static const struct option_row steal_rows[] = {
	OPTION(VALUE, struct steal_options, cost, 0, "0ns", 0, 1e15,
	       "time that a theft takes before the job starts"),
	{ 0 },
};

static size_t steal_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct steal);
}

static void begin(struct steal *s, uint32_t worker, uint32_t from, sim_time t)
{
	struct workers *w = &s->workers;
	uint32_t slot = fifo_pop(w, &s->queue[from]);
	double cost = from == worker ? 0 : s->cost;

	s->waiting--;
	w->pool.slot[slot].overhead += cost;
	workers_put(w, worker, slot, t + cost, t + cost + w->left[slot]);
}

static uint32_t longest(const struct steal *s)
{
	uint32_t most = 0;

	for (uint32_t i = 1; i < s->workers.n; i++)
		if (s->queue[i].n > s->queue[most].n)
			most = i;
	return most;
}

/* First everybody looks into his own queue, then into the longest. */
static void steal_dispatch(struct workers *w, sim_time t)
{
	struct steal *s = (struct steal *)w;

	if (!s->waiting || w->busy == w->n)
		return;
	for (uint32_t i = 0; i < w->n; i++)
		if (workers_is_idle(w, i) && s->queue[i].n)
			begin(s, i, i, t);
	while (s->waiting && w->busy < w->n)
		begin(s, workers_idle(w, 0), longest(s), t);
}

static int steal_init(void *state, const void *options, uint32_t workers,
		      uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct steal_options *o = options;
	struct steal *s = state;

	(void)err;
	s->cost = o->cost;
	s->queue = arena_array(arena, workers, sizeof(*s->queue));
	workers_init(&s->workers, workers, jobs, arena);
	s->workers.dispatch = steal_dispatch;
	return 0;
}

static enum job_outcome steal_arrive(void *state, sim_time t,
				     const struct job *job)
{
	struct steal *s = state;
	struct workers *w = &s->workers;

	if (!w->pool.nfree)
		return JOB_DROPPED;
	fifo_push(w, &s->queue[job->aux.pick[0] % w->n], workers_take(w, job));
	s->waiting++;
	steal_dispatch(w, t);
	return JOB_DONE;
}

/* The home. */
static void steal_pick(const void *options, uint32_t workers, uint64_t draw,
		       union job_aux *aux)
{
	(void)options;
	aux->pick[0] = policy_one_of(draw, workers);
}

static struct policy_shape steal_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

const struct policy_ops policy_steal = {
	.kind = {
		.name = "steal",
		.help = "a queue for every worker, idle ones take from the "
			"longest",
		.options = steal_rows,
		.options_size = sizeof(struct steal_options),
		.short_keys = "cost",
		.short_help = "steal[:COST]",
	},
	.flags = POLICY_PICKS,
	.state_size = steal_state_size,
	.init = steal_init,
	.capacity = servers_capacity, /* homes are equal: thefts only help */
	.shape = steal_shape,
	.pick = steal_pick,
	.arrive = steal_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
