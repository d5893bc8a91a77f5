/* heavy_traffic.c - G/G/1: the mean wait as the load goes to 1 */
#include "models/formula.h"
#include "models/ggone.h"

/*
 * Kingman (1961): rho / (1 - rho) (ca2 + cs2) / 2 services. Exact behind
 * Poisson arrivals; else its relative error goes to 0 as rho goes to 1, and
 * it is no bound.
 */
static int heavy_traffic_solve(void *state, const struct queue *queue,
			       struct arena *arena, struct err *err)
{
	struct ggone *g = state;
	int rc = ggone_init(g, queue, arena, err);

	g->estimate = g->mean * g->rho / (1 - g->rho) * (g->ca2 + g->cs2) / 2;
	return rc;
}

const struct formula_ops formula_heavy_traffic = {
	.kind = {
		.name = "heavy-traffic",
		.help = "G/G/1 in heavy traffic (Kingman 1961)",
	},
	.strength = FORMULA_APPROXIMATE,
	.state_size = sizeof(struct ggone),
	.solve = heavy_traffic_solve,
	.answer = ggone_answer,
	.error = ggone_error,
};
