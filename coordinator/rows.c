/* rows.c - requests one by one, made into what an agent would report */
#include "coordinator/rows.h"

#include <stdlib.h>

#include "lancet/core/arena.h"

/* One request of a window: class and outcome, and its response time. */
struct row {
	uint32_t part;
	int64_t response_ns;
};

static int row_order(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return (a->response_ns > b->response_ns) -
	       (a->response_ns < b->response_ns);
}

static struct row row_of(const struct sample *s)
{
	struct row row = { (uint32_t)s->class << 8 | s->outcome, 0 };
	int64_t ns = s->received_ns - s->intended_ns;

	if (s->outcome == OUTCOME_RECEIVED)
		row.response_ns = ns < 0 ? 0 : ns;
	return row;
}

/* Sorted rows of one window; *cell is where its cells go. */
static void add_window(struct wire_report *report, size_t *room,
		       uint32_t index, const struct row *row, size_t n,
		       struct hist_cell **cell, struct arena *arena)
{
	struct wire_window *w = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!i || row[i].part != row[i - 1].part) {
			report->window = arena_grow(arena, report->window,
						    report->nwindows, room,
						    sizeof(*w));
			w = &report->window[report->nwindows++];
			*w = (struct wire_window){
				.index = index,
				.class = (uint16_t)(row[i].part >> 8),
				.outcome = (uint8_t)row[i].part,
				.response = { .cell = *cell },
			};
		}
		if (w->outcome != OUTCOME_RECEIVED) {
			w->response.total++;
			continue;
		}
		hist_sparse_append(&w->response, row[i].response_ns);
		*cell = w->response.cell + w->response.n;
	}
}

static void add_windows(const struct sample *sample, size_t n,
			const struct rows_frame *frame,
			struct wire_report *report, struct arena *arena)
{
	struct row *row = arena_array(arena, n, sizeof(*row));
	struct hist_cell *cell = arena_array(arena, n, sizeof(*cell));
	size_t room = 0;

	for (size_t i = 0, have; i < n; i += have) {
		int64_t at = sample[i].intended_ns - frame->base_ns;
		int64_t index = at / frame->window_ns;
		int64_t until = frame->base_ns + (index + 1) *
						 frame->window_ns;

		for (have = 0; i + have < n &&
			       sample[i + have].intended_ns < until; have++)
			row[have] = row_of(&sample[i + have]);
		qsort(row, have, sizeof(*row), row_order);
		add_window(report, &room, (uint32_t)index, row, have, &cell,
			   arena);
	}
}

static int32_t gap(int64_t later, int64_t sooner)
{
	int64_t ns = later - sooner;

	return ns < 0 ? 0 : ns > INT32_MAX ? INT32_MAX : (int32_t)ns;
}

static void add_gaps(const struct sample *sample, size_t n, size_t most,
		     struct wire_report *report, struct arena *arena)
{
	struct wire_gaps *gaps = arena_alloc(arena, sizeof(*gaps));
	size_t first = n > most + 1 ? n - most - 1 : 0;
	int32_t *sent = arena_array(arena, n - first, sizeof(*sent));
	int32_t *meant = arena_array(arena, n - first, sizeof(*meant));

	for (size_t i = first + 1; i < n; i++) {
		const struct sample *a = &sample[i - 1], *b = &sample[i];

		if (a->outcome == OUTCOME_UNSENT ||
		    b->outcome == OUTCOME_UNSENT)
			continue;
		sent[gaps->n] = gap(b->sent_ns, a->sent_ns);
		meant[gaps->n++] = gap(b->intended_ns, a->intended_ns);
	}
	gaps->gap_ns = sent;
	gaps->intended_gap_ns = meant;
	report->gaps = gaps;
	report->ngaps = 1;
}

static void add_lateness(const struct sample *sample, size_t n,
			 struct wire_report *report, struct arena *arena)
{
	struct hist *hist = arena_alloc(arena, sizeof(*hist));
	struct hist_sparse *to = &report->lateness;

	for (size_t i = 0; i < n; i++)
		if (sample[i].outcome != OUTCOME_UNSENT)
			/* Too soon is no better. */
			hist_record(hist, llabs(sample[i].sent_ns -
						sample[i].intended_ns));
	to->n = hist_used(hist);
	to->cell = arena_array(arena, to->n, sizeof(*to->cell));
	hist_cells(hist, to->cell, to->n);
	to->total = hist->total;
	to->sum = hist->sum;
}

void rows_report(const struct sample *sample, size_t n,
		 const struct rows_frame *frame, struct wire_report *report,
		 struct arena *arena)
{
	*report = (struct wire_report){ 0 };
	add_windows(sample, n, frame, report, arena);
	if (n)
		add_gaps(sample, n, frame->gaps, report, arena);
	add_lateness(sample, n, report, arena);
}
