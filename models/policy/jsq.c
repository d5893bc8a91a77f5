/* jsq.c - a queue for every worker, a job joins the shortest */
#include "models/slots.h"

#include "models/servers.h"

/* JBSQ without a bound: waiting and in service count, ties go to the lowest. */
static int jsq_init(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct quanta_options endless = { .quantum = INFINITY };

	(void)options;
	(void)err;
	slots_init(state, &endless, UINT32_MAX, workers, false, jobs, arena);
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
	.state_size = slots_state_size,
	.init = jsq_init,
	.capacity = servers_capacity,
	.shape = jsq_shape,
	.arrive = slots_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.departures = slots_departures,
	.rebase = slots_rebase,
};
