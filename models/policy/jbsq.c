/* jbsq.c - a central queue before short queues at the workers */
#include "models/slots.h"

#include "lancet/core/option.h"
#include "models/servers.h"

/*
 * R2P2's join bounded shortest queue (Kogias et al., USENIX ATC 2019): a
 * worker holds at most `depth` jobs, the one in service included; the rest
 * wait in the central queue.
 */
struct jbsq_options {
	int64_t depth;
	int ties;
};

static const struct option_row jbsq_rows[] = {
	OPTION(INT, struct jbsq_options, depth, 0, "2", 1, UINT32_MAX,
	       "most jobs at a worker, the one in service included"),
	{ .key = "ties",
	  .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct jbsq_options, ties),
	  .preset = "uniform",
	  .names = slots_ties,
	  .help = SLOTS_TIES },
	{ 0 },
};

static int jbsq_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct quanta_options endless = { .quantum = INFINITY };
	const struct jbsq_options *o = options;
	struct slots *s = state;

	(void)err;
	s->uniform = o->ties == SLOTS_UNIFORM;
	slots_init(state, &endless, (uint32_t)o->depth, workers, false, jobs,
		   arena);
	return 0;
}

static struct policy_shape jbsq_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

const struct policy_ops policy_jbsq = {
	.kind = {
		.name = "jbsq",
		.help = "a central queue, at most `depth` jobs at a worker",
		.options = jbsq_rows,
		.options_size = sizeof(struct jbsq_options),
		.short_keys = "depth ties",
		.short_help = "jbsq:DEPTH[:TIES]",
	},
	.flags = POLICY_PICKS,
	.state_size = slots_state_size,
	.init = jbsq_init,
	.capacity = servers_capacity,
	.shape = jbsq_shape,
	.pick = quanta_pick,
	.arrive = slots_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.departures = slots_departures,
	.rebase = slots_rebase,
};
