/* recorder.c - folding finished requests into windows, off the hot path */
#include "agents/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agents/worker.h"
#include "lancet/core/err.h"
#include "lancet/core/ring.h"

/*
 * One bin of one window and class. The key is in the order in which a report
 * is written: window << 32 | class << 16 | bin; an outcome other than
 * received has one bin, HIST_BINS + outcome. A count of 0: the place is free.
 */
struct recorder_cell {
	uint64_t key;
	uint32_t count, lo, hi;
	double sum;
};

struct recorder_send {
	int64_t sent_ns, intended_ns;	/* sent_ns 0: none */
	uint32_t seq;
};

#define CELLS_FIRST 65536u
#define SENDS (RECORDER_GAPS + 1)

_Static_assert(HIST_BINS + OUTCOMES <= 65536, "a bin has 16 bits");

int recorder_init(struct recorder *r, uint32_t agent, uint32_t threads,
		  int64_t window_ns, double samples)
{
	memset(r, 0, sizeof(*r));
	r->window_ns = window_ns;
	r->agent = agent;
	r->threads = threads;
	r->samples = samples;
	r->cell_mask = CELLS_FIRST - 1;
	r->cell = calloc(CELLS_FIRST, sizeof(*r->cell));
	r->lateness = hist_create();
	r->send = calloc((size_t)threads * SENDS, sizeof(*r->send));
	if (r->cell && r->lateness && r->send)
		return 0;
	recorder_fini(r);
	return -ENOMEM;
}

int recorder_join(struct recorder *r, uint32_t parts)
{
	return join_init(&r->join, parts);
}

void recorder_fini(struct recorder *r)
{
	free(r->cell);
	if (r->lateness)
		hist_destroy(r->lateness);
	free(r->send);
	free(r->sample);
	join_fini(&r->join);
	memset(r, 0, sizeof(*r));
}

void recorder_reset(struct recorder *r, int64_t base_ns, uint32_t round)
{
	r->base_ns = base_ns;
	r->round = round;
	memset(r->cell, 0, (r->cell_mask + 1) * sizeof(*r->cell));
	memset(r->send, 0, (size_t)r->threads * SENDS * sizeof(*r->send));
	hist_reset(r->lateness);
	r->cells = r->nsamples = 0;
	r->late_sends = 0;
	r->failed = false;
	join_reset(&r->join);
	memset(r->outcome, 0, sizeof(r->outcome));
}

/* --- one record ----------------------------------------------------------- */

static struct recorder_cell *place(struct recorder *r, uint64_t key)
{
	size_t i = rng_mix(key) & r->cell_mask;

	while (r->cell[i].count && r->cell[i].key != key)
		i = (i + 1) & r->cell_mask;
	return &r->cell[i];
}

/* Twice the room, when three quarters are used. */
static bool grow(struct recorder *r)
{
	struct recorder_cell *old = r->cell;
	size_t n = r->cell_mask + 1;

	if (r->cells < n / 4 * 3)
		return true;
	r->cell = calloc(2 * n, sizeof(*r->cell));
	if (!r->cell) {
		r->cell = old;
		return false;
	}
	r->cell_mask = 2 * n - 1;
	for (size_t i = 0; i < n; i++)
		if (old[i].count)
			*place(r, old[i].key) = old[i];
	free(old);
	return true;
}

static void count(struct recorder *r, uint64_t key, uint32_t offset, double x)
{
	struct recorder_cell *c;

	if (!grow(r)) {
		r->failed = true;
		return;
	}
	c = place(r, key);
	if (!c->count) {
		r->cells++;
		c->key = key;
		c->lo = c->hi = offset;
	}
	if (offset < c->lo)
		c->lo = offset;
	if (offset > c->hi)
		c->hi = offset;
	c->count++;
	c->sum += x;
}

static void fold_window(struct recorder *r, const struct sample *s)
{
	int64_t at = s->intended_ns - r->base_ns;
	uint64_t key = (uint64_t)(at / r->window_ns) << 32 |
		       (uint64_t)s->class << 16;
	int64_t response = s->received_ns - s->intended_ns;
	uint32_t bin;

	if (s->outcome != OUTCOME_RECEIVED) {
		count(r, key | (HIST_BINS + s->outcome), 0, 0);
		return;
	}
	if (response > HIST_MAX)
		response = HIST_MAX;
	bin = hist_index(response);
	count(r, key | bin, (uint32_t)(response - hist_low(bin)),
	      (double)response);
}

static void fold_send(struct recorder *r, const struct sample *s)
{
	int64_t late = s->sent_ns - s->intended_ns;
	struct recorder_send *to = &r->send[(size_t)s->thread * SENDS +
					    s->seq % SENDS];

	hist_record(r->lateness, late);
	r->late_sends += late > RECORDER_LATE_NS;
	/* A slow reply comes after those to later requests: keep the later. */
	if (to->sent_ns == 0 || s->seq > to->seq)
		*to = (struct recorder_send){ s->sent_ns, s->intended_ns,
					      s->seq };
}

static bool wanted(const struct recorder *r, const struct sample *s)
{
	uint32_t seq = s->seq;

	if (r->join.parts)	/* all parts of a request, or none */
		seq -= seq % r->join.parts;
	return r->samples > 0 &&
	       sample_kept(wire_id(r->agent, s->thread, r->round) | seq,
			   r->samples);
}

static void keep(struct recorder *r, const struct sample *s)
{
	if (r->nsamples == r->room) {
		size_t room = r->room ? 2 * r->room : 65536;
		struct sample *more = realloc(r->sample, room * sizeof(*more));

		if (!more) {
			r->failed = true;
			return;
		}
		r->sample = more;
		r->room = room;
	}
	r->sample[r->nsamples++] = *s;
}

static void fold_request(struct recorder *r, const struct sample *s)
{
	fold_window(r, s);
	if (s->sent_ns)
		fold_send(r, s);
}

static void fold_whole(struct recorder *r, const struct sample *whole)
{
	r->outcome[whole->outcome]++;
	fold_request(r, whole);
}

void recorder_fold(struct recorder *r, struct ring *ring)
{
	size_t n = ring_ready(ring);

	for (size_t i = 0; i < n; i++) {
		const struct sample *s = ring_at(ring, i);
		struct sample whole;

		if (!r->join.parts)
			fold_request(r, s);
		else if (join_add(&r->join, s, &whole, &r->failed))
			fold_whole(r, &whole);
		if (wanted(r, s))
			keep(r, s);
	}
	ring_release(ring, n);
}

/* --- the report ------------------------------------------------------------ */

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct recorder_cell *)a)->key;
	uint64_t y = ((const struct recorder_cell *)b)->key;

	return x < y ? -1 : x > y;
}

/* The hash table becomes a sorted array; a reset makes it a table again. */
static void sort_cells(struct recorder *r)
{
	size_t n = 0;

	for (size_t i = 0; i <= r->cell_mask; i++)
		if (r->cell[i].count)
			r->cell[n++] = r->cell[i];
	qsort(r->cell, n, sizeof(*r->cell), by_key);
}

static uint8_t cell_outcome(const struct recorder_cell *c)
{
	uint32_t bin = c->key & 0xffff;

	return bin < HIST_BINS ? OUTCOME_RECEIVED : (uint8_t)(bin - HIST_BINS);
}

static bool same_window(const struct recorder_cell *a,
			const struct recorder_cell *b)
{
	return a->key >> 16 == b->key >> 16 &&
	       cell_outcome(a) == cell_outcome(b);
}

static void add_window(struct wire_report *report,
		       const struct recorder_cell *c, size_t n,
		       struct hist_cell *cell)
{
	struct wire_window *w = &report->window[report->nwindows++];

	w->index = (uint32_t)(c->key >> 32);
	w->class = (uint16_t)(c->key >> 16);
	w->outcome = cell_outcome(c);
	w->response.cell = cell;
	w->response.n = w->outcome == OUTCOME_RECEIVED ? (uint32_t)n : 0;
	for (size_t i = 0; i < n; i++) {
		cell[i] = (struct hist_cell){ c[i].key & 0xffff, c[i].lo,
					      c[i].hi, c[i].count };
		w->response.total += c[i].count;
		w->response.sum += c[i].sum;
	}
}

static void report_windows(struct recorder *r, struct wire_report *report,
			   struct arena *arena)
{
	struct hist_cell *cell = arena_array(arena, r->cells, sizeof(*cell));
	size_t n = 0;

	sort_cells(r);
	for (size_t i = 0; i < r->cells; i++)
		n += i == 0 || !same_window(&r->cell[i - 1], &r->cell[i]);
	report->window = arena_array(arena, n, sizeof(*report->window));
	for (size_t i = 0; i < r->cells; i += n) {
		n = 1;
		while (i + n < r->cells &&
		       same_window(&r->cell[i], &r->cell[i + n]))
			n++;
		add_window(report, &r->cell[i], n, cell + i);
	}
}

static int32_t gap(int64_t later, int64_t sooner)
{
	int64_t ns = later - sooner;

	return ns < 0 ? 0 : ns > INT32_MAX ? INT32_MAX : (int32_t)ns;
}

/* Of the last sends whose numbers follow each other. */
static void report_gaps(const struct recorder_send *send, uint32_t thread,
			struct wire_gaps *gaps, struct arena *arena)
{
	int32_t *actual = arena_array(arena, RECORDER_GAPS, sizeof(*actual));
	int32_t *intended = arena_array(arena, RECORDER_GAPS,
					sizeof(*intended));
	uint32_t last = 0, n = 0;

	for (uint32_t i = 0; i < SENDS; i++)
		if (send[i].sent_ns && send[i].seq > last)
			last = send[i].seq;
	for (uint32_t i = last > RECORDER_GAPS ? last - RECORDER_GAPS : 0;
	     i < last; i++) {
		const struct recorder_send *a = &send[i % SENDS];
		const struct recorder_send *b = &send[(i + 1) % SENDS];

		if (!a->sent_ns || a->seq != i || !b->sent_ns ||
		    b->seq != i + 1)
			continue;
		actual[n] = gap(b->sent_ns, a->sent_ns);
		intended[n++] = gap(b->intended_ns, a->intended_ns);
	}
	*gaps = (struct wire_gaps){ thread, n, actual, intended };
}

static void add_counts(struct result_counts *to, const struct worker_counts *c)
{
	to->intended += (int64_t)c->intended;
	to->sent += (int64_t)c->sent;
	to->unsent += (int64_t)c->outcome[OUTCOME_UNSENT];
	to->received += (int64_t)c->outcome[OUTCOME_RECEIVED];
	to->nacked += (int64_t)c->outcome[OUTCOME_NACKED];
	to->error += (int64_t)c->outcome[OUTCOME_ERROR];
	to->timeout += (int64_t)c->outcome[OUTCOME_TIMEOUT];
	to->lost += (int64_t)c->outcome[OUTCOME_LOST];
	to->late_replies += (int64_t)c->late_replies;
}

/* The threads count parts; these are requests. */
static void count_whole(struct recorder *r, struct result_counts *to)
{
	struct worker_counts c = { .late_replies = (uint64_t)to->late_replies };
	struct sample whole;

	while (join_rest(&r->join, &whole))
		fold_whole(r, &whole);
	for (int i = 0; i < OUTCOMES; i++) {
		c.outcome[i] = (uint64_t)r->outcome[i];
		c.intended += c.outcome[i];
	}
	c.sent = c.intended - c.outcome[OUTCOME_UNSENT];
	*to = (struct result_counts){ 0 };
	add_counts(to, &c);
}

static void report_threads(const struct recorder *r,
			   struct worker *const *worker,
			   struct wire_report *report, struct arena *arena)
{
	size_t stalls = 0;

	for (uint32_t i = 0; i < r->threads; i++)
		stalls += worker[i]->stalls.n;
	report->stall = arena_array(arena, stalls, sizeof(*report->stall));
	report->stall_thread = arena_array(arena, stalls,
					   sizeof(*report->stall_thread));
	report->gaps = arena_array(arena, r->threads, sizeof(*report->gaps));
	report->ngaps = r->threads;
	for (uint32_t i = 0; i < r->threads; i++) {
		const struct worker *w = worker[i];

		add_counts(&report->counts, &w->count);
		wire_add_connections(&report->connections, &w->connections);
		for (size_t j = 0; j < w->stalls.n; j++) {
			report->stall[report->nstalls] = w->stalls.stall[j];
			report->stall_thread[report->nstalls++] = i;
		}
		report_gaps(&r->send[(size_t)i * SENDS], i, &report->gaps[i],
			    arena);
		report->loop_gaps += w->stalls.gaps;
		report->records_dropped += w->ring.full;
		report->stalls_dropped += w->stalls.dropped;
		report->bad_replies += w->count.bad_replies;
		report->waited += w->count.waited;
		report->wall_s += w->wall_s;
	}
}

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

/* The median of all threads' sampled costs; NAN where there are none. */
static double send_cost(struct worker *const *worker, uint32_t threads,
			struct arena *arena)
{
	int32_t *cost = arena_array(arena, (size_t)threads * WORKER_COSTS,
				    sizeof(*cost));
	size_t n = 0;

	for (uint32_t i = 0; i < threads; i++) {
		size_t have = worker[i]->send_costs < WORKER_COSTS ?
			worker[i]->send_costs : WORKER_COSTS;

		memcpy(cost + n, worker[i]->send_cost_ns,
		       have * sizeof(*cost));
		n += have;
	}
	qsort(cost, n, sizeof(*cost), by_number);
	return n ? (double)cost[n / 2] : NAN;
}

static int by_seq(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static struct hist_sparse sparse_of(const struct hist *hist,
				    struct arena *arena)
{
	struct hist_sparse to = { .n = hist_used(hist), .total = hist->total,
				  .sum = hist->sum };

	to.cell = arena_array(arena, to.n, sizeof(*to.cell));
	hist_cells(hist, to.cell, to.n);
	return to;
}

/* Of connections that were opened in the segment, of all threads. */
static void report_connect(const struct recorder *r,
			   struct worker *const *worker,
			   struct wire_report *report, struct arena *arena)
{
	struct hist *all;

	if (!report->connections.opened && !report->connections.grown)
		return;
	all = arena_alloc(arena, sizeof(*all));
	for (uint32_t i = 0; i < r->threads; i++)
		hist_merge(all, worker[i]->connect);
	report->connect = sparse_of(all, arena);
}

int recorder_report(struct recorder *r, struct worker *const *worker,
		    struct wire_report *report, struct arena *arena,
		    struct err *err)
{
	memset(report, 0, sizeof(*report));
	if (r->failed)
		return err_set(err, -ENOMEM, "out of memory for the records");
	report_threads(r, worker, report, arena);
	if (r->join.parts)
		count_whole(r, &report->counts);
	report_windows(r, report, arena);
	report->lateness = sparse_of(r->lateness, arena);
	report_connect(r, worker, report, arena);
	report->counts.late_sends = r->late_sends;
	report->send_cost_ns = send_cost(worker, r->threads, arena);
	if (r->join.parts)
		report->send_cost_ns *= r->join.parts;
	if (r->nsamples > 0)
		qsort(r->sample, r->nsamples, sizeof(*r->sample), by_seq);
	report->sample = r->sample;
	report->nsamples = r->nsamples;
	return 0;
}
