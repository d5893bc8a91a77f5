/* achieved.c - was the load that was asked for offered, and answered? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/steady.h"

struct achieved {
	double tolerance;
	double deviations;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct achieved, tolerance, 0, "2%", 0, 1,
	       "allowed relative error of the rate, or the noise of its count "
	       "if that is more"),
	OPTION(REAL, struct achieved, deviations, 0, "4", 0, 100,
	       "standard deviations of that noise; 4: one in 16000 by chance"),
	{ 0 },
};

/*
 * Standard deviation of the number of intended requests, from the windows'
 * counts less what a pattern asked for in them: it needs no law. Counts of
 * bursts (MMPP) are correlated, which their long-run variance has.
 */
static double count_deviation(const struct point_data *data,
			      struct arena *arena)
{
	const int64_t width = data->plan->config->measure.window_ns;
	double sum = 0, square = 0, variance, *x, *one;
	struct steady steady;
	struct err err;
	size_t n = 0, room = 0;

	for (size_t s = 0; s < data->nsegments; s++)
		room += data->segment[s].nwindows;
	x = arena_array(arena, room, sizeof(*x));
	one = arena_array(arena, room, sizeof(*one));
	for (size_t s = 0; s < data->nsegments; s++) {
		for (size_t i = 0; i < data->segment[s].nwindows; i++) {
			const struct point_window *w =
				&data->segment[s].window[i];
			double count = -point_window_rps(data, w->index *
							 width) *
				       (double)width / 1e9;

			if (w->out & WINDOW_WARMUP)
				continue;
			for (int o = 0; o < OUTCOMES; o++)
				count += (double)w->count[o];
			one[n] = 1;
			x[n++] = count;
			sum += count;
			square += count * count;
		}
	}
	if (n < 2)
		return (double)NAN;
	variance = fmax(square - sum * sum / (double)n, 0) / (double)(n - 1);
	if (!steady_run(x, one, n, &steady, &err))
		variance = fmax(variance,
				steady.error * steady.error * (double)n);
	return sqrt(variance * (double)n);
}

/* The share of time in which agents neither sent nor took in a reply. */
static double standstill(const struct point_data *data)
{
	double still_ns = 0;

	for (size_t i = 0; i < data->nstalls; i++)
		if (!data->stall[i].target)
			still_ns += (double)data->stall[i].length_ns;
	return still_ns / 1e9 / data->plan->threads / data->duration_s;
}

/* Who was the limit: a rate that was not sent is not the server's doing. */
static const char *limit(const struct point_data *data, double asked,
			 double missing, double allowed)
{
	double sent = (double)data->counts.sent / data->duration_s;

	if (standstill(data) > missing)
		return "agents stood still for longer than that: the client "
		       "was the limit";
	if (sent < asked * (1 - allowed) &&
	    100 * (data->waited - data->cut_off) > data->parts)
		return "too few connections, or the server, were the limit: "
		       "requests had to wait for replies";
	if (sent < asked * (1 - allowed))
		return "the generator was the limit: it sent fewer requests "
		       "than intended";
	return "all were sent: the server or the way to it was the limit";
}

/*
 * A pattern may end with a queue, and overload for a while is what some are
 * for: of those, also what was answered after the end.
 */
static double answered_rps(const struct point_data *data)
{
	if (data->plan->workload.pattern)
		return (double)data->counts.received / data->duration_s;
	return point_achieved_rps(data);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct achieved *levels = options;
	double asked = point_offered_rps(data);
	double achieved = answered_rps(data);
	double noise = count_deviation(data, arena) / data->duration_s;

	if (data->any_rate) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = "no rate was asked for";
		return;
	}
	if (isnan(noise) || isnan(achieved)) {
		out->reason = "fewer than two windows after the warm-up";
		return;
	}
	out->statistic = achieved;
	out->effect = achieved / asked - 1;
	out->threshold = fmax(levels->tolerance,
			      levels->deviations * noise / asked);
	out->status = fabs(out->effect) <= out->threshold ? CHECK_PASS
							  : CHECK_FAIL;
	out->reason = arena_printf(arena,
		"%.0f requests/s were answered, %+.2f%% from the offered %.0f "
		"(%.2f%% allowed)", achieved, 100 * out->effect, asked,
		100 * out->threshold);
	if (out->status == CHECK_FAIL && out->effect < 0)
		out->reason = arena_printf(arena, "%s; %s", out->reason,
					   limit(data, asked, -out->effect,
						 out->threshold));
}

const struct check_ops check_achieved = {
	.kind = {
		.name = "achieved",
		.help = "the offered rate was sent and answered",
		.options = rows,
		.options_size = sizeof(struct achieved),
	},
	.run = run,
};
