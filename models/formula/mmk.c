/* mmk.c - exponential service, Poisson arrivals, one queue or one each */
#include "models/formula.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/markov.h"
#include "models/queue.h"

struct mmk {
	struct markov markov; /* in unit mean service */
	double mean;	      /* of service */
	double rate;	      /* of arrivals */
};

/*
 * Erlang (1917). A random split of a Poisson process is k independent ones,
 * each to a queue M/M/1.
 */
static int mmk_solve(void *state, const struct queue *queue,
		     struct arena *arena, struct err *err)
{
	struct mmk *s = state;
	bool split = queue->shape.of == POLICY_RANDOM_SPLIT;

	(void)arena;
	if (!queue_poisson(queue) || !queue_service(queue, DIST_EXPONENTIAL) ||
	    (queue->shape.of != POLICY_CENTRAL && !split))
		return err_set(err, -EDOM,
			       "M/M/k is Poisson arrivals, exponential "
			       "service and first come, first served");
	s->markov = markov_mmk(split ? 1 : queue->workers, queue->rho);
	s->mean = queue->mean;
	s->rate = queue->rate;
	return 0;
}

static struct predict_value mmk_answer(const void *state,
				       const struct predict_ask *ask)
{
	const struct mmk *s = state;

	return markov_answer(&s->markov, s->mean, s->rate, ask);
}

const struct formula_ops formula_mmk = {
	.kind = {
		.name = "mmk",
		.help = "M/M/k, and k independent M/M/1 (Erlang 1917)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct mmk),
	.solve = mmk_solve,
	.answer = mmk_answer,
};
