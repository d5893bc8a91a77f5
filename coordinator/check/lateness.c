/* lateness.c - did requests leave when they were due? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"

struct lateness {
	int64_t floor;
	double share;
};

static const struct option_row rows[] = {
	OPTION(DURATION, struct lateness, floor, 0, "50us", 0, 1e12,
	       "p99 of sent - intended that is always allowed: what a spinning "
	       "loop on a shared virtual machine reaches"),
	OPTION(PERCENT, struct lateness, share, 0, "10%", 0, 10,
	       "or this share of the median response time is allowed"),
	{ 0 },
};

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct lateness *levels = options;
	const struct result_quantile *p50 =
		result_quantile(&data->response, .5);

	if (data->rows && data->left_out >
			  data->plan->config->measure.max_left_out) {
		out->reason = arena_printf(arena,
			"the file leaves out %.0f%% of the time (%.0f%% "
			"allowed)", 100 * data->left_out,
			100 * data->plan->config->measure.max_left_out);
		return;
	}
	if (data->sent_only) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = "intended send times are not known";
		return;
	}
	if (data->left_out >= 1) {
		out->reason = "every window was left out";
		return;
	}
	if (!data->lateness->total || !p50 || isnan(p50->value)) {
		out->reason = "nothing was sent, or too little answered to "
			      "know the median response";
		return;
	}
	out->statistic = point_lateness(data);
	out->threshold = fmax((double)levels->floor,
			      levels->share * p50->value);
	out->effect = out->statistic / p50->value;
	out->status = out->statistic <= out->threshold ? CHECK_PASS
						       : CHECK_FAIL;
	out->reason = arena_printf(arena,
		"99%% of requests left within %.1f us of their intended time, "
		"%.0f%% of the median response; %.1f us are allowed",
		out->statistic / 1e3, 100 * out->effect, out->threshold / 1e3);
}

const struct check_ops check_lateness = {
	.kind = {
		.name = "lateness",
		.help = "requests were sent when they were due",
		.options = rows,
		.options_size = sizeof(struct lateness),
	},
	.client = true,
	.run = run,
};
