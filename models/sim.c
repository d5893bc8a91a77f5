/* sim.c - an event simulator of G/G/k queues under any policy */
#include "models/sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "models/estimate.h"
#include "models/queue.h"
#include "models/replications.h"
#include "models/runlength.h"

/* After a cut the shortest are left out; fewer give no interval. */
#define REPLICATIONS_LEAST 10

#define NO_SERIES SIZE_MAX /* of what is refused beforehand */

struct sim {
	const struct predict_query *query;
	struct predict_answer *answer;
	struct arena *arena; /* of the answers' texts */
	struct runlength length;
	struct replica_plan plan;
	struct replica_series *series;
	size_t *series_of; /* of each ask */
	struct replications runs;

	/* Of a look at what there is. */
	struct tally *tally; /* usable ones of one series */
	struct estimate_pool *pool;
	uint32_t usable;
};

/* --- what is to be recorded ------------------------------------------------
 */

/*
 * The central limit theorem bounds a mean wait where the wait has a variance:
 * that takes E[S^3] where requests wait for others to end (Pollaczek 1930).
 * Processors that are shared, or given to the short or the new, take less.
 */
static bool unbounded(const struct queue *q, const struct predict_ask *ask)
{
	switch (q->shape.of) {
	case POLICY_SHARING:
	case POLICY_SPLIT_SHARING:
	case POLICY_LCFS_PR:
	case POLICY_SRPT:
	case POLICY_LAS:
	case POLICY_INFINITE:
		return false;
	default:
		return (ask->figure == FIGURE_MEAN ||
			ask->figure == FIGURE_VARIANCE) &&
		       ask->of != METRIC_SLOWDOWN && !isfinite(q->m3);
	}
}

static const char *unknown_figure(const struct predict_query *query,
				  const struct queue *queue,
				  const struct predict_ask *ask)
{
	if (ask->stage)
		return "the simulator does not tell stages apart";
	if (ask->of == METRIC_IN_SYSTEM && ask->figure != FIGURE_MEAN &&
	    ask->figure != FIGURE_P_WAIT && ask->figure != FIGURE_LOSS)
		return "the simulator knows the mean number in the system "
		       "alone";
	if (unbounded(queue, ask))
		return "E[S^3] of the service is infinite: a simulated mean "
		       "has no valid interval; ask for a quantile";
	if (!(runlength_share(query, ask) > 0))
		return "no request is of this class and service time";
	return NULL;
}

static enum predict_metric metric_of(const struct predict_ask *ask)
{
	if (ask->figure == FIGURE_P_WAIT || ask->figure == FIGURE_LOSS ||
	    ask->of == METRIC_IN_SYSTEM)
		return METRIC_SOJOURN;
	return ask->of;
}

/* The series of an ask, a new one where none is like it. */
static size_t find_series(struct sim *s, const struct predict_ask *ask)
{
	struct replica_series want = { .metric = metric_of(ask),
				       .class = ask->class,
				       .given = ask->given };
	size_t i = 0;

	while (i < s->plan.nseries && (s->series[i].metric != want.metric ||
				       s->series[i].class != want.class ||
				       s->series[i].given != want.given))
		i++;
	if (i == s->plan.nseries)
		s->series[s->plan.nseries++] = want;
	s->series[i].quantiles |= ask->figure == FIGURE_QUANTILE;
	return i;
}

static void plan_series(struct sim *s)
{
	size_t n = s->query->nask;
	struct queue queue;

	queue_init(&queue, s->query);
	s->series = arena_array(s->arena, n, sizeof(*s->series));
	s->series_of = arena_array(s->arena, n, sizeof(*s->series_of));
	for (size_t i = 0; i < n; i++) {
		const struct predict_ask *ask = &s->query->ask[i];

		s->answer[i].value = predict_sure(NAN);
		s->answer[i].refused = unknown_figure(s->query, &queue, ask);
		s->series_of[i] =
			s->answer[i].refused ? NO_SERIES : find_series(s, ask);
	}
	s->plan.series = s->series;
}

/* --- a look at what there is -----------------------------------------------
 */

/* After a cut, those at less than half the length of the first round. */
static bool usable(const struct sim *s, const struct replica *r)
{
	return (double)r->jobs >=
	       (double)s->plan.warm_up + s->length.first / REPLICATIONS / 2;
}

static int gather(struct sim *s, size_t series)
{
	s->usable = 0;
	for (uint32_t i = 0; i < REPLICATIONS; i++)
		if (usable(s, &s->runs.replica[i]))
			s->tally[s->usable++] =
				s->runs.replica[i].tally[series];
	free(s->pool);
	s->pool = NULL;
	if (!s->series[series].quantiles)
		return 0;
	s->pool = estimate_pool(s->tally, s->usable);
	return s->pool ? 0 : -ENOMEM;
}

/* Little's law: the rate is known, so that only sojourns vary. */
static struct predict_value in_system(const struct sim *s,
				      const struct predict_ask *ask)
{
	struct predict_value v = estimate_mean_of_all(s->tally, s->usable);
	double rate = s->query->rate * runlength_share(s->query, ask);

	return (struct predict_value){ v.value * rate, v.lo * rate,
				       v.hi * rate };
}

static struct predict_value figure(const struct sim *s,
				   const struct predict_ask *ask,
				   struct predict_value *tail)
{
	if (ask->figure == FIGURE_P_WAIT)
		return estimate_waited(s->tally, s->usable);
	if (ask->figure == FIGURE_LOSS)
		return estimate_refused(s->tally, s->usable);
	if (ask->of == METRIC_IN_SYSTEM)
		return in_system(s, ask);
	if (ask->figure == FIGURE_MEAN)
		return estimate_mean(s->tally, s->usable);
	if (ask->figure == FIGURE_VARIANCE)
		return estimate_variance(s->tally, s->usable);
	return estimate_quantile(s->pool, s->tally, s->usable, ask->q, tail);
}

/*
 * What the half-width may be. A wait may be near 0, of which no share is
 * narrow: then of a tenth of the mean service; and so with shares.
 */
static double allowed(const struct sim *s, const struct predict_ask *ask,
		      double value)
{
	bool share = ask->figure == FIGURE_P_WAIT || ask->figure == FIGURE_LOSS;

	if (ask->relative > 0)
		return ask->relative * value;
	if (share)
		return s->query->relative * fmax(value, 0.05);
	if (ask->of == METRIC_WAIT)
		value = fmax(value, s->plan.mean / 10);
	return s->query->relative * value;
}

/* Half-width of the share beyond a quantile, of the smaller side. */
static double share_error(const struct predict_ask *ask,
			  const struct predict_value *tail)
{
	return (tail->hi - tail->lo) / 2 / fmin(ask->q, 1 - ask->q);
}

static double half_width(const struct predict_value *v)
{
	return fmax(v->hi - v->value, v->value - v->lo);
}

/*
 * How many times too short the run is for this ask; at most 1: long enough.
 * Where the share beyond a quantile is known to half the precision, the
 * interval spans a gap of the law, which no length of the run would bridge.
 */
static double shortfall(const struct sim *s, const struct predict_ask *ask,
			const struct predict_value *v,
			const struct predict_value *tail)
{
	double precision =
		ask->relative > 0 ? ask->relative : s->query->relative;
	double half = half_width(v);
	double short_by = half > 0 ? half / allowed(s, ask, v->value) : 0;

	if (ask->figure == FIGURE_QUANTILE &&
	    share_error(ask, tail) <= precision / 2)
		return 1;
	return short_by * short_by;
}

static const char *refusal(const struct sim *s, const struct predict_ask *ask,
			   const struct predict_value *tail)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->usable; i++)
		n += s->tally[i].n;
	if (!n)
		return "no such request occurred in the simulation; simulate "
		       "longer";
	if (ask->figure != FIGURE_QUANTILE)
		return NULL;
	if (fmin(ask->q, 1 - ask->q) * (double)n < 10)
		return arena_printf(s->arena,
				    "%llu requests leave fewer than 10 beyond "
				    "this quantile; simulate longer",
				    (unsigned long long)n);
	/* The share's error tells of fewer than 10 independent visits. */
	if (share_error(ask, tail) > 0.62)
		return "the requests beyond this quantile came in too few "
		       "bursts to bound it; simulate longer";
	return NULL;
}

/* Returns how many times too short the run is for this ask. */
static double answer(struct sim *s, const struct predict_ask *ask,
		     struct predict_answer *a)
{
	struct predict_value tail = { 0 };

	a->value = figure(s, ask, &tail);
	a->refused = refusal(s, ask, &tail);
	if (!a->refused)
		return shortfall(s, ask, &a->value, &tail);
	a->value = predict_sure(NAN);
	return 4;
}

/* Put what is known into the answers; returns the worst shortfall. */
static double look(struct sim *s)
{
	double worst = 0;

	for (size_t series = 0; series < s->plan.nseries; series++) {
		if (gather(s, series))
			return NAN;
		for (size_t i = 0; i < s->query->nask; i++) {
			const struct predict_ask *ask = &s->query->ask[i];

			if (s->series_of[i] != series)
				continue;
			worst = fmax(worst, answer(s, ask, &s->answer[i]));
		}
	}
	return worst;
}

/* --- the run ---------------------------------------------------------------
 */

static double recorded(const struct sim *s)
{
	double n = 0;

	for (uint32_t i = 0; i < REPLICATIONS; i++)
		if (usable(s, &s->runs.replica[i]))
			n += (double)(s->runs.replica[i].jobs -
				      s->plan.warm_up);
	return n;
}

static int check_round(const struct sim *s, struct err *err)
{
	uint32_t enough = 0;

	if (atomic_load(&s->runs.overflow))
		return err_set(err, -EDOM,
			       "more than %u jobs in the queue: no steady "
			       "state in sight",
			       s->plan.room);
	for (uint32_t i = 0; i < REPLICATIONS; i++)
		enough += usable(s, &s->runs.replica[i]);
	if (enough < REPLICATIONS_LEAST)
		return err_set(err, -EDOM,
			       "%.3g s were too short for an interval at this "
			       "load and quantile, which needs %.2g requests; "
			       "simulate longer",
			       s->query->time_limit_s, s->length.least);
	return 0;
}

/* Wider than was asked for, and yet the run was long enough: shortfall(). */
static bool within_thin(const struct sim *s, size_t i)
{
	const struct predict_answer *a = &s->answer[i];

	return !atomic_load(&s->runs.out_of_time) &&
	       half_width(&a->value) >
		       allowed(s, &s->query->ask[i], a->value.value);
}

static void name_method(struct sim *s)
{
	double n = recorded(s);
	const char *text =
		arena_printf(s->arena, "simulation of %.3g requests, seed %llu",
			     n, (unsigned long long)s->query->seed);

	if (atomic_load(&s->runs.out_of_time))
		text = arena_printf(s->arena, "%s, cut short at %.3g s", text,
				    s->query->time_limit_s);
	if (n < s->length.least)
		text = arena_printf(
			s->arena,
			"%s: too few for its rare long waits, which need %.2g, "
			"so the truth may lie beyond the intervals",
			text, s->length.least);
	for (size_t i = 0; i < s->query->nask; i++)
		if (s->series_of[i] != NO_SERIES)
			s->answer[i].method =
				!within_thin(s, i) ? text : arena_printf(
				s->arena,
				"%s: wider than was asked, for next to no "
				"requests lie within; a higher precision may "
				"narrow it", text);
}

/*
 * Looks after each round only, at lengths that depend on nothing but the
 * looks before, so that the same seed gives the same answer. A run that is
 * too short grows by a half at least: who looks often stops by luck.
 */
static int run(struct sim *s, struct err *err)
{
	double length = s->length.first / REPLICATIONS, short_by;

	for (;;) {
		replications_run(&s->runs,
				 s->plan.warm_up + (uint64_t)ceil(length));
		if (check_round(s, err))
			return err->code;
		short_by = look(s);
		if (isnan(short_by))
			return err_set(err, -ENOMEM, "no memory to simulate");
		if (atomic_load(&s->runs.out_of_time))
			return 0;
		short_by = fmax(short_by,
				s->length.least / (length * REPLICATIONS));
		if (short_by <= 1)
			return 0;
		length *= fmin(fmax(1.1 * short_by, 1.5), 4);
	}
}

static int init(struct sim *s, struct err *err)
{
	int64_t limit_ns = (int64_t)(s->query->time_limit_s * 1e9);
	int64_t deadline_ns = clock_now_ns() + limit_ns;

	runlength_init(&s->length, s->query);
	runlength_plan(&s->length, s->query, &s->plan);
	return replications_init(&s->runs, &s->plan, deadline_ns, err);
}

int sim_run(const struct predict_query *query, struct predict_answer *answer,
	    struct arena *arena, struct err *err)
{
	struct tally tally[REPLICATIONS];
	struct sim s = {
		.query = query, .answer = answer, .arena = arena, .tally = tally
	};
	int rc;

	plan_series(&s);
	if (!s.plan.nseries)
		return 0;
	rc = init(&s, err);
	if (!rc)
		rc = run(&s, err);
	if (!rc)
		name_method(&s);
	free(s.pool);
	replications_fini(&s.runs);
	return rc;
}
