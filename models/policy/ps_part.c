/* ps_part.c - jobs split among workers, each shared by its jobs alike */
#include "models/sharing.h"

#include "lancet/core/option.h"
#include "models/servers.h"

enum ps_part_choice { PS_PART_RANDOM, PS_PART_RR, PS_PART_HASH, PS_PART_GIVEN };

struct ps_part_options {
	int choice;
};

struct ps_part {
	const struct ps_part_options *options;
	uint32_t workers;
	uint32_t room; /* for jobs at one worker */
	struct sharing *worker;
	struct pool pool;
};

static const char *const choices[] = { "random", "rr", "hash", "given", NULL };

static const struct option_row ps_part_rows[] = {
	{ .key = "choice",
	  .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct ps_part_options, choice),
	  .preset = "random",
	  .names = choices,
	  .help = "who gets a job, as for part" },
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

	(void)err;
	s->options = options;
	s->workers = workers;
	s->worker = arena_array(arena, workers, sizeof(*s->worker));
	/* Far more than a fair share, but not room for all at everyone. */
	s->room = jobs / workers * 8 > 1024 ? jobs / workers * 8 : 1024;
	if (s->room > jobs)
		s->room = jobs;
	for (uint32_t i = 0; i < workers; i++)
		sharing_init(&s->worker[i], 1, s->room, arena);
	pool_init(&s->pool, jobs, arena);
	return 0;
}

static uint32_t choose(const struct ps_part *s, const struct job *job)
{
	switch (s->options->choice) {
	case PS_PART_RR:
		return (uint32_t)(job->id % s->workers);
	case PS_PART_HASH:
		return job->conn % s->workers;
	default:
		return job->aux.pick[0] % s->workers;
	}
}

static enum job_outcome ps_part_arrive(void *state, sim_time t,
				       const struct job *job)
{
	struct ps_part *s = state;
	uint32_t worker, slot;

	worker = choose(s, job);
	if (!s->pool.nfree || s->worker[worker].left.n == s->room)
		return JOB_DROPPED;
	slot = pool_take(&s->pool, job);
	s->pool.slot[slot].worker = worker;
	sharing_start(&s->worker[worker], t, &s->pool, slot);
	return JOB_DONE;
}

/* The worker whose next completion is first, the lowest of equals. */
static uint32_t first(const struct ps_part *s, sim_time *when)
{
	uint32_t best = 0;

	*when = sharing_next(&s->worker[0]);
	for (uint32_t i = 1; i < s->workers; i++) {
		sim_time next = sharing_next(&s->worker[i]);

		if (next < *when) {
			*when = next;
			best = i;
		}
	}
	return best;
}

static sim_time ps_part_next(const void *state)
{
	sim_time when;

	first(state, &when);
	return when;
}

static size_t ps_part_advance(void *state, sim_time t, struct done *done,
			      size_t n)
{
	struct ps_part *s = state;
	size_t out = 0;

	while (out < n) {
		sim_time when;
		uint32_t worker = first(s, &when);

		if (when > t)
			break;
		out += sharing_advance(&s->worker[worker], when, &s->pool,
				       done + out, 1);
	}
	return out;
}

static void ps_part_rebase(void *state, sim_time by)
{
	struct ps_part *s = state;

	for (uint32_t i = 0; i < s->workers; i++)
		sharing_rebase(&s->worker[i], by, &s->pool);
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
		.help = "jobs split among workers, each shared by its jobs",
		.options = ps_part_rows,
		.options_size = sizeof(struct ps_part_options),
		.short_keys = "choice",
		.short_help = "ps-part, ps-part:rr, ps-part:hash",
	},
	.flags = POLICY_PICKS | POLICY_CONN,
	.state_size = ps_part_state_size,
	.init = ps_part_init,
	.capacity = servers_capacity,
	.shape = ps_part_shape,
	.pick = ps_part_pick,
	.arrive = ps_part_arrive,
	.next = ps_part_next,
	.advance = ps_part_advance,
	.rebase = ps_part_rebase,
};
