/* recorder.c - folding finished requests into windows, off the hot path */
#include "agents/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agents/recorder_table.h"
#include "agents/worker.h"
#include "lancet/core/err.h"
#include "lancet/core/ring.h"
#include "lancet/core/sort.h"

struct recorder_send {
	int64_t sent_ns, intended_ns;	/* sent_ns 0: none */
	uint32_t seq;
};

#define SENDS (RECORDER_GAPS + 1)

int recorder_init(struct recorder *r, uint32_t agent, uint32_t threads,
		  int64_t window_ns, double samples)
{
	memset(r, 0, sizeof(*r));
	r->window_ns = window_ns;
	r->agent = agent;
	r->threads = threads;
	r->samples = samples;
	r->lateness = hist_create();
	r->send = calloc((size_t)threads * SENDS, sizeof(*r->send));
	r->log = calloc(threads, sizeof(*r->log));
	if (recorder_table_init(&r->response) == 0 &&
	    recorder_table_init(&r->wire) == 0 && r->lateness && r->send &&
	    r->log)
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
	recorder_table_fini(&r->response);
	recorder_table_fini(&r->wire);
	if (r->lateness)
		hist_destroy(r->lateness);
	for (uint32_t i = 0; r->log && i < r->threads; i++)
		free(r->log[i].entry);
	free(r->log);
	free(r->send);
	free(r->sample);
	join_fini(&r->join);
	memset(r, 0, sizeof(*r));
}

void recorder_reset(struct recorder *r, int64_t base_ns, uint32_t round)
{
	r->base_ns = base_ns;
	r->round = round;
	recorder_table_reset(&r->response);
	recorder_table_reset(&r->wire);
	for (uint32_t i = 0; i < r->threads; i++)
		r->log[i].n = 0;
	memset(r->send, 0, (size_t)r->threads * SENDS * sizeof(*r->send));
	hist_reset(r->lateness);
	r->nsamples = 0;
	r->late_sends = 0;
	r->failed = false;
	join_reset(&r->join);
	memset(r->outcome, 0, sizeof(r->outcome));
	r->codes_pending = 0;
}

/* --- one record ----------------------------------------------------------- */

static void fold_window(struct recorder *r, const struct sample *s)
{
	if (!recorder_table_add(&r->response, r, s,
				s->received_ns - s->intended_ns))
		r->failed = true;
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

bool recorder_wants(const struct recorder *r, const struct sample *s)
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
		if (r->codes || (s->service_ns | s->served_ns))
			recorder_mix(r, s);
		if (s->wire_out_ns == SAMPLE_LOST_STAMP || recorder_wants(r, s))
			keep(r, s);
	}
	ring_release(ring, n);
}

/* --- the report ----------------------------------------------------------- */

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

/*
 * A late reply is of a request whose time was up, in this segment or in one
 * before. Beyond those nobody asked for it: it came twice, or by mistake.
 */
static uint64_t count_unasked(struct recorder *r,
			      const struct result_counts *c)
{
	int64_t left = r->owed + c->timeout + c->lost - c->late_replies;

	r->owed = left > 0 ? left : 0;
	return left < 0 ? (uint64_t)-left : 0;
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
		report->cut_off += w->count.cut_off;
		report->wall_s += w->wall_s;
	}
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
	sort_i32(cost, n);
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
	if (r->nsamples > 0)
		qsort(r->sample, r->nsamples, sizeof(*r->sample), by_seq);
	recorder_report_stamps(r, worker, report, arena);
	if (r->failed)
		return err_set(err, -ENOMEM, "out of memory for the stamps");
	report_threads(r, worker, report, arena);
	report->unasked = count_unasked(r, &report->counts);
	if (r->join.parts)
		count_whole(r, &report->counts);
	recorder_mix_flush(r);
	report->nwindows = recorder_table_report(&r->response,
						 &report->window, arena);
	report->lateness = sparse_of(r->lateness, arena);
	report_connect(r, worker, report, arena);
	report->counts.late_sends = r->late_sends;
	report->send_cost_ns = send_cost(worker, r->threads, arena);
	if (r->join.parts)
		report->send_cost_ns *= r->join.parts;
	report->sample = r->sample;
	report->nsamples = r->nsamples;
	return 0;
}
