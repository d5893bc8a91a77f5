/* gm1.c - exponential service behind gaps of any law: G/M/1, E_k/M/1 */
#include "models/formula.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "models/markov.h"
#include "models/queue.h"

struct gm1 {
	struct markov markov; /* in unit mean service */
	double mean, rate;
};

/* Kendall (1954). Taking turns leaves Erlang gaps of a Poisson process to
 * each of the queues. */
static int gm1_solve(void *state, const struct queue *queue,
		     struct arena *arena, struct err *err)
{
	bool cyclic = queue->shape.of == POLICY_CYCLIC_SPLIT;
	bool constant = queue->arrival->flags & ARRIVAL_CONSTANT;
	struct gm1 *s = state;

	(void)arena;
	if (!queue_service(queue, DIST_EXPONENTIAL) ||
	    !(constant || (queue_poisson(queue) && cyclic)) ||
	    !(cyclic || queue->shape.of == POLICY_CENTRAL) ||
	    (queue->workers > 1 && !cyclic))
		return err_set(err, -EDOM,
			       "G/M/1 is exponential service, gaps of a law "
			       "with a transform, and queues of one worker");
	s->markov = markov_gm1(constant ? 0 : queue->workers, queue->rho);
	s->mean = queue->mean;
	s->rate = queue->rate;
	return 0;
}

static struct predict_value gm1_answer(const void *state,
				       const struct predict_ask *ask)
{
	const struct gm1 *s = state;

	return markov_answer(&s->markov, s->mean, s->rate, ask);
}

const struct formula_ops formula_gm1 = {
	.kind = {
		.name = "gm1",
		.help = "G/M/1, and E_k/M/1 by turns (Kendall 1954)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct gm1),
	.solve = gm1_solve,
	.answer = gm1_answer,
};
