/* fcfs.c - one queue in order of arrival before all workers */
#include "models/servers.h"

static int fcfs_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	struct servers *s = state;

	(void)err;
	servers_init(s, options, 1, workers, jobs, arena);
	return 0;
}

static struct policy_shape fcfs_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_CENTRAL };
}

const struct policy_ops policy_fcfs = {
	.kind = {
		.name = "fcfs",
		.help = "first come, first served: one queue for all workers",
	},
	.state_size = servers_state_size,
	.init = fcfs_init,
	.capacity = servers_capacity,
	.shape = fcfs_shape,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures_central,
	.rebase = servers_rebase,
};
