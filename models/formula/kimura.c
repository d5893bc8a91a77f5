/* kimura.c - mean wait of M/G/k between M/D/k and M/M/k (1986) */
#include "models/approx.h"
#include "models/formula.h"

#include <errno.h>

#include "lancet/core/err.h"

/*
 * E[W] = (1 + cs2) / (2 cs2 / E[W of M/M/k] + (1 - cs2) / E[W of M/D/k])
 * (Kimura 1986), with M/D/k by Cosmetatos (1975), which holds where it is
 * less than M/M/k's. Exact for M/M/k and M/G/1, within a few percent up to scv
 * 4, and as much as halved at 25; the error is approx.c's table.
 */
static int kimura_solve(void *state, const struct queue *queue,
			struct arena *arena, struct err *err)
{
	struct approx *a = state;

	if (approx_init(a, APPROX_KIMURA, queue, arena, err))
		return err->code;
	if (!(a->mdk < a->mmk))
		return err_set(err, -EDOM,
			       "Cosmetatos' M/D/k, on which it is based, does "
			       "not hold at so low a load");
	a->wait = (1 + a->cs2) / (2 * a->cs2 / a->mmk + (1 - a->cs2) / a->mdk);
	return 0;
}

const struct formula_ops formula_kimura = {
	.kind = {
		.name = "kimura",
		.help = "mean wait of M/G/k (Kimura 1986)",
	},
	.strength = FORMULA_APPROXIMATE,
	.state_size = sizeof(struct approx),
	.solve = kimura_solve,
	.answer = approx_mean,
	.error = approx_words,
};
