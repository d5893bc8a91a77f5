/* maxload.c - the highest load at which a queue still keeps a promise */
#include "models/maxload.h"

#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/promise.h"

/* Loads closer together than this are one, to a formula and to a simulation. */
#define STEP_EXACT 1e-9
#define STEP_SIMULATED 5e-4
/* Precision of a first look. */
#define ROUGH 0.2
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

/*
 * Roughly first: most loads of a search are far from the answer, and a rough
 * run tells on which side they are.
 */
static int look(struct search *s, double load, struct promise *promise,
		struct err *err)
{
	struct predict_query query = s->query;
	int rc;

	query.rate =
		load * policy_workers(&query.policy, query.workers) / s->mean;
	query.relative = fmax(query.relative, ROUGH);
	rc = promise_look(&query, s->slo, promise, s->found->method,
			  sizeof(s->found->method), err);
	if (rc || !promise->simulated ||
	    fabs(promise->worst) > 3 * promise->half)
		return rc;
	query.relative = s->query.relative;
	return promise_look(&query, s->slo, promise, s->found->method,
			    sizeof(s->found->method), err);
}

/*
 * Close in on the root in [lo, hi], kept at lo and broken at hi, where the
 * straight line between them crosses; every third time halfway, so that
 * both ends move. A simulation is done where it cannot tell the load from the
 * root.
 */
static int close_in(struct search *s, double lo, double hi,
		    struct promise at_lo, struct promise at_hi, struct err *err)
{
	double step = at_lo.simulated ? STEP_SIMULATED : STEP_EXACT;
	double load, slope, half, off;

	for (int turn = 0;; turn++) {
		double part = at_lo.worst / (at_lo.worst - at_hi.worst);
		struct promise e;

		slope = (at_hi.worst - at_lo.worst) / (hi - lo);
		half = fmax(at_lo.half, at_hi.half);
		load = lo + (hi - lo) * (turn % 3 == 2 ? 0.5 : part);
		if (hi - lo <= step)
			break;
		if (look(s, load, &e, err))
			return err->code;
		half = e.half;
		if (fabs(e.worst) <= e.half) {
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
	struct promise at_lo, at_hi;

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
		/* Above 1 where a dispatcher works too, 1 where any is borne.
		 */
		s->limit = isinf(rate) ? 1
				       : rate * s->mean /
						 policy_workers(&q->policy,
								q->workers);
		rc = search(s, err);
	}
	arena_fini(&arena);
	return rc;
}

int maxload(const struct predict_query *query, const struct slo *slo,
	    struct maxload *found, struct err *err)
{
	struct search s = { .query = *query, .slo = slo, .found = found };

	*found = (struct maxload){ 0 };
	if (promise_check(query->workload, slo, err))
		return err->code;
	return search_settled(&s, err);
}
