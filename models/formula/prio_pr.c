/* prio_pr.c - one worker, priorities by class, preempting */
#include "models/formula.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "models/priority.h"
#include "models/queue.h"

/*
 * White and Christie (1958), Takagi (1991, 3.4): preempt-resume, for any
 * service laws of the classes.
 */
static int prio_pr_solve(void *state, const struct queue *queue,
			 struct arena *arena, struct err *err)
{
	struct priority *s = state;

	(void)arena;
	if (!queue_poisson(queue) || queue->workers != 1 ||
	    queue->shape.of != POLICY_PRIO_PR)
		return err_set(err, -EDOM,
			       "priorities in M/G/1 are Poisson arrivals, one "
			       "worker and policy prio-pr");
	*s = (struct priority){ .queue = queue, .preempt = true };
	return 0;
}

static struct predict_value prio_pr_answer(const void *state,
					   const struct predict_ask *ask)
{
	return predict_sure(priority_figure(state, ask));
}

const struct formula_ops formula_prio_pr = {
	.kind = {
		.name = "prio-pr",
		.help = "M/G/1 priorities, preemptive (White and Christie "
			"1958)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct priority),
	.solve = prio_pr_solve,
	.answer = prio_pr_answer,
};
