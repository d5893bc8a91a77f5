/* settle.c - by when a point's queue was warm */
#include "coordinator/settle.h"

#include <math.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/batch.h"
#include "lancet/core/stats/vector.h"

#define LEVEL 1e-6
/* What is kept makes at least so many batches, to compare with. */
#define BATCHES_LEAST 16

/* A figure of each window that has one, and the window's place. */
struct track {
	double *x;
	size_t *place;
	size_t n;
};

typedef double (*figure_of)(const struct series_window *window);

static double mean_of(const struct series_window *window)
{
	return window->response.sum / (double)window->response.total;
}

static double p99_of(const struct series_window *window)
{
	return hist_sparse_quantile(&window->response, .99, 0);
}

/* Windows of the first segment; those an agent spoilt say nothing. */
static struct track track_of(const struct point_data *data,
			     const struct series *all, figure_of figure,
			     struct arena *arena)
{
	const struct point_segment *segment = &data->segment[0];
	struct track track = {
		.x = arena_array(arena, segment->nwindows, sizeof(*track.x)),
		.place = arena_array(arena, segment->nwindows,
				     sizeof(*track.place)),
	};

	for (size_t i = 0; i < segment->nwindows; i++) {
		if (segment->window[i].out & WINDOW_AGENT ||
		    !all->window[i].response.total)
			continue;
		track.x[track.n] = figure(&all->window[i]);
		track.place[track.n++] = i;
	}
	return track;
}

/* Is the mean of x[from..cut) another than that of the rest? */
static bool differs(const double *x, size_t from, size_t cut, size_t n)
{
	size_t length = cut - from, rest = n - cut;
	size_t batches = rest / length;
	double mean = vector_mean(x + from, length);
	struct batch_means kept;
	struct err err;
	double each, error;

	if (batches < BATCHES_LEAST)
		batches = BATCHES_LEAST;
	if (rest < batches ||
	    batch_means(x + cut, rest, batches, 1 - LEVEL, &kept, &err) < 0)
		return false;
	/* The half-width is that of the mean of all; of one as long as ours: */
	each = (double)(rest / batches) / (double)length;
	error = kept.half_width * sqrt((double)batches * each);
	return fabs(mean - kept.mean) > hypot(error, kept.half_width);
}

/* Place of the first window that is kept; 0: none need be cut. */
static size_t settled(const struct track *track, size_t warm)
{
	size_t from = 0, cut;
	struct mser5 mser;
	struct err err;

	if (batch_mser5(track->x, track->n, &mser, &err) < 0 ||
	    mser.drop >= mser.batches / 2)
		return 0;
	cut = mser.drop_values;
	while (from < track->n && track->place[from] < warm)
		from++;
	if (cut <= from || !differs(track->x, from, cut, track->n))
		return 0;
	return track->place[cut];
}

int64_t settle_ns(const struct point_data *data)
{
	const struct config_measure *m = &data->plan->config->measure;
	static const figure_of figures[] = { mean_of, p99_of };
	size_t warm = (size_t)(data->warmup_ns / m->window_ns), last = 0;
	struct series all;
	struct arena arena;

	if (m->warmup_ns != OPTION_AUTO_VALUE || data->plan->workload.pattern ||
	    !data->nsegments)
		return 0;
	arena_init(&arena);
	point_series(data, -1, 0, &all, &arena);
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		struct track track = track_of(data, &all, figures[i], &arena);
		size_t place = settled(&track, warm);

		last = place > last ? place : last;
	}
	arena_fini(&arena);
	return (int64_t)last * m->window_ns;
}
