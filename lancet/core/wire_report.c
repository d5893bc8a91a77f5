/* wire_report.c - an agent's account of one segment: blobs and a data frame */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/wire_field.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "blobs are written as they stand in memory");

/* --- bytes ---------------------------------------------------------------- */

static void put(struct wire_bytes *to, const void *data, size_t len)
{
	if (to->failed || len == 0)
		return;
	if (to->room - to->len < len) {
		size_t room = (to->room + len) * 2;
		unsigned char *more = realloc(to->data, room);

		if (!more) {
			to->failed = true;
			return;
		}
		to->data = more;
		to->room = room;
	}
	memcpy(to->data + to->len, data, len);
	to->len += len;
}

static void take(struct wire_cursor *from, void *data, size_t len)
{
	memset(data, 0, len);
	if ((size_t)(from->end - from->at) < len) {
		from->failed = true;
		return;
	}
	memcpy(data, from->at, len);
	from->at += len;
}

static int damaged(const char *blob, struct err *err)
{
	return err_set(err, -EBADMSG, "the agent's %s make no sense", blob);
}

/* --- stalls --------------------------------------------------------------- */

void wire_put_stalls(struct wire_bytes *to, const struct stall *stall,
		     const uint32_t *thread, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t times[3] = { stall[i].start_ns, stall[i].length_ns,
				     stall[i].wait_ns };
		uint32_t rest[2] = { stall[i].cause, thread ? thread[i] : 0 };

		put(to, times, sizeof(times));
		put(to, rest, sizeof(rest));
	}
}

static bool time_fine(int64_t ns)
{
	return ns >= 0 && ns <= WIRE_TIME_MAX;
}

int wire_take_stalls(const unsigned char *data, size_t len,
		     struct arena *arena, struct stall **stall, size_t *n,
		     uint32_t **thread, struct err *err)
{
	struct wire_cursor from = { .at = data, .end = data + len };
	uint32_t *on;

	if (len % WIRE_STALL_SIZE)
		return damaged("stalls", err);
	*n = len / WIRE_STALL_SIZE;
	*stall = arena_array(arena, *n, sizeof(**stall));
	on = arena_array(arena, *n, sizeof(*on));
	for (size_t i = 0; i < *n; i++) {
		int64_t times[3];
		uint32_t rest[2];

		take(&from, times, sizeof(times));
		take(&from, rest, sizeof(rest));
		if (!time_fine(times[0]) || !time_fine(times[1]) ||
		    !time_fine(times[2]) || rest[0] >= STALL_CAUSES ||
		    rest[1] >= WIRE_THREADS)
			return damaged("stalls", err);
		(*stall)[i] = (struct stall){ times[0], times[1], times[2],
					      (enum stall_cause)rest[0] };
		on[i] = rest[1];
	}
	if (thread)
		*thread = on;
	return 0;
}

/* --- histograms ----------------------------------------------------------- */

/*
 * A sparse histogram: total, sum (8 bytes each), n (4), then n cells of
 * 16 bytes as in hist.h.
 */
static void put_hist(struct wire_bytes *to, const struct hist_sparse *h)
{
	put(to, &h->total, sizeof(h->total));
	put(to, &h->sum, sizeof(h->sum));
	put(to, &h->n, sizeof(h->n));
	put(to, h->cell, h->n * sizeof(*h->cell));
}

static bool cells_fine(const struct hist_sparse *h)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		const struct hist_cell *c = &h->cell[i];

		if (c->index >= HIST_BINS || c->count == 0 || c->lo > c->hi ||
		    c->hi >= hist_width(c->index) ||
		    (i > 0 && c->index <= h->cell[i - 1].index))
			return false;
		total += c->count;
	}
	return total == h->total;
}

/* False when it is none. Without cells it is a mere count. */
static bool take_hist(struct wire_cursor *from, struct arena *arena,
		      struct hist_sparse *h)
{
	take(from, &h->total, sizeof(h->total));
	take(from, &h->sum, sizeof(h->sum));
	take(from, &h->n, sizeof(h->n));
	if (from->failed || !isfinite(h->sum) || h->sum < 0 ||
	    h->n > (size_t)(from->end - from->at) / sizeof(*h->cell))
		return false;
	h->cell = arena_array(arena, h->n, sizeof(*h->cell));
	take(from, h->cell, h->n * sizeof(*h->cell));
	return h->n == 0 || cells_fine(h);
}

/* --- windows -------------------------------------------------------------- */

/* Before each histogram: index (4 bytes), class (2), outcome (1), 0 (1). */
struct window_head {
	uint32_t index;
	uint16_t class;
	uint8_t outcome, zero;
};

_Static_assert(sizeof(struct window_head) == 8, "no holes on the wire");

static void put_windows(struct wire_bytes *to, const struct wire_window *window,
			size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct wire_window *w = &window[i];
		struct window_head head = { w->index, w->class, w->outcome, 0 };

		put(to, &head, sizeof(head));
		put_hist(to, &w->response);
	}
}

static bool after(const struct wire_window *a, const struct wire_window *b)
{
	if (a->index != b->index)
		return a->index < b->index;
	if (a->class != b->class)
		return a->class < b->class;
	return a->outcome < b->outcome;
}

/* Of outcomes up to this one. */
static int take_windows(struct wire_cursor *from, uint8_t last,
			struct wire_window **window, size_t *n,
			const char *blob, struct arena *arena, struct err *err)
{
	/* The least a window takes bounds how many there can be. */
	size_t room = (size_t)(from->end - from->at) / 28;

	*window = arena_array(arena, room, sizeof(**window));
	*n = 0;
	while (from->at < from->end) {
		struct wire_window *w = &(*window)[*n];
		struct window_head head;

		if (*n == room)
			return damaged(blob, err);
		take(from, &head, sizeof(head));
		w->index = head.index;
		w->class = head.class;
		w->outcome = head.outcome;
		if (!take_hist(from, arena, &w->response) ||
		    head.outcome > last || w->response.total == 0 ||
		    (w->response.n == 0) !=
			    (head.outcome != OUTCOME_RECEIVED) ||
		    (*n > 0 && !after(w - 1, w)))
			return damaged(blob, err);
		++*n;
	}
	return 0;
}

static int take_one_hist(struct wire_cursor *from, struct hist_sparse *h,
			 const char *name, struct arena *arena,
			 struct err *err)
{
	if (!take_hist(from, arena, h) || from->at != from->end ||
	    (h->n == 0 && h->total > 0))
		return damaged(name, err);
	return 0;
}

/* --- gaps, samples -------------------------------------------------------- */

/* Each thread's: thread, n (4 bytes each), n gaps, n intended gaps (4 each). */
static void put_gaps(struct wire_bytes *to, const struct wire_report *r)
{
	for (size_t i = 0; i < r->ngaps; i++) {
		const struct wire_gaps *g = &r->gaps[i];

		put(to, &g->thread, sizeof(g->thread));
		put(to, &g->n, sizeof(g->n));
		put(to, g->gap_ns, g->n * sizeof(*g->gap_ns));
		put(to, g->intended_gap_ns,
		    g->n * sizeof(*g->intended_gap_ns));
	}
}

static int take_gaps(struct wire_cursor *from, struct wire_report *r,
		     struct arena *arena, struct err *err)
{
	r->gaps = arena_array(arena, WIRE_THREADS, sizeof(*r->gaps));
	r->ngaps = 0;
	while (from->at < from->end) {
		struct wire_gaps *g = &r->gaps[r->ngaps];
		int32_t *gap;

		if (r->ngaps == WIRE_THREADS)
			return damaged("gaps", err);
		take(from, &g->thread, sizeof(g->thread));
		take(from, &g->n, sizeof(g->n));
		if (from->failed || g->thread >= WIRE_THREADS ||
		    g->n > (size_t)(from->end - from->at) / 8)
			return damaged("gaps", err);
		gap = arena_array(arena, 2 * (size_t)g->n, sizeof(*gap));
		take(from, gap, 2 * (size_t)g->n * sizeof(*gap));
		for (size_t i = 0; i < 2 * (size_t)g->n; i++)
			if (gap[i] < 0)
				return damaged("gaps", err);
		g->gap_ns = gap;
		g->intended_gap_ns = gap + g->n;
		r->ngaps++;
	}
	return 0;
}

static int take_ways(const unsigned char *data, size_t len,
		     struct wire_report *r, struct arena *arena,
		     struct err *err)
{
	if (len % sizeof(*r->way) || len / sizeof(*r->way) > WIRE_WAYS)
		return damaged("ways", err);
	r->way = arena_copy(arena, data, len);
	r->nways = len / sizeof(*r->way);
	for (size_t i = 0; i < r->nways; i++)
		for (int k = 0; k < LEGS; k++)
			if (r->way[i].leg_ns[k] < 0 &&
			    (k != LEG_SCHED ||
			     r->way[i].leg_ns[k] != WIRE_NO_LEG))
				return damaged("ways", err);
	return 0;
}

static int take_samples(const unsigned char *data, size_t len,
			struct wire_report *r, struct arena *arena,
			struct err *err)
{
	const struct sample *s;

	if (len % sizeof(*s))
		return damaged("samples", err);
	s = arena_copy(arena, data, len);
	r->sample = s;
	r->nsamples = len / sizeof(*s);
	for (size_t i = 0; i < r->nsamples; i++) {
		if (!sample_fine(&s[i]) ||
		    (i > 0 && (s[i].thread < s[i - 1].thread ||
			       (s[i].thread == s[i - 1].thread &&
				s[i].seq <= s[i - 1].seq))))
			return damaged("samples", err);
	}
	return 0;
}

/* --- sending -------------------------------------------------------------- */

static int send_bytes(struct frame_io *io, const char *name,
		      struct wire_bytes *bytes, struct err *err)
{
	int rc;

	if (bytes->failed)
		rc = err_set(err, -ENOMEM, "out of memory for %s", name);
	else
		rc = frame_send_blob(io, name, bytes->data, bytes->len, err);
	free(bytes->data);
	*bytes = (struct wire_bytes){ 0 };
	return rc;
}

static int send_blobs(struct frame_io *io, const struct wire_report *r,
		      struct err *err)
{
	struct wire_bytes bytes = { 0 };
	int rc;

	put_windows(&bytes, r->window, r->nwindows);
	rc = send_bytes(io, "windows", &bytes, err);
	if (rc == 0 && r->nwire > 0) {
		put_windows(&bytes, r->wire, r->nwire);
		rc = send_bytes(io, "wire", &bytes, err);
	}
	if (rc == 0 && r->nways > 0)
		rc = frame_send_blob(io, "ways", r->way,
				     r->nways * sizeof(*r->way), err);
	if (rc == 0) {
		put_hist(&bytes, &r->lateness);
		rc = send_bytes(io, "lateness", &bytes, err);
	}
	if (rc == 0) {
		put_hist(&bytes, &r->connect);
		rc = send_bytes(io, "connect", &bytes, err);
	}
	if (rc == 0) {
		put_gaps(&bytes, r);
		rc = send_bytes(io, "gaps", &bytes, err);
	}
	if (rc == 0) {
		wire_put_stalls(&bytes, r->stall, r->stall_thread, r->nstalls);
		rc = send_bytes(io, "stalls", &bytes, err);
	}
	if (rc == 0 && r->nsamples > 0)
		rc = frame_send_blob(io, "samples", r->sample,
				     r->nsamples * sizeof(*r->sample), err);
	return rc;
}

/* Numbers in the data frame: int64_t members of a structure, by name. */
struct number {
	const char *key;
	size_t offset;
};

static const struct number count_number[] = {
#define COUNT(name) { #name, offsetof(struct result_counts, name) }
	COUNT(intended), COUNT(sent), COUNT(unsent), COUNT(received),
	COUNT(nacked), COUNT(error), COUNT(timeout), COUNT(lost),
	COUNT(late_replies), COUNT(late_sends), { 0 },
};

static const struct number connection_number[] = {
#define CONNECTION(name) \
	{ "connections_" #name, offsetof(struct result_connections, name) }
	CONNECTION(grown), CONNECTION(opened), CONNECTION(worn),
	CONNECTION(closed), CONNECTION(refused), CONNECTION(timeout),
	CONNECTION(protocol), CONNECTION(failed), { 0 },
};

static const struct number stamps_number[] = {
#define STAMPS(name) { "stamps_" #name, offsetof(struct wire_stamps, name) }
	STAMPS(asked), STAMPS(replies), STAMPS(lost_tx), STAMPS(lost_rx),
	STAMPS(stray), STAMPS(twice), STAMPS(disputed), STAMPS(misplaced),
	STAMPS(unclear), STAMPS(shared), STAMPS(log_dropped), STAMPS(told),
	STAMPS(foreign), STAMPS(misfit), { 0 },
};

static void put_numbers(json_t *frame, const struct number *number,
			const void *from)
{
	for (; number->key; number++) {
		int64_t n;

		memcpy(&n, (const char *)from + number->offset, sizeof(n));
		json_object_set_new(frame, number->key, json_integer(n));
	}
}

static int take_numbers(const json_t *frame, const struct number *number,
			void *to, struct err *err)
{
	for (; number->key; number++) {
		int64_t n;
		int rc = wire_get_int(frame, number->key, 0, INT64_MAX / 8, &n,
				      err);

		if (rc < 0)
			return rc;
		memcpy((char *)to + number->offset, &n, sizeof(n));
	}
	return 0;
}

static void add_numbers(const struct number *number, void *to,
			const void *from)
{
	for (; number->key; number++) {
		int64_t a, b;

		memcpy(&a, (char *)to + number->offset, sizeof(a));
		memcpy(&b, (const char *)from + number->offset, sizeof(b));
		a += b;
		memcpy((char *)to + number->offset, &a, sizeof(a));
	}
}

void wire_add_connections(struct result_connections *to,
			  const struct result_connections *from)
{
	add_numbers(connection_number, to, from);
}

void wire_add_stamps(struct wire_stamps *to, const struct wire_stamps *from)
{
	add_numbers(stamps_number, to, from);
	if (from->uncertainty_ns > to->uncertainty_ns)
		to->uncertainty_ns = from->uncertainty_ns;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

int wire_report_send(struct frame_io *io, const struct wire_report *report,
		     struct err *err)
{
	int rc = send_blobs(io, report, err);
	json_t *frame;

	if (rc < 0)
		return rc;
	frame = json_pack("{ss sI sI sI sI sI sI sI sI so so so}", "t", "data",
			  "agent", (json_int_t)report->agent, "loop_gaps",
			  (json_int_t)report->loop_gaps, "records_dropped",
			  (json_int_t)report->records_dropped,
			  "stalls_dropped",
			  (json_int_t)report->stalls_dropped, "bad_replies",
			  (json_int_t)report->bad_replies, "unasked",
			  (json_int_t)report->unasked, "waited",
			  (json_int_t)report->waited, "cut_off",
			  (json_int_t)report->cut_off, "send_cost_ns",
			  wire_real(report->send_cost_ns), "cpu_s",
			  wire_real(report->cpu_s), "wall_s",
			  wire_real(report->wall_s));
	put_numbers(frame, count_number, &report->counts);
	put_numbers(frame, connection_number, &report->connections);
	put_numbers(frame, stamps_number, &report->stamps);
	json_object_set_new(frame, "stamps_uncertainty_ns",
			    json_integer(report->stamps.uncertainty_ns));
	json_object_set_new(frame, "stamps_source",
			    json_string(or_empty(report->stamps.source)));
	json_object_set_new(frame, "stamps_reason",
			    json_string(or_empty(report->stamps.reason)));
	return frame_write(io, frame, err);
}

/* --- receiving ------------------------------------------------------------ */

static int take_counts(const json_t *frame, struct result_counts *counts,
		       struct err *err)
{
	int rc = take_numbers(frame, count_number, counts, err);

	if (rc < 0)
		return rc;
	if (counts->intended != counts->sent + counts->unsent ||
	    counts->sent != counts->received + counts->nacked + counts->error +
				    counts->timeout + counts->lost)
		return damaged("counts", err);
	return 0;
}

#define REASON_MOST 400		/* of a reason that an agent may give */

static int take_stamps(const json_t *frame, struct wire_stamps *to,
		       struct arena *arena, struct err *err)
{
	const char *source, *reason;

	if (take_numbers(frame, stamps_number, to, err) < 0 ||
	    wire_get_int(frame, "stamps_uncertainty_ns", 0, WIRE_TIME_MAX,
			 &to->uncertainty_ns, err) < 0 ||
	    wire_get_text(frame, "stamps_source", &source, err) < 0 ||
	    wire_get_text(frame, "stamps_reason", &reason, err) < 0)
		return err->code;
	to->source = arena_printf(arena, "%.32s", source);
	to->reason = arena_printf(arena, "%.*s", REASON_MOST, reason);
	return 0;
}

static int take_data(struct wire_report *r, const json_t *frame,
		     struct arena *arena, struct err *err)
{
	if (wire_get_u32(frame, "agent", 0, WIRE_AGENTS - 1, &r->agent, err) <
		    0 ||
	    wire_get_u64(frame, "loop_gaps", &r->loop_gaps, err) < 0 ||
	    wire_get_u64(frame, "records_dropped", &r->records_dropped, err) <
		    0 ||
	    wire_get_u64(frame, "stalls_dropped", &r->stalls_dropped, err) <
		    0 ||
	    wire_get_u64(frame, "bad_replies", &r->bad_replies, err) < 0 ||
	    wire_get_u64(frame, "unasked", &r->unasked, err) < 0 ||
	    wire_get_u64(frame, "waited", &r->waited, err) < 0 ||
	    wire_get_u64(frame, "cut_off", &r->cut_off, err) < 0 ||
	    (r->cut_off > r->waited && damaged("waited", err)) ||
	    wire_get_real(frame, "send_cost_ns", 0, HUGE_VAL, &r->send_cost_ns,
			  err) < 0 ||
	    wire_get_real(frame, "cpu_s", 0, HUGE_VAL, &r->cpu_s, err) < 0 ||
	    wire_get_real(frame, "wall_s", 0, HUGE_VAL, &r->wall_s, err) < 0 ||
	    take_counts(frame, &r->counts, err) < 0 ||
	    take_numbers(frame, connection_number, &r->connections, err) < 0 ||
	    take_stamps(frame, &r->stamps, arena, err) < 0)
		return err->code;
	return 1;
}

static int take_blob(struct wire_report_in *in, struct err *err)
{
	const struct frame_blob *blob = &in->blob;
	struct wire_report *r = in->report;
	struct arena *arena = in->arena;
	struct wire_cursor from = { .at = blob->data,
				    .end = blob->data + blob->len };

	if (!strcmp(blob->name, "windows"))
		return take_windows(&from, OUTCOMES - 1, &r->window,
				    &r->nwindows, blob->name, arena, err);
	if (!strcmp(blob->name, "wire"))
		return take_windows(&from, WIRE_UNSTAMPED, &r->wire,
				    &r->nwire, blob->name, arena, err);
	if (!strcmp(blob->name, "ways"))
		return take_ways(blob->data, blob->len, r, arena, err);
	if (!strcmp(blob->name, "lateness"))
		return take_one_hist(&from, &r->lateness, blob->name, arena,
				     err);
	if (!strcmp(blob->name, "connect"))
		return take_one_hist(&from, &r->connect, blob->name, arena,
				     err);
	if (!strcmp(blob->name, "gaps"))
		return take_gaps(&from, r, arena, err);
	if (!strcmp(blob->name, "stalls"))
		return wire_take_stalls(blob->data, blob->len, arena, &r->stall,
					&r->nstalls, &r->stall_thread, err);
	if (!strcmp(blob->name, "samples"))
		return take_samples(blob->data, blob->len, r,
				    in->samples ? in->samples : arena, err);
	return err_set(err, -EBADMSG, "the agent sent a blob of unknown name");
}

int wire_report_take(struct wire_report_in *in, const json_t *frame,
		     struct err *err)
{
	int rc;

	if (!in->report)
		in->report = arena_alloc(in->arena, sizeof(*in->report));
	if (!strcmp(frame_type(frame), "data"))
		return take_data(in->report, frame, in->arena, err);
	if (strcmp(frame_type(frame), "chunk"))
		return err_set(err, -EBADMSG,
			       "an unexpected %s frame within a report",
			       frame_type(frame));
	rc = frame_blob_take(&in->blob, frame, err);
	if (rc <= 0)
		return rc;
	rc = take_blob(in, err);
	frame_blob_fini(&in->blob);
	return rc;
}
