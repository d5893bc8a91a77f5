/* mphk.c - service in exponential phases: M/PH/k (Neuts 1981) */
#include "models/formula.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/mphk.h"
#include "models/queue.h"
#include "models/root.h"

/*
 * Exponential, Erlang and hyperexponential service, and classes of them;
 * Poisson arrivals; valid at any utilisation below 1 for as many workers and
 * phases as mphk.h allows. Relative error of moments below 1e-11, of
 * quantiles below 1e-8.
 */
struct mphk_formula {
	struct mphk m;
	uint32_t workers;     /* m has one of them where each has a queue */
	struct mphk_law *law; /* of all jobs, then of each class */
	double *mean;	      /* of those */
	double *square;
};

static size_t count_branches(const struct workload *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;

		if (!law->ops->branches)
			return 0;
		n += law->ops->branches(law->state, NULL, 0);
	}
	return n;
}

/* Branches that are alike are one: fewer phases, fewer states. */
static size_t merge(struct dist_branch *b, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (j < kept &&
		       (b[j].stages != b[i].stages || b[j].rate != b[i].rate))
			j++;
		if (j < kept)
			b[j].p += b[i].p;
		else if (b[i].p > 0)
			b[kept++] = b[i];
	}
	return kept;
}

static void take_laws(struct mphk_formula *s, const struct workload *w,
		      struct dist_branch *all, struct arena *arena)
{
	size_t n = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;
		size_t more = law->ops->branches(law->state, NULL, 0);
		struct dist_branch *own =
			arena_array(arena, more, sizeof(*own));

		law->ops->branches(law->state, own, more);
		s->law[i + 1] = (struct mphk_law){ own, more };
		s->mean[i + 1] = law->ops->moment(law->state, 1);
		s->square[i + 1] = law->ops->moment(law->state, 2);
		for (size_t j = 0; j < more; j++) {
			all[n] = own[j];
			all[n++].p *= w->class[i].weight;
		}
	}
	s->law[0] = (struct mphk_law){ all, merge(all, n) };
}

static int mphk_formula_solve(void *state, const struct queue *queue,
			      struct arena *arena, struct err *err)
{
	struct mphk_formula *s = state;
	const struct workload *w = queue->workload;
	size_t n = count_branches(w);
	bool split = queue->shape.of == POLICY_RANDOM_SPLIT;
	uint32_t k = split ? 1 : queue->workers;

	if (!n || !queue_poisson(queue) ||
	    (queue->shape.of != POLICY_CENTRAL && !split))
		return err_set(err, -EDOM,
			       "M/PH/k is Poisson arrivals, service in "
			       "exponential phases and first come, first "
			       "served");
	s->law = arena_array(arena, w->nclasses + 1, sizeof(*s->law));
	s->mean = arena_array(arena, w->nclasses + 1, sizeof(*s->mean));
	s->square = arena_array(arena, w->nclasses + 1, sizeof(*s->square));
	s->mean[0] = queue->mean;
	s->square[0] = queue->m2;
	s->workers = queue->workers;
	take_laws(s, w, arena_array(arena, n, sizeof(struct dist_branch)),
		  arena);
	return mphk_solve(&s->m, &s->law[0], k,
			  queue->rate * k / queue->workers, arena, err);
}

struct target {
	const struct mphk_formula *s;
	const struct predict_ask *ask;
	double tail;
};

static double tail(const struct mphk_formula *s, const struct predict_ask *ask,
		   double x)
{
	const struct mphk_law *law = &s->law[ask->class];

	if (ask->of == METRIC_WAIT)
		return mphk_wait_tail(&s->m, x);
	return ask->of == METRIC_SOJOURN ? mphk_sojourn_tail(&s->m, law, x)
					 : mphk_slowdown_tail(&s->m, law, x);
}

/* Above 0 left of the quantile. */
static double tail_equation(double x, void *context)
{
	const struct target *t = context;

	return log(fmax(1e-300, tail(t->s, t->ask, x)) / t->tail);
}

static double find_quantile(const struct mphk_formula *s,
			    const struct predict_ask *ask)
{
	struct target t = { s, ask, 1 - ask->q };
	double lo = ask->of == METRIC_SLOWDOWN ? 1 : 0;
	double step = ask->of == METRIC_SLOWDOWN ? 1 : s->mean[0];

	if (tail_equation(lo, &t) <= 0)
		return lo;
	while (tail_equation(lo + step, &t) > 0)
		step *= 2;
	return root_find(tail_equation, &t, lo, lo + step);
}

/* E[T / S] = 1 + E[W] E[1 / S]; E[1 / S] is infinite of a single stage. */
static double mean_slowdown(const struct mphk_formula *s, uint32_t class)
{
	const struct mphk_law *law = &s->law[class];
	double inverse = 0;

	for (size_t i = 0; i < law->n; i++)
		inverse += law->branch[i].p * law->branch[i].rate /
			   (law->branch[i].stages - 1.0);
	return isfinite(inverse) ? 1 + s->m.wait[0] * inverse : NAN;
}

static double number_figure(const struct mphk_formula *s,
			    const struct predict_ask *ask)
{
	switch (ask->figure) {
	case FIGURE_MEAN:
		return s->workers / (double)s->m.k * s->m.rate *
		       (s->m.wait[0] + s->mean[0]);
	case FIGURE_VARIANCE:
		return s->workers / (double)s->m.k *
		       mphk_number_variance(&s->m);
	case FIGURE_QUANTILE:
		return s->workers == s->m.k
			       ? mphk_number_quantile(&s->m, ask->q)
			       : NAN;
	default:
		return NAN;
	}
}

static double time_figure(const struct mphk_formula *s,
			  const struct predict_ask *ask)
{
	const struct mphk *m = &s->m;
	double own = s->mean[ask->class];
	double serves = ask->of == METRIC_SOJOURN;

	switch (ask->figure) {
	case FIGURE_MEAN:
		return ask->of == METRIC_SLOWDOWN ? mean_slowdown(s, ask->class)
						  : m->wait[0] + serves * own;
	case FIGURE_VARIANCE:
		return ask->of == METRIC_SLOWDOWN
			       ? NAN
			       : m->wait[1] - m->wait[0] * m->wait[0] +
					 serves * (s->square[ask->class] -
						   own * own);
	case FIGURE_QUANTILE:
		return find_quantile(s, ask);
	case FIGURE_P_WAIT:
		return m->p_wait;
	default:
		return NAN;
	}
}

/* Of jobs of one service: their wait is as of all, and the rest is known. */
static double given_figure(const struct mphk_formula *s,
			   const struct predict_ask *ask)
{
	struct predict_ask wait = { .figure = ask->figure,
				    .of = METRIC_WAIT,
				    .q = ask->q };
	double w = time_figure(s, &wait), unit = 1, least = 0;

	if (ask->figure == FIGURE_P_WAIT)
		return w;
	if (ask->of == METRIC_SLOWDOWN)
		unit = 1 / ask->given;
	if (ask->figure == FIGURE_VARIANCE)
		return w * unit * unit;
	if (ask->of != METRIC_WAIT)
		least = ask->given;
	return (w + least) * unit;
}

static struct predict_value mphk_formula_answer(const void *state,
						const struct predict_ask *ask)
{
	const struct mphk_formula *s = state;

	if (ask->stage ||
	    (ask->of == METRIC_IN_SYSTEM && (ask->class || ask->given > 0)))
		return predict_sure(NAN);
	if (ask->of == METRIC_IN_SYSTEM)
		return predict_sure(number_figure(s, ask));
	return predict_sure(ask->given > 0 ? given_figure(s, ask)
					   : time_figure(s, ask));
}

const struct formula_ops formula_mphk = {
	.kind = {
		.name = "mphk",
		.help = "M/PH/k, a quasi birth and death process (Neuts 1981)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct mphk_formula),
	.solve = mphk_formula_solve,
	.answer = mphk_formula_answer,
};
