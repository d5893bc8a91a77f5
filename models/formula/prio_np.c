/* prio_np.c - one worker, priorities by class, not preempting */
#include "models/formula.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "models/priority.h"
#include "models/queue.h"

/*
 * Cobham (1954), for any service laws of the classes.
 */
static int prio_np_solve(void *state, const struct queue *queue,
			 struct arena *arena, struct err *err)
{
	struct priority *s = state;

	(void)arena;
	if (!queue_poisson(queue) || queue->workers != 1 ||
	    queue->shape.of != POLICY_PRIO_NP)
		return err_set(err, -EDOM,
			       "priorities in M/G/1 are Poisson arrivals, one "
			       "worker and policy prio-np");
	*s = (struct priority){ .queue = queue, .preempt = false };
	return 0;
}

static struct predict_value prio_np_answer(const void *state,
					   const struct predict_ask *ask)
{
	return predict_sure(priority_figure(state, ask));
}

const struct formula_ops formula_prio_np = {
	.kind = {
		.name = "prio-np",
		.help = "M/G/1 priorities, non-preemptive (Cobham 1954)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct priority),
	.solve = prio_np_solve,
	.answer = prio_np_answer,
};
