/* needed.c - how many workers a promise needs at a given rate */
#include "models/needed.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/promise.h"

struct search {
	struct predict_query query;
	const struct slo *slo;
	struct needed *found;
};

/* Can so many bear the rate, some room left for a steady state? */
static bool stable(struct search *s, uint32_t workers)
{
	struct choice policy = s->query.policy;
	struct arena arena;
	struct err err = { 0 };
	bool is;

	arena_init(&arena);
	is = !policy_settle(&policy, workers, s->query.workload, &arena,
			    &err) &&
	     s->query.rate < (1 - 1e-9) * policy_capacity(&policy, workers,
							  s->query.workload);
	arena_fini(&arena);
	return is;
}

/*
 * Without an answer the promise counts as broken: so close to saturation a
 * simulation gives up.
 */
static void look(struct search *s, uint32_t workers, struct promise *promise)
{
	struct err err = { 0 };

	s->query.workers = workers;
	if (!stable(s, workers) ||
	    promise_look(&s->query, s->slo, promise, s->found->method,
			 sizeof(s->found->method), &err))
		*promise = (struct promise){ .worst = INFINITY };
}

/* The fewest that satisfy it, above `no`, which do not, and up to `most`; 0:
 * none. Doubles the step until some do, then halves between. */
static uint32_t fewest(struct search *s, uint32_t no,
		       bool (*satisfy)(struct search *s, uint32_t workers))
{
	uint32_t yes, step = 1;

	for (yes = no + 1; !satisfy(s, yes); yes = no + step) {
		if (yes == NEEDED_MOST)
			return 0;
		no = yes;
		step *= 2;
		if (step > NEEDED_MOST - no)
			step = NEEDED_MOST - no;
	}
	while (yes - no > 1) {
		uint32_t mid = no + (yes - no) / 2;

		if (satisfy(s, mid))
			yes = mid;
		else
			no = mid;
	}
	return yes;
}

static bool keeps(struct search *s, uint32_t workers)
{
	struct promise p;

	look(s, workers, &p);
	return p.worst <= 0;
}

/* How far the interval leaves the answer open, one by one. */
static void open_ends(struct search *s, uint32_t least)
{
	struct needed *found = s->found;
	struct promise p;

	found->lo = found->hi = found->workers;
	for (; found->lo > least; found->lo--) {
		look(s, found->lo - 1, &p);
		if (p.worst > p.half)
			break;
	}
	for (; found->hi < NEEDED_MOST; found->hi++) {
		look(s, found->hi, &p);
		if (p.worst <= -p.half)
			break;
	}
}

int needed(const struct predict_query *query, const struct slo *slo,
	   struct needed *found, struct err *err)
{
	struct search s = { *query, slo, found };
	struct promise at;
	uint32_t least;

	*found = (struct needed){ 0 };
	if (promise_check(query->workload, slo, err))
		return err->code;
	least = fewest(&s, 0, stable);
	if (!least)
		return err_set(err, -EDOM,
			       "the work alone needs more than %d workers",
			       NEEDED_MOST);
	if (!promise_possible(query->workload, slo))
		return 0;
	found->workers = fewest(&s, least - 1, keeps);
	if (!found->workers)
		return 0;
	look(&s, found->workers, &at);
	if (at.band)
		open_ends(&s, least);
	else
		found->lo = found->hi = found->workers;
	return 0;
}
