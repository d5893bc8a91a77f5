/* maxload_sim.c - the highest load that keeps a promise, by simulation */
#include "models/maxload_sim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/slo.h"
#include "models/estimate.h"
#include "models/promise.h"
#include "models/replications.h"
#include "models/runlength.h"

/*
 * `p99 <= x` is P(X > x) <= 1%. That share is smooth over load, also where
 * the law has atoms and the quantile jumps; so the root is that of its
 * logarithm over 1%, of the worst term's where there are several.
 */

/* A look that only finds the way has so much of the length of a run. */
#define ROUGH 0.1
/* And so many requests beyond the bound, were the promise just kept. */
#define ROUGH_BEYOND 100
/* As good as idle, and as close to saturation as is looked at. */
#define LOAD_LEAST 1e-3
#define LOAD_MARGIN 1e-4
/* Ends of a bracket so close are one for a rough look. */
#define BRACKET 0.02
/* A rough look so near the root need not be nearer; a factor e to this. */
#define NEAR 0.3
/*
 * The two loads of the answer stand so far from the root on this scale:
 * between them the logarithm's curve departs from its chord by less than 1%
 * of the share as long as it bends no more than a straight share would.
 */
#define APART 0.15
/*
 * 95% half-width of the share's logarithm: as of 16 independent visits beyond.
 * Where the share is steep over load, that is what takes the longest.
 */
#define SHARE_HALF 0.5
/*
 * But finer than this part of the asked precision is none: not that interval,
 * nor the distance of the two loads, at which the slope drowns in noise.
 */
#define FINE 0.3

struct look {
	struct predict_query query;
	struct runlength length;
	struct replica_plan plan;
	struct replications runs;
	double load;
};

struct search {
	const struct predict_query *query;
	struct replica_series series[SLO_TERMS];
	double share[SLO_TERMS]; /* that may be beyond the bound */
	size_t n;
	double full; /* rate at load 1 */
	double limit;
	double requests; /* of the answer */
	int64_t deadline_ns;
	bool out_of_time;
	struct err *err;
};

/* What is known of the root: kept at lo, broken at hi. */
struct bracket {
	double lo, hi, at_lo, at_hi;
};

/* --- one load --------------------------------------------------------------
 */

/* Log of the share beyond the worst bound, over what may be, without one
 * replication; > 0: the promise is broken. */
static double excess_without(const struct search *s, const struct look *l,
			     uint32_t without)
{
	double worst = -INFINITY;

	for (size_t term = 0; term < s->n; term++) {
		/* Half a request more, where there is none yet. */
		double beyond = 0.5, n = 1;

		for (uint32_t i = 0; i < REPLICATIONS; i++) {
			const struct tally *t = &l->runs.replica[i].tally[term];

			beyond += i == without ? 0 : (double)t->beyond;
			n += i == without ? 0 : (double)t->n;
		}
		worst = fmax(worst, log(beyond / n / s->share[term]));
	}
	return worst;
}

static double excess(const struct search *s, const struct look *l)
{
	/* A queue without end breaks every promise. */
	if (atomic_load(&l->runs.overflow))
		return 5;
	return excess_without(s, l, REPLICATIONS);
}

static void look_fini(struct look *l)
{
	replications_fini(&l->runs);
}

/* Go on until so many requests are recorded. */
static void go_on(struct search *s, struct look *l, double requests)
{
	double each = ceil(requests / REPLICATIONS);

	replications_run(&l->runs, l->plan.warm_up + (uint64_t)each);
	s->out_of_time |= atomic_load(&l->runs.out_of_time);
}

static int look_init(struct search *s, struct look *l, double load)
{
	memset(l, 0, sizeof(*l));
	l->load = load;
	l->query = *s->query;
	l->query.rate = load * s->full;
	l->query.nask = 0;
	l->plan.series = s->series;
	l->plan.nseries = s->n;
	runlength_init(&l->length, &l->query);
	runlength_plan(&l->length, &l->query, &l->plan);
	return replications_init(&l->runs, &l->plan, s->deadline_ns, s->err);
}

/* Which side of the root is this load? */
static int rough(struct search *s, double load, double *at)
{
	struct look l;
	double length;
	int rc = look_init(s, &l, load);

	length = fmax(ROUGH * l.length.least, ROUGH_BEYOND / s->share[0]);
	for (size_t i = 1; i < s->n; i++)
		length = fmax(length, ROUGH_BEYOND / s->share[i]);
	if (!rc) {
		go_on(s, &l, length);
		*at = excess(s, &l);
	}
	look_fini(&l);
	return rc;
}

/* --- the way there ---------------------------------------------------------
 */

/*
 * From half of what can be borne, up by halving the distance to saturation or
 * down by halving the load, until the promise breaks or is kept. Loads that
 * are costly are looked at only where the answer is up there.
 */
static int find_bracket(struct search *s, struct bracket *b)
{
	double load = s->limit / 2, at;

	*b = (struct bracket){ 0, s->limit, -INFINITY, INFINITY };
	while (!s->out_of_time && load > LOAD_LEAST * s->limit &&
	       load < (1 - LOAD_MARGIN) * s->limit) {
		if (rough(s, load, &at))
			return s->err->code;
		if (s->out_of_time)
			break;
		if (at > 0) {
			b->hi = load;
			b->at_hi = at;
			load /= 2;
		} else {
			b->lo = load;
			b->at_lo = at;
			load = (load + s->limit) / 2;
		}
		if (isfinite(b->at_lo) && isfinite(b->at_hi))
			break;
	}
	return 0;
}

static double crossing(const struct bracket *b)
{
	return b->lo + (b->hi - b->lo) * b->at_lo / (b->at_lo - b->at_hi);
}

/* Where the straight line crosses, every third time halfway, so that both
 * ends move. */
static int narrow(struct search *s, struct bracket *b)
{
	for (int turn = 0; b->hi - b->lo > BRACKET * b->hi; turn++) {
		double load = turn % 3 == 2 ? (b->lo + b->hi) / 2 : crossing(b);
		double at;

		if (rough(s, load, &at))
			return s->err->code;
		if (s->out_of_time)
			return 0;
		if (at > 0) {
			b->hi = load;
			b->at_hi = at;
		} else {
			b->lo = load;
			b->at_lo = at;
		}
		if (fabs(at) < NEAR)
			break;
	}
	return 0;
}

/* --- the answer ------------------------------------------------------------
 */

/* Where the line through two loads crosses, without one replication. */
static double root(const struct search *s, const struct look pair[2],
		   uint32_t without)
{
	struct bracket b = {
		.lo = pair[0].load,
		.hi = pair[1].load,
		.at_lo = excess_without(s, &pair[0], without),
		.at_hi = excess_without(s, &pair[1], without),
	};

	return crossing(&b);
}

/*
 * By the jackknife over replications (Quenouille 1956, Tukey 1958): the same
 * jobs come at both loads, so that a replication is left out of both.
 */
static struct predict_value interval(const struct search *s,
				     const struct look pair[2])
{
	double all = root(s, pair, REPLICATIONS), value[REPLICATIONS];
	struct predict_value v;

	for (uint32_t i = 0; i < REPLICATIONS; i++)
		value[i] = REPLICATIONS * all -
			   (REPLICATIONS - 1) * root(s, pair, i);
	v = estimate_values(value, REPLICATIONS);
	return (struct predict_value){ fmin(v.value, s->limit), v.lo,
				       fmin(v.hi, s->limit) };
}

static double half_width(const struct predict_value *v)
{
	return fmax(v->hi - v->value, v->value - v->lo);
}

/* How many times too short the pair's runs are. */
static double shortfall(const struct search *s, const struct predict_value *v,
			double slope)
{
	double half = half_width(v);
	double of_asked = half / (s->query->relative * v->value);
	double of_share = half * slope / SHARE_HALF;
	double by = fmax(of_asked, fmin(of_share, of_asked / FINE));

	return by * by;
}

/* Both loads go on until the interval is narrow enough; the time's end leaves
 * the last one. */
static void settle(struct search *s, struct look pair[2],
		   struct predict_value *v)
{
	double length = fmax(pair[0].length.least, pair[1].length.least);

	for (;;) {
		double slope = (excess(s, &pair[1]) - excess(s, &pair[0])) /
			       (pair[1].load - pair[0].load);
		double by;

		*v = interval(s, pair);
		s->requests = 2 * length;
		by = shortfall(s, v, slope);
		if (!(by > 1))
			return;
		length *= fmin(fmax(1.1 * by, 1.5), 4);
		go_on(s, &pair[0], length);
		if (!s->out_of_time)
			go_on(s, &pair[1], length);
		if (s->out_of_time)
			return;
	}
}

/* The pair about a root as the rough looks have it; both at full length. */
static int pair_init(struct search *s, struct look pair[2], double at,
		     double apart)
{
	double lo = at - apart, hi = fmin(at + apart, (at + s->limit) / 2);
	double length;

	if (look_init(s, &pair[0], lo) || look_init(s, &pair[1], hi))
		return s->err->code;
	length = fmax(pair[0].length.least, pair[1].length.least);
	go_on(s, &pair[0], length);
	if (!s->out_of_time)
		go_on(s, &pair[1], length);
	return 0;
}

/* How far from the root each of the pair stands. */
static double distance(const struct search *s, double at, double slope)
{
	double least = FINE * s->query->relative * at;

	return fmin(fmax(APART / slope, least), at / 20);
}

/*
 * Rough looks may have missed the root: then the pair moves, by the slope it
 * found; and where noise hides the slope, it spreads.
 */
static bool misses(const struct search *s, const struct look pair[2],
		   double *at, double *apart)
{
	double lo = excess(s, &pair[0]), hi = excess(s, &pair[1]);
	double width = pair[1].load - pair[0].load, to;

	if (!(hi > lo + APART / 4)) {
		*apart = fmin(2 * *apart, *at / 4);
		return true;
	}
	if (lo < 2 * APART && hi > -2 * APART)
		return false;
	to = pair[0].load - width * lo / (hi - lo);
	to = fmin(fmax(to, *at - 5 * width), *at + 5 * width);
	*at = fmin(fmax(to, *at / 2), (*at + s->limit) / 2);
	*apart = distance(s, *at, (hi - lo) / width);
	return true;
}

static int answer(struct search *s, const struct bracket *b,
		  struct predict_value *v)
{
	double slope = (b->at_hi - b->at_lo) / (b->hi - b->lo);
	double at = crossing(b);
	double apart = distance(s, at, slope);

	for (int turn = 0; turn < 8 && !s->out_of_time; turn++) {
		struct look pair[2] = { 0 };
		int rc = pair_init(s, pair, at, apart);
		bool done =
			rc || s->out_of_time || !misses(s, pair, &at, &apart);

		if (done && !rc && !s->out_of_time)
			settle(s, pair, v);
		look_fini(&pair[0]);
		look_fini(&pair[1]);
		if (done)
			return rc;
	}
	return 0;
}

/* --- all of it -------------------------------------------------------------
 */

static void plan_series(struct search *s, const struct slo *slo)
{
	const struct workload *w = s->query->workload;

	for (size_t i = 0; i < slo->n; i++) {
		const struct slo_term *term = &slo->term[i];

		if (term->metric == SLO_ERRORS)
			continue;
		s->share[s->n] = 1 - term->quantile;
		s->series[s->n++] = (struct replica_series){
			.metric = term->metric == SLO_SLOWDOWN ? METRIC_SLOWDOWN
							       : METRIC_SOJOURN,
			.class = promise_class(w, term),
			.bound = promise_bound(w, term),
		};
	}
}

static void tell(const struct search *s, struct maxload *found)
{
	size_t size = sizeof(found->method);
	char of[64] = "";
	int n;

	if (s->requests > 0)
		snprintf(of, sizeof(of), " of %.3g requests about that load",
			 s->requests);
	n = snprintf(found->method, size, "simulation%s, seed %llu", of,
		     (unsigned long long)s->query->seed);
	if (s->out_of_time)
		snprintf(found->method + n, size - (size_t)n,
			 ", cut short at %.3g s: %s", s->query->time_limit_s,
			 s->requests > 0 ?
				 "the interval is wider than was asked" :
				 "no more is known than the interval");
}

static int search(struct search *s, struct predict_value *v)
{
	struct bracket b;

	if (find_bracket(s, &b))
		return s->err->code;
	*v = (struct predict_value){ b.lo, b.lo, b.hi };
	if (!isfinite(b.at_lo) || !isfinite(b.at_hi)) {
		if (!isfinite(b.at_lo) && !s->out_of_time)
			*v = predict_sure(0);
		return 0;
	}
	if (narrow(s, &b))
		return s->err->code;
	*v = (struct predict_value){ crossing(&b), b.lo, b.hi };
	return s->out_of_time ? 0 : answer(s, &b, v);
}

int maxload_simulate(const struct predict_query *query, const struct slo *slo,
		     double limit, struct maxload *found, struct err *err)
{
	struct search s = {
		.query = query,
		.full = policy_workers(&query->policy, query->workers) /
			workload_moment(query->workload, 1),
		.limit = limit,
		.deadline_ns =
			clock_now_ns() + (int64_t)(query->time_limit_s * 1e9),
		.err = err,
	};
	int rc;

	plan_series(&s, slo);
	rc = search(&s, &found->load);
	tell(&s, found);
	return rc;
}
