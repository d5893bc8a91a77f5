/* point_series.c - a point's windows, merged over agents, and their quantiles */
#include <string.h>

#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"

/* Two histograms whose cells are in order, into one whose are. */
static struct hist_sparse sparse_merge(const struct hist_sparse *a,
				       const struct hist_sparse *b,
				       struct arena *arena)
{
	struct hist_sparse to = { .total = a->total + b->total,
				  .sum = a->sum + b->sum };
	uint32_t i = 0, j = 0;

	to.cell = arena_array(arena, a->n + b->n, sizeof(*to.cell));
	while (i < a->n || j < b->n) {
		struct hist_cell *cell = &to.cell[to.n++];

		if (j >= b->n ||
		    (i < a->n && a->cell[i].index < b->cell[j].index)) {
			*cell = a->cell[i++];
		} else if (i >= a->n || b->cell[j].index < a->cell[i].index) {
			*cell = b->cell[j++];
		} else {
			*cell = a->cell[i++];
			cell->count += b->cell[j].count;
			if (b->cell[j].lo < cell->lo)
				cell->lo = b->cell[j].lo;
			if (b->cell[j].hi > cell->hi)
				cell->hi = b->cell[j].hi;
			j++;
		}
	}
	return to;
}

static void series_add(const struct point_part *parts, size_t n, int class,
		       struct series_window *to, struct arena *arena)
{
	for (size_t i = 0; i < n; i++) {
		const struct wire_window *part = &parts[i].window;

		if (class >= 0 && part->class != class)
			continue;
		if (part->outcome == WIRE_UNSTAMPED)
			to->unstamped += part->response.total;
		else if (part->outcome != OUTCOME_RECEIVED)
			to->later += part->response.total;
		else if (!to->response.total)
			to->response = part->response;
		else
			to->response = sparse_merge(&to->response,
						    &part->response, arena);
	}
}

static void series_of(const struct point_data *data, bool wire, int class,
		      unsigned out, struct series *series,
		      struct arena *arena)
{
	size_t room = 0;

	for (size_t s = 0; s < data->nsegments; s++)
		room += data->segment[s].nwindows;
	series->window = arena_array(arena, room, sizeof(*series->window));
	series->n = 0;
	for (size_t s = 0; s < data->nsegments; s++)
		for (size_t i = 0; i < data->segment[s].nwindows; i++) {
			const struct point_window *w =
				&data->segment[s].window[i];

			if (!(w->out & out))
				series_add(wire ? w->wire : w->part,
					   wire ? w->nwire : w->nparts, class,
					   &series->window[series->n++],
					   arena);
		}
}

void point_series(const struct point_data *data, int class, unsigned out,
		  struct series *series, struct arena *arena)
{
	series_of(data, false, class, out, series, arena);
}

static void point_metric(const struct point_data *data, bool wire, int class,
			 unsigned out, double confidence,
			 struct result_metric *metric, struct arena *arena)
{
	struct series series;

	series_of(data, wire, class, out, &series, data->arena);
	interval_metric(&series, confidence, data->plan->q,
			data->plan->nq, arena, metric);
}

/* Of the headline; a class's own, too, where there is more than one. */
static void point_headline(const struct point_data *data, bool wire,
			   double confidence, struct result_metric *metric,
			   struct arena *arena)
{
	const struct workload *w = &data->plan->workload;

	memset(metric, 0, sizeof(*metric));
	point_metric(data, wire, -1, WINDOW_HEADLINE, confidence, metric,
		     arena);
	if (w->nclasses < 2)
		return;
	metric->classes = arena_array(arena, w->nclasses,
				      sizeof(*metric->classes));
	metric->nclasses = w->nclasses;
	for (size_t i = 0; i < w->nclasses; i++) {
		metric->classes[i].name = w->class[i].name;
		point_metric(data, wire, (int)i, WINDOW_HEADLINE, confidence,
			     &metric->classes[i].metric, arena);
	}
}

void point_response(const struct point_data *data, double confidence,
		    struct result_metric *metric, struct arena *arena)
{
	point_headline(data, false, confidence, metric, arena);
}

void point_with_excluded(const struct point_data *data, double confidence,
			 struct result_metric *metric, struct arena *arena)
{
	point_metric(data, false, -1, WINDOW_WARMUP, confidence, metric,
		     arena);
}

void point_wire(const struct point_data *data, double confidence,
		struct result_metric *metric, struct arena *arena)
{
	point_headline(data, true, confidence, metric, arena);
}
