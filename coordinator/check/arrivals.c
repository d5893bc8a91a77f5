/* arrivals.c - do the actual sends follow the arrival law that was asked? */
#include <math.h>
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/gof.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/sends.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "lancet/core/sort.h"
#include "lancet/core/stats/kolmogorov.h"
#include "workloads/arrival.h"

#define GAPS_LEAST 100
#define DRAWS 8
#define DRAWN_MOST 50000
#define DEVIATIONS 4	/* the greatest of eight is one and a half */
#define VARIED_MOST .2	/* a third of the way from Poisson to equal gaps */

struct arrivals {
	double level;
	double distance;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct arrivals, level, 0, CHECK_LEVEL, 0, 1,
	       CHECK_LEVEL_HELP),
	OPTION(PERCENT, struct arrivals, distance, 0, "3%", 0, 1,
	       "allowed Kolmogorov distance from the law, after every gap may "
	       "be shifted by the cost of a send; between a gamma law of shape "
	       "1.5 and Poisson it is 8%"),
	{ 0 },
};

/* Anderson-Darling and Kolmogorov-Smirnov, together by Bonferroni. */
static void judge_law(const struct gof *gof, struct arena *arena,
		      struct check_result *out)
{
	out->statistic = gof->ad;
	out->p_value = fmin(2 * fmin(gof->ad_p, gof->ks_p), 1);
	out->effect = gof->distance;
	out->reason = arena_printf(arena,
		"the distribution of %zu send gaps is %.1f%% from the asked "
		"law, allowing each a shift of %.1f us for the cost of sending "
		"(%.1f%% allowed; %sKolmogorov-Smirnov %.3g, p %.2g)",
		gof->n, 100 * gof->distance, gof->shift / 1e3,
		100 * out->threshold, isnan(gof->ad) ? "" :
		arena_printf(arena, "Anderson-Darling %.3g, ", gof->ad),
		gof->ks, out->p_value);
}

/* n gaps as the asked law draws them, in rising order; how many in *n. */
static int32_t *draw(const struct point_data *data, uint64_t attempt,
		     size_t *n, struct arena *arena)
{
	const struct workload *w = &data->plan->workload;
	const struct arrival_ops *ops = (const void *)w->arrival.kind;
	struct arrival_share share = {
		.rate_rps = data->point->rate_rps,
		.of = data->plan->threads, .file = w->arrival_file,
	};
	struct rng_key key = { .attempt = attempt, .purpose = RNG_CHECK };
	void *state = arena_alloc(arena, ops->state_size);
	double *gap = arena_array(arena, *n, sizeof(*gap));
	int32_t *to = arena_array(arena, *n, sizeof(*to));
	struct err err;
	struct rng rng;

	rng_init(&rng, &key);
	*n = ops->init(state, w->arrival.options, &share, arena, &err) < 0
	     ? 0 : ops->gaps(state, &rng, gap, *n);
	for (size_t i = 0; i < *n; i++)
		to[i] = (int32_t)fmin(gap[i], INT32_MAX);
	sort_i32(to, *n);
	return to;
}

/*
 * Where nobody says what was intended: beside what the law draws, some times
 * as many. How much that varies itself, storms that last as long as the point,
 * comes from the draws.
 */
static void judge_drawn(const struct point_data *data, const int32_t *sent,
			const struct gof *gof, struct arena *arena,
			struct check_result *out)
{
	size_t each = gof->n < DRAWN_MOST ? gof->n : DRAWN_MOST, all = 0, n;
	int32_t *pool = arena_array(arena, DRAWS * each, sizeof(*pool));
	const int32_t *drawn[DRAWS];
	size_t count[DRAWS];
	double varies = 0;

	out->level = (double)NAN;
	for (size_t k = 0; k < DRAWS; k++, all += n) {
		n = each;
		drawn[k] = draw(data, k, &n, arena);
		count[k] = n;
		memcpy(pool + all, drawn[k], n * sizeof(*pool));
	}
	sort_i32(pool, all);
	for (size_t k = 0; k < DRAWS; k++)
		varies = fmax(varies, gof_between(drawn[k], count[k], pool, all,
						  0));
	out->effect = gof_between(sent, gof->n, pool, all, gof->atom_shift);
	out->threshold += DEVIATIONS * varies;
	if (out->effect > out->threshold)
		out->status = CHECK_FAIL;
	else if (DEVIATIONS * varies > VARIED_MOST)
		out->status = CHECK_NOT_RUN;
	out->reason = arena_printf(arena,
		"the distribution of %zu send gaps is %.1f%% from draws of the "
		"asked law, allowing each a shift of %.1f us (%.1f%% allowed: "
		"draws differ by %.1f%%%s)",
		gof->n, 100 * out->effect, gof->atom_shift / 1e3,
		100 * out->threshold, 100 * varies,
		out->status == CHECK_NOT_RUN
			? ", too much to decide; measure longer" : "");
}

/*
 * Where gaps depend on each other, or have no law in closed form: sent
 * beside intended. They are pairs, so the p of two samples is conservative.
 */
static void judge_intended(const struct point_data *data,
			   const struct sends *sends, size_t nsends,
			   struct gof *gof, struct arena *arena,
			   struct check_result *out)
{
	size_t n;
	const int32_t *sent = sends_sorted(sends, nsends, false, &n, arena);
	const int32_t *meant = sends_sorted(sends, nsends, true, &n, arena);

	if (data->sent_only) {
		judge_drawn(data, sent, gof, arena, out);
		return;
	}
	out->statistic = gof_between(sent, n, meant, n, 0);
	out->p_value = kolmogorov_2_asymptotic_p(out->statistic, n, n);
	out->effect = gof_between(sent, n, meant, n, gof->atom_shift);
	out->reason = arena_printf(arena,
		"the distribution of %zu send gaps is %.1f%% from that of the "
		"intended ones, allowing each a shift of %.1f us (%.1f%% "
		"allowed)",
		n, 100 * out->effect, gof->atom_shift / 1e3,
		100 * out->threshold);
}

static void judge(const struct point_data *data, const struct arrival_ops *ops,
		  void *state, struct arena *arena, struct check_result *out)
{
	/* Costs are of real time, which a pattern's peak makes the most of. */
	struct gof gof = {
		.shift = data->send_cost_ns *
			 workload_peak(&data->plan->workload) +
			 (double)data->sent_unit_ns,
	};
	size_t nsends;
	struct sends *sends = sends_of(data, &nsends, arena);
	int32_t *gap = sends_sorted(sends, nsends, false, &gof.n, arena);

	if (gof.n < GAPS_LEAST) {
		out->status = CHECK_NOT_RUN;
		out->reason = arena_printf(arena, "only %zu send gaps, "
					   "without those left out", gof.n);
		return;
	}
	/* Equal gaps show all lateness, which has a check of its own. */
	gof.atom_shift = gof.shift + point_lateness(data);
	if (!(ops->flags & ARRIVAL_RENEWAL) || isnan(ops->cdf(state, 0))) {
		judge_intended(data, sends, nsends, &gof, arena, out);
		return;
	}
	gof_run(&gof, gap, ops->cdf, state);
	judge_law(&gof, arena, out);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct arrivals *levels = options;
	const struct plan *plan = data->plan;
	const struct choice *choice = &plan->workload.arrival;
	const struct arrival_ops *ops = (const void *)choice->kind;
	struct arrival_share share = {
		.rate_rps = data->point->rate_rps,
		.of = plan->threads,
		.file = plan->workload.arrival_file,
	};
	struct err err;
	void *state;

	if (data->any_arrival) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = "no arrival law was asked for";
		return;
	}
	state = arena_alloc(arena, ops->state_size);
	if (ops->init(state, choice->options, &share, arena, &err) < 0) {
		out->reason = arena_strdup(arena, err.text);
		return;
	}
	out->status = CHECK_PASS;
	out->level = levels->level;
	out->threshold = levels->distance;
	judge(data, ops, state, arena, out);
}

const struct check_ops check_arrivals = {
	.kind = {
		.name = "arrivals",
		.help = "gaps between sends follow the configured arrival law",
		.options = rows,
		.options_size = sizeof(struct arrivals),
	},
	.blind = true,
	.client = true,
	.run = run,
};
