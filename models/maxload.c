/* maxload.c - the highest load at which a queue still keeps a promise */
#include "models/maxload.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/slo.h"

/* Loads closer together than this are one, to a formula and to a simulation. */
#define STEP_EXACT 1e-9
#define STEP_SIMULATED 5e-4
/* As good as idle, and as close to saturation as is looked at. */
#define LOAD_LEAST 1e-3
#define LOAD_MARGIN 1e-6

/* What the terms come to at one load, as logarithms of value over bound. */
struct excess {
	double worst; /* of all terms; <= 0: the promise is kept */
	double half;  /* half-width of that one */
	bool simulated;
};

struct search {
	struct predict_query query;
	const struct slo *slo;
	double mean;  /* of service */
	double limit; /* stable below this load */
	struct maxload *found;
};

/* The class that a promise is made to, as an ask counts them; 0: all. */
static uint32_t class_of(const struct workload *w, const struct slo_term *term)
{
	for (size_t i = 0; *term->class && i < w->nclasses; i++)
		if (!strcmp(term->class, w->class[i].name))
			return (uint32_t)i + 1;
	return 0;
}

static int term_excess(struct search *s, const struct slo_term *term,
		       struct excess *excess, struct err *err)
{
	struct predict_ask ask = { .figure = FIGURE_QUANTILE,
				   .q = term->quantile,
				   .class = class_of(s->query.workload, term) };
	struct predict_result result;
	struct arena arena;
	double bound = term->bound * (term->relative ? s->mean : 1);
	int rc;

	ask.of =
		term->metric == SLO_SLOWDOWN ? METRIC_SLOWDOWN : METRIC_SOJOURN;
	s->query.ask = &ask;
	s->query.nask = 1;
	arena_init(&arena);
	rc = predict(&s->query, &result, &arena, err);
	if (!rc && result.answer[0].refused)
		rc = err_set(err, -EDOM, "%s", result.answer[0].refused);
	if (!rc) {
		const struct predict_value *v = &result.answer[0].value;
		double worst = log(v->value / bound);

		if (worst > excess->worst) {
			excess->worst = worst;
			excess->half = log(v->hi / v->value);
		}
		excess->simulated |= v->hi > v->value;
		snprintf(s->found->method, sizeof(s->found->method), "%s",
			 result.method);
	}
	arena_fini(&arena);
	return rc;
}

static int look(struct search *s, double load, struct excess *excess,
		struct err *err)
{
	*excess = (struct excess){ .worst = -INFINITY };
	s->query.rate = load *
			policy_workers(&s->query.policy, s->query.workers) /
			s->mean;
	for (size_t i = 0; i < s->slo->n; i++) {
		const struct slo_term *term = &s->slo->term[i];

		/* An ideal queue makes no errors. */
		if (term->metric != SLO_ERRORS &&
		    term_excess(s, term, excess, err))
			return err->code;
	}
	return 0;
}

/*
 * Close in on the root in [lo, hi], kept at lo and broken at hi, where the
 * straight line between them crosses; every third time halfway, so that
 * both ends move. A simulation is done where it cannot tell the load from the
 * root.
 */
static int close_in(struct search *s, double lo, double hi, struct excess at_lo,
		    struct excess at_hi, struct err *err)
{
	double step = at_lo.simulated ? STEP_SIMULATED : STEP_EXACT;
	double load, slope, half, off;

	for (int turn = 0;; turn++) {
		double part = at_lo.worst / (at_lo.worst - at_hi.worst);
		struct excess e;

		slope = (at_hi.worst - at_lo.worst) / (hi - lo);
		half = fmax(at_lo.half, at_hi.half);
		load = lo + (hi - lo) * (turn % 3 == 2 ? 0.5 : part);
		if (hi - lo <= step)
			break;
		if (look(s, load, &e, err))
			return err->code;
		half = e.half;
		if (fabs(e.worst) <= e.half)
			break;
		if (e.worst <= 0) {
			lo = load;
			at_lo = e;
		} else {
			hi = load;
			at_hi = e;
		}
	}
	off = at_lo.simulated ? step + half / slope : 0;
	s->found->load = (struct predict_value){ load, fmax(0, load - off),
						 fmin(s->limit, load + off) };
	return 0;
}

/*
 * From an idle queue up, each time halving the distance to saturation, until
 * the promise breaks: loads that are costly to simulate are looked at only
 * where the answer is up there. Where a simulation gives up, or the margin is
 * reached, the answer is open above.
 */
static int search(struct search *s, struct err *err)
{
	double lo = LOAD_LEAST * s->limit;
	struct excess at_lo, at_hi;

	if (look(s, lo, &at_lo, err))
		return err->code;
	if (at_lo.worst > 0) {
		s->found->load = (struct predict_value){ 0 };
		return 0;
	}
	for (double gap = 0.5; gap > LOAD_MARGIN; gap /= 2) {
		double load = s->limit * (1 - gap);

		if (look(s, load, &at_hi, err)) {
			if (!at_lo.simulated)
				return err->code;
			break;
		}
		if (at_hi.worst > 0)
			return close_in(s, lo, load, at_lo, at_hi, err);
		lo = load;
		at_lo = at_hi;
	}
	s->found->load = (struct predict_value){ lo, lo, s->limit };
	return 0;
}

/* Of the policy as the workload settles it, up to what that can bear. */
static int search_settled(struct search *s, struct err *err)
{
	struct predict_query *q = &s->query;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rc = policy_settle(&q->policy, q->workers, q->workload, &arena, err);
	if (!rc) {
		double rate =
			policy_capacity(&q->policy, q->workers, q->workload);

		s->mean = workload_moment(q->workload, 1);
		s->limit =
			fmin(1, rate * s->mean /
					policy_workers(&q->policy, q->workers));
		rc = search(s, err);
	}
	arena_fini(&arena);
	return rc;
}

int maxload(const struct predict_query *query, const struct slo *slo,
	    struct maxload *found, struct err *err)
{
	struct search s = { .query = *query, .slo = slo, .found = found };
	size_t terms = 0;

	*found = (struct maxload){ 0 };
	for (size_t i = 0; i < slo->n; i++) {
		terms += slo->term[i].metric != SLO_ERRORS;
		if (*slo->term[i].class && query->workload->nclasses > 1 &&
		    !class_of(query->workload, &slo->term[i]))
			return err_set(err, -EDOM, "there is no class %s",
				       slo->term[i].class);
	}
	if (!terms)
		return err_set(err, -EDOM,
			       "an ideal queue makes no errors; "
			       "promise a quantile of time");
	return search_settled(&s, err);
}
