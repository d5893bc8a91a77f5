/* exponential_tail.c - quantiles of the wait of M/G/k from its mean */
#include "models/approx.h"
#include "models/formula.h"

#include <math.h>

/*
 * P(W > t) = C exp(-C t / E[W]), C that of M/M/k and E[W] by Lee and Longton
 * (1959): in the spirit of Whitt (1993), not his full formula. Exact for
 * M/M/k; good to some percent where the queue is long, useless where waiting
 * is rare: the error is approx.c's table.
 */
static int exponential_tail_solve(void *state, const struct queue *queue,
				  struct arena *arena, struct err *err)
{
	struct approx *a = state;
	int rc = approx_init(a, APPROX_TAIL, queue, arena, err);

	a->wait = (1 + a->cs2) / 2 * a->mmk;
	return rc;
}

static struct predict_value
exponential_tail_answer(const void *state, const struct predict_ask *ask)
{
	const struct approx *a = state;

	if (ask->figure != FIGURE_QUANTILE || ask->of != METRIC_WAIT ||
	    ask->stage || ask->given > 0)
		return predict_sure(NAN);
	return approx_value(a, a->mean * a->wait / a->p_wait *
				       fmax(0, log(a->p_wait / (1 - ask->q))));
}

const struct formula_ops formula_exponential_tail = {
	.kind = {
		.name = "exponential-tail",
		.help = "quantiles of the wait of M/G/k (after Whitt 1993)",
	},
	.strength = FORMULA_APPROXIMATE,
	.state_size = sizeof(struct approx),
	.solve = exponential_tail_solve,
	.answer = exponential_tail_answer,
	.error = approx_words,
};
