/* kingman.c - G/G/1: a mean wait that is not exceeded */
#include "models/formula.h"
#include "models/ggone.h"

/*
 * Kingman (1962): rate (Var A + Var S) / 2 (1 - rho), for any laws; close where
 * the utilisation is. It bounds, and so is never below the truth.
 */
static int kingman_solve(void *state, const struct queue *queue,
			 struct arena *arena, struct err *err)
{
	struct ggone *g = state;
	int rc = ggone_init(g, queue, arena, err);

	g->estimate = g->hi;
	return rc;
}

const struct formula_ops formula_kingman = {
	.kind = {
		.name = "kingman",
		.help = "G/G/1, an upper bound (Kingman 1962)",
	},
	.strength = FORMULA_APPROXIMATE,
	.state_size = sizeof(struct ggone),
	.solve = kingman_solve,
	.answer = ggone_answer,
	.error = ggone_error,
};
