/* quantum.c - one queue, round robin in slices with a cost for each switch */
#include "models/central.h"

#include <math.h>

#include "lancet/core/option.h"
#include "workloads/schedule.h"

struct quantum_options {
	double quantum, cost;
};

static const struct option_row quantum_rows[] = {
	OPTION(VALUE, struct quantum_options, quantum, OPTION_REQUIRED, NULL,
	       1e-9, 1e15, "work of a slice"),
	OPTION(VALUE, struct quantum_options, cost, 0, "0ns", 0, 1e15,
	       "time that the worker loses when a slice runs out"),
	{ 0 },
};

/* First in, first out: by when a job last joined. */
static double quantum_key(struct central *c, const struct job *job, double left)
{
	(void)job;
	(void)left;
	return (double)c->queued;
}

static int quantum_init(void *state, const void *options, uint32_t workers,
			uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct quantum_options *o = options;
	struct central *c = state;

	(void)err;
	c->key = quantum_key;
	c->quantum = o->quantum;
	c->cost = o->cost;
	central_init(c, workers, jobs, arena);
	return 0;
}

/* E[ceil(S / q) - 1] = sum over j >= 1 of P(S > j q) */
static double mean_expiries(const struct dist *law, double quantum)
{
	double sum = 0, later = 1;

	for (int j = 1; j <= 1000000 && later > 1e-12; j++) {
		later = 1 - law->ops->cdf(law->state, j * quantum);
		sum += later;
	}
	return sum;
}

static double quantum_capacity(const void *options, uint32_t workers,
			       const struct workload *workload)
{
	const struct quantum_options *o = options;
	double work = workload_moment(workload, 1);

	for (size_t i = 0; o->cost > 0 && i < workload->nclasses; i++)
		work += o->cost * workload->class[i].weight *
			mean_expiries(&workload->class[i].service, o->quantum);
	return workers / work;
}

const struct policy_ops policy_quantum = {
	.kind = {
		.name = "quantum",
		.help = "one queue, round robin in slices at a cost",
		.options = quantum_rows,
		.options_size = sizeof(struct quantum_options),
		.short_keys = "quantum cost",
		.short_help = "quantum:QUANTUM[:COST], quantum:5us:130ns",
	},
	.state_size = central_state_size,
	.init = quantum_init,
	.capacity = quantum_capacity,
	.arrive = central_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
