/* point_rate.c - rates of a point: asked for, and answered */
#include <math.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"

static int64_t window_ns(const struct point_data *data)
{
	return data->plan->config->measure.window_ns;
}

/* How many of a window's requests were answered by the instant. */
static double answered_by(const struct point_window *window, int64_t start_ns,
			  int64_t width_ns, int64_t until_ns)
{
	double room = (double)(until_ns - start_ns) - (double)width_ns / 2;
	double answered = 0;

	for (size_t i = 0; i < window->nparts; i++) {
		const struct wire_window *part = &window->part[i].window;

		if (part->outcome != OUTCOME_RECEIVED)
			continue;
		for (uint32_t c = 0; c < part->response.n; c++)
			if ((double)hist_low(part->response.cell[c].index) <=
			    room)
				answered += part->response.cell[c].count;
	}
	return answered;
}

double point_window_rps(const struct point_data *data, int64_t start_ns)
{
	const struct pattern *pattern = data->plan->workload.pattern;
	double start = (double)start_ns, width = (double)window_ns(data);

	if (!pattern)
		return data->point->rate_rps;
	return data->point->rate_rps / width *
	       (pattern_done(pattern, start + width) -
		pattern_done(pattern, start));
}

double point_offered_rps(const struct point_data *data)
{
	double sum = 0, n = 0;

	if (!data->plan->workload.pattern)
		return data->point->rate_rps;
	for (size_t s = 0; s < data->nsegments; s++) {
		const struct point_segment *segment = &data->segment[s];

		for (size_t i = 0; i < segment->nwindows; i++) {
			const struct point_window *w = &segment->window[i];

			if (w->out & WINDOW_WARMUP)
				continue;
			sum += point_window_rps(data, w->index *
						window_ns(data));
			n++;
		}
	}
	return n > 0 ? sum / n : (double)NAN;
}

double point_achieved_rps(const struct point_data *data)
{
	int64_t width = window_ns(data);
	double answered = 0;

	for (size_t s = 0; s < data->nsegments; s++) {
		const struct point_segment *segment = &data->segment[s];
		int64_t warm = segment->from_ns + data->warmup_ns;

		for (size_t i = 0; i < segment->nwindows; i++) {
			const struct point_window *w = &segment->window[i];
			int64_t start = segment->from_ns + (int64_t)i * width;

			answered += answered_by(w, start, width,
						segment->until_ns);
			if (start < warm)
				answered -= answered_by(w, start, width, warm);
		}
	}
	return data->duration_s > 0 ? answered / data->duration_s
				    : (double)NAN;
}
