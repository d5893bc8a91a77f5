/* lcfs_pr.c - the last to come first, preempting: insensitive like sharing */
#include "models/formula.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/queue.h"

struct lcfs_pr_formula {
	const struct queue *queue;
};

static int lcfs_pr_solve(void *state, const struct queue *queue,
			 struct arena *arena, struct err *err)
{
	struct lcfs_pr_formula *s = state;

	(void)arena;
	if (!queue_poisson(queue) || queue->workers != 1 ||
	    queue->shape.of != POLICY_LCFS_PR)
		return err_set(err, -EDOM,
			       "M/G/1 LCFS is Poisson arrivals and one worker "
			       "that the last to come preempts");
	s->queue = queue;
	return 0;
}

/*
 * Each job's service is stretched by those that come meanwhile, with theirs:
 * a delay busy period (Kelly 1979, Takagi 1991, 1.5). Mean x / (1 - rho) and
 * variance rate E[S^2] x / (1 - rho)^3 for a service x.
 */
static double sojourn(const struct queue *q, const struct predict_ask *ask)
{
	const struct dist *law =
		ask->class ? &q->workload->class[ask->class - 1].service : NULL;
	double x = ask->given > 0 ? ask->given : law ? dist_mean(law) : q->mean;
	double scv = ask->given > 0 ? 0 : law ? dist_scv(law) : queue_scv(q);
	double idle = 1 - q->rho;

	switch (ask->figure) {
	case FIGURE_MEAN:
		return x / idle;
	case FIGURE_VARIANCE:
		return scv * pow(x / idle, 2) +
		       q->rate * q->m2 * x / pow(idle, 3);
	default:
		return NAN;
	}
}

static double lcfs_pr_figure(const struct queue *q,
			     const struct predict_ask *ask)
{
	bool mean = ask->figure == FIGURE_MEAN;

	if (ask->figure == FIGURE_P_WAIT)
		return 0;
	switch (ask->of) {
	case METRIC_SOJOURN:
		return sojourn(q, ask);
	case METRIC_SLOWDOWN:
		return mean ? 1 / (1 - q->rho) : NAN;
	case METRIC_WAIT:
		return 0; /* it takes the worker at once */
	case METRIC_IN_SYSTEM:
		return mean && !ask->class && !(ask->given > 0)
			       ? q->rho / (1 - q->rho)
			       : NAN;
	default:
		return NAN;
	}
}

static struct predict_value lcfs_pr_answer(const void *state,
					   const struct predict_ask *ask)
{
	const struct lcfs_pr_formula *s = state;

	return predict_sure(ask->stage || ask->figure == FIGURE_LOSS
				    ? NAN
				    : lcfs_pr_figure(s->queue, ask));
}

const struct formula_ops formula_lcfs_pr = {
	.kind = {
		.name = "lcfs-pr",
		.help = "M/G/1 last come first served, preemptive (Kelly 1979)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct lcfs_pr_formula),
	.solve = lcfs_pr_solve,
	.answer = lcfs_pr_answer,
};
