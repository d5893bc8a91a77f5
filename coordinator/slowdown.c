/* slowdown.c - response time over requested service, where it is known */
#include "coordinator/slowdown.h"

#include "coordinator/pairs.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/sort.h"

#define SCALE 1000.	/* histograms hold integers */

/* A sparse histogram of a few values; sorts them. */
static void sparse_of(int64_t *value, size_t n, struct hist_sparse *to,
		      struct arena *arena)
{
	sort_i64(value, n);
	to->cell = arena_array(arena, n, sizeof(*to->cell));
	for (size_t i = 0; i < n; i++)
		hist_sparse_append(to, value[i]);
}

/* Requests of one window, from request[0] on; returns how many. */
static size_t take_window(const struct request *request, size_t n,
			  int64_t until_ns, int64_t *value,
			  struct series_window *to, struct arena *arena)
{
	size_t used = 0, values = 0;

	for (; used < n && request[used].intended_ns < until_ns; used++) {
		const struct sample *s = request[used].sample;
		int64_t response = s->received_ns - s->intended_ns;

		if (s->outcome != OUTCOME_RECEIVED) {
			to->later++;
			continue;
		}
		if (!s->service_ns || response < 0)
			continue;
		value[values++] = (int64_t)(SCALE * (double)response /
					    (double)s->service_ns);
	}
	sparse_of(value, values, &to->response, arena);
	return used;
}

static void add_segment(const struct point_data *data, uint32_t index,
			struct series *series, struct arena *arena)
{
	const struct point_segment *segment = &data->segment[index];
	int64_t width = data->plan->config->measure.window_ns;
	size_t n, at = 0;
	struct request *request = requests_whole(data, index, &n, arena);
	int64_t *value = arena_array(arena, n, sizeof(*value));

	for (size_t i = 0; i < segment->nwindows; i++) {
		struct series_window window = { 0 };

		at += take_window(request + at, n - at,
				  segment->from_ns + (int64_t)(i + 1) * width,
				  value, &window, arena);
		window.later += segment->window[i].count[OUTCOME_UNSENT];
		if (!(segment->window[i].out & WINDOW_HEADLINE))
			series->window[series->n++] = window;
	}
}

static void unscale(struct result_metric *metric)
{
	metric->mean.value /= SCALE;
	metric->mean.lo /= SCALE;
	metric->mean.hi /= SCALE;
	for (size_t i = 0; i < metric->nquantiles; i++) {
		metric->quantiles[i].value /= SCALE;
		metric->quantiles[i].lo /= SCALE;
		metric->quantiles[i].hi /= SCALE;
	}
}

void slowdown_of(const struct point_data *data, double confidence,
		 struct result_point *to, struct arena *arena)
{
	struct series series = { 0 };
	struct arena scratch;
	size_t room = 0;

	if (!data->nsamples)
		return;
	arena_init(&scratch);
	for (size_t s = 0; s < data->nsegments; s++)
		room += data->segment[s].nwindows;
	series.window = arena_array(&scratch, room, sizeof(*series.window));
	for (uint32_t s = 0; s < data->nsegments; s++)
		add_segment(data, s, &series, &scratch);
	to->slowdown = arena_alloc(arena, sizeof(*to->slowdown));
	to->slowdown_hist = arena_alloc(arena, sizeof(*to->slowdown_hist));
	series_merge(&series, to->slowdown_hist);
	interval_metric(&series, confidence, data->plan->q,
			data->plan->nq, arena, to->slowdown);
	unscale(to->slowdown);
	arena_fini(&scratch);
}
