/* recorder_test.c - what a report says is what the records say */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/recorder.h"
#include "agents/stamps.h"
#include "agents/worker.h"
#include "lancet/core/ring.h"
#include "lancet/core/rng.h"
#include "tests/unit/near.h"

#define N 20000u
#define WINDOW 10000000
#define BASE 1000000000

static struct rng rng;
static struct arena arena;
static struct recorder recorder;
static struct worker *worker[2];
static struct wire_report report;

static int setup(void **state)
{
	const char *seed = getenv("LANCET_TEST_SEED");
	struct rng_key key = { .seed = seed ? strtoull(seed, NULL, 0) : 42 };

	(void)state;
	printf("seed %llu\n", (unsigned long long)key.seed);
	rng_init(&rng, &key);
	arena_init(&arena);
	assert_int_equal(recorder_init(&recorder, 0, 2, WINDOW, 1), 0);
	recorder_reset(&recorder, BASE, 0);
	for (int i = 0; i < 2; i++) {
		worker[i] = worker_create();
		assert_non_null(worker[i]);
		assert_int_equal(ring_init(&worker[i]->ring, 2 * N,
					   sizeof(struct sample)), 0);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		ring_fini(&worker[i]->ring);
		free(worker[i]);
	}
	recorder_fini(&recorder);
	arena_fini(&arena);
	return 0;
}

static void put(const struct sample *s)
{
	struct sample *to = ring_reserve(&worker[s->thread]->ring);

	assert_non_null(to);
	*to = *s;
	ring_publish(&worker[s->thread]->ring);
}

/* One in eight is lost, of two classes, on a schedule of 20 us. */
static struct sample draw(uint32_t seq, uint8_t thread)
{
	struct sample s = {
		.intended_ns = BASE + seq * 20000 + (int64_t)rng_below(&rng, 9),
		.seq = seq,
		.class = rng_below(&rng, 4) == 0,
		.thread = thread,
	};

	s.sent_ns = s.intended_ns + (int64_t)rng_below(&rng, 200000);
	if (rng_below(&rng, 8) == 0)
		s.outcome = OUTCOME_LOST;
	else
		s.received_ns = s.sent_ns +
				(int64_t)(rng_exponential(&rng) * 1e5);
	return s;
}

/* Sample by sample, the slow way. */
static void check_windows(const struct sample *s, size_t n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < report.nwindows; i++) {
		const struct wire_window *w = &report.window[i];
		uint64_t count = 0, cells = 0;
		double sum = 0;

		for (size_t j = 0; j < n; j++) {
			if ((s[j].intended_ns - BASE) / WINDOW != w->index ||
			    s[j].class != w->class ||
			    s[j].outcome != w->outcome)
				continue;
			count++;
			if (w->outcome == OUTCOME_RECEIVED)
				sum += (double)(s[j].received_ns -
						s[j].intended_ns);
		}
		assert_int_equal(w->response.total, count);
		assert_true(fabs(w->response.sum - sum) <= 1e-9 * sum);
		for (uint32_t j = 0; j < w->response.n; j++)
			cells += w->response.cell[j].count;
		if (w->outcome == OUTCOME_RECEIVED)
			assert_int_equal(cells, count);
		total += count;
	}
	assert_int_equal(total, n);
}

static void check_lateness(const struct sample *s, size_t n)
{
	int64_t late = 0;
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		late += s[i].sent_ns - s[i].intended_ns > RECORDER_LATE_NS;
		sum += (double)(s[i].sent_ns - s[i].intended_ns);
	}
	assert_int_equal(report.counts.late_sends, late);
	assert_int_equal(report.lateness.total, n);
	assert_true(fabs(report.lateness.sum - sum) <= 1e-9 * sum);
}

/* Out of order, over two threads and two folds. */
static void test_report(void **state)
{
	struct sample *s = malloc(2 * N * sizeof(*s));
	struct err err;

	(void)state;
	assert_non_null(s);
	for (uint32_t i = 0; i < 2 * N; i++)
		s[i] = draw(i / 2, i % 2);
	for (uint32_t i = 0; i < 2 * N; i += 2) {
		uint32_t from = i / 64 * 64, at = 2 * N - from < 64 ?
			i : from + (62 - (i - from));

		put(&s[at]);
		put(&s[at + 1]);
		if (i == N)
			for (int j = 0; j < 2; j++)
				recorder_fold(&recorder, &worker[j]->ring);
	}
	for (int j = 0; j < 2; j++)
		recorder_fold(&recorder, &worker[j]->ring);
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	check_windows(s, 2 * N);
	check_lateness(s, 2 * N);
	assert_int_equal(report.nsamples, 2 * N);
	for (uint32_t i = 0; i < 2 * N; i++)
		assert_memory_equal(&report.sample[i],
				    &s[i % N * 2 + i / N], sizeof(*s));
	free(s);
}

/* The last sends, of numbers in a row; one that was not sent parts them. */
static void test_gaps(void **state)
{
	const uint32_t all = RECORDER_GAPS + 100, hole = 5000;
	struct err err;
	uint32_t n = 0;

	(void)state;
	for (uint32_t i = 0; i < all; i++) {
		struct sample s = {
			.intended_ns = BASE + i * (int64_t)1000, .seq = i,
			.sent_ns = BASE + i * (int64_t)1000 + i % 7,
			.outcome = OUTCOME_LOST,
		};

		if (i == hole) {
			s.outcome = OUTCOME_UNSENT;
			s.sent_ns = 0;
		}
		put(&s);
	}
	for (int j = 0; j < 2; j++)
		recorder_fold(&recorder, &worker[j]->ring);
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.ngaps, 2);
	assert_int_equal(report.gaps[1].n, 0);
	assert_int_equal(report.gaps[0].n, RECORDER_GAPS - 2);
	for (uint32_t i = 99; i + 1 < all; i++) {
		if (i == hole || i + 1 == hole)
			continue;
		assert_int_equal(report.gaps[0].intended_gap_ns[n], 1000);
		assert_int_equal(report.gaps[0].gap_ns[n],
				 1000 + (int)((i + 1) % 7) - (int)(i % 7));
		n++;
	}
}

/*
 * Of a share, those whose ids say so: about so many, whatever the thread.
 * The ids are fixed, so this cannot fail by chance.
 */
static void test_share(void **state)
{
	const double share = 1. / 16;
	uint32_t kept[2] = { 0 };
	struct err err;

	(void)state;
	recorder.samples = share;
	recorder.agent = 3;
	for (uint32_t i = 0; i < 2 * N; i++) {
		struct sample s = draw(i / 2, i % 2);

		put(&s);
		kept[i % 2] += sample_kept(wire_id(3, i % 2, 0) | i / 2, share);
	}
	for (int j = 0; j < 2; j++) {
		recorder_fold(&recorder, &worker[j]->ring);
		/* Four deviations of a binomial. */
		assert_true(fabs(kept[j] - N * share) <
			    4 * sqrt(N * share * (1 - share)));
	}
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.nsamples, kept[0] + kept[1]);
	for (size_t i = 0; i < report.nsamples; i++)
		assert_true(sample_kept(wire_id(3, report.sample[i].thread, 0) |
					report.sample[i].seq, share));
}

/* Codes by window in runs and out of them, service times by class. */
static void test_codes(void **state)
{
	uint64_t code[3][600] = { { 0 } }, codes = 0;
	double asked[2] = { 0 }, served[2] = { 0 };
	struct err err;

	(void)state;
	recorder.codes = true;
	for (uint32_t i = 0; i < N / 10; i++) {
		struct sample s = draw(i % 1500, 0);

		s.seq = i;
		s.outcome = i % 9 ? OUTCOME_RECEIVED : OUTCOME_ERROR;
		s.received_ns = s.sent_ns + 5;
		s.release_ns = i % 50 < 40 ? 200 : i % 3 ? 404 : 0;
		s.service_ns = 1000 + i;
		s.served_ns = i % 2 ? 7 : 0;
		if (s.release_ns)
			code[(s.intended_ns - BASE) / WINDOW][s.release_ns]++;
		if (s.outcome == OUTCOME_RECEIVED) {
			asked[s.class] += 1000 + i;
			served[s.class] += i % 2 ? 7 : 0;
		}
		put(&s);
	}
	recorder_fold(&recorder, &worker[0]->ring);
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	for (size_t i = 0; i < report.nwindows; i++) {
		const struct wire_window *w = &report.window[i];

		if (w->index == WIRE_REQUESTED || w->index == WIRE_SERVED) {
			double want = w->index == WIRE_SERVED ?
				served[w->class] : asked[w->class];

			assert_true(fabs(w->response.sum - want) < 1e-6 * want);
			codes++;
		} else if (w->class == WIRE_CODES) {
			for (uint32_t c = 0; c < w->response.n; c++) {
				const struct hist_cell *cell =
					&w->response.cell[c];
				int64_t at = hist_low(cell->index);

				assert_int_equal(cell->count,
						 code[w->index][at]);
				code[w->index][at] = 0;
			}
		}
	}
	assert_int_equal(codes, 4);
	for (int i = 0; i < 3 * 600; i++)
		assert_int_equal(code[i / 600][i % 600], 0);
}

/* What was not answered in time may be later, and in a segment to come. */
static void test_unasked(void **state)
{
	static const struct {
		uint64_t timeout, lost, late, unasked;
	} segment[] = {
		{ 5, 2, 3, 0 }, { 0, 0, 4, 0 }, { 0, 0, 1, 1 },
		{ 0, 3, 0, 0 }, { 1, 0, 9, 5 }, { 2, 0, 2, 0 },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(segment) / sizeof(*segment); i++) {
		struct worker_counts *c = &worker[i % 2]->count;

		c->outcome[OUTCOME_TIMEOUT] = segment[i].timeout;
		c->outcome[OUTCOME_LOST] = segment[i].lost;
		c->late_replies = segment[i].late;
		assert_int_equal(recorder_report(&recorder, worker, &report,
						 &arena, &err), 0);
		assert_int_equal(report.unasked, segment[i].unasked);
		memset(c, 0, sizeof(*c));
		recorder_reset(&recorder, BASE, 0);
	}
}

/* Counts, windows and gaps of a fan-out are of requests. */
static void test_fanout(void **state)
{
	struct err err;
	uint64_t total = 0;

	(void)state;
	assert_int_equal(recorder_join(&recorder, 4), 0);
	for (uint32_t i = 0; i < 4000; i++) {
		struct sample s = {
			.intended_ns = BASE + i / 4 * 50000, .seq = i,
			.sent_ns = BASE + i / 4 * 50000 + i % 4 * 100,
			.received_ns = BASE + i / 4 * 50000 + 9000 - i % 4,
		};

		/* The last part of each tenth request is lost. */
		if (i % 40 == 39) {
			s.outcome = OUTCOME_LOST;
			s.received_ns = 0;
		}
		put(&s);
	}
	recorder_fold(&recorder, &worker[0]->ring);
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.counts.intended, 1000);
	assert_int_equal(report.counts.sent, 1000);
	assert_int_equal(report.counts.received, 900);
	assert_int_equal(report.counts.lost, 100);
	for (size_t i = 0; i < report.nwindows; i++)
		total += report.window[i].response.total;
	assert_int_equal(total, 1000);
	assert_int_equal(report.window[0].response.sum, 180 * 9000);
	assert_int_equal(report.lateness.total, 1000);
	assert_int_equal(report.lateness.sum, 1000 * 300);
	assert_int_equal(report.gaps[0].n, 999);
	assert_int_equal(report.gaps[0].gap_ns[5], 50000);
	assert_int_equal(report.nsamples, 4000);
}

/* What both threads did, stood still and lost; costs in their median. */
static void test_threads(void **state)
{
	struct stall stall[2][2] = { { { 10, 11, 0, 0 }, { 20, 21, 0, 0 } },
				     { { 30, 31, 0, 0 } } };
	struct err err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct worker *w = worker[i];

		w->stalls.stall = stall[i];
		w->stalls.n = 2 - (size_t)i;
		w->stalls.gaps = 3;
		w->stalls.dropped = 4;
		w->ring.full = 5;
		w->count.bad_replies = 6;
		w->count.waited = 7;
		w->count.cut_off = 3;
		w->wall_s = .5;
		w->connections.opened = 8;
		w->connect = hist_create();
		hist_record(w->connect, 1000 + 1000000 * i);
		w->send_costs = i ? WORKER_COSTS + 9 : 1;
		w->send_cost_ns[0] = 100;
	}
	for (int i = 0; i < (int)WORKER_COSTS; i++)
		worker[1]->send_cost_ns[i] = 200 + i;
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.nstalls, 3);
	assert_int_equal(report.stall[1].length_ns, 21);
	assert_int_equal(report.stall_thread[1], 0);
	assert_int_equal(report.stall[2].start_ns, 30);
	assert_int_equal(report.stall_thread[2], 1);
	assert_int_equal(report.loop_gaps, 6);
	assert_int_equal(report.stalls_dropped, 8);
	assert_int_equal(report.records_dropped, 10);
	assert_int_equal(report.bad_replies, 12);
	assert_int_equal(report.waited, 14);
	assert_int_equal(report.cut_off, 6);
	assert_near(report.wall_s, 1, 0);
	assert_int_equal(report.connections.opened, 16);
	assert_int_equal(report.connect.total, 2);
	assert_near(report.connect.sum, 1002000, 1e-6);
	assert_int_equal(report.connect.n, 2);
	/* Of 1 and WORKER_COSTS: one below the middle of the second's. */
	assert_near(report.send_cost_ns, 200 + WORKER_COSTS / 2 - 1, .6);
	for (int i = 0; i < 2; i++)
		hist_destroy(worker[i]->connect);
}

/* A response below 0 and one beyond all bins stay in the first and last. */
static void test_ends(void **state)
{
	struct err err;

	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		put(&(struct sample){
			.intended_ns = BASE + 10, .sent_ns = BASE + 10,
			.received_ns = i ? BASE + 5 : BASE + 10 + 2 * HIST_MAX,
			.seq = i,
		});
	recorder_fold(&recorder, &worker[0]->ring);
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.nwindows, 1);
	assert_int_equal(report.window[0].response.n, 2);
	assert_int_equal(report.window[0].response.cell[0].index, 0);
	assert_int_equal(report.window[0].response.cell[1].index,
			 hist_index(HIST_MAX));
	assert_near(report.window[0].response.sum, (double)HIST_MAX, 1);
}

/*
 * Stamped requests of 22 us: 0.5 late, 0.4 until the queueing discipline had
 * them, 0.6 until they left, 19 away, of these 3 to the target and 7 back, and
 * 2 until they were taken. The second's reply has no stamp, the third is lost,
 * of the fourth the target told nothing, the fifth's send has no stamp.
 */
static bool is_there(uint32_t i, enum pairing_what what)
{
	switch (i) {
	case 1:
		return what != PAIRING_RECEIVED;
	case 2:
		return what == PAIRING_SENT || what == PAIRING_STAMP;
	case 3:
		return what != PAIRING_ARRIVED && what != PAIRING_RELEASED;
	case 4:
		return what != PAIRING_STAMP;
	default:
		return true;
	}
}

static void test_stamped(void **state)
{
	static const struct tsource_ops none = { .flags = 0 };
	static const int64_t at[] = { 0, 400, 1000, 20000, 4000, 13000 };
	static const uint8_t what[] = { PAIRING_SENT, PAIRING_STAMP,
		PAIRING_STAMP, PAIRING_RECEIVED, PAIRING_ARRIVED,
		PAIRING_RELEASED };
	static const uint8_t kind[] = {
		TSOURCE_BIT(TSOURCE_SCHED) | TSOURCE_BIT(TSOURCE_SND),
		TSOURCE_SCHED, TSOURCE_SND, 0, 0, 0,
	};
	struct stamps *stamps = arena_alloc(&arena, sizeof(*stamps));
	const int32_t *leg;
	struct err err;

	(void)state;
	stamps->source.ops = &none;
	stamps->params.source.connections = 1;
	assert_int_equal(ring_init(&stamps->log, 64,
				   sizeof(struct pairing_entry)), 0);
	worker[0]->stamps = stamps;
	for (uint32_t i = 0; i < 5; i++) {
		int64_t sent = BASE + (2 * WINDOW + 1000000) * (i + 1);

		put(&(struct sample){
			.intended_ns = sent - 500, .sent_ns = sent, .seq = i,
			.received_ns = i == 2 ? 0 : sent + 22000,
			.outcome = i == 2 ? OUTCOME_LOST : OUTCOME_RECEIVED,
			.wire_out_ns = SAMPLE_LOST_STAMP,
			.wire_in_ns = SAMPLE_LOST_STAMP,
		});
		for (int k = 0; k < 6; k++) {
			if (!is_there(i, what[k]))
				continue;
			*(struct pairing_entry *)ring_reserve(&stamps->log) =
				(struct pairing_entry){
					.what = what[k], .kind = kind[k],
					.ns = sent + at[k], .seq = i, .key = i,
					.clock = TSOURCE_MONOTONIC,
				};
			ring_publish(&stamps->log);
		}
	}
	*(struct pairing_entry *)ring_reserve(&stamps->log) =
		(struct pairing_entry){ .what = PAIRING_STAMP, .key = 99,
					.kind = TSOURCE_SND, .ns = BASE,
					.clock = TSOURCE_MONOTONIC };
	ring_publish(&stamps->log);
	recorder_fold(&recorder, &worker[0]->ring);
	recorder_fold_log(&recorder, 0, &stamps->log);
	stamps->log.full = 3;
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.nways, 2);
	assert_int_equal(report.way[0].window, 2);
	leg = report.way[0].leg_ns;
	assert_int_equal(leg[LEG_QUEUE], 500);
	assert_int_equal(leg[LEG_SCHED], 400);
	assert_int_equal(leg[LEG_OUT], 600);
	assert_int_equal(leg[LEG_WIRE], 19000);
	assert_int_equal(leg[LEG_IN], 2000);
	assert_int_equal(report.way[0].request_ns, 3000);
	assert_int_equal(report.way[0].reply_ns, 7000);
	assert_int_equal(report.way[1].leg_ns[LEG_WIRE], 19000);
	assert_int_equal(report.way[1].request_ns, WIRE_NO_LEG);
	assert_int_equal(report.way[1].reply_ns, WIRE_NO_LEG);
	assert_int_equal(report.nwire, 5);
	assert_int_equal(report.wire[0].outcome, OUTCOME_RECEIVED);
	assert_near(report.wire[0].response.sum, 19000, 0);
	assert_int_equal(report.wire[1].outcome, WIRE_UNSTAMPED);
	assert_int_equal(report.wire[1].response.total, 1);
	assert_int_equal(report.wire[2].outcome, OUTCOME_LOST);
	assert_int_equal(report.stamps.asked, 5);
	assert_int_equal(report.stamps.replies, 4);
	assert_int_equal(report.stamps.lost_tx, 1);
	assert_int_equal(report.stamps.stray, 1);
	assert_int_equal(report.stamps.lost_rx, 1);
	assert_int_equal(report.stamps.log_dropped, 3);
	assert_int_equal(report.nsamples, 5);
	worker[0]->stamps = NULL;
	ring_fini(&stamps->log);
}

/* Nothing of one segment is left in the next. */
static void test_reset(void **state)
{
	struct sample s = draw(1, 0);
	struct err err;

	(void)state;
	put(&s);
	recorder_fold(&recorder, &worker[0]->ring);
	recorder_reset(&recorder, BASE, 0);
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.nwindows, 0);
	assert_int_equal(report.nsamples, 0);
	assert_int_equal(report.lateness.total, 0);
	assert_int_equal(report.gaps[0].n, 0);
	assert_int_equal(report.counts.late_sends, 0);
	assert_true(isnan(report.send_cost_ns));
	put(&s);
	recorder_fold(&recorder, &worker[0]->ring);
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.nwindows, 1);
	assert_int_equal(report.window[0].response.total, 1);
}

/* More bins than the table begins with. */
static void test_growth(void **state)
{
	struct err err;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++) {
		struct sample s = {
			.intended_ns = BASE + i * (int64_t)WINDOW, .seq = i,
			.sent_ns = BASE + i * (int64_t)WINDOW + 1,
			.outcome = OUTCOME_TIMEOUT,
		};

		put(&s);
		if (i % N == 0)
			recorder_fold(&recorder, &worker[0]->ring);
	}
	recorder_fold(&recorder, &worker[0]->ring);
	assert_int_equal(recorder_report(&recorder, worker, &report, &arena,
					 &err), 0);
	assert_int_equal(report.nwindows, 100000);
	for (uint32_t i = 0; i < 100000; i++) {
		assert_int_equal(report.window[i].index, i);
		assert_int_equal(report.window[i].outcome, OUTCOME_TIMEOUT);
		assert_int_equal(report.window[i].response.total, 1);
		assert_int_equal(report.window[i].response.n, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_report),
		TEST(test_gaps),
		TEST(test_share),
		TEST(test_reset),
		TEST(test_growth),
		TEST(test_codes),
		TEST(test_unasked),
		TEST(test_fanout),
		TEST(test_threads),
		TEST(test_ends),
		TEST(test_stamped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
