/* concord.c - slices at the workers, and a dispatcher that works itself */
#include "models/slots.h"

#include "lancet/core/option.h"
#include "workloads/schedule.h"

/*
 * Concord (Iyer et al., SOSP 2023): when all workers hold what they may, an
 * idle dispatcher takes the first job that nobody has started, and runs it to
 * its end; what others have begun it cannot go on with. Handing out takes it
 * no time.
 */
struct concord_options {
	struct quanta_options quanta; /* first */
	int64_t depth;
};

static const struct option_row concord_rows[] = {
	OPTION(INT, struct concord_options, depth, 0, "2", 1, UINT32_MAX,
	       "most jobs at a worker, the one in service included"),
	QUANTA_ROWS(struct concord_options, quanta),
	{ 0 },
};

static void concord_dispatch(struct workers *w, sim_time t)
{
	struct slots *s = (struct slots *)w;
	uint32_t slot;

	slots_dispatch(w, t);
	if (!s->fresh.n || !workers_is_idle(w, s->n))
		return;
	slot = fifo_pop(w, &s->fresh);
	workers_put(w, s->n, slot, t, t + w->left[slot]);
}

/* The dispatcher does all of a job. */
static bool concord_ended(struct workers *w, uint32_t worker, uint32_t slot,
			  sim_time t)
{
	struct slots *s = (struct slots *)w;

	return worker == s->n || slots_ended(w, worker, slot, t);
}

static int concord_init(void *state, const void *options, uint32_t workers,
			uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct concord_options *o = options;
	struct slots *s = state;

	(void)err;
	slots_init(s, &o->quanta, (uint32_t)o->depth, workers, true, jobs,
		   arena);
	s->workers.ended = concord_ended;
	s->workers.dispatch = concord_dispatch;
	return 0;
}

/*
 * The most there can be: the dispatcher does whole jobs only, at most one
 * each mean service time. Where jobs of all sizes are there to take it is.
 */
static double concord_capacity(const void *options, uint32_t workers,
			       const struct workload *workload)
{
	return quanta_capacity(options, workers, workload) +
	       1 / workload_moment(workload, 1);
}

const struct policy_ops policy_concord = {
	.kind = {
		.name = "concord",
		.help = "jbsq-quantum with a dispatcher that serves jobs, too",
		.options = concord_rows,
		.options_size = sizeof(struct concord_options),
		.short_keys = "depth quantum cost overshoot",
		.short_help = "concord:DEPTH:QUANTUM[:COST[:OVERSHOOT]]",
	},
	.flags = POLICY_PICKS,
	.state_size = slots_state_size,
	.init = concord_init,
	.capacity = concord_capacity,
	.pick = quanta_pick,
	.arrive = slots_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
