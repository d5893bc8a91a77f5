/* ggone.c - G/G/1 by two moments: what its approximations share */
#include "models/ggone.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/queue.h"

/* Of the gaps; NAN where the process does not tell. */
static double gap_scv(const struct queue *queue, struct arena *arena)
{
	const struct arrival_share whole = { .rate_rps = queue->rate * 1e9,
					     .of = 1 };
	const struct arrival_ops *ops = queue->arrival;
	void *state = arena_alloc(arena, ops->state_size);
	struct err err = { 0 };

	if (!ops->scv || ops->init(state, queue->workload->arrival.options,
				   &whole, arena, &err))
		return NAN;
	return ops->scv(state);
}

int ggone_init(struct ggone *g, const struct queue *queue, struct arena *arena,
	       struct err *err)
{
	double base = 2 * queue->rate * (1 - queue->rho), rho = queue->rho;

	*g = (struct ggone){ .mean = queue->mean,
			     .rate = queue->rate,
			     .rho = rho,
			     .ca2 = gap_scv(queue, arena),
			     .cs2 = queue_scv(queue) };
	if (isnan(g->ca2) || queue->workers != 1 ||
	    queue->shape.of != POLICY_CENTRAL)
		return err_set(err, -EDOM,
			       "G/G/1 is independent gaps of a known law "
			       "and one worker, first come, first served");
	if (!isfinite(g->cs2))
		return err_set(err, -EDOM,
			       "the variance of service is infinite, and the "
			       "mean wait with it");
	g->lo = fmax(0, (rho * rho * g->cs2 - rho * (2 - rho)) / base);
	g->hi = (g->ca2 + rho * rho * g->cs2) / base;
	return 0;
}

/* The same shift for all three. */
static struct predict_value shifted(const struct ggone *g, double by,
				    double scale)
{
	return (struct predict_value){ scale * (g->estimate + by),
				       scale * (g->lo + by),
				       scale * (g->hi + by) };
}

struct predict_value ggone_answer(const void *state,
				  const struct predict_ask *ask)
{
	const struct ggone *g = state;

	if (ask->figure != FIGURE_MEAN || ask->class || ask->stage ||
	    ask->given > 0)
		return predict_sure(NAN);
	switch (ask->of) {
	case METRIC_WAIT:
		return shifted(g, 0, 1);
	case METRIC_SOJOURN:
		return shifted(g, g->mean, 1);
	case METRIC_IN_SYSTEM:
		return shifted(g, g->mean, g->rate);
	default:
		return predict_sure(NAN);
	}
}

/* What of the estimate the truth can be. */
void ggone_error(const void *state, char *text, size_t size)
{
	const struct ggone *g = state;

	if (g->lo > 0)
		snprintf(text, size, "%+.0f%% to %+.0f%% of the wait",
			 100 * (g->estimate / g->hi - 1),
			 100 * (g->estimate / g->lo - 1));
	else
		snprintf(text, size, "%+.0f%% or more of the wait",
			 100 * (g->estimate / g->hi - 1));
}
