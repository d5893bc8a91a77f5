/* sharing.c - processor sharing: insensitive to the law of service */
#include "models/formula.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/markov.h"
#include "models/queue.h"

struct sharing_formula {
	double sojourn, rate;
};

/* The number in the system is M/M/k's, so is the mean sojourn (Kelly 1979). */
static int sharing_solve(void *state, const struct queue *queue,
			 struct arena *arena, struct err *err)
{
	struct sharing_formula *s = state;
	struct markov m;

	(void)arena;
	if (!queue_poisson(queue) || queue->shape.of != POLICY_SHARING)
		return err_set(err, -EDOM,
			       "insensitivity needs Poisson arrivals and "
			       "processor sharing");
	m = markov_mmk(queue->workers, queue->rho);
	s->sojourn = queue->mean * (1 + m.p_wait / m.theta);
	s->rate = queue->rate;
	return 0;
}

static struct predict_value sharing_answer(const void *state,
					   const struct predict_ask *ask)
{
	const struct sharing_formula *s = state;

	if (ask->figure != FIGURE_MEAN || ask->class || ask->stage ||
	    ask->given > 0)
		return predict_sure(NAN);
	switch (ask->of) {
	case METRIC_SOJOURN:
		return predict_sure(s->sojourn);
	case METRIC_IN_SYSTEM:
		return predict_sure(s->sojourn * s->rate);
	default:
		return predict_sure(NAN);
	}
}

const struct formula_ops formula_sharing = {
	.kind = {
		.name = "sharing",
		.help = "M/G/k processor sharing, means (Kelly 1979)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct sharing_formula),
	.solve = sharing_solve,
	.answer = sharing_answer,
};
