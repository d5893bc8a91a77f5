/* jbsq_quantum.c - short queues at the workers, served in slices */
#include "models/slots.h"

#include "lancet/core/option.h"

/*
 * Concord's workers (Iyer et al., SOSP 2023) without a dispatcher that works:
 * jbsq, and a job whose slice has run out joins the central queue anew.
 */
struct jbsq_quantum_options {
	struct quanta_options quanta; /* first */
	int64_t depth;
};

static const struct option_row jbsq_quantum_rows[] = {
	OPTION(INT, struct jbsq_quantum_options, depth, 0, "2", 1, UINT32_MAX,
	       "most jobs at a worker, the one in service included"),
	QUANTA_ROWS(struct jbsq_quantum_options, quanta),
	{ 0 },
};

static int jbsq_quantum_init(void *state, const void *options, uint32_t workers,
			     uint32_t jobs, struct arena *arena,
			     struct err *err)
{
	const struct jbsq_quantum_options *o = options;

	(void)err;
	slots_init(state, &o->quanta, (uint32_t)o->depth, workers, false, jobs,
		   arena);
	return 0;
}

const struct policy_ops policy_jbsq_quantum = {
	.kind = {
		.name = "jbsq-quantum",
		.help = "a central queue, at most `depth` jobs at a worker, "
			"served in slices at a cost",
		.options = jbsq_quantum_rows,
		.options_size = sizeof(struct jbsq_quantum_options),
		.short_keys = "depth quantum cost overshoot",
		.short_help = "jbsq-quantum:DEPTH:QUANTUM[:COST[:OVERSHOOT]]",
	},
	.flags = POLICY_PICKS,
	.state_size = slots_state_size,
	.init = jbsq_quantum_init,
	.capacity = quanta_capacity,
	.pick = quanta_pick,
	.arrive = slots_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
