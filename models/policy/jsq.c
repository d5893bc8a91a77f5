/* jsq.c - a queue for every worker, a job joins the shortest */
#include "models/slots.h"

#include "models/servers.h"

struct jsq_options {
	int ties;
};

static const struct option_row jsq_rows[] = {
	{ .key = "ties",
	  .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct jsq_options, ties),
	  .preset = "uniform",
	  .names = slots_ties,
	  .help = SLOTS_TIES },
	{ 0 },
};

/* JBSQ without a bound: waiting and in service count. */
static int jsq_init(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct quanta_options endless = { .quantum = INFINITY };
	const struct jsq_options *o = options;
	struct slots *s = state;

	(void)err;
	s->uniform = o->ties == SLOTS_UNIFORM;
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
		.help = "a queue for every worker; a job joins the shortest",
		.options = jsq_rows,
		.options_size = sizeof(struct jsq_options),
		.short_keys = "ties",
		.short_help = "jsq[:TIES]",
	},
	.flags = POLICY_PICKS,
	.state_size = slots_state_size,
	.init = jsq_init,
	.capacity = servers_capacity,
	.shape = jsq_shape,
	.pick = quanta_pick,
	.arrive = slots_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.departures = slots_departures,
	.rebase = slots_rebase,
};
