/* cosmetatos.c - mean wait of M/G/k between M/D/k and M/M/k (1975) */
#include "models/approx.h"
#include "models/formula.h"

#include <errno.h>

#include "lancet/core/err.h"

/*
 * E[W] = cs2 E[W of M/M/k] + (1 - cs2) E[W of M/D/k] (Cosmetatos 1976), with
 * his M/D/k of 1975, which holds where that is less than M/M/k's. Exact for
 * M/M/k and M/G/1; the error is approx.c's table.
 */
static int cosmetatos_solve(void *state, const struct queue *queue,
			    struct arena *arena, struct err *err)
{
	struct approx *a = state;

	if (approx_init(a, APPROX_COSMETATOS, queue, arena, err))
		return err->code;
	a->wait = a->cs2 * a->mmk + (1 - a->cs2) * a->mdk;
	if (a->mdk < a->mmk && a->wait > 0)
		return 0;
	return err_set(err, -EDOM,
		       "Cosmetatos' M/D/k does not hold at so low a load");
}

const struct formula_ops formula_cosmetatos = {
	.kind = {
		.name = "cosmetatos",
		.help = "mean wait of M/G/k (Cosmetatos 1975)",
	},
	.strength = FORMULA_APPROXIMATE,
	.state_size = sizeof(struct approx),
	.solve = cosmetatos_solve,
	.answer = approx_mean,
	.error = approx_words,
};
