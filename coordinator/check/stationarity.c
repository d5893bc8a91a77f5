/* stationarity.c - did latencies and the load keep their level? */
#include <errno.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/scores.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/steady.h"
#include "lancet/core/stats/vector.h"
#include "workloads/arrival.h"

/*
 * A level that is not known to so much of itself is of too few independent
 * requests for the normal law, a share of 25 rare ones: nothing is said.
 */
#define ERROR_MOST .2

struct stationarity {
	double level;
	double latency, tail, rate;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct stationarity, level, 0, CHECK_LEVEL, 0, 1,
	       CHECK_LEVEL_HELP),
	OPTION(PERCENT, struct stationarity, latency, 0, "5%", 0, 10,
	       "allowed change of the typical (geometric mean) response time: "
	       "the default precision of a p99"),
	OPTION(PERCENT, struct stationarity, tail, 0, "30%", 0, 10,
	       "allowed change of the share of requests beyond the point's p90 "
	       "or p99: that of an exponential tail 13% or 7% longer"),
	OPTION(PERCENT, struct stationarity, rate, 0, "5%", 0, 10,
	       "allowed change of the rate of requests"),
	{ 0 },
};

/*
 * A series that even a 32nd of the point tells nothing of may be a full
 * queue's, which wanders; but tenfold, from its first quarter to its last, is
 * a queue that fills, or a server that broke. A few windows differ so by luck.
 */
#define QUARTERS_MOST 10

/*
 * Nor does what stands out make the rest wander: where the last three 32nds or
 * more each have twice or half the typical response time of the median 32nd,
 * further from it than so many times the median distance, the point ended
 * before that did. Of a normal law these are seven standard deviations; a full
 * queue's 32nds differ so much that twice is not far from them. What a long
 * service or a pause left behind drains: then the last is nearer by a tenth
 * than the one before it, unless that began in it, and so it takes three.
 */
#define SPELL_BLOCKS 32
#define SPELL_LEAST 3
#define SPELL_APART 2.
#define SPELL_DISTANCE 10
#define SPELL_STAYS .9
#define SPELL_REQUESTS 2000	/* in a 32nd: fewer meet rare events by luck */

/* A series, and how much of it may change. */
struct feature {
	const char *name;
	const double *x, *weight;
	double limit;
	bool log;		/* a change is a factor */
	bool rare;		/* of few requests, that come in bursts */
};

/* The one that counts: the least p of those beyond their limit, or of all. */
struct found {
	const char *feature, *test;
	double statistic, p, effect, limit;
	size_t blocks, tests;
	double correlation;
	/* Of the typical response time: a trend is told from here on. */
	double t, size, freedom;
};

static void look(const struct feature *f, const struct steady *steady,
		 struct found *found)
{
	for (int k = 0; k < STEADY_KINDS; k++) {
		const struct steady_test *test = &steady->test[k];
		double effect = f->log ? expm1(test->size)
				       : test->size / steady->level;
		bool beyond = effect > f->limit;
		bool was = found->effect > found->limit;

		found->tests++;
		if (found->feature && (beyond < was ||
				       (beyond == was && test->p >= found->p)))
			continue;
		found->feature = f->name;
		found->test = steady_name[k];
		found->statistic = test->statistic;
		found->p = test->p;
		found->effect = effect;
		found->limit = f->limit;
		found->blocks = steady->blocks;
		found->correlation = steady->correlation;
	}
}

/*
 * What luck hides: a drift of the typical response time by so much is as
 * likely seen as not, and the requests to see the allowed one go with its
 * square. Nothing where it is less than that.
 */
static const char *hidden(const struct found *found, double level,
			  double limit, struct arena *arena)
{
	double t = quantile_student(level / (double)found->tests,
				    found->freedom);
	double least = expm1(found->size * t / fabs(found->t));

	if (!(least > limit))
		return "";
	return arena_printf(arena, "; here a drift of the typical response "
			    "time is detected from %.0f%% on; to detect one of "
			    "%.0f%% takes %.0f times as many requests",
			    100 * least, 100 * limit,
			    ceil(pow(log1p(least) / log1p(limit), 2)));
}

/* From its first quarter to its last, as a factor of at least 1. */
static double quarters(const struct feature *f, size_t n)
{
	double x[2] = { 0 }, weight[2] = { 0 };

	for (size_t i = 0; i < n / 4; i++) {
		x[0] += f->x[i];
		weight[0] += f->weight[i];
		x[1] += f->x[n - 1 - i];
		weight[1] += f->weight[n - 1 - i];
	}
	return weight[0] > 0 && weight[1] > 0
		       ? exp(fabs(x[1] / weight[1] - x[0] / weight[0])) : 1;
}

/* What stands out until the end: its blocks, and how much the last does. */
struct spell {
	size_t blocks;
	double change;
};

static struct spell spell_of(const struct feature *f, size_t n)
{
	double x[SPELL_BLOCKS], apart[SPELL_BLOCKS], least, median;
	struct spell spell = { 0 };
	size_t first = SPELL_BLOCKS;

	for (size_t b = 0; b < SPELL_BLOCKS; b++) {
		double sum = 0, weight = 0;

		for (size_t i = b * n / SPELL_BLOCKS;
		     i < (b + 1) * n / SPELL_BLOCKS; i++) {
			sum += f->x[i];
			weight += f->weight[i];
		}
		if (!(weight >= SPELL_REQUESTS))
			return spell;
		x[b] = sum / weight;
	}
	memcpy(apart, x, sizeof(x));
	gsl_sort(apart, 1, SPELL_BLOCKS);
	median = apart[SPELL_BLOCKS / 2];
	for (size_t b = 0; b < SPELL_BLOCKS; b++)
		apart[b] = fabs(x[b] - median);
	gsl_sort(apart, 1, SPELL_BLOCKS);
	least = fmax(log(SPELL_APART),
		     SPELL_DISTANCE * apart[SPELL_BLOCKS / 2]);
	while (first && fabs(x[first - 1] - median) > least)
		first--;
	if (fabs(x[SPELL_BLOCKS - 1] - median) <
	    fabs(x[SPELL_BLOCKS - 2] - median) + log(SPELL_STAYS))
		return spell;
	spell.blocks = SPELL_BLOCKS - first;
	spell.change = exp(x[SPELL_BLOCKS - 1] - median);
	return spell;
}

/* No test knows how it varies: what nothing in a queue explains. */
static bool plain(const struct feature *typical, size_t n, struct arena *arena,
		  struct check_result *out)
{
	struct spell spell;

	if (n < STEADY_LEAST)
		return false;
	out->status = CHECK_FAIL;
	if (quarters(typical, n) > QUARTERS_MOST) {
		out->effect = quarters(typical, n) - 1;
		out->threshold = QUARTERS_MOST - 1;
		out->reason = arena_printf(arena,
			"the typical response time changes %.0f-fold from the "
			"first quarter to the last: it is not stationary",
			1 + out->effect);
		return true;
	}
	spell = spell_of(typical, n);
	if (spell.blocks >= SPELL_LEAST) {
		out->effect = fmax(spell.change, 1 / spell.change) - 1;
		out->threshold = SPELL_APART - 1;
		out->reason = arena_printf(arena,
			"the typical response time is %.3g times that of the "
			"rest in the last %.0f%% of the point, until its end: "
			"it is not stationary", spell.change,
			100. * (double)spell.blocks / SPELL_BLOCKS);
		return true;
	}
	out->status = CHECK_NOT_RUN;
	return false;
}

static void tell(const struct found *found, const char *unseen,
		 struct arena *arena, struct check_result *out)
{
	out->status = CHECK_PASS;
	out->statistic = found->statistic;
	out->p_value = fmin(found->p * (double)found->tests, 1);
	out->effect = found->effect;
	out->threshold = found->limit;
	out->reason = arena_printf(arena,
		"the most significant of %zu tests is a %s of the %s: by "
		"%.1f%% (%.0f%% allowed), p %.2g; %zu blocks with a "
		"correlation of %.2f%s", found->tests, found->test,
		found->feature, 100 * found->effect, 100 * found->limit,
		out->p_value, found->blocks, found->correlation, unseen);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct stationarity *levels = options;
	struct scores s = scores_of(data, -1, arena);
	struct scores alone = scores_alone(data, arena);
	double *one = arena_array(arena, s.n + 1, sizeof(*one));
	const struct feature feature[] = {
		{ "typical response time", s.log_ns, s.answered,
		  levels->latency, true, false },
		{ "share beyond p90", s.upper, s.all, levels->tail, false,
		  true },
		{ "share beyond p99", s.tail, s.all, levels->tail, false,
		  true },
		{ "response time of requests that met no other",
		  alone.log_ns, alone.answered, levels->latency, true, false },
		{ "rate of requests", s.all, one, levels->rate, false, false },
	};
	const struct arrival_ops *ops =
		(const void *)data->plan->workload.arrival.kind;
	bool renewal = ops->flags & ARRIVAL_RENEWAL;
	struct found found = { 0 };
	struct err err = { .text = "" };

	if (data->plan->workload.pattern) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = "the load is meant to change";
		return;
	}
	for (size_t i = 0; i < s.n; i++)
		one[i] = 1;
	for (size_t i = 0; i < sizeof(feature) / sizeof(*feature); i++) {
		const struct feature *f = &feature[i];
		struct steady steady;

		/* Storms that were asked for make tails come and go. */
		if (f->rare && !renewal && !data->any_arrival)
			continue;
		if (steady_run(f->x, f->weight, s.n, &steady, &err) ||
		    steady.error > ERROR_MOST * (f->log ? 1 : steady.level))
			continue;
		look(f, &steady, &found);
		if (i)
			continue;
		found.t = steady.test[STEADY_TREND].statistic;
		found.size = steady.test[STEADY_TREND].size;
		found.freedom = steady.freedom;
	}
	if (!(found.freedom > 0) && plain(&feature[0], s.n, arena, out))
		return;
	if (!found.tests) {
		/* Few data are no fault: the interval is wide, or open. */
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = *err.text ? arena_strdup(arena, err.text)
			: "too few independent requests; measure longer";
		return;
	}
	out->level = levels->level;
	tell(&found, found.freedom > 0
		     ? hidden(&found, levels->level, levels->latency, arena)
		     : "", arena, out);
}

const struct check_ops check_stationarity = {
	.kind = {
		.name = "stationarity",
		.help = "latencies and load are stationary: no trend, shift, "
			"wave or wandering (KPSS)",
		.options = rows,
		.options_size = sizeof(struct stationarity),
	},
	.run = run,
};
