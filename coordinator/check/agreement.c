/* agreement.c - do all agents see the same target? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/scores.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/steady.h"
#include "lancet/core/stats/vector.h"

struct agreement {
	double level;
	double apart;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct agreement, level, 0, CHECK_LEVEL, 0, 1,
	       CHECK_LEVEL_HELP),
	OPTION(PERCENT, struct agreement, apart, 0, "5%", 0, 10,
	       "how far one agent's typical (geometric mean) response time "
	       "may be from that of the others"),
	{ 0 },
};

/* An agent beside all others, in log response time. */
struct pair {
	double apart;		/* a difference of logarithms */
	double t, p;
};

/*
 * Window by window both met the same queue, so what it did falls out of the
 * differences, and with it most of the correlation; what is left of that is
 * in the error of their mean.
 */
static int compare(const struct scores *own, const struct scores *all,
		   struct pair *pair, struct arena *arena, struct err *err)
{
	double *x = arena_array(arena, all->n + 1, sizeof(*x));
	double *one = arena_array(arena, all->n + 1, sizeof(*one));
	struct steady steady;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < all->n; i++) {
		double others = all->answered[i] - own->answered[i];
		double a = own->answered[i];

		if (!(a > 0) || !(others > 0))
			continue;
		x[n] = own->log_ns[i] / a -
		       (all->log_ns[i] - own->log_ns[i]) / others;
		one[n++] = 1;
	}
	rc = steady_run(x, one, n, &steady, err);
	if (rc)
		return rc;
	pair->apart = steady.level;
	pair->t = steady.level / steady.error;
	pair->p = tail_student(pair->t, steady.freedom);
	return 0;
}

static void tell(const struct pair *worst, size_t agent, size_t nagents,
		 struct arena *arena, struct check_result *out)
{
	out->status = CHECK_PASS;
	out->statistic = worst->t;
	out->p_value = fmin(worst->p * (double)nagents, 1);
	out->effect = expm1(worst->apart);
	out->reason = arena_printf(arena,
		"agent %zu is the farthest from the others: its response time "
		"is %+.1f%% from theirs in the same windows (%.0f%% allowed), "
		"p %.2g", agent, 100 * out->effect, 100 * out->threshold,
		out->p_value);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct agreement *levels = options;
	size_t nagents = data->plan->nagents, at = 0;
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
		struct pair pair;

		if (compare(&own, &all, &pair, arena, &err) ||
		    pair.p > worst.p ||
		    (pair.p == worst.p && fabs(pair.t) <= fabs(worst.t)))
			continue;
		worst = pair;
		at = i;
	}
	if (worst.p > 1) {
		out->reason = arena_strdup(arena, err.text);
		return;
	}
	out->level = levels->level;
	out->threshold = levels->apart;
	tell(&worst, at, nagents, arena, out);
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
