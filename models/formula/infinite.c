/* infinite.c - a worker for everybody: M/G/inf */
#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/formula.h"
#include "models/queue.h"

struct infinite {
	const struct queue *queue;
};

static int infinite_solve(void *state, const struct queue *queue,
			  struct arena *arena, struct err *err)
{
	struct infinite *s = state;

	(void)arena;
	if (!queue_poisson(queue) || queue->shape.of != POLICY_INFINITE)
		return err_set(err, -EDOM,
			       "M/G/inf is Poisson arrivals and policy inf");
	s->queue = queue;
	return 0;
}

/* The number has a Poisson law, whatever the service (Mirasol 1963). */
static double number(const struct queue *q, const struct predict_ask *ask)
{
	double offered = q->rate * q->mean;
	unsigned n;

	if (ask->class || ask->given > 0)
		return NAN;
	if (ask->figure != FIGURE_QUANTILE)
		return offered; /* mean and variance */
	/* From below, where the cdf is surely less. */
	n = (unsigned)fmax(0, offered - 10 * sqrt(offered) - 10);
	while (gsl_cdf_poisson_P(n, offered) < ask->q)
		n++;
	return n;
}

static double sojourn(const struct queue *q, const struct predict_ask *ask)
{
	if (ask->given > 0)
		return ask->figure == FIGURE_VARIANCE ? 0 : ask->given;
	switch (ask->figure) {
	case FIGURE_MEAN:
		return queue_class_mean(q, ask->class);
	case FIGURE_QUANTILE:
		return queue_quantile(q, ask->class, ask->q);
	default:
		return ask->class ? NAN : q->m2 - q->mean * q->mean;
	}
}

static double infinite_figure(const struct queue *q,
			      const struct predict_ask *ask)
{
	if (ask->figure == FIGURE_P_WAIT || ask->figure == FIGURE_LOSS)
		return 0;
	switch (ask->of) {
	case METRIC_SOJOURN:
		return sojourn(q, ask);
	case METRIC_WAIT:
		return 0;
	case METRIC_SLOWDOWN:
		return ask->figure == FIGURE_VARIANCE ? 0 : 1;
	case METRIC_IN_SYSTEM:
		return number(q, ask);
	default:
		return NAN;
	}
}

static struct predict_value infinite_answer(const void *state,
					    const struct predict_ask *ask)
{
	const struct infinite *s = state;

	return predict_sure(ask->stage ? NAN : infinite_figure(s->queue, ask));
}

const struct formula_ops formula_infinite = {
	.kind = {
		.name = "infinite",
		.help = "M/G/inf (Mirasol 1963)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct infinite),
	.solve = infinite_solve,
	.answer = infinite_answer,
};
