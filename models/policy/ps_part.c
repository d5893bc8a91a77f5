/* ps_part.c - jobs split among workers, each shared by its jobs alike */
#include "models/sharing.h"

#include "lancet/core/option.h"
#include "models/servers.h"

enum ps_part_choice { PS_PART_RANDOM, PS_PART_RR, PS_PART_HASH, PS_PART_GIVEN };

struct ps_part_options {
	int choice;
};

struct ps_part {
	struct shared_servers servers; /* first */
	const struct ps_part_options *options;
};

static const char *const choices[] = { "random", "rr", "hash", "given", NULL };

static const struct option_row ps_part_rows[] = {
	{ .key = "choice",
	  .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct ps_part_options, choice),
	  .preset = "random",
	  .names = choices,
	  .help = "which worker gets a job, as for part" },
	{ 0 },
};

static size_t ps_part_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct ps_part);
}

static int ps_part_init(void *state, const void *options, uint32_t workers,
			uint32_t jobs, struct arena *arena, struct err *err)
{
	struct ps_part *s = state;
	/* Far more than a fair share, but not room for all at everyone. */
	uint32_t fair = jobs / workers * 8;

	(void)err;
	s->options = options;
	shared_init(&s->servers, workers, 1, fair > 1024 ? fair : 1024, jobs,
		    arena);
	return 0;
}

static uint32_t choose(const struct ps_part *s, const struct job *job)
{
	switch (s->options->choice) {
	case PS_PART_RR:
		return (uint32_t)(job->id % s->servers.n);
	case PS_PART_HASH:
		return job->conn % s->servers.n;
	default:
		return job->aux.pick[0] % s->servers.n;
	}
}

static enum job_outcome ps_part_arrive(void *state, sim_time t,
				       const struct job *job)
{
	struct ps_part *s = state;

	return shared_arrive(&s->servers, choose(s, job), t, job, 0);
}

static void ps_part_pick(const void *options, uint32_t workers, uint64_t draw,
			 union job_aux *aux)
{
	(void)options;
	aux->pick[0] = policy_one_of(draw, workers);
}

static struct policy_shape ps_part_shape(const void *options)
{
	const struct ps_part_options *o = options;

	return (struct policy_shape){ .of = o->choice == PS_PART_RANDOM
						    ? POLICY_SPLIT_SHARING
						    : POLICY_OTHER };
}

const struct policy_ops policy_ps_part = {
	.kind = {
		.name = "ps-part",
		.help = "jobs are split among workers on arrival; each worker "
			"is shared by its jobs",
		.options = ps_part_rows,
		.options_size = sizeof(struct ps_part_options),
		.short_keys = "choice",
		.short_help = "ps-part, ps-part:rr, ps-part:hash",
	},
	.flags = POLICY_PICKS | POLICY_CONN | POLICY_AT_ONCE,
	.state_size = ps_part_state_size,
	.init = ps_part_init,
	.capacity = servers_capacity,
	.shape = ps_part_shape,
	.pick = ps_part_pick,
	.arrive = ps_part_arrive,
	.next = shared_next,
	.advance = shared_advance,
	.rebase = shared_rebase,
};
