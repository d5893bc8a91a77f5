/* maxload.c - the highest load at which a queue still keeps a promise */
#include "models/maxload.h"

#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/maxload_sim.h"
#include "models/promise.h"

/* Loads closer together than this are one; or where a band is about them. */
#define STEP_EXACT 1e-9
#define STEP_BAND 5e-4
/* As good as idle, and as close to saturation as is looked at. */
#define LOAD_LEAST 1e-3
#define LOAD_MARGIN 1e-6

struct search {
	struct predict_query query;
	const struct slo *slo;
	double mean;  /* of service */
	double limit; /* stable below this load */
	struct maxload *found;
};

static int look(struct search *s, double load, struct promise *promise,
		struct err *err)
{
	struct predict_query query = s->query;

	query.rate =
		load * policy_workers(&query.policy, query.workers) / s->mean;
	return promise_look(&query, s->slo, promise, s->found->method,
			    sizeof(s->found->method), err);
}

/*
 * Close in on the root in [lo, hi], kept at lo and broken at hi, where the
 * straight line between them crosses; every third time halfway, so that
 * both ends move, and where a quantile stands still at the bound. An
 * approximation is done where its band holds the root.
 */
static int close_in(struct search *s, double lo, double hi,
		    struct promise at_lo, struct promise at_hi, struct err *err)
{
	double step = at_lo.band ? STEP_BAND : STEP_EXACT;
	double load, slope, half, off;

	for (int turn = 0;; turn++) {
		double part = at_lo.worst / (at_lo.worst - at_hi.worst);
		bool halve = turn % 3 == 2 || at_lo.worst >= 0;
		struct promise e;

		slope = (at_hi.worst - at_lo.worst) / (hi - lo);
		half = fmax(at_lo.half, at_hi.half);
		load = lo + (hi - lo) * (halve ? 0.5 : part);
		if (hi - lo <= step)
			break;
		if (look(s, load, &e, err))
			return err->code;
		half = e.half;
		if (e.band && fabs(e.worst) <= e.half) {
			load = fmin(fmax(lo, load - e.worst / slope), hi);
			break;
		}
		if (e.worst <= 0) {
			lo = load;
			at_lo = e;
		} else {
			hi = load;
			at_hi = e;
		}
	}
	off = at_lo.band ? step + half / slope : 0;
	s->found->load = (struct predict_value){ load, fmax(0, load - off),
						 fmin(s->limit, load + off) };
	return 0;
}

/*
 * From an idle queue up, each time halving the distance to saturation, until
 * the promise breaks. Where the margin is reached, the answer is open above.
 */
static int search(struct search *s, struct err *err)
{
	double lo = LOAD_LEAST * s->limit;
	struct promise at_lo, at_hi;

	if (look(s, lo, &at_lo, err))
		return err->code;
	if (at_lo.worst > 0) {
		s->found->load = (struct predict_value){ 0 };
		return 0;
	}
	for (double gap = 0.5; gap > LOAD_MARGIN; gap /= 2) {
		double load = s->limit * (1 - gap);

		if (look(s, load, &at_hi, err))
			return err->code;
		if (at_hi.worst > 0)
			return close_in(s, lo, load, at_lo, at_hi, err);
		lo = load;
		at_lo = at_hi;
	}
	s->found->load = (struct predict_value){ lo, lo, s->limit };
	return 0;
}

/* A formula may hold at some loads and not at others: then none is used. */
static int search_by_method(struct search *s, struct err *err)
{
	enum predict_method method = s->query.method;

	if (method == PREDICT_AUTO)
		s->query.method = PREDICT_EXACT;
	if (method != PREDICT_SIMULATE && !search(s, err))
		return 0;
	if (method == PREDICT_EXACT || method == PREDICT_APPROX)
		return err->code;
	*err = (struct err){ 0 };
	return maxload_simulate(&s->query, s->slo, s->limit, s->found, err);
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
		/* Above 1 where a dispatcher works too, 1 where any is borne.
		 */
		s->limit = isinf(rate) ? 1
				       : rate * s->mean /
						 policy_workers(&q->policy,
								q->workers);
		rc = search_by_method(s, err);
	}
	arena_fini(&arena);
	return rc;
}

int maxload(const struct predict_query *query, const struct slo *slo,
	    struct maxload *found, struct err *err)
{
	struct search s = { .query = *query, .slo = slo, .found = found };

	*found = (struct maxload){ 0 };
	if (predict_laws(query, err) ||
	    promise_check(query->workload, slo, err))
		return err->code;
	return search_settled(&s, err);
}
