/* prio_pr.c - the lowest class first, preempting */
#include "models/central.h"

#include "models/servers.h"

static double prio_pr_key(struct central *c, const struct job *job, double left)
{
	(void)c;
	(void)left;
	return job->class;
}

static int prio_pr_init(void *state, const void *options, uint32_t workers,
			uint32_t jobs, struct arena *arena, struct err *err)
{
	struct central *c = state;

	(void)options;
	(void)err;
	c->key = prio_pr_key;
	c->preempt = true;
	central_init(c, workers, jobs, arena);
	return 0;
}

static struct policy_shape prio_pr_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_PRIO_PR };
}

const struct policy_ops policy_prio_pr = {
	.kind = {
		.name = "prio-pr",
		.help = "priorities, lowest class first, preemptive",
	},
	.state_size = central_state_size,
	.init = prio_pr_init,
	.capacity = servers_capacity,
	.shape = prio_pr_shape,
	.arrive = central_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
