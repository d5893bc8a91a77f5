/* allen_cunneen.c - mean wait of G/G/k from two moments (Allen 1978) */
#include "models/approx.h"
#include "models/formula.h"

/*
 * E[W] = (ca2 + cs2) / 2 E[W of M/M/k] (Allen 1978, after Cunneen); with
 * Poisson arrivals Lee and Longton's (1959). Exact for M/M/k and M/G/1; else
 * the worse, the rarer waiting is: +419% at k = 16, half load, scv 25. The
 * error is approx.c's table.
 */
static int allen_cunneen_solve(void *state, const struct queue *queue,
			       struct arena *arena, struct err *err)
{
	struct approx *a = state;
	int rc = approx_init(a, APPROX_ALLEN_CUNNEEN, queue, arena, err);

	a->wait = (a->ca2 + a->cs2) / 2 * a->mmk;
	return rc;
}

const struct formula_ops formula_allen_cunneen = {
	.kind = {
		.name = "allen-cunneen",
		.alias = "lee-longton",
		.help = "mean wait of G/G/k (Lee, Longton 1959; Allen 1978)",
	},
	.strength = FORMULA_APPROXIMATE,
	.state_size = sizeof(struct approx),
	.solve = allen_cunneen_solve,
	.answer = approx_mean,
	.error = approx_words,
};
