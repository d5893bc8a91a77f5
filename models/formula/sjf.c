/* sjf.c - the shortest job first, not preempted */
#include <errno.h>

#include "lancet/core/err.h"
#include "models/formula.h"
#include "models/queue.h"
#include "models/sizes.h"

/*
 * Phipps (1956): a job waits for the work that its better ones leave of
 *	rate E[S^2] / 2 (1 - rho(x))^2
 */
static double wait(const struct sizes_at *at)
{
	return at->rate * at->m2 / (2 * (1 - at->load) * (1 - at->load_one));
}

static double sojourn(const struct sizes_at *at)
{
	return at->x + wait(at);
}

static const struct sizes_rule rule = { wait, sojourn, false };

static int sjf_solve(void *state, const struct queue *queue,
		     struct arena *arena, struct err *err)
{
	if (queue->shape.of != POLICY_SJF)
		return err_set(err, -EDOM, "sjf is for policy sjf");
	return sizes_solve(state, queue, &rule, arena, err);
}

const struct formula_ops formula_sjf = {
	.kind = {
		.name = "sjf",
		.help = "M/G/1 shortest job first (Phipps 1956)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct sizes),
	.solve = sjf_solve,
	.answer = sizes_answer,
};
