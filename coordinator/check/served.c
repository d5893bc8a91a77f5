/* served.c - did the target serve requests as long as they asked for? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/vector.h"

struct served {
	double level;
	double apart;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct served, level, 0, CHECK_LEVEL, 0, 1,
	       CHECK_LEVEL_HELP),
	OPTION(PERCENT, struct served, apart, 0, "3%", 0, 10,
	       "allowed relative difference between the reported and the "
	       "requested mean service time: the load would be off by as much"),
	{ 0 },
};

/* The normal law for a mean: the target's report has nothing else. */
static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct served *levels = options;
	const struct workload *w = &data->plan->workload;
	double mean = workload_moment(w, 1), second = workload_moment(w, 2);
	double n = (double)data->target_served, error;

	out->status = CHECK_NOT_APPLICABLE;
	if (!data->target || !(mean > 0)) {
		out->reason = data->target ? "requests carry no service time"
			: "the target does not report how long it served";
		return;
	}
	if (!isfinite(second) || !(n > 0) ||
	    isnan(data->target->served_mean_ns)) {
		out->reason = n > 0 ? "the service law has no finite variance"
				    : "the target served nothing";
		return;
	}
	error = sqrt(fmax(second - mean * mean, 0) / n);
	out->status = CHECK_PASS;
	out->level = levels->level;
	out->threshold = levels->apart;
	out->effect = data->target->served_mean_ns / mean - 1;
	/* Times are whole nanoseconds. */
	out->statistic = out->effect * mean / fmax(error, 1);
	out->p_value = tail_normal(out->statistic);
	out->reason = arena_printf(arena,
		"the target reports a mean service time of %.2f us, %+.1f%% "
		"from the %.2f us of the law (%.0f%% allowed), p %.2g",
		data->target->served_mean_ns / 1e3, 100 * out->effect,
		mean / 1e3, 100 * out->threshold, out->p_value);
}

const struct check_ops check_served = {
	.kind = {
		.name = "served",
		.help = "service times that the target reports are those "
			"requested",
		.options = rows,
		.options_size = sizeof(struct served),
	},
	.run = run,
};
