/* part.c - a queue of its own for every worker, jobs split among them */
#include "models/servers.h"

#include "lancet/core/option.h"

enum part_choice { PART_RANDOM, PART_RR, PART_HASH, PART_GIVEN };

struct part_options {
	int choice;
};

static const char *const part_choices[] = { "random", "rr", "hash", "given",
					    NULL };

static const struct option_row part_rows[] = {
	{ .key = "choice",
	  .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct part_options, choice),
	  .preset = "random",
	  .names = part_choices,
	  .help = "which worker gets a job: random, round-robin (rr), by its "
		  "connection (hash), or by the trace (given)" },
	{ 0 },
};

static uint32_t part_choose(struct servers *s, const struct job *job)
{
	const struct part_options *o = s->options;

	switch (o->choice) {
	case PART_RR:
		return (uint32_t)(job->id % s->servers);
	case PART_HASH:
		return job->conn % s->servers;
	default:
		return job->aux.pick[0] % s->servers;
	}
}

static int part_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	struct servers *s = state;

	(void)err;
	s->choose = part_choose;
	servers_init(s, options, workers, 1, jobs, arena);
	return 0;
}

/* How connections, or a trace, split the jobs is not known here. */
static struct policy_shape part_shape(const void *options)
{
	const struct part_options *o = options;

	switch (o->choice) {
	case PART_RANDOM:
		return (struct policy_shape){ .of = POLICY_RANDOM_SPLIT };
	case PART_RR:
		return (struct policy_shape){ .of = POLICY_CYCLIC_SPLIT };
	default:
		return (struct policy_shape){ .of = POLICY_SPLIT };
	}
}

/* A trace that says more overwrites it. */
static void part_pick(const void *options, uint32_t workers, uint64_t draw,
		      union job_aux *aux)
{
	(void)options;
	aux->pick[0] = policy_one_of(draw, workers);
}

const struct policy_ops policy_part = {
	.kind = {
		.name = "part",
		.alias = "partitioned",
		.help = "a queue for every worker; jobs are split among them "
			"on arrival",
		.options = part_rows,
		.options_size = sizeof(struct part_options),
		.short_keys = "choice",
		.short_help = "part, part:rr, part:hash",
	},
	.flags = POLICY_PICKS | POLICY_CONN,
	.state_size = servers_state_size,
	.init = part_init,
	.capacity = servers_capacity,
	.shape = part_shape,
	.pick = part_pick,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures,
	.rebase = servers_rebase,
};
