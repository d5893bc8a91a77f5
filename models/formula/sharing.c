/* sharing.c - processor sharing: insensitive to the law of service */
#include "models/formula.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/markov.h"
#include "models/queue.h"

struct sharing_formula {
	const struct queue *queue;
	uint32_t workers; /* of one queue */
	double offered;	  /* to it */
	double stretch;	  /* mean sojourn over service */
};

/*
 * The number in the system is M/M/k's (Kelly 1979). Each job's mean sojourn
 * is in proportion to its service (Kleinrock 1967 for one worker, Cohen 1979
 * for rates that hang on the number).
 */
static int sharing_solve(void *state, const struct queue *queue,
			 struct arena *arena, struct err *err)
{
	bool split = queue->shape.of == POLICY_SPLIT_SHARING;
	struct sharing_formula *s = state;
	struct markov m;

	(void)arena;
	if (!queue_poisson(queue) ||
	    !(split || queue->shape.of == POLICY_SHARING))
		return err_set(err, -EDOM,
			       "insensitivity needs Poisson arrivals and "
			       "processor sharing");
	s->queue = queue;
	s->workers = split ? 1 : queue->workers;
	s->offered = s->workers * queue->rho;
	m = markov_mmk(s->workers, queue->rho);
	s->stretch = 1 + m.p_wait / m.theta;
	return 0;
}

/* Mean service of the jobs that are asked for. */
static double service(const struct queue *q, const struct predict_ask *ask)
{
	if (ask->given > 0)
		return ask->given;
	return ask->class ? dist_mean(
				    &q->workload->class[ask->class - 1].service)
			  : q->mean;
}

static double sharing_mean(const struct sharing_formula *s,
			   const struct predict_ask *ask)
{
	switch (ask->of) {
	case METRIC_SOJOURN:
		return s->stretch * service(s->queue, ask);
	case METRIC_SLOWDOWN:
		return s->stretch;
	case METRIC_WAIT:
		return 0; /* a share of service begins at once */
	case METRIC_IN_SYSTEM:
		return ask->class || ask->given > 0
			       ? NAN
			       : s->queue->rate * s->stretch * s->queue->mean;
	default:
		return NAN;
	}
}

static double sharing_figure(const struct sharing_formula *s,
			     const struct predict_ask *ask)
{
	bool all = !ask->class && !(ask->given > 0);

	switch (ask->figure) {
	case FIGURE_MEAN:
		return sharing_mean(s, ask);
	case FIGURE_QUANTILE:
		return ask->of == METRIC_IN_SYSTEM && all &&
				       s->workers == s->queue->workers
			       ? markov_number_quantile(s->workers, s->offered,
							ask->q)
			       : NAN;
	case FIGURE_P_WAIT:
		return 0;
	default:
		return NAN;
	}
}

static struct predict_value sharing_answer(const void *state,
					   const struct predict_ask *ask)
{
	return predict_sure(ask->stage ? NAN : sharing_figure(state, ask));
}

const struct formula_ops formula_sharing = {
	.kind = {
		.name = "sharing",
		.help = "M/G/k processor sharing (Kelly 1979, Cohen 1979)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct sharing_formula),
	.solve = sharing_solve,
	.answer = sharing_answer,
};
