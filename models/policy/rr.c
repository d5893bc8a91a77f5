/* rr.c - a queue for every worker, jobs dealt out in turns */
#include "models/servers.h"

static uint32_t rr_choose(struct servers *s, const struct job *job)
{
	return (uint32_t)(job->id % s->servers);
}

static int rr_init(void *state, const void *options, uint32_t workers,
		   uint32_t jobs, struct arena *arena, struct err *err)
{
	struct servers *s = state;

	(void)err;
	s->choose = rr_choose;
	servers_init(s, options, workers, 1, jobs, arena);
	return 0;
}

static struct policy_shape rr_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_CYCLIC_SPLIT };
}

const struct policy_ops policy_rr = {
	.kind = {
		.name = "rr",
		.help = "a queue for every worker; jobs go to them round-robin "
			"(part: {choice: rr})",
	},
	.state_size = servers_state_size,
	.init = rr_init,
	.capacity = servers_capacity,
	.shape = rr_shape,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures,
	.rebase = servers_rebase,
};
