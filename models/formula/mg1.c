/* mg1.c - Poisson arrivals, any service, first come, first served */
#include "models/mg1.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/formula.h"

struct formula_mg1 {
	struct mg1 mg1;
	double rate; /* of all arrivals */
	bool markov; /* M/M/1 has closed forms */
};

/* One worker; or several, with a queue each, to which a random split leaves
 * Poisson arrivals. */
static int mg1_solve(void *state, const struct queue *queue,
		     struct arena *arena, struct err *err)
{
	struct formula_mg1 *s = state;
	bool split = queue->shape.of == POLICY_RANDOM_SPLIT;

	if (!queue_poisson(queue) ||
	    !(split ||
	      (queue->shape.of == POLICY_CENTRAL && queue->workers == 1)))
		return err_set(err, -EDOM,
			       "M/G/1 is Poisson arrivals at one worker, or "
			       "split among several at random, first come, "
			       "first served");
	mg1_init(&s->mg1, queue, queue->rate / queue->workers, arena);
	s->rate = queue->rate;
	s->markov = queue_service(queue, DIST_EXPONENTIAL);
	return 0;
}

static double variance(const struct mg1 *m, const struct predict_ask *ask)
{
	const struct queue *q = m->queue;
	const struct dist *law;

	if (ask->of == METRIC_WAIT ||
	    (ask->of == METRIC_SOJOURN && ask->given > 0))
		return m->var_wait;
	if (ask->of != METRIC_SOJOURN)
		return NAN;
	if (!ask->class)
		return m->var_wait + q->m2 - q->mean * q->mean;
	law = &q->workload->class[ask->class - 1].service;
	return m->var_wait + dist_scv(law) * pow(dist_mean(law), 2);
}

static double figure(const struct formula_mg1 *s, const struct predict_ask *ask,
		     const struct mg1_jobs *jobs, size_t n)
{
	switch (ask->figure) {
	case FIGURE_MEAN:
		if (ask->of == METRIC_IN_SYSTEM)
			return ask->class || ask->given > 0
				       ? NAN
				       : s->rate * mg1_mean(&s->mg1,
							    METRIC_SOJOURN,
							    jobs, n);
		return mg1_mean(&s->mg1, ask->of, jobs, n);
	case FIGURE_VARIANCE:
		return variance(&s->mg1, ask);
	case FIGURE_QUANTILE:
		return mg1_quantile(&s->mg1, ask->of, jobs, n, ask->q);
	case FIGURE_P_WAIT:
		return s->mg1.rate * s->mg1.queue->mean;
	default:
		return NAN;
	}
}

static struct predict_value mg1_answer(const void *state,
				       const struct predict_ask *ask)
{
	const struct formula_mg1 *s = state;
	double x = ask->given, one = 1;
	struct mg1_jobs alike = { .weight = 1, .x = &x, .p = &one, .n = 1 };

	if (ask->stage || (s->markov && !(x > 0)))
		return predict_sure(NAN);
	if (x > 0)
		return predict_sure(figure(s, ask, &alike, 1));
	if (ask->class)
		return predict_sure(
			figure(s, ask, &s->mg1.class[ask->class - 1], 1));
	return predict_sure(figure(s, ask, s->mg1.class, s->mg1.nclasses));
}

const struct formula_ops formula_mg1 = {
	.kind = {
		.name = "mg1",
		.help = "M/G/1 (Pollaczek 1930, Khinchine 1932, Takacs 1955)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct formula_mg1),
	.solve = mg1_solve,
	.answer = mg1_answer,
};
