/* steal.c - a queue for every worker, idle ones take from the others */
#include "models/thefts.h"

#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "models/servers.h"

struct steal_options {
	double cost;
	int victim;
};

static const char *const victims[] = { "longest", "uniform", NULL };

static const struct option_row steal_rows[] = {
	OPTION(VALUE, struct steal_options, cost, 0, "0ns", 0, 1e15,
	       "time that stealing takes before the job starts"),
	{ .key = "victim",
	  .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct steal_options, victim),
	  .preset = "uniform",
	  .names = victims,
	  .help = "longest: the lowest-numbered idle worker steals from the "
		  "longest queue; uniform: a random one from a random queue" },
	{ 0 },
};

static size_t steal_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct thefts);
}

static bool steal_ended(struct workers *w, uint32_t worker, uint32_t slot,
			sim_time t)
{
	struct thefts *s = (struct thefts *)w;

	(void)worker;
	(void)t;
	s->luck = w->pool.slot[slot].job.aux.draw[1];
	return true;
}

static int steal_init(void *state, const void *options, uint32_t workers,
		      uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct steal_options *o = options;
	struct thefts *s = state;

	(void)err;
	thefts_init(s, o->cost, o->victim ? THEFTS_UNIFORM : THEFTS_LONGEST,
		    workers, jobs, arena);
	s->workers.ended = steal_ended;
	return 0;
}

static enum job_outcome steal_arrive(void *state, sim_time t,
				     const struct job *job)
{
	struct thefts *s = state;
	struct workers *w = &s->workers;

	if (!w->pool.nfree)
		return JOB_DROPPED;
	/* Apart from what it draws when it leaves. */
	s->luck = ~job->aux.draw[1];
	thefts_arrive(s, job->aux.pick[0] % w->n, workers_take(w, job), t);
	return JOB_DONE;
}

/* The home, and what thefts draw from. */
static void steal_pick(const void *options, uint32_t workers, uint64_t draw,
		       union job_aux *aux)
{
	(void)options;
	aux->pick[0] = policy_one_of(draw, workers);
	aux->draw[1] = rng_mix(draw + 1);
}

static struct policy_shape steal_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

const struct policy_ops policy_steal = {
	.kind = {
		.name = "steal",
		.help = "a queue for every worker; idle workers steal from the "
			"others",
		.options = steal_rows,
		.options_size = sizeof(struct steal_options),
		.short_keys = "cost victim",
		.short_help = "steal[:COST[:VICTIM]]",
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
