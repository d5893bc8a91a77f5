/* lcfs_pr.c - the last to come first, preempting */
#include "models/central.h"

#include "models/servers.h"

static double lcfs_pr_key(struct central *c, const struct job *job, double left)
{
	(void)c;
	(void)left;
	return -(double)job->id;
}

static int lcfs_pr_init(void *state, const void *options, uint32_t workers,
			uint32_t jobs, struct arena *arena, struct err *err)
{
	struct central *c = state;

	(void)options;
	(void)err;
	c->key = lcfs_pr_key;
	c->preempt = true;
	central_init(c, workers, jobs, arena);
	return 0;
}

static struct policy_shape lcfs_pr_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_LCFS_PR };
}

const struct policy_ops policy_lcfs_pr = {
	.kind = {
		.name = "lcfs-pr",
		.help = "last come, first served, preemptive",
	},
	.flags = POLICY_AT_ONCE,
	.state_size = central_state_size,
	.init = lcfs_pr_init,
	.capacity = servers_capacity,
	.shape = lcfs_pr_shape,
	.arrive = central_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
