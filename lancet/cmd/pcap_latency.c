/* pcap_latency.c - what became of a capture's requests, and how late */
#include "lancet/cmd/pcap.h"

#include <math.h>
#include <stdlib.h>

#include "coordinator/interval.h"
#include "lancet/core/sort.h"

#define CONFIDENCE .95
#define WINDOW_NS 10000000
#define WINDOWS_MOST 20000

static bool has_latency(const struct exchange *e)
{
	return e->state == EXCHANGE_ANSWERED && e->reply_ns >= e->request_ns;
}

/* One window from its latencies; requests without one are later than all. */
static void close_window(struct series *series, int64_t *value, size_t n,
			 uint64_t later, struct arena *arena)
{
	struct series_window *w;

	if (n + later == 0)
		return;
	w = &series->window[series->n++];
	w->later = later;
	w->response.cell = arena_array(arena, n + 1, sizeof(struct hist_cell));
	sort_i64(value, n);
	for (size_t i = 0; i < n; i++)
		hist_sparse_append(&w->response, value[i]);
}

static int by_request(const void *left, const void *right)
{
	const struct exchange *a = *(const struct exchange *const *)left;
	const struct exchange *b = *(const struct exchange *const *)right;

	return a->request_ns < b->request_ns ? -1
					     : a->request_ns > b->request_ns;
}

const struct exchange *const *pcap_by_time(const struct exchanges *x,
					   struct arena *arena)
{
	const struct exchange **e = arena_array(arena, x->n + 1, sizeof(*e));

	for (size_t i = 0; i < x->n; i++)
		e[i] = &x->all[i];
	qsort(e, x->n, sizeof(*e), by_request);
	return e;
}

struct windows {
	struct series series;
	int64_t first_ns, length_ns, open;
	int64_t *value;
	size_t n;
	uint64_t later;
};

static void add_to_window(struct windows *w, const struct exchange *e,
			  struct arena *arena)
{
	int64_t index = (e->request_ns - w->first_ns) / w->length_ns;

	if (index != w->open) {
		close_window(&w->series, w->value, w->n, w->later, arena);
		w->n = w->later = 0;
		w->open = index;
	}
	if (has_latency(e))
		w->value[w->n++] = e->reply_ns - e->request_ns;
	else
		w->later++;
}

static bool is_unfinished(const struct exchanges *x, const struct exchange *e,
			  int64_t timeout_ns)
{
	return e->state == EXCHANGE_OPEN &&
	       x->last_ns - e->request_ns < timeout_ns;
}

void pcap_latency(const struct pcap_request *request,
		  struct pcap_found *found, struct arena *arena)
{
	const struct exchanges *x = &found->x;
	const struct exchange *const *e = pcap_by_time(x, arena);
	int64_t span = x->n ? e[x->n - 1]->request_ns - e[0]->request_ns : 0;
	struct windows w = {
		.first_ns = x->n ? e[0]->request_ns : 0,
		.length_ns = WINDOW_NS + span / WINDOWS_MOST,
		.value = arena_array(arena, x->n + 1, sizeof(int64_t)),
	};

	w.series.window = arena_array(arena,
				      (size_t)(span / w.length_ns) + 2,
				      sizeof(*w.series.window));
	found->least_ns = (double)INFINITY;
	for (size_t i = 0; i < x->n; i++) {
		if (e[i]->state == EXCHANGE_UNKNOWN ||
		    is_unfinished(x, e[i], request->timeout_ns))
			continue;
		add_to_window(&w, e[i], arena);
		if (!has_latency(e[i]))
			continue;
		found->least_ns =
			fmin(found->least_ns, (double)w.value[w.n - 1]);
		found->most_ns = fmax(found->most_ns, (double)w.value[w.n - 1]);
	}
	close_window(&w.series, w.value, w.n, w.later, arena);
	interval_metric(&w.series, CONFIDENCE, result_quantiles,
			RESULT_QUANTILES, arena, &found->wire);
}

void pcap_count(const struct pcap_request *request, struct pcap_found *found)
{
	const struct exchanges *x = &found->x;
	struct pcap_counts *c = &found->count;

	for (size_t i = 0; i < x->n; i++) {
		const struct exchange *e = &x->all[i];
		bool unfinished = is_unfinished(x, e, request->timeout_ns);

		c->unfinished += unfinished;
		c->unanswered += e->state == EXCHANGE_OPEN && !unfinished;
		c->answered += e->state == EXCHANGE_ANSWERED;
		c->nacked += e->state == EXCHANGE_NACKED;
		c->error += e->state == EXCHANGE_ERROR;
		c->unknown += e->state == EXCHANGE_UNKNOWN;
		c->late += e->reply_ns &&
			   e->reply_ns - e->request_ns > request->timeout_ns;
	}
	c->requests = (int64_t)x->n;
}
