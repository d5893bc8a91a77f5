/* arrivals.c - do the actual sends follow the arrival law that was asked? */
#include <math.h>
#include <stdlib.h>

#include "coordinator/check.h"
#include "coordinator/gof.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/arrival.h"

struct arrivals {
	double level;
	double distance;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct arrivals, level, 0, "0.001", 0, 1,
	       "of both tests together (Bonferroni): one clean point in "
	       "1000 is significant"),
	OPTION(PERCENT, struct arrivals, distance, 0, "3%", 0, 1,
	       "Kolmogorov distance from the law, after every gap may be "
	       "moved by the cost of a send; a gamma law of shape 1.5 is "
	       "8% away from Poisson's"),
	{ 0 },
};

static int ascending(const void *left, const void *right)
{
	int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;

	return a < b ? -1 : a > b;
}

static void judge(const struct arrivals *levels, const struct gof *gof,
		  struct arena *arena, struct check_result *out)
{
	double p = fmin(2 * fmin(gof->ad_p, gof->ks_p), 1);

	out->statistic = gof->ad;
	out->p_value = p;
	out->effect = gof->distance;
	out->threshold = levels->distance;
	out->status = p < levels->level && out->effect > out->threshold
		      ? CHECK_FAIL : CHECK_PASS;
	out->reason = arena_printf(arena,
		"%zu send gaps are %.1f%% from the asked law where each may be "
		"moved by %.1f us for the cost of sending (%.1f%% allowed; "
		"%sKolmogorov-Smirnov %.3g, p %.2g)",
		gof->n, 100 * gof->distance, gof->shift / 1e3,
		100 * levels->distance, isnan(gof->ad) ? "" :
		arena_printf(arena, "Anderson-Darling %.3g, ", gof->ad),
		gof->ks, p);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct plan *plan = data->plan;
	const struct choice *choice = &plan->workload.arrival;
	const struct arrival_ops *ops = (const void *)choice->kind;
	struct arrival_share share = {
		.rate_rps = data->point->rate_rps,
		.of = plan->threads,
	};
	/* Costs are of real time, which a pattern's peak makes the most of. */
	struct gof gof = {
		.shift = data->send_cost_ns * workload_peak(&plan->workload),
	};
	struct err err;
	void *state;
	int32_t *gap;

	if (!(ops->flags & ARRIVAL_RENEWAL)) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = arena_printf(arena,
			"arrival %s has no law of its gaps",
			choice->kind->name);
		return;
	}
	state = arena_alloc(arena, ops->state_size);
	if (ops->init(state, choice->options, &share, arena, &err) < 0) {
		out->reason = arena_strdup(arena, err.text);
		return;
	}
	if (isnan(ops->cdf(state, 0))) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = arena_printf(arena,
			"arrival %s has no law of its gaps in closed form "
			"for one of %u threads", choice->kind->name, share.of);
		return;
	}
	gap = point_gaps(data, &gof.n, arena);
	qsort(gap, gof.n, sizeof(*gap), ascending);
	if (gof.n < 100) {
		out->reason = arena_printf(arena, "only %zu send gaps", gof.n);
		return;
	}
	/* Equal gaps show all lateness, which has a check of its own. */
	gof.atom_shift = gof.shift + point_lateness(data);
	gof_run(&gof, gap, ops->cdf, state);
	judge(options, &gof, arena, out);
}

const struct check_ops check_arrivals = {
	.kind = {
		.name = "arrivals",
		.help = "actual send gaps follow the asked arrival law",
		.options = rows,
		.options_size = sizeof(struct arrivals),
	},
	.blind = true,
	.client = true,
	.run = run,
};
