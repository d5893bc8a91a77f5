/* wire_test.c - every structure comes back as it went, or is refused */
#include "tests/unit/pipe.h"

#include <math.h>
#include <stdlib.h>

#include "lancet/core/wire.h"
#include "tests/unit/arena.h"

static struct err err;

/* Through text and back, as between two programs. */
static json_t *travel(json_t *frame)
{
	char *text = json_dumps(frame, 0);
	json_t *back = json_loads(text, 0, NULL);

	assert_non_null(back);
	free(text);
	json_decref(frame);
	return back;
}

/* ---- hello, error ---- */

static void test_hello(void **state)
{
	json_t *frame = travel(wire_hello_encode("agent"));
	struct wire_hello hello;

	(void)state;
	assert_int_equal(wire_hello_decode(frame, &hello, &err), 0);
	assert_string_equal(hello.role, "agent");
	assert_int_equal(hello.pid, getpid());
	json_object_set_new(frame, "source", json_string("0123456789abcdef"));
	assert_int_equal(wire_hello_decode(frame, &hello, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "another build"));
	json_object_set_new(frame, "v", json_integer(2));
	assert_int_equal(wire_hello_decode(frame, &hello, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "version"));
	json_decref(frame);
	frame = wire_hello_encode("a role that nobody plays");
	assert_int_equal(wire_hello_decode(frame, &hello, &err), -EBADMSG);
	json_decref(frame);
}

static void test_error(void **state)
{
	struct err why = { 0 }, back;
	json_t *frame;

	(void)state;
	why.code = -ECONNREFUSED;
	strcpy(why.text, "no\nsuch\x1b[31m thing");
	frame = travel(wire_error_encode(&why));
	assert_int_equal(wire_error_decode(frame, &back, &err), 0);
	assert_int_equal(back.code, -ECONNREFUSED);
	assert_string_equal(back.text, "no?such?[31m thing");
	json_object_set_new(frame, "code", json_integer(0));
	assert_int_equal(wire_error_decode(frame, &back, &err), -EBADMSG);
	json_decref(frame);
	strcpy(why.text, "\xff\xfe");	/* no UTF-8 */
	frame = travel(wire_error_encode(&why));
	assert_int_equal(wire_error_decode(frame, &back, &err), 0);
	json_decref(frame);
}

/* ---- every field of a frame, missing and of another type ---- */

typedef int decoder(const json_t *frame);

static void spoil(json_t *frame, decoder *decode)
{
	json_t *whole = json_deep_copy(frame), *value;
	const char *key;

	assert_int_equal(decode(frame), 0);
	json_object_foreach(whole, key, value) {
		if (!strcmp(key, "t"))
			continue;
		json_object_del(frame, key);
		assert_int_equal(decode(frame), -EBADMSG);
		assert_non_null(strstr(err.text, key));
		json_object_set_new(frame, key, json_object());
		assert_int_equal(decode(frame), -EBADMSG);
		if (json_is_number(value)) {
			json_object_set_new(frame, key, json_integer(INT64_MIN));
			assert_int_equal(decode(frame), -EBADMSG);
		}
		json_object_set(frame, key, value);
		assert_int_equal(decode(frame), 0);
	}
	json_decref(whole);
	json_decref(frame);
}

static struct wire_plan plan;

static int decode_plan(const json_t *frame)
{
	return wire_plan_decode(frame, &plan, &arena, &err);
}

static void test_plan(void **state)
{
	static const int32_t cpu[] = { 0, -1, 7 };
	const struct wire_plan in = {
		.config = "name: x\n", .agent = 3, .first_thread = 5,
		.threads = 3, .all_threads = 9, .first_conn = 64,
		.connections = 65, .cpu = cpu, .poll = true, .samples = 1. / 3,
		.address = "127.0.0.1:99",
	};
	json_t *frame = travel(wire_plan_encode(&in));

	(void)state;
	assert_int_equal(decode_plan(frame), 0);
	assert_string_equal(plan.config, in.config);
	assert_string_equal(plan.address, in.address);
	assert_int_equal(plan.agent, 3);
	assert_int_equal(plan.first_thread, 5);
	assert_int_equal(plan.threads, 3);
	assert_int_equal(plan.all_threads, 9);
	assert_int_equal(plan.first_conn, 64);
	assert_int_equal(plan.connections, 65);
	assert_memory_equal(plan.cpu, cpu, sizeof(cpu));
	assert_true(plan.poll);
	assert_true(plan.samples == in.samples);
	spoil(json_deep_copy(frame), decode_plan);
	json_object_set_new(frame, "all_threads", json_integer(7));
	assert_int_equal(decode_plan(frame), -EBADMSG);
	json_object_set_new(frame, "all_threads", json_integer(8));
	assert_int_equal(decode_plan(frame), 0);
	json_object_set_new(frame, "threads", json_integer(2));
	assert_int_equal(decode_plan(frame), -EBADMSG);
	json_object_set_new(frame, "threads", json_integer(1000));
	assert_int_equal(decode_plan(frame), -EBADMSG);
	json_decref(frame);
}

static struct wire_start start;

static int decode_start(const json_t *frame)
{
	return wire_start_decode(frame, &start, &err);
}

static void test_start(void **state)
{
	const struct wire_start in = { 1, 2, 3, 12345.678, 1000000, 20, 30,
				       40 };
	json_t *frame = travel(wire_start_encode(&in));

	(void)state;
	assert_int_equal(decode_start(frame), 0);
	assert_int_equal(start.point, 1);
	assert_int_equal(start.attempt, 2);
	assert_int_equal(start.segment, 3);
	assert_true(start.rate_rps == in.rate_rps);
	assert_int_equal(start.at_ns, 1000000);
	assert_int_equal(start.from_ns, 20);
	assert_int_equal(start.until_ns, 30);
	assert_int_equal(start.drain_ns, 40);
	spoil(json_deep_copy(frame), decode_start);
	json_object_set_new(frame, "until_ns", json_integer(19));
	assert_int_equal(decode_start(frame), -EBADMSG);
	json_object_set_new(frame, "until_ns", json_integer(30));
	json_object_set_new(frame, "rate_rps", json_null());
	assert_int_equal(decode_start(frame), -EBADMSG);
	json_object_set_new(frame, "rate_rps", json_integer(0));
	assert_int_equal(decode_start(frame), -EBADMSG);
	json_decref(frame);
}

static struct wire_tick tick;

static int decode_tick(const json_t *frame)
{
	return wire_tick_decode(frame, &tick, &err);
}

static void test_tick(void **state)
{
	const struct wire_tick in = { 10, 9, 8, 7.5, 100 };
	json_t *frame = travel(wire_tick_encode(&in));
	char *text = json_dumps(frame, 0);

	(void)state;
	assert_true(strlen(text) < 4096);
	free(text);
	assert_int_equal(decode_tick(frame), 0);
	assert_int_equal(tick.intended, 10);
	assert_int_equal(tick.sent, 9);
	assert_int_equal(tick.received, 8);
	assert_true(tick.mean_ns == 7.5 && tick.max_ns == 100);
	spoil(frame, decode_tick);
}

static struct wire_target target;

static int decode_target(const json_t *frame)
{
	return wire_target_decode(frame, &target, &arena, &err);
}

static void test_target(void **state)
{
	struct stall stall[2] = { { 5, 6, 7, STALL_STOPPED },
				  { 8, 9, 0, STALL_HOST } };
	const struct wire_target in = {
		.stats = { 1.5, .25, 1, 2, 3, NAN, 10, 20 },
		.served = 77, .stall = stall, .nstalls = 2, .loop_gaps = 9,
		.stalls_dropped = 4,
	};
	json_t *frame = travel(wire_target_encode(&in));

	(void)state;
	assert_int_equal(decode_target(frame), 0);
	assert_true(target.stats.served_mean_ns == 1.5);
	assert_true(target.stats.idle == .25);
	assert_int_equal(target.stats.drops, 1);
	assert_int_equal(target.stats.preemptions, 2);
	assert_int_equal(target.stats.steals, 3);
	assert_true(isnan(target.stats.queue_mean));
	assert_true(target.stats.release_p99_ns == 20);
	assert_int_equal(target.served, 77);
	assert_int_equal(target.nstalls, 2);
	assert_int_equal(target.stall[1].start_ns, 8);
	assert_int_equal(target.stall[0].cause, STALL_STOPPED);
	assert_int_equal(target.loop_gaps, 9);
	assert_int_equal(target.stalls_dropped, 4);
	spoil(frame, decode_target);
}

/* ---- the report ---- */

static const struct hist_cell cells[] = {
	{ 3, 0, 0, 2 }, { 5000, 0, 0, 1 }, { 6000, 1, 7, 4 },
};
static const int32_t gaps[] = { 1, 2, 0, 1 }, intended_gaps[] = { 3, 2, 1, 0 };

/* Room to spoil each part. */
struct parts {
	struct hist_cell cell[3];
	struct wire_window window[3];
	int32_t gap[4];
	struct wire_gaps gaps[2];
	struct stall stall[1];
	uint32_t stall_thread[1];
	struct sample sample[3];
	struct wire_window wire[2];
	struct wire_way way[2];
	struct wire_report report;
};

static void fill_samples(struct sample *s)
{
	for (uint32_t i = 0; i < 3; i++)
		s[i] = (struct sample){
			.intended_ns = 100 + i, .sent_ns = 110 + i,
			.received_ns = 120 + i, .seq = i ? i - 1 : 5,
			.thread = i > 0, .wire_in_ns = SAMPLE_NO_STAMP,
		};
	s[2].outcome = OUTCOME_LOST;
	s[2].received_ns = 0;
}

static void fill(struct parts *p)
{
	struct wire_report *r = &p->report;

	memset(p, 0, sizeof(*p));
	memcpy(p->cell, cells, sizeof(cells));
	memcpy(p->gap, gaps, sizeof(gaps));
	p->window[0] = (struct wire_window){
		7, 0, OUTCOME_RECEIVED, { p->cell, 3, 7, 1e6 } };
	p->window[1] = (struct wire_window){
		7, 0, OUTCOME_LOST, { NULL, 0, 2, 0 } };
	p->window[2] = (struct wire_window){
		8, 1, OUTCOME_RECEIVED, { p->cell + 1, 1, 1, 5 } };
	p->gaps[0] = (struct wire_gaps){ 0, 4, p->gap, intended_gaps };
	p->gaps[1] = (struct wire_gaps){ 1, 0, NULL, NULL };
	p->stall[0] = (struct stall){ 1, 2, 3, STALL_PREEMPTED };
	p->stall_thread[0] = 1;
	fill_samples(p->sample);
	r->agent = 2;
	r->counts = (struct result_counts){ 12, 10, 2, 5, 1, 1, 1, 2, 3, 4 };
	r->window = p->window;
	r->nwindows = 3;
	r->lateness = (struct hist_sparse){ p->cell, 3, 7, 1e6 };
	r->send_cost_ns = 1234.5;
	r->gaps = p->gaps;
	r->ngaps = 2;
	r->stall = p->stall;
	r->stall_thread = p->stall_thread;
	r->nstalls = 1;
	r->loop_gaps = 44;
	r->records_dropped = 1;
	r->stalls_dropped = 5;
	r->bad_replies = 6;
	r->waited = 5;
	r->cut_off = 4;
	r->unasked = 7;
	r->connections = (struct result_connections){ 1, 2, 3, 4, 5, 6, 7, 8 };
	r->cpu_s = 1.5;
	r->wall_s = 2.5;
	r->sample = p->sample;
	r->nsamples = 3;
	p->wire[0] = (struct wire_window){
		8, 1, OUTCOME_RECEIVED, { p->cell + 1, 1, 1, 5 } };
	p->wire[1] = (struct wire_window){
		8, 1, WIRE_UNSTAMPED, { NULL, 0, 3, 0 } };
	r->wire = p->wire;
	r->nwire = 2;
	p->way[0] = (struct wire_way){ 7, { 1, WIRE_NO_LEG, 0, 4, 5 },
				       WIRE_NO_LEG, WIRE_NO_LEG };
	p->way[1] = (struct wire_way){ 8, { 1, 2, 3, 4, 5 }, -6, 7 };
	r->way = p->way;
	r->nways = 2;
	r->stamps = (struct wire_stamps){
		"kernel", "why", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
		15,
	};
}

/* As one program sends it and another takes it. */
static int send_and_take(const struct wire_report *report,
			 struct wire_report_in *in)
{
	struct stream s;
	json_t *frame;
	int rc = 0;

	*in = (struct wire_report_in){ .arena = &arena };
	stream_begin(&s);
	assert_int_equal(wire_report_send(&s.io, report, &err), 0);
	stream_rewind(&s);
	while (rc == 0) {
		assert_int_equal(stream_read(&s, &frame, &err), 1);
		rc = wire_report_take(in, frame, &err);
		json_decref(frame);
	}
	frame_blob_fini(&in->blob);
	stream_end(&s);
	return rc;
}

static void test_report(void **state)
{
	struct wire_report_in in;
	struct wire_report *r;
	struct parts p;

	(void)state;
	fill(&p);
	assert_int_equal(send_and_take(&p.report, &in), 1);
	r = in.report;
	assert_int_equal(r->agent, 2);
	assert_memory_equal(&r->counts, &p.report.counts, sizeof(r->counts));
	assert_int_equal(r->nwindows, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(r->window[i].index, p.window[i].index);
		assert_int_equal(r->window[i].class, p.window[i].class);
		assert_int_equal(r->window[i].outcome, p.window[i].outcome);
		assert_int_equal(r->window[i].response.total,
				 p.window[i].response.total);
		assert_true(r->window[i].response.sum ==
			    p.window[i].response.sum);
	}
	assert_int_equal(r->window[0].response.n, 3);
	assert_memory_equal(r->window[0].response.cell, cells, sizeof(cells));
	assert_memory_equal(r->lateness.cell, cells, sizeof(cells));
	assert_int_equal(r->connect.n, 0);
	assert_true(r->send_cost_ns == 1234.5);
	assert_int_equal(r->ngaps, 2);
	assert_int_equal(r->gaps[0].n, 4);
	assert_memory_equal(r->gaps[0].gap_ns, gaps, sizeof(gaps));
	assert_memory_equal(r->gaps[0].intended_gap_ns, intended_gaps,
			    sizeof(gaps));
	assert_int_equal(r->gaps[1].thread, 1);
	assert_int_equal(r->nstalls, 1);
	assert_int_equal(r->stall[0].wait_ns, 3);
	assert_int_equal(r->stall_thread[0], 1);
	assert_int_equal(r->loop_gaps, 44);
	assert_int_equal(r->records_dropped, 1);
	assert_int_equal(r->stalls_dropped, 5);
	assert_int_equal(r->bad_replies, 6);
	assert_int_equal(r->waited, 5);
	assert_int_equal(r->cut_off, 4);
	assert_int_equal(r->unasked, 7);
	assert_int_equal(r->connections.grown, 1);
	assert_int_equal(r->connections.opened, 2);
	assert_int_equal(r->connections.protocol, 7);
	assert_int_equal(r->connections.failed, 8);
	assert_true(r->cpu_s == 1.5 && r->wall_s == 2.5);
	assert_int_equal(r->nsamples, 3);
	assert_memory_equal(r->sample, p.sample, sizeof(p.sample));
	assert_int_equal(r->nwire, 2);
	assert_int_equal(r->wire[0].index, 8);
	assert_memory_equal(r->wire[0].response.cell, &cells[1],
			    sizeof(cells[1]));
	assert_int_equal(r->wire[1].outcome, WIRE_UNSTAMPED);
	assert_int_equal(r->wire[1].response.total, 3);
	assert_int_equal(r->nways, 2);
	assert_memory_equal(r->way, p.way, sizeof(p.way));
	assert_string_equal(r->stamps.source, "kernel");
	assert_string_equal(r->stamps.reason, "why");
	assert_memory_equal(&r->stamps.asked, &p.report.stamps.asked,
			    sizeof(r->stamps) -
				    offsetof(struct wire_stamps, asked));
}

static void test_empty_report(void **state)
{
	struct wire_report report = { .send_cost_ns = NAN };
	struct wire_report_in in;

	(void)state;
	assert_int_equal(send_and_take(&report, &in), 1);
	assert_int_equal(in.report->nwindows, 0);
	assert_int_equal(in.report->nsamples, 0);
	assert_true(isnan(in.report->send_cost_ns));
}

/* Each assignment spoils one thing that a decoder has to see. */
static void test_spoilt_reports(void **state)
{
	struct wire_report_in in;
	struct parts p;

	(void)state;
#define SPOILT(assignment) \
	do { \
		fill(&p); \
		assignment; \
		assert_int_equal(send_and_take(&p.report, &in), -EBADMSG); \
	} while (0)
	SPOILT(p.report.counts.sent++);
	SPOILT(p.report.counts.lost--);
	SPOILT(p.report.counts.late_sends = -1);
	SPOILT(p.window[0].response.total++);
	SPOILT(p.window[0].response.sum = -1);
	SPOILT(p.window[1].response.total = 0);
	SPOILT(p.window[1].outcome = OUTCOMES);
	SPOILT(p.window[1].outcome = OUTCOME_RECEIVED);
	SPOILT(p.window[1].index = 6);
	SPOILT(p.window[2].index = 7; p.window[2].outcome = OUTCOME_LOST);
	SPOILT(p.cell[1].index = HIST_BINS);
	SPOILT(p.cell[1].index = 3);
	SPOILT(p.cell[1].count = 0);
	SPOILT(p.cell[2].lo = 8);
	SPOILT(p.cell[0].hi = 1);
	SPOILT(p.gaps[1].thread = WIRE_THREADS);
	SPOILT(p.gap[2] = -1);
	SPOILT(p.stall[0].length_ns = -1);
	SPOILT(p.stall[0].start_ns = INT64_MAX);
	SPOILT(p.stall[0].cause = STALL_CAUSES);
	SPOILT(p.stall_thread[0] = WIRE_THREADS);
	SPOILT(p.sample[1].outcome = OUTCOMES);
	SPOILT(p.sample[1].sent_ns = 1);
	SPOILT(p.sample[1].received_ns = 1);
	SPOILT(p.sample[2].seq = 0);
	SPOILT(p.sample[0].thread = 1);
	SPOILT(p.wire[0].outcome = WIRE_UNSTAMPED);
	SPOILT(p.wire[1].outcome = WIRE_UNSTAMPED + 1);
	SPOILT(p.wire[1].response.total = 0);
	SPOILT(p.wire[1].class = 0);
	SPOILT(p.way[0].leg_ns[LEG_OUT] = WIRE_NO_LEG);
	SPOILT(p.way[1].leg_ns[LEG_SCHED] = -1);
	SPOILT(p.way[1].leg_ns[LEG_IN] = -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_tick),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_empty_report),
		cmocka_unit_test(test_spoilt_reports),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
