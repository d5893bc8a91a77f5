/* edf.c - the earliest deadline first, not preempted */
#include "models/central.h"

#include "models/servers.h"

static double edf_key(struct central *c, const struct job *job, double left)
{
	(void)c;
	(void)left;
	return job->aux.deadline;
}

static int edf_init(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err)
{
	struct central *c = state;

	(void)options;
	(void)err;
	c->key = edf_key;
	central_init(c, workers, jobs, arena);
	return 0;
}

const struct policy_ops policy_edf = {
	.kind = {
		.name = "edf",
		.help = "earliest deadline first, non-preemptive",
	},
	.state_size = central_state_size,
	.init = edf_init,
	.capacity = servers_capacity,
	.arrive = central_arrive,
	.next = workers_next,
	.advance = workers_advance,
};
