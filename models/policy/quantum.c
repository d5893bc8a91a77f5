/* quantum.c - one queue, round robin in slices with a cost for each switch */
#include "models/slots.h"

#include "lancet/core/option.h"

struct quantum_options {
	struct quanta_options quanta; /* first */
};

static const struct option_row quantum_rows[] = {
	QUANTA_ROWS(struct quantum_options, quanta),
	{ 0 },
};

static int quantum_init(void *state, const void *options, uint32_t workers,
			uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct quantum_options *o = options;

	(void)err;
	slots_init(state, &o->quanta, 1, workers, false, jobs, arena);
	return 0;
}

const struct policy_ops policy_quantum = {
	.kind = {
		.name = "quantum",
		.help = "one queue, round-robin in time slices that cost "
			"something",
		.options = quantum_rows,
		.options_size = sizeof(struct quantum_options),
		.short_keys = "quantum cost overshoot",
		.short_help = "quantum:QUANTUM[:COST[:OVERSHOOT]], "
			      "quantum:5us:130ns",
	},
	.flags = POLICY_PICKS,
	.state_size = slots_state_size,
	.init = quantum_init,
	.capacity = quanta_capacity,
	.pick = quanta_pick,
	.arrive = slots_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
