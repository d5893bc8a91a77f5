/* stalls.c - how much of the point was spoilt by a standstill of our own? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"

struct stalls {
	double steal;
	double standstill;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct stalls, steal, 0, "2%", 0, 1,
	       "allowed share of CPU time taken by the host (steal): more "
	       "cannot be put down to single stalls"),
	OPTION(PERCENT, struct stalls, standstill, 0, "3%", 0, 1,
	       "allowed share of time in which agents stall, without the "
	       "longest stall: three times that of a shared virtual machine; "
	       "SCHED_FIFO's throttling makes it 5%"),
	{ 0 },
};

struct side {
	size_t n;
	int64_t longest_ns, total_ns;
};

static struct side standstills(const struct point_data *data)
{
	struct side side = { 0 };

	for (size_t i = 0; i < data->nstalls; i++) {
		if (data->stall[i].target)
			continue;
		side.n++;
		side.total_ns += data->stall[i].length_ns;
		if (data->stall[i].length_ns > side.longest_ns)
			side.longest_ns = data->stall[i].length_ns;
	}
	return side;
}

/* A stall spoils the whole window that it meets, however short it is. */
static const char *remedy(const struct point_data *data,
			  const struct side *agent)
{
	int64_t window = data->plan->config->measure.window_ns;

	return !agent->n ||
	       agent->total_ns * 4 > (int64_t)agent->n * window ? "" :
		"; a shorter measure.window loses less to each";
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct stalls *levels = options;
	struct side agent = standstills(data);
	/* One long stop is left out and done with; many are a habit. */
	double still = (double)(agent.total_ns - agent.longest_ns) / 1e9 /
		       data->plan->threads / data->duration_s;

	if (data->rows) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = "stalls of the sender are not known";
		return;
	}
	out->statistic = (double)agent.n;
	out->effect = data->left_out;
	out->threshold = data->plan->config->measure.max_left_out;
	out->status = out->effect <= out->threshold ? CHECK_PASS : CHECK_FAIL;
	out->reason = arena_printf(arena,
		"%.1f%% of the time is left out (%.0f%% allowed): agents "
		"stalled %zu times, for %.1f ms at most%s",
		100 * data->left_out, 100 * out->threshold, agent.n,
		(double)agent.longest_ns / 1e6,
		out->status == CHECK_FAIL ? remedy(data, &agent) : "");
	if (data->stalls_dropped) {
		out->status = CHECK_FAIL;
		out->reason = arena_printf(arena,
			"%llu more stalls than could be listed: which windows "
			"they spoiled is unknown",
			(unsigned long long)data->stalls_dropped);
	}
	if (still > levels->standstill) {
		out->status = CHECK_FAIL;
		out->reason = arena_printf(arena,
			"agents stalled for %.1f%% of the time, not counting "
			"the longest stall (%.0f%% allowed); %s",
			100 * still, 100 * levels->standstill, out->reason);
	}
	if (!(data->steal > levels->steal))
		return;
	out->status = CHECK_FAIL;
	out->reason = arena_printf(arena,
		"the host took %.1f%% of the CPU time away (%.0f%% allowed)",
		100 * data->steal, 100 * levels->steal);
}

const struct check_ops check_stalls = {
	.kind = {
		.name = "stalls",
		.help = "the client was not the bottleneck: agents stalled "
			"only briefly",
		.options = rows,
		.options_size = sizeof(struct stalls),
	},
	.blind = true,
	.client = true,
	.of = CHECK_RUNS,
	.left_out = true,
	.run = run,
};
