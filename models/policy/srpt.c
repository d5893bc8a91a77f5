/* srpt.c - the job with least work left first, preempting */
#include "models/central.h"

#include "models/servers.h"

static double srpt_key(struct central *c, const struct job *job, double left)
{
	(void)c;
	(void)job;
	return left;
}

static int srpt_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	struct central *c = state;

	(void)options;
	(void)err;
	c->key = srpt_key;
	c->preempt = true;
	central_init(c, workers, jobs, arena);
	return 0;
}

static struct policy_shape srpt_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SRPT };
}

const struct policy_ops policy_srpt = {
	.kind = {
		.name = "srpt",
		.help = "shortest remaining processing time first, preemptive",
	},
	.flags = POLICY_AT_ONCE,
	.state_size = central_state_size,
	.init = srpt_init,
	.capacity = servers_capacity,
	.shape = srpt_shape,
	.arrive = central_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
