/* agreement.c - do all agents see the same target? */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/scores.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/steady.h"
#include "lancet/core/stats/vector.h"

#define RARE .2		/* of a share: such an error is no normal law's */

struct agreement {
	double level;
	double apart, tail;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct agreement, level, 0, CHECK_LEVEL, 0, 1,
	       CHECK_LEVEL_HELP),
	OPTION(PERCENT, struct agreement, apart, 0, "5%", 0, 10,
	       "allowed difference between one agent's typical (geometric "
	       "mean) response time and the others'"),
	OPTION(PERCENT, struct agreement, tail, 0, "30%", 0, 10,
	       "allowed relative difference of the shares of requests beyond "
	       "the point's p90 and p99, as in `stationarity`"),
	{ 0 },
};

/* What agents are compared by: sums over the requests of a window. */
static const struct feature {
	const char *name;
	size_t sum, of;		/* where scores has the sums and the counts */
	bool log;		/* a difference is a factor */
} features[] = {
	{ "response time", offsetof(struct scores, log_ns),
	  offsetof(struct scores, answered), true },
	{ "share beyond p90", offsetof(struct scores, upper),
	  offsetof(struct scores, all), false },
	{ "share beyond p99", offsetof(struct scores, tail),
	  offsetof(struct scores, all), false },
};

#define FEATURES (sizeof(features) / sizeof(*features))

/* An agent beside all others. */
struct pair {
	size_t agent;
	const char *feature;
	double apart, limit;	/* as a share */
	double t, p;
};

static const double *column(const struct scores *s, size_t offset)
{
	return *(double *const *)(const void *)((const char *)s + offset);
}

/*
 * Window by window both met the same queue, so what it did falls out of the
 * differences, and with it most of the correlation; what is left of that is
 * in the error of their mean.
 */
static int compare(const struct scores *own, const struct scores *all,
		   const struct feature *by, struct pair *pair,
		   struct arena *arena, struct err *err)
{
	const double *own_sum = column(own, by->sum);
	const double *own_n = column(own, by->of);
	const double *all_sum = column(all, by->sum);
	const double *all_n = column(all, by->of);
	double *x = arena_array(arena, all->n + 1, sizeof(*x));
	double *one = arena_array(arena, all->n + 1, sizeof(*one));
	double sum = 0, count = 0;
	struct steady steady;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < all->n; i++) {
		double others = all_n[i] - own_n[i];

		if (!(own_n[i] > 0) || !(others > 0))
			continue;
		sum += all_sum[i] - own_sum[i];
		count += others;
		x[n] = own_sum[i] / own_n[i] -
		       (all_sum[i] - own_sum[i]) / others;
		one[n++] = 1;
	}
	rc = steady_run(x, one, n, &steady, err);
	if (rc)
		return rc;
	/* Of few that are rare nothing normal is known. */
	if (!by->log && !(steady.error < RARE * sum / count))
		return err_set(err, -ERANGE, "too few requests in a tail");
	pair->apart = by->log ? expm1(steady.level)
			      : steady.level * count / sum;
	pair->t = steady.level / steady.error;
	pair->p = tail_student(pair->t, steady.freedom);
	return 0;
}

/* Beyond what is allowed, or else the least likely by chance. */
static bool is_worse(const struct pair *a, const struct pair *b)
{
	bool beyond = fabs(a->apart) > a->limit;
	bool was = fabs(b->apart) > b->limit;

	if (beyond != was)
		return beyond;
	return a->p < b->p || (a->p == b->p && fabs(a->t) > fabs(b->t));
}

static void tell(const struct pair *worst, size_t tests, struct arena *arena,
		 struct check_result *out)
{
	out->status = CHECK_PASS;
	out->statistic = worst->t;
	out->p_value = fmin(worst->p * (double)tests, 1);
	out->effect = worst->apart;
	out->threshold = worst->limit;
	out->reason = arena_printf(arena,
		"agent %zu differs most from the others: its %s is %+.1f%% "
		"from theirs in the same windows (%.0f%% allowed), p %.2g",
		worst->agent, worst->feature, 100 * out->effect,
		100 * out->threshold, out->p_value);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct agreement *levels = options;
	size_t nagents = data->plan->nagents, tests = 0;
	struct scores all = scores_of(data, -1, arena);
	struct pair worst = { .p = 2 };
	struct err err = { .text = "" };

	out->status = CHECK_NOT_APPLICABLE;
	if (nagents < 2) {
		out->reason = "there is one agent";
		return;
	}
	for (size_t i = 0; i < nagents; i++) {
		struct scores own = scores_of(data, (int)i, arena);

		for (size_t k = 0; k < FEATURES; k++) {
			struct pair pair = {
				.agent = i, .feature = features[k].name,
				.limit = features[k].log ? levels->apart
							 : levels->tail,
			};

			if (compare(&own, &all, &features[k], &pair, arena,
				    &err))
				continue;
			tests++;
			if (is_worse(&pair, &worst))
				worst = pair;
		}
	}
	if (!tests) {
		out->reason = arena_strdup(arena, err.text);
		return;
	}
	out->level = levels->level;
	tell(&worst, tests, arena, out);
}

const struct check_ops check_agreement = {
	.kind = {
		.name = "agreement",
		.help = "all agents see the same response times",
		.options = rows,
		.options_size = sizeof(struct agreement),
	},
	.run = run,
};
