/* rack.c - a switch spreads jobs over servers, each with a central queue */
#include "models/servers.h"

#include "lancet/core/option.h"

/* Two levels (RackSched; Zhu et al., OSDI 2020). */
enum rack_choice {
	RACK_RANDOM,
	RACK_RR,
	RACK_JSQ,
	RACK_POD,
	RACK_RAND, /* random, in short */
	RACK_PO2,  /* pod with two candidates */
};

struct rack_options {
	struct servers_options servers; /* first */
	int choice;
	int64_t candidates;
};

static const char *const rack_choices[] = { "random", "rr",  "jsq", "pod",
					    "rand",   "po2", NULL };

static const struct option_row rack_rows[] = {
	OPTION_SERVERS,
	{ .key = "choice",
	  .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct rack_options, choice),
	  .preset = "jsq",
	  .names = rack_choices,
	  .help = "which server gets a job: random (rand), round-robin (rr), "
		  "the one with the fewest jobs (jsq), or that among a few "
		  "candidates (pod, po2)" },
	OPTION(INT, struct rack_options, candidates, 0, "2", 1,
	       POLICY_CANDIDATES, "number of different servers that pod draws"),
	{ 0 },
};

static uint32_t choose_picked(struct servers *s, const struct job *job)
{
	return job->aux.pick[0] % s->servers;
}

static uint32_t choose_rr(struct servers *s, const struct job *job)
{
	return (uint32_t)(job->id % s->servers);
}

static uint32_t choose_least(struct servers *s, const struct job *job)
{
	uint32_t least = 0;

	(void)job;
	for (uint32_t i = 1; i < s->servers; i++)
		if (s->count[i] < s->count[least])
			least = i;
	return least;
}

static uint32_t choose_candidate(struct servers *s, const struct job *job)
{
	return servers_candidate(s, s->count, job);
}

static int rack_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	static uint32_t (*const choose[])(struct servers *,
					  const struct job *) = {
		[RACK_RANDOM] = choose_picked, [RACK_RAND] = choose_picked,
		[RACK_RR] = choose_rr,	       [RACK_JSQ] = choose_least,
		[RACK_POD] = choose_candidate, [RACK_PO2] = choose_candidate,
	};
	const struct rack_options *o = options;
	struct servers *s = state;

	(void)err;
	s->choose = choose[o->choice];
	s->counts = s->choose == choose_least || s->choose == choose_candidate;
	servers_init(s, options, (uint32_t)o->servers.servers,
		     servers_each(&o->servers, workers), jobs, arena);
	return 0;
}

static void rack_pick(const void *options, uint32_t workers, uint64_t draw,
		      union job_aux *aux)
{
	const struct rack_options *o = options;
	uint32_t candidates = o->choice == RACK_POD   ? (uint32_t)o->candidates
			      : o->choice == RACK_PO2 ? 2
						      : 1;

	(void)workers;
	policy_some_of(draw, candidates, (uint32_t)o->servers.servers, aux);
}

static struct policy_shape rack_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

const struct policy_ops policy_rack = {
	.kind = {
		.name = "rack",
		.help = "jobs are spread over servers, each with one queue",
		.options = rack_rows,
		.options_size = sizeof(struct rack_options),
		.short_keys = "choice servers each",
		.short_help = "rack:jsq:SERVERS[:EACH], rack:po2:8, rack:rand:8",
	},
	.flags = POLICY_PICKS,
	.state_size = servers_state_size,
	.init = rack_init,
	.capacity = servers_capacity_all,
	.shape = rack_shape,
	.workers = servers_workers,
	.pick = rack_pick,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures,
	.rebase = servers_rebase,
};
