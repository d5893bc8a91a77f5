/* jackson.c - exponential stages in series */
#include "models/formula.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/markov.h"
#include "models/queue.h"

struct jackson {
	uint32_t nstages;
	double sojourn[POLICY_STAGES], wait[POLICY_STAGES];
	double p_wait; /* at the first */
	double transit, rate;
};

/* Drawn anew at every stage; a job that brings one service to all stages is
 * beyond this theory. */
static bool exponential(const struct queue *queue, uint32_t stage)
{
	const struct dist *law = queue->shape.stage_service[stage];

	if (!stage)
		return queue_service(queue, DIST_EXPONENTIAL);
	return law && law->ops->flags & DIST_EXPONENTIAL;
}

/*
 * What leaves M/M/c is Poisson again (Burke 1956), so that each stage is one,
 * and independent of the others at any instant (Jackson 1957): means add.
 */
static int jackson_solve(void *state, const struct queue *queue,
			 struct arena *arena, struct err *err)
{
	const struct policy_shape *shape = &queue->shape;
	struct jackson *s = state;

	(void)arena;
	*s = (struct jackson){ .nstages = shape->nstages,
			       .transit = shape->transit,
			       .rate = queue->rate };
	if (!queue_poisson(queue) || shape->of != POLICY_TANDEM)
		return err_set(err, -EDOM,
			       "stages in series are Poisson arrivals at "
			       "policy tandem");
	for (uint32_t i = 0; i < s->nstages; i++) {
		const struct dist *law = shape->stage_service[i];
		uint32_t k = shape->stage_workers[i];
		double mean;
		struct markov m;

		if (!exponential(queue, i))
			return err_set(err, -EDOM,
				       "stage %u has no independent "
				       "exponential service",
				       i + 1);
		mean = i ? dist_mean(law) : queue->mean;
		m = markov_mmk(k, queue->rate * mean / k);
		s->wait[i] = mean * markov_mean(&m, METRIC_WAIT);
		s->sojourn[i] = mean + s->wait[i];
		if (i == 0)
			s->p_wait = m.p_wait;
	}
	return 0;
}

/* From the arrival to the last completion, or of one stage. */
static double sojourn(const struct jackson *s, uint32_t stage)
{
	double sum = 0;

	if (stage)
		return stage <= s->nstages ? s->sojourn[stage - 1] : NAN;
	for (uint32_t i = 0; i < s->nstages; i++)
		sum += s->sojourn[i];
	return sum + s->transit * (s->nstages - 1);
}

static double jackson_figure(const struct jackson *s,
			     const struct predict_ask *ask)
{
	if (ask->figure == FIGURE_P_WAIT)
		return ask->stage > 1 ? NAN : s->p_wait;
	if (ask->figure != FIGURE_MEAN)
		return NAN;
	switch (ask->of) {
	case METRIC_SOJOURN:
		return sojourn(s, ask->stage);
	case METRIC_WAIT:
		return ask->stage > s->nstages
			       ? NAN
			       : s->wait[ask->stage ? ask->stage - 1 : 0];
	case METRIC_IN_SYSTEM:
		return s->rate * sojourn(s, ask->stage);
	default:
		return NAN;
	}
}

static struct predict_value jackson_answer(const void *state,
					   const struct predict_ask *ask)
{
	return predict_sure(ask->class || ask->given > 0
				    ? NAN
				    : jackson_figure(state, ask));
}

const struct formula_ops formula_jackson = {
	.kind = {
		.name = "jackson",
		.help = "M/M/c stages in series (Burke 1956, Jackson 1957)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct jackson),
	.solve = jackson_solve,
	.answer = jackson_answer,
};
