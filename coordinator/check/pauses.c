/* pauses.c - did the sender stop now and then, whatever its law? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/sends.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"

#define LEAST 3		/* so few long gaps are luck, or a warm-up */

struct pauses {
	double hole;
	double length;
	double share;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct pauses, hole, 0, "4", 1, 1000,
	       "pauses are so many times longer than the longest other gap: "
	       "of a Pareto law with variance, once in 400"),
	OPTION(REAL, struct pauses, length, 0, "30", 1, 1e9,
	       "and so many mean gaps: of a Poisson process, once in 1e13"),
	OPTION(PERCENT, struct pauses, share, 0, "0.5%", 0, 1,
	       "share of time that pauses may take"),
	{ 0 },
};

/*
 * No law is known; but gaps of one law have no hole between the many and
 * some that are far longer, and a sender that stands still makes one.
 */
static size_t pauses_of(const struct pauses *levels, const int32_t *gap,
			size_t n, double mean)
{
	size_t found = 0;

	for (size_t i = n; i-- > 1 && n - i <= n / 100;)
		if (gap[i] > levels->length * mean &&
		    gap[i] > levels->hole * gap[i - 1])
			found = n - i;
	return found;
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct pauses *levels = options;
	double all = 0, still = 0;
	size_t nsends, n, found;
	struct sends *sends;
	int32_t *gap;

	out->status = CHECK_NOT_APPLICABLE;
	if (data->plan->nagents > 1) {
		out->reason = "several agents pause each for itself";
		return;
	}
	sends = sends_of(data, &nsends, arena);
	gap = sends_sorted(sends, nsends, false, &n, arena);
	if (n < 100) {
		out->reason = "too few send gaps";
		return;
	}
	for (size_t i = 0; i < n; i++)
		all += gap[i];
	found = pauses_of(levels, gap, n, all / (double)n);
	for (size_t i = n - found; i < n; i++)
		still += gap[i];
	out->statistic = (double)found;
	out->effect = still / all;
	out->threshold = levels->share;
	out->status = found >= LEAST && out->effect > out->threshold
		      ? CHECK_FAIL : CHECK_PASS;
	out->reason = arena_printf(arena,
		"the longest gap between sends is %.3g ms, %.0f mean gaps; %zu "
		"are longer by far than all others, %.1f%% of the time "
		"(%.1f%% allowed)", gap[n - 1] / 1e6,
		gap[n - 1] / (all / (double)n), found, 100 * out->effect,
		100 * levels->share);
}

const struct check_ops check_pauses = {
	.kind = {
		.name = "pauses",
		.help = "the sender of a file did not stand still now and then",
		.options = rows,
		.options_size = sizeof(struct pauses),
	},
	.of = CHECK_FILES,
	.run = run,
};
