/* sjf.c - the shortest job first, not preempted */
#include "models/central.h"

#include "models/servers.h"

static double sjf_key(struct central *c, const struct job *job, double left)
{
	(void)c;
	(void)left;
	return job->service;
}

static int sjf_init(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err)
{
	struct central *c = state;

	(void)options;
	(void)err;
	c->key = sjf_key;
	central_init(c, workers, jobs, arena);
	return 0;
}

static struct policy_shape sjf_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SJF };
}

const struct policy_ops policy_sjf = {
	.kind = {
		.name = "sjf",
		.help = "shortest job first, non-preemptive",
	},
	.state_size = central_state_size,
	.init = sjf_init,
	.capacity = servers_capacity,
	.shape = sjf_shape,
	.arrive = central_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
