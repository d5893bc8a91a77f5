/* kraemer_langenbach_belz.c - G/G/1: the mean wait by two moments */
#include <math.h>

#include "models/formula.h"
#include "models/ggone.h"

/*
 * Kraemer and Langenbach-Belz (1976): heavy traffic times
 *	exp(-2 (1 - rho) (1 - ca2)^2 / 3 rho (ca2 + cs2)),	ca2 <= 1
 *	exp(-(1 - rho) (ca2 - 1) / (ca2 + 4 cs2)),		ca2 > 1
 * fitted to tables; exact behind Poisson arrivals. Two moments do not fix the
 * wait, so that its band is that of the bounds.
 */
static int kraemer_langenbach_belz_solve(void *state, const struct queue *queue,
					 struct arena *arena, struct err *err)
{
	struct ggone *g = state;
	int rc = ggone_init(g, queue, arena, err);
	double idle = 1 - g->rho, off = g->ca2 - 1, sum = g->ca2 + g->cs2;
	double less = off > 0 ? off / (g->ca2 + 4 * g->cs2)
			      : 2 * off * off / (3 * g->rho * sum);

	g->estimate =
		sum > 0 ? g->mean * g->rho / idle * sum / 2 * exp(-idle * less)
			: 0;
	return rc;
}

const struct formula_ops formula_kraemer_langenbach_belz = {
	.kind = {
		.name = "kraemer-langenbach-belz",
		.help = "G/G/1 by two moments (Kraemer and Langenbach-Belz 1976)",
	},
	.strength = FORMULA_APPROXIMATE,
	.state_size = sizeof(struct ggone),
	.solve = kraemer_langenbach_belz_solve,
	.answer = ggone_answer,
	.error = ggone_error,
};
