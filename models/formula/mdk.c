/* mdk.c - constant service, Poisson arrivals: M/D/k (Crommelin 1932) */
#include "models/formula.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/mdk.h"
#include "models/queue.h"

struct mdk_formula {
	struct mdk mdk;
	double mean, load; /* of service; work that arrives per unit of time */
};

/*
 * Valid at any utilisation below 1, for up to 512 workers; relative error
 * below 1e-9. With equal services, taking turns is serving in order: the
 * job k before this one is always the next to end.
 */
static int mdk_formula_solve(void *state, const struct queue *queue,
			     struct arena *arena, struct err *err)
{
	struct mdk_formula *s = state;

	if (!queue_poisson(queue) || !queue_service(queue, DIST_CONSTANT) ||
	    (queue->shape.of != POLICY_CENTRAL &&
	     queue->shape.of != POLICY_CYCLIC_SPLIT))
		return err_set(err, -EDOM,
			       "M/D/k is Poisson arrivals, constant service "
			       "and first come, first served");
	s->mean = queue->mean;
	s->load = queue->rate * queue->mean;
	return mdk_solve(&s->mdk, queue->workers, queue->rho, arena, err);
}

static double number_figure(const struct mdk_formula *s,
			    const struct predict_ask *ask)
{
	switch (ask->figure) {
	case FIGURE_MEAN:
		return s->load * (1 + mdk_wait_moment(&s->mdk, 1));
	case FIGURE_VARIANCE:
		return mdk_number_variance(&s->mdk);
	case FIGURE_QUANTILE:
		return mdk_number_quantile(&s->mdk, ask->q);
	default:
		return NAN;
	}
}

/* Of the wait in service times; all else is it, plus 1. */
static double wait_figure(const struct mdk *m, const struct predict_ask *ask)
{
	double mean = mdk_wait_moment(m, 1);
	double service = ask->of != METRIC_WAIT;

	switch (ask->figure) {
	case FIGURE_MEAN:
		return mean + service;
	case FIGURE_VARIANCE:
		return mdk_wait_moment(m, 2) - mean * mean;
	case FIGURE_QUANTILE:
		return mdk_wait_quantile(m, ask->q) + service;
	case FIGURE_P_WAIT:
		return mdk_p_wait(m);
	default:
		return NAN;
	}
}

static struct predict_value mdk_formula_answer(const void *state,
					       const struct predict_ask *ask)
{
	const struct mdk_formula *s = state;
	double unit = ask->of == METRIC_SLOWDOWN || ask->figure == FIGURE_P_WAIT
			      ? 1
			      : s->mean;

	/* Classes, if there are several, are alike. */
	if (ask->stage || (ask->class && ask->of == METRIC_IN_SYSTEM) ||
	    (ask->given > 0 && fabs(ask->given / s->mean - 1) > 1e-12))
		return predict_sure(NAN);
	if (ask->of == METRIC_IN_SYSTEM)
		return predict_sure(number_figure(s, ask));
	if (ask->figure == FIGURE_VARIANCE)
		unit *= unit;
	return predict_sure(unit * wait_figure(&s->mdk, ask));
}

const struct formula_ops formula_mdk = {
	.kind = {
		.name = "mdk",
		.help = "M/D/k (Crommelin 1932, Franx 2001)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct mdk_formula),
	.solve = mdk_formula_solve,
	.answer = mdk_formula_answer,
};
