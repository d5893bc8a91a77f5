/* gm1.c - exponential service behind independent gaps of any law: G/M/1 */
#include "models/formula.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/markov.h"
#include "models/queue.h"

struct gm1 {
	struct markov markov; /* in unit mean service */
	double mean, rate;
};

/* What comes to one worker: every `turns`-th request. */
struct turns {
	const struct arrival_ops *ops;
	void *state;
	double mean;
	uint32_t turns;
};

static double turns_laplace(double s, void *context)
{
	const struct turns *t = context;

	return pow(creal(t->ops->laplace(t->state, s / t->mean)), t->turns);
}

/* The process in the unit of the service times, whose ns these stand for. */
static int init_turns(struct turns *t, const struct queue *queue,
		      struct arena *arena, struct err *err)
{
	const struct arrival_share whole = { .rate_rps = queue->rate * 1e9,
					     .of = 1 };

	t->ops = queue->arrival;
	t->mean = queue->mean;
	t->turns = queue->workers;
	t->state = arena_alloc(arena, t->ops->state_size);
	return t->ops->init(t->state, queue->workload->arrival.options, &whole,
			    arena, err);
}

/*
 * Kendall (1953). Taking turns, a worker's gaps are sums of as many as there
 * are workers: E_k/M/1 behind Poisson arrivals. To rounding, at any
 * utilisation below 1.
 */
static int gm1_solve(void *state, const struct queue *queue,
		     struct arena *arena, struct err *err)
{
	bool cyclic = queue->shape.of == POLICY_CYCLIC_SPLIT;
	bool central = queue->shape.of == POLICY_CENTRAL;
	struct gm1 *s = state;
	struct turns turns;
	struct markov_gaps gaps = { turns_laplace, &turns };

	if (!queue_service(queue, DIST_EXPONENTIAL) ||
	    !queue->arrival->laplace ||
	    !(cyclic || (central && queue->workers == 1)))
		return err_set(err, -EDOM,
			       "G/M/1 is exponential service, gaps of a law "
			       "with a transform, and queues of one worker");
	if (central && queue_poisson(queue))
		return err_set(err, -EDOM,
			       "with Poisson arrivals this is M/M/1; use "
			       "formula mmk");
	if (init_turns(&turns, queue, arena, err))
		return err->code;
	s->markov = markov_gm1(&gaps, queue->rho);
	s->mean = queue->mean;
	s->rate = queue->rate;
	return 0;
}

static struct predict_value gm1_answer(const void *state,
				       const struct predict_ask *ask)
{
	const struct gm1 *s = state;

	return markov_answer(&s->markov, s->mean, s->rate, ask);
}

const struct formula_ops formula_gm1 = {
	.kind = {
		.name = "gm1",
		.help = "G/M/1, and E_k/M/1 for round-robin (Kendall 1953)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct gm1),
	.solve = gm1_solve,
	.answer = gm1_answer,
};
