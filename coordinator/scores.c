/* scores.c - each window's latencies in a few numbers, for tests over windows */
#include "coordinator/scores.h"

#include <math.h>

#include "coordinator/flying.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"

struct limits {
	double upper, tail;
};

static double limit(const struct point_data *data, double q)
{
	const struct result_quantile *found =
		result_quantile(&data->response, q);

	return found ? found->value : (double)NAN;
}

static void add_cells(struct scores *to, const struct hist_sparse *from,
		      const struct limits *limits)
{
	size_t i = to->n;

	for (uint32_t c = 0; c < from->n; c++) {
		const struct hist_cell *cell = &from->cell[c];
		double ns = (double)hist_low(cell->index) +
			    ((double)cell->lo + (double)cell->hi) / 2;

		double x = log(fmax(ns, 1));

		to->log_ns[i] += cell->count * x;
		to->square_ns += cell->count * x * x;
		to->upper[i] += ns > limits->upper ? cell->count : 0;
		to->tail[i] += ns > limits->tail ? cell->count : 0;
	}
	to->answered[i] += (double)from->total;
	to->all[i] += (double)from->total;
}

static void add_window(struct scores *to, const struct point_window *window,
		       int agent, const struct limits *limits)
{
	for (size_t p = 0; p < window->nparts; p++) {
		const struct wire_window *part = &window->part[p].window;
		double later = (double)part->response.total;

		if (agent >= 0 && window->part[p].agent != (uint32_t)agent)
			continue;
		if (part->outcome == OUTCOME_RECEIVED) {
			add_cells(to, &part->response, limits);
			continue;
		}
		to->all[to->n] += later;
		to->upper[to->n] += later;
		to->tail[to->n] += later;
	}
	to->n++;
}

static size_t room_of(const struct point_data *data)
{
	size_t room = 0;

	for (size_t s = 0; s < data->nsegments; s++)
		room += data->segment[s].nwindows;
	return room;
}

static void make_room(struct scores *to, size_t room, struct arena *arena)
{
	to->answered = arena_array(arena, room, sizeof(double));
	to->all = arena_array(arena, room, sizeof(double));
	to->log_ns = arena_array(arena, room, sizeof(double));
	to->upper = arena_array(arena, room, sizeof(double));
	to->tail = arena_array(arena, room, sizeof(double));
}

struct scores scores_of(const struct point_data *data, int agent,
			struct arena *arena)
{
	struct limits limits = { limit(data, .9), limit(data, .99) };
	struct scores to = { 0 };

	make_room(&to, room_of(data), arena);
	for (size_t s = 0; s < data->nsegments; s++) {
		const struct point_segment *segment = &data->segment[s];

		for (size_t i = 0; i < segment->nwindows; i++)
			if (!(segment->window[i].out & WINDOW_HEADLINE))
				add_window(&to, &segment->window[i], agent,
					   &limits);
	}
	return to;
}

/* One segment's records of one agent; windows of it are to[first] and on. */
static void add_alone(const struct point_data *data,
		      const struct point_samples *from, size_t first,
		      struct scores *to, struct arena *arena)
{
	const struct point_segment *segment = &data->segment[from->segment];
	int64_t width = data->plan->config->measure.window_ns;
	size_t *place = arena_array(arena, segment->nwindows, sizeof(*place));
	const struct flights all = flying_of(from->sample, from->n, arena);
	const struct flying *f = all.send;

	for (size_t i = 0; i < segment->nwindows; i++) {
		place[i] = first;
		first += !(segment->window[i].out & WINDOW_HEADLINE);
	}
	for (size_t i = 0; i < all.n; i++) {
		int64_t at = (f[i].at_ns - segment->at_ns) / width;

		if (f[i].n != 1 || f[i].took_ns < 0 || at < 0 ||
		    at >= (int64_t)segment->nwindows ||
		    segment->window[at].out & WINDOW_HEADLINE)
			continue;
		to->answered[place[at]]++;
		to->log_ns[place[at]] += log(fmax((double)f[i].took_ns, 1));
	}
}

struct scores scores_alone(const struct point_data *data, struct arena *arena)
{
	struct scores to = { 0 };

	make_room(&to, room_of(data), arena);
	for (size_t s = 0; s < data->nsegments; s++) {
		for (size_t i = 0; i < data->nsamples; i++)
			if (data->samples[i].segment == s)
				add_alone(data, &data->samples[i], to.n, &to,
					  arena);
		for (size_t i = 0; i < data->segment[s].nwindows; i++)
			to.n += !(data->segment[s].window[i].out &
				  WINDOW_HEADLINE);
	}
	return to;
}
