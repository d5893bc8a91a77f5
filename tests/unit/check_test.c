/* check_test.c - each check accepts a clean point and rejects a broken one */
#include "tests/unit/check.h"

#include "coordinator/verdict.h"

static void stamp_by_capture(struct fixture *f, int64_t lost)
{
	f->made.report.stamps = (struct wire_stamps){
		.source = "pcap", .reason = "", .asked = 10000,
		.replies = 10000, .lost_tx = lost, .lost_rx = lost,
	};
}

/* Levels of five tests, all 1e-7; achieved: 2% are 6 deviations, 1e-9. */
static void test_clean(void **state)
{
	struct fixture *f = *state;
	const struct wire_report *report = &f->made.report;
	struct result_check *checks;
	struct result_verdict verdict;
	struct err err;
	size_t n;

	stamp_by_capture(f, 0);
	point_add(&f->data, &f->start, &report, NULL);
	point_close(&f->data, &f->arena);
	assert_int_equal(check_all(&f->data, &f->arena, &checks, &n, &err), 0);
	assert_true(n > 10);
	for (size_t i = 0; i < n; i++)
		if (strcmp(checks[i].status, "pass") &&
		    strcmp(checks[i].action, "none"))
			fail_msg("%s: %s", checks[i].name, checks[i].reason);
	verdict_point(checks, n, &f->arena, &verdict);
	assert_string_equal(verdict.status, "valid");
}

static void test_too_slow(void **state)
{
	struct fixture *f = *state;

	fill_windows(f, RATE * .9);
	expect(f, "achieved", "fail");
	assert_non_null(strstr(judge(f, "achieved")->reason, "generator"));
}

/* 2.5% too few, 11 deviations: the noise is not allowed besides 2%. */
static void test_little_too_slow(void **state)
{
	struct fixture *f = *state;
	int64_t value[205];

	f->made.report.nwindows = 0;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		for (int i = 0; i < 205; i++)
			value[i] = 200000 + i;
		made_window(&f->made, w, OUTCOME_RECEIVED, value,
			    w % 2 ? 185 : 205);
	}
	expect(f, "achieved", "fail");
}

/*
 * Takes so many times as long from window `from` to `until`, ever longer or
 * ever less by `by` of that. Windows are too correlated for a law of them, and
 * there is no tenfold change of a quarter.
 */
static void spell(struct fixture *f, uint32_t from, uint32_t until,
		  double factor, double by)
{
	int64_t value[200];

	f->made.report.nwindows = 0;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		double past = ((double)w - from) / (until - from);
		double times = w >= from && w < until
			? fmax(factor * (1 + by * past), factor > 1) : 1;

		for (int i = 0; i < 200; i++)
			value[i] = (int64_t)(200e3 * times *
					     rng_exponential(&f->rng));
		made_window(&f->made, w, OUTCOME_RECEIVED, value, 200);
	}
}

/* The last tenth is overloaded: its queue grows. */
static void test_spell(void **state)
{
	const struct result_check *check;

	spell(*state, 450, WINDOWS, 20, 5);
	check = expect(*state, "stationarity", "fail");
	assert_says(check, "in the last 12%");
	assert_true(check->effect > 50);
}

/* Far less is as far from the rest as far more. */
static void test_spell_less(void **state)
{
	const struct result_check *check;

	spell(*state, 450, WINDOWS, .1, -.9);
	check = expect(*state, "stationarity", "fail");
	assert_says(check, "of the rest");
	assert_true(check->effect > 40);
}

/* A long service, and the queue behind it, which drains: the latency itself. */
static void test_spell_drains(void **state)
{
	spell(*state, 300, 360, 100, -1);
	expect(*state, "stationarity", "not_run");
}

/* So does one that the end cuts off; or it has had no time to. */
static void test_spell_draining(void **state)
{
	spell(*state, 440, 520, 100, -1);
	expect(*state, "stationarity", "not_run");
}

static void test_spell_late(void **state)
{
	spell(*state, 475, 555, 100, -1);
	expect(*state, "stationarity", "not_run");
}

/* A backlog that grows: sent as asked, but answered ever later. */
static void test_backlog(void **state)
{
	struct fixture *f = *state;
	int64_t value[200];

	f->made.report.nwindows = 0;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		for (int i = 0; i < 200; i++)
			value[i] = (int64_t)(w * WINDOW / 10) + i;
		made_window(&f->made, w, OUTCOME_RECEIVED, value, 200);
	}
	expect(f, "achieved", "fail");
	assert_non_null(strstr(judge(f, "achieved")->reason, "the server"));
}

/* What is answered after the warm-up counts, whenever it was sent. */
static void test_by_answer(void **state)
{
	struct fixture *f = *state;
	const struct wire_report *report = &f->made.report;
	int64_t value[200];

	f->made.report.nwindows = 0;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		for (int i = 0; i < 200; i++)
			value[i] = 26000000;
		made_window(&f->made, w, OUTCOME_RECEIVED, value, 200);
	}
	point_add(&f->data, &f->start, &report, NULL);
	point_close(&f->data, &f->arena);
	assert_true(fabs(point_achieved_rps(&f->data) - RATE) < 1e-6);
}

static void test_one_window(void **state)
{
	struct fixture *f = *state;

	f->start.until_ns = 11 * WINDOW;
	expect(f, "achieved", "not_run");
}

static void test_equal_gaps(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20000; i++)
		f->gap[i] = 50000;
	expect(f, "arrivals", "fail");
}

static void test_send_cost(void **state)
{
	struct fixture *f = *state;

	/* 8% of all gaps are shorter than 4 us, and cannot be. */
	f->made.report.send_cost_ns = 4000;
	for (int i = 0; i < 20000; i++)
		f->gap[i] = f->gap[i] < 4000 ? 4000 : f->gap[i];
	expect(f, "arrivals", "pass");
}

/* A thread that sends for a quarter of its time: due at once, sent in a row. */
static void test_busy_sender(void **state)
{
	struct fixture *f = *state;
	double late = 0, gap;

	for (int i = 0; i < 20000; i++) {
		gap = fmax(f->intended[i] - late, 12500);
		late += gap - f->intended[i];
		f->gap[i] = (int32_t)gap;
	}
	expect(f, "independence", "fail");
	f->made.report.send_cost_ns = 12500;
	expect(f, "independence", "pass");
}

static void test_no_gaps(void **state)
{
	struct fixture *f = *state;

	f->gaps.n = 50;
	expect(f, "arrivals", "not_run");
}

static void ask_for(struct fixture *f, const char *arrival, uint32_t threads)
{
	struct err err;

	assert_int_equal(option_parse_choice(KIND_ARRIVAL, OPTION_UNIT_TIME,
					     arrival,
					     &f->plan->workload.arrival,
					     &f->arena, &err),
			 0);
	f->plan->threads = threads;
}

static void test_other_law(void **state)
{
	struct fixture *f = *state;

	ask_for(f, "E2", 1);
	expect(f, "arrivals", "fail");
}

/* Where no formula is known the intended gaps are the law. */
static void test_unknown_law(void **state)
{
	struct fixture *f = *state;

	ask_for(f, "H2:4", 3);
	expect(f, "arrivals", "pass");
}

static void test_unlike_intended(void **state)
{
	struct fixture *f = *state;

	ask_for(f, "H2:4", 3);
	for (int i = 0; i < 20000; i++)
		f->gap[i] = 50000;
	expect(f, "arrivals", "fail");
}

/* A burst from 4.53 to 4.68 s, as after a sender that stood still. */
static void fill_burst(struct fixture *f)
{
	for (int i = 10500; i < 13500; i++)
		f->gap[i] = 1000;
}

static void test_burst(void **state)
{
	struct fixture *f = *state;

	fill_burst(f);
	expect(f, "arrivals", "fail");
}

/* A stall of 100 ms before it and its drain leave those windows out. */
static void test_burst_left_out(void **state)
{
	struct fixture *f = *state;

	fill_burst(f);
	f->stall[0] = (struct stall){ .start_ns = f->start.at_ns +
						  INT64_C(4500000000),
				      .length_ns = 100000000 };
	f->made.report.nstalls = 1;
	expect(f, "arrivals", "pass");
}

static void test_late(void **state)
{
	struct fixture *f = *state;

	fill_lateness(f, 20e3);		/* p99 92 us, median response 139 */
	assert_says(expect(f, "lateness", "fail"), "; 50.0 us are allowed");
}

static void test_lost(void **state)
{
	struct fixture *f = *state;

	made_window(&f->made, WINDOWS - 1, OUTCOME_LOST, NULL, 200);
	expect(f, "completeness", "fail");
	assert_int_equal(f->data.counts.lost, 200);
	assert_int_equal(f->data.counts.intended,
			 f->data.counts.sent + f->data.counts.unsent);
}

static void test_few_lost(void **state)
{
	struct fixture *f = *state;

	made_window(&f->made, WINDOWS - 1, OUTCOME_TIMEOUT, NULL, 20);
	expect(f, "completeness", "pass");
}

static void test_dropped(void **state)
{
	struct fixture *f = *state;

	f->made.report.records_dropped = 1;
	expect(f, "completeness", "fail");
}

static void test_witness(void **state)
{
	struct fixture *f = *state;

	stamp_by_capture(f, 10);
	expect(f, "witness", "pass");
}

/* Where the buffer had no room, no stamp is believed at all. */
static void test_blind_witness(void **state)
{
	struct fixture *f = *state;

	stamp_by_capture(f, 10000);
	expect(f, "witness", "fail");
}

/* Stamps of the kernel's are none of this check's business. */
static void test_no_witness(void **state)
{
	struct fixture *f = *state;

	stamp_by_capture(f, 10000);
	f->made.report.stamps.source = "kernel";
	expect(f, "witness", "not_run");
}

/* Of 10000 each, so many have none; asked for by name, or not. */
static void stamp_by_kernel(struct fixture *f, enum config_timestamps want,
			    int64_t lost_tx, int64_t lost_rx)
{
	struct config *config = arena_copy(&f->arena, f->plan->config,
					   sizeof(*config));

	stamp_by_capture(f, 0);
	f->made.report.stamps.source = "kernel";
	f->made.report.stamps.lost_tx = lost_tx;
	f->made.report.stamps.lost_rx = lost_rx;
	config->timestamps = want;
	f->plan->config = config;
}

static void test_stamps_there(void **state)
{
	struct fixture *f = *state;

	stamp_by_kernel(f, STAMPS_KERNEL, 2400, 2400);
	expect(f, "wire", "pass");
}

static void test_stamps_of_sends_lost(void **state)
{
	struct fixture *f = *state;

	stamp_by_kernel(f, STAMPS_KERNEL, 2600, 0);
	assert_says(expect(f, "wire", "fail"), "2600 of 10000 requests");
}

static void test_stamps_of_replies_lost(void **state)
{
	struct fixture *f = *state;

	stamp_by_kernel(f, STAMPS_HARDWARE, 0, 2600);
	assert_says(expect(f, "wire", "fail"), "2600 of 10000 replies");
}

/* Nobody relies on them: it is said, and response times stand. */
static void test_stamps_lost_unasked(void **state)
{
	struct fixture *f = *state;
	const struct result_check *check;

	stamp_by_kernel(f, STAMPS_AUTO, 2600, 0);
	check = expect(f, "wire", "not_run");
	assert_says(check, "2600 of 10000 requests");
	assert_false(check_rejects(check));
}

static void test_bad_replies(void **state)
{
	struct fixture *f = *state;

	f->made.report.bad_replies = 1;
	expect(f, "completeness", "fail");
}

/* A fifth is not answered: of a server that is too slow, or of an agent that
 * stood still as long. */
static void test_who_was_slow(void **state)
{
	struct fixture *f = *state;
	bool agent = f->made.report.nstalls;

	fill_windows(f, .8 * RATE);
	assert_non_null(strstr(expect(f, "achieved", "fail")->reason,
			       agent ? "the client was" : "sent fewer"));
}

static void test_agent_was_slow(void **state)
{
	struct fixture *f = *state;

	f->stall[0] = (struct stall){
		.start_ns = f->start.at_ns + WINDOW,
		.length_ns = (int64_t)(.3e9 * POINT_S),
	};
	f->made.report.nstalls = 1;
	test_who_was_slow(state);
}

/* Who waits for a reply, and who for a connection that the target closed. */
static void test_waited(void **state)
{
	struct fixture *f = *state;

	f->made.report.counts.intended = f->made.report.counts.sent = 100000;
	f->made.report.waited = 2000;
	assert_non_null(strstr(expect(f, "throttling", "fail")->reason,
			       "2.00% of requests waited for a connection with "
			       "room (1% allowed): replies decided"));
}

static void test_waited_broken(void **state)
{
	struct fixture *f = *state;

	f->made.report.counts.intended = f->made.report.counts.sent = 100000;
	f->made.report.connections.closed = 16;
	f->made.report.connections.refused = 4;
	f->made.report.waited = 2000;
	f->made.report.cut_off = 1900;
	assert_non_null(strstr(expect(f, "throttling", "fail")->reason,
			       "the target closed connections, or took none, "
			       "20 times"));
}

/* One that the target closed is not why so many others waited. */
static void test_waited_beside_broken(void **state)
{
	struct fixture *f = *state;

	f->made.report.counts.intended = f->made.report.counts.sent = 100000;
	f->made.report.connections.closed = 1;
	f->made.report.waited = 2000;
	f->made.report.cut_off = 10;
	assert_non_null(strstr(expect(f, "throttling", "fail")->reason,
			       "replies decided"));
}

/* One in a thousand may come twice. */
static void test_unasked(void **state)
{
	struct fixture *f = *state;

	f->made.report.unasked = (uint64_t)(RATE * POINT_S / 500);
	expect(f, "completeness", "fail");
}

static void test_few_unasked(void **state)
{
	struct fixture *f = *state;

	f->made.report.unasked = 1;
	expect(f, "completeness", "pass");
}

static void test_stalls_dropped(void **state)
{
	struct fixture *f = *state;

	f->made.report.stalls_dropped = 7;
	assert_says(expect(f, "stalls", "fail"), "7 more stalls than");
}

/* 4 ms every 50 ms: with guard and drain a fifth of the time and more. */
static void test_stalls(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 90; i++)
		f->stall[i] = (struct stall){
			.start_ns = f->start.at_ns + 200000000 +
				    i * INT64_C(50000000),
			.length_ns = 4000000,
			.cause = STALL_PREEMPTED,
		};
	f->made.report.nstalls = 90;
	assert_says(expect(f, "stalls", "fail"), "stalled 90 times, for 4.0 ms at most");
	assert_true(f->data.left_out > .2);
}

static void test_few_stalls(void **state)
{
	struct fixture *f = *state;

	f->stall[0] = (struct stall){ .start_ns = f->start.at_ns + 2000000000,
				      .length_ns = 4000000 };
	f->made.report.nstalls = 1;
	assert_string_equal(expect(f, "stalls", "pass")->reason,
		"0.6% of the time is left out (20% allowed): agents stalled 1 "
		"times, for 4.0 ms at most");
	assert_true(f->data.left_out > 0);
}

static void test_steal(void **state)
{
	struct fixture *f = *state;

	f->data.steal = .1;
	assert_says(expect(f, "stalls", "fail"), "the host took 10.0% of the CPU time");
}

/* Of all segments: means by how many were served, counts and stalls. */
static void test_target(void **state)
{
	struct fixture *f = *state;
	const struct wire_report *report = &f->made.report;
	struct stall stall[] = { { 2000000000, 7000000, 0, 0 },
				 { 3000000000, 8000000, 0, 0 } };
	const struct wire_target first = {
		{ 100, .25, 1, 2, 3, NAN, 10, 70 }, .served = 3000,
		.stalls_dropped = 1,
	};
	const struct wire_target second = {
		{ 200, .75, 10, 20, 30, 5, 30, 60 }, .served = 1000,
		.stall = stall, .nstalls = 2, .stalls_dropped = 2,
	};
	const struct wire_target idle = {
		{ NAN, .5, 0, 0, 0, NAN, NAN, NAN }, .served = 0,
	};
	const struct result_target *is;

	point_add(&f->data, &f->start, &report, &first);
	point_add(&f->data, &f->start, &report, &second);
	point_add(&f->data, &f->start, &report, &idle);
	is = f->data.target;
	assert_near(is->served_mean_ns, 125, 1e-9);
	assert_near(is->idle, .375, 1e-9);
	assert_int_equal(is->drops, 11);
	assert_int_equal(is->preemptions, 22);
	assert_int_equal(is->steals, 33);
	assert_near(is->queue_mean, 5, 0);
	assert_near(is->release_p50_ns, 15, 1e-9);
	assert_near(is->release_p99_ns, 70, 0);
	assert_int_equal(f->data.target_served, 4000);
	assert_int_equal(f->data.stalls_dropped, 3);
	assert_int_equal(f->data.nstalls, 2);
	assert_true(f->data.stall[1].target);
	assert_int_equal(f->data.stall[1].length_ns, 8000000);
}

/* A peer's word that makes no sense is dropped, not believed. */
static void test_rubbish(void **state)
{
	struct fixture *f = *state;
	int64_t value[] = { 1 };

	made_window(&f->made, UINT32_MAX, OUTCOME_RECEIVED, value, 1);
	made_window(&f->made, WINDOWS, OUTCOME_RECEIVED, value, 1);
	f->made.report.window[f->made.report.nwindows - 1].class = 77;
	f->stall[0].start_ns = 5;
	f->thread[0] = 99;
	f->made.report.nstalls = 1;
	expect(f, "achieved", "pass");
	assert_int_equal(f->data.nstalls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_clean), WITH(test_too_slow),
		WITH(test_little_too_slow), WITH(test_spell),
		WITH(test_spell_less), WITH(test_spell_drains),
		WITH(test_spell_draining), WITH(test_spell_late),
		WITH(test_backlog),
		WITH(test_by_answer), WITH(test_one_window), WITH(test_equal_gaps),
		WITH(test_send_cost), WITH(test_busy_sender),
		WITH(test_no_gaps),
		WITH(test_other_law), WITH(test_unknown_law),
		WITH(test_unlike_intended),
		WITH(test_burst), WITH(test_burst_left_out), WITH(test_late),
		WITH(test_lost), WITH(test_few_lost), WITH(test_dropped),
		WITH(test_bad_replies), WITH(test_who_was_slow),
		WITH(test_agent_was_slow), WITH(test_waited),
		WITH(test_waited_broken), WITH(test_waited_beside_broken),
		WITH(test_unasked),
		WITH(test_few_unasked), WITH(test_witness),
		WITH(test_blind_witness), WITH(test_no_witness),
		WITH(test_stamps_there), WITH(test_stamps_of_sends_lost),
		WITH(test_stamps_of_replies_lost),
		WITH(test_stamps_lost_unasked),
		WITH(test_stalls_dropped), WITH(test_stalls),
		WITH(test_few_stalls), WITH(test_steal), WITH(test_rubbish),
		WITH(test_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
