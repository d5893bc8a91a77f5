/* jsq.c - a queue for every worker, a job joins the shortest */
#include "models/servers.h"

/* Waiting and in service; ties go to the lowest. */
static uint32_t jsq_choose(const struct servers *s, const struct job *job)
{
	uint32_t least = 0;

	(void)job;
	for (uint32_t i = 1; i < s->servers; i++)
		if (s->count[i] < s->count[least])
			least = i;
	return least;
}

static int jsq_init(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err)
{
	struct servers *s = state;

	(void)err;
	s->choose = jsq_choose;
	servers_init(s, options, workers, 1, jobs, arena);
	return 0;
}

static struct policy_shape jsq_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

const struct policy_ops policy_jsq = {
	.kind = {
		.name = "jsq",
		.help = "a queue for every worker, a job joins the shortest",
	},
	.state_size = servers_state_size,
	.init = jsq_init,
	.capacity = servers_capacity,
	.shape = jsq_shape,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.rebase = servers_rebase,
};
