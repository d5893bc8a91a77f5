/* srpt.c - the job with least work left first, preempting */
#include <errno.h>

#include "lancet/core/err.h"
#include "models/formula.h"
#include "models/queue.h"
#include "models/sizes.h"

/*
 * Schrage and Miller (1966): service begins after
 *	rate (E[S^2; S <= x] + x^2 P(S > x)) / 2 (1 - rho(x))^2,
 * as of longer jobs only the last x count, and then takes dt / (1 - rho(t))
 * for each dt that is left.
 */
static double wait(const struct sizes_at *at)
{
	return (at->squares + at->rate * at->x * at->x * at->longer) /
	       (2 * (1 - at->load) * (1 - at->load_one));
}

static double sojourn(const struct sizes_at *at)
{
	return wait(at) + at->growth;
}

static const struct sizes_rule rule = { wait, sojourn, true };

static int srpt_solve(void *state, const struct queue *queue,
		      struct arena *arena, struct err *err)
{
	if (queue->shape.of != POLICY_SRPT)
		return err_set(err, -EDOM, "srpt is for policy srpt");
	return sizes_solve(state, queue, &rule, arena, err);
}

const struct formula_ops formula_srpt = {
	.kind = {
		.name = "srpt",
		.help = "M/G/1 shortest remaining time first (Schrage, Miller 1966)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct sizes),
	.solve = srpt_solve,
	.answer = sizes_answer,
};
