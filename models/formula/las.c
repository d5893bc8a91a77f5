/* las.c - the job with least attained service first */
#include <errno.h>

#include "lancet/core/err.h"
#include "models/formula.h"
#include "models/queue.h"
#include "models/sizes.h"

/*
 * Also foreground-background, FB (Kleinrock 1976, 4.6): all jobs count as if
 * they were cut off at x, with r the load that remains,
 *	x / (1 - r) + rate E[min(S, x)^2] / 2 (1 - r)^2
 * A job is served from its arrival on.
 */
static double wait(const struct sizes_at *at)
{
	(void)at;
	return 0;
}

static double sojourn(const struct sizes_at *at)
{
	double cut = at->rate * at->x * at->longer;
	double idle = 1 - at->load_one - cut;

	return at->x / idle + (at->squares + cut * at->x) / (2 * idle * idle);
}

static const struct sizes_rule rule = { wait, sojourn, true };

static int las_solve(void *state, const struct queue *queue,
		     struct arena *arena, struct err *err)
{
	if (queue->shape.of != POLICY_LAS)
		return err_set(err, -EDOM, "las is for policy las");
	return sizes_solve(state, queue, &rule, arena, err);
}

const struct formula_ops formula_las = {
	.kind = {
		.name = "las",
		.help = "M/G/1 least attained service first (Kleinrock 1976)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct sizes),
	.solve = las_solve,
	.answer = sizes_answer,
};
