/* loss.c - few places to wait, or none: M/M/k/K, and Erlang B for any law */
#include <errno.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/birth.h"
#include "models/formula.h"
#include "models/queue.h"
#include "models/root.h"

/*
 * In unit mean service. An admitted job that finds n others waits for
 * ahead = max(0, n - k + 1) services to end, at rate k. Counted in steps of
 * that rate (uniformization, Jensen 1953), each of which ends its own service
 * with probability 1 / k once that has begun.
 */
struct loss {
	const struct queue *queue;
	uint32_t k;
	size_t places;
	double *number;	 /* P(N = n) */
	double *ahead;	 /* of an admitted job: P(ahead = j) */
	double *waiting; /* after m steps: P(not begun) */
	double *there;	 /* P(not ended) */
	double loss, mean_number, mean_ahead;
};

static void follow(struct loss *s, struct arena *arena)
{
	double begun = 0, later = 1;

	s->waiting = arena_array(arena, s->places + 1, sizeof(double));
	s->there = arena_array(arena, s->places + 1, sizeof(double));
	for (size_t m = 0; m <= s->places; m++) {
		later -= s->ahead[m];
		begun = begun * (1 - 1.0 / s->k) + s->ahead[m];
		s->waiting[m] = fmax(0, later);
		s->there[m] = s->waiting[m] + begun;
	}
}

static int loss_solve(void *state, const struct queue *queue,
		      struct arena *arena, struct err *err)
{
	size_t places = queue->shape.places;
	struct loss *s = state;
	size_t most = queue->workers + places;

	if (!queue_poisson(queue) || queue->shape.of != POLICY_BOUNDED ||
	    (places && !queue_service(queue, DIST_EXPONENTIAL)))
		return err_set(err, -EDOM,
			       "M/M/k/K is Poisson arrivals, policy bounded "
			       "and, where jobs wait, exponential service");
	s->queue = queue;
	s->k = queue->workers;
	s->places = places;
	s->number = birth_law(s->k, most, queue->rate * queue->mean, arena);
	s->loss = s->number[most];
	s->ahead = arena_array(arena, places + 1, sizeof(double));
	for (size_t n = 0; n <= most; n++) {
		size_t j = n < s->k ? 0 : n - s->k + 1;

		s->mean_number += (double)n * s->number[n];
		if (n == most)
			break;
		s->ahead[j] += s->number[n] / (1 - s->loss);
		s->mean_ahead += (double)j * s->number[n] / (1 - s->loss);
	}
	follow(s, arena);
	return 0;
}

/* The chance to be so far after a Poisson number of steps. */
static double after(const struct loss *s, const double *share, double t)
{
	double mean = s->k * t, width = 40 + 10 * sqrt(mean), sum = 0;
	size_t first = (size_t)fmax(0, mean - width), m;
	/* Of mean 0 GSL takes the logarithm. */
	double p = mean > 0 ? gsl_ran_poisson_pdf((unsigned)first, mean) : 1;
	double last = share[s->places], rest = 1 - 1.0 / s->k;

	for (m = first; (double)m < mean + width; m++) {
		sum += p * (m <= s->places ? share[m] : last);
		p *= mean / (double)(m + 1);
		if (m >= s->places)
			last *= rest;
	}
	return sum;
}

static double wait_tail(double t, void *context)
{
	const struct loss *s = context;

	return after(s, s->waiting, t);
}

static double sojourn_tail(double t, void *context)
{
	const struct loss *s = context;

	return after(s, s->there, t);
}

/* P(T / S > x): fewer steps end in x - 1 services than are ahead. */
static double slowdown_tail(double x, void *context)
{
	const struct loss *s = context;
	double step = s->k * (x - 1) / (s->k * (x - 1) + 1), all = 1, sum = 0;

	for (size_t j = 1; j <= s->places; j++) {
		all *= step;
		sum += s->ahead[j] * (1 - all);
	}
	return sum;
}

static double mean(const struct loss *s, const struct predict_ask *ask)
{
	double wait = s->mean_ahead / s->k * s->queue->mean;

	switch (ask->of) {
	case METRIC_WAIT:
		return wait;
	case METRIC_SOJOURN:
		return wait + queue_class_mean(s->queue, ask->class);
	case METRIC_SLOWDOWN:
		return s->places ? NAN : 1;
	case METRIC_IN_SYSTEM:
		return ask->class ? NAN : s->mean_number;
	default:
		return NAN;
	}
}

static double number_quantile(const struct loss *s, double q)
{
	size_t n = 0;

	for (double sum = s->number[0]; sum < q && n < s->k + s->places;)
		sum += s->number[++n];
	return (double)n;
}

static double quantile(const struct loss *s, const struct predict_ask *ask)
{
	double later = 1 - ask->q, unit = s->queue->mean;

	switch (ask->of) {
	case METRIC_WAIT:
		return unit * root_tail(wait_tail, (void *)s, 0, 1, later);
	case METRIC_SOJOURN:
		return s->places ? unit * root_tail(sojourn_tail, (void *)s, 0,
						    1, later)
				 : queue_quantile(s->queue, ask->class, ask->q);
	case METRIC_SLOWDOWN:
		return root_tail(slowdown_tail, (void *)s, 1, 1, later);
	case METRIC_IN_SYSTEM:
		return ask->class ? NAN : number_quantile(s, ask->q);
	default:
		return NAN;
	}
}

static double figure(const struct loss *s, const struct predict_ask *ask)
{
	switch (ask->figure) {
	case FIGURE_MEAN:
		return mean(s, ask);
	case FIGURE_QUANTILE:
		return quantile(s, ask);
	case FIGURE_P_WAIT:
		return 1 - s->ahead[0];
	case FIGURE_LOSS:
		return s->loss;
	default:
		return NAN;
	}
}

static struct predict_value loss_answer(const void *state,
					const struct predict_ask *ask)
{
	return predict_sure(ask->stage || ask->given > 0 ? NAN
							 : figure(state, ask));
}

const struct formula_ops formula_loss = {
	.kind = {
		.name = "loss",
		.help = "M/M/k/K, and M/G/k/k by Erlang B (Erlang 1917, "
			"Sevastyanov 1957)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct loss),
	.solve = loss_solve,
	.answer = loss_answer,
};
