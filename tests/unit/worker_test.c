/* worker_test.c - every intended request has one end, whatever the network does */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "tests/unit/worker.h"

/* ---- the schedule ---- */

/* Segments of one point, put together, are the sequence of its key. */
static void test_prefix(void **state)
{
	const struct rng_key key = { .seed = 7, .agent = 3, .thread = 2 };
	const struct arrival_share share = { .rate_rps = 50000, .of = 1 };
	struct schedule schedule;
	struct intent intent;
	struct err err;
	size_t n = 0;

	(void)state;
	open_worker();
	assert_int_equal(schedule_init(&schedule, &workload, &key, &share,
				       &arena, &err), 0);
	for (uint32_t segment = 0; segment < 3; segment++) {
		int64_t from = segment * 20 * MS;

		run(50000, from, from + 20 * MS, segment);
		for (size_t i = 0; i < nrecords; i++, n++) {
			schedule_next(&schedule, &intent, 1);
			assert_int_equal(records[i].seq, intent.seq);
			assert_int_equal(records[i].intended_ns -
						 worker->pacer.base_ns,
					 intent.intended_ns);
		}
		assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	}
	assert_in_range(n, 2500, 3500);	/* 3000, 9 deviations: 1e-18 */
}

/* The same point again is the same; a gap in schedule time is skipped. */
static void test_again_and_skip(void **state)
{
	int64_t first;
	uint32_t seq;

	(void)state;
	open_worker();
	run(50000, 0, 10 * MS, 0);
	first = records[0].intended_ns - worker->pacer.base_ns;
	run(50000, 0, 10 * MS, 1);
	assert_int_equal(records[0].seq, 0);
	assert_int_equal(records[0].intended_ns - worker->pacer.base_ns, first);
	seq = records[nrecords - 1].seq;
	run(50000, 20 * MS, 30 * MS, 2);
	assert_true(records[0].seq > seq + 300); /* of 500; 1e-18 */
	assert_true(records[0].intended_ns - worker->pacer.base_ns >= 20 * MS);
}

/* ---- connections ---- */

static void test_round_robin(void **state)
{
	uint32_t conns[104] = { 0 };

	(void)state;
	open_worker();
	run(50000, 0, 20 * MS, 0);
	for (size_t i = 0; i < nrecords; i++) {
		assert_in_range(records[i].conn, 100, 103);
		conns[records[i].conn]++;
	}
	for (uint32_t i = 100; i < 104; i++)
		assert_in_range(conns[i], nrecords / 4, nrecords / 4 + 1);
}

/* Parts take connections in turn, so those of a request are on different
 * ones; each has its own end. */
static void test_fanout(void **state)
{
	int64_t due = 0;

	(void)state;
	workload.fanout = 3;
	params.pick = PICK_STICKY;
	params.connections = 7;
	open_worker();
	run(20000, 0, 20 * MS, 0);
	assert_int_equal(nrecords % 3, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i < nrecords; i++) {
		assert_int_equal(records[i].conn, 100 + records[i].seq % 7);
		if (i % 3)
			assert_int_equal(records[i].intended_ns, due);
		due = records[i].intended_ns;
	}
}

/* One with a request each: as many are opened as wait, and no more. */
static void test_growth(void **state)
{
	uint32_t most = 0;

	(void)state;
	use_stream(NULL);
	fake_rules.delay_ns = MS;
	params.connections = 64;
	params.open = 2;
	params.in_flight = 1;
	open_worker();
	assert_int_equal(worker->pool.opened, 2);
	/* Ten at a time in the mean: 2 do not bear it, 64 are never needed. */
	run(10000, 0, 50 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i < nrecords; i++)
		most = records[i].conn > most ? records[i].conn : most;
	assert_in_range(worker->pool.opened, 10, 64);
	assert_int_equal(worker->connections.grown, worker->pool.opened - 2);
	assert_int_equal(worker->connections.opened, 0);
	assert_int_equal(worker->connect->total, worker->connections.grown);
	assert_in_range(most, 105, 100 + worker->pool.opened - 1);
	assert_int_equal(worker->pool.growing, 0);
	assert_int_equal(worker->pool.down, 0);
	/* For a connection of their own: no reply held them back. */
	if (worker->pool.opened < 64)
		assert_int_equal(worker->count.waited, 0);
}

/* Two may be in flight, ten may wait: the others are unsent, and counted. */
static void test_queue_bound(void **state)
{
	(void)state;
	fake_rules.swallow = 1;
	config.measure.drain_ns = 5 * MS;
	params.connections = 1;
	params.in_flight = 2;
	params.queue = 10;
	open_worker();
	run(50000, 0, 20 * MS, 0);
	assert_true(worker->count.sent <= 2);
	assert_int_equal(outcomes(OUTCOME_LOST), worker->count.sent);
	assert_true(outcomes(OUTCOME_UNSENT) > 500);
	/* A thread that was kept away from the end leaves some untried. */
	assert_true(worker->count.waited <= outcomes(OUTCOME_UNSENT));
	assert_int_equal(worker->count.cut_off, 0);
	/* What is left over does not carry into the next segment. */
	fake_rules.swallow = 0;
	config.measure.drain_ns = PATIENCE;
	run(50000, 20 * MS, 40 * MS, 1);
	assert_int_equal(outcomes(OUTCOME_LOST), 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), worker->count.sent);
	assert_true(worker->count.sent > 10);
}

/* Who waits keeps the intended instant, and is sent when there is room. */
static void test_waiting(void **state)
{
	(void)state;
	fake_rules.delay_ns = MS;
	params.connections = 2;
	params.in_flight = 1;
	open_worker();
	run(10000, 0, 20 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	/* 200 requests at 1 ms each over two: the last waits long. */
	assert_true(records[nrecords - 1].sent_ns -
			    records[nrecords - 1].intended_ns > 40 * MS);
}

/* ---- no answer ---- */

/* After the time, a reply is late, also where it comes in the next segment. */
static void test_timeouts(void **state)
{
	uint64_t timeouts;

	(void)state;
	fake_rules.delay_ns = PATIENCE;
	config.workload.timeout_ns = 5 * MS;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	timeouts = outcomes(OUTCOME_TIMEOUT);
	assert_int_equal(timeouts, nrecords);
	for (size_t i = 0; i < nrecords; i++)
		assert_int_equal(records[i].received_ns, 0);
	worker->timeout_ns = PATIENCE;
	fake_hurry();
	run(20000, 30 * MS, 60 * MS, 1);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	assert_int_equal(worker->count.late_replies, timeouts);
}

/* What came while the loop stood still was in time, whenever it is read. */
static void test_stood_still(void **state)
{
	(void)state;
	fake_rules.delay_ns = 1 * MS;
	fake_rules.stands_ns = 60 * MS;
	config.workload.timeout_ns = 20 * MS;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	assert_int_equal(fake_rules.stands_ns, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
}

/* One that others overtook is waited for, but not looked for first. */
static void test_overtaken(void **state)
{
	(void)state;
	fake_rules.swallow = 50;
	config.measure.drain_ns = 5 * MS;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	assert_true(fake.overtaken);
	assert_int_equal(fake.vain, 0);
}

static void test_lost(void **state)
{
	/* Of what was sent: a thread that is kept away sends less. */
	uint64_t lost;

	(void)state;
	fake_rules.swallow = 3;
	config.measure.drain_ns = 100 * MS;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	lost = outcomes(OUTCOME_LOST);
	assert_int_equal(lost, worker->count.sent / 3);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), worker->count.sent - lost);
	fake_rules.swallow = 0;
	fake_rules.delay_ns = PATIENCE;
	run(20000, 30 * MS, 60 * MS, 1);
	lost = outcomes(OUTCOME_LOST);
	assert_int_equal(lost, worker->count.sent);
	fake_hurry();
	config.measure.drain_ns = PATIENCE;
	run(20000, 60 * MS, 90 * MS, 2);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), worker->count.sent);
	assert_int_equal(worker->count.late_replies, lost);
}

/* ---- streams ---- */

static void test_pieces(void **state)
{
	(void)state;
	use_stream(NULL);
	fake_rules.in_pieces = true;
	fake_rules.delay_ns = 200 * US;
	open_worker();
	run(100000, 0, 30 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	assert_int_equal(worker->count.bad_replies, 0);
}

/* Without numbers the oldest of the connection is meant. */
static void test_in_order(void **state)
{
	(void)state;
	use_stream(&plain);
	fake_rules.in_pieces = true;
	fake_rules.delay_ns = 200 * US;
	open_worker();
	run(100000, 0, 30 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i < nrecords; i++)
		assert_true(records[i].served_ns ==
			    (worker->id | records[i].seq));
}

/* A request that timed out still takes its reply out of the line. */
static void test_in_order_timeouts(void **state)
{
	uint64_t timeouts;

	(void)state;
	use_stream(&plain);
	fake_rules.delay_ns = PATIENCE;
	config.workload.timeout_ns = 5 * MS;
	params.in_flight = 1000;
	open_worker();
	run(20000, 0, 20 * MS, 0);
	timeouts = outcomes(OUTCOME_TIMEOUT);
	assert_int_equal(timeouts, nrecords);
	worker->timeout_ns = PATIENCE;
	fake_hurry();
	run(20000, 20 * MS, 40 * MS, 1);
	assert_int_equal(worker->count.late_replies, timeouts);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i < nrecords; i++)
		assert_true(records[i].served_ns ==
			    (worker->id | records[i].seq));
}

/* A connection without room keeps its order and stops none of the others. */
static void test_no_room(void **state)
{
	(void)state;
	use_stream(&plain);
	fake_rules.room = 3;
	fake_rules.delay_ns = 300 * US;
	open_worker();
	run(60000, 0, 30 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i < nrecords; i++)
		assert_true(records[i].served_ns ==
			    (worker->id | records[i].seq));
}

static void test_closed(void **state)
{
	(void)state;
	use_stream(&plain);
	fake_rules.delay_ns = MS;
	fake_rules.close_after = 100;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	assert_int_equal(fake.reopened, 1);
	assert_int_equal(worker->cut, 0);
	assert_true(outcomes(OUTCOME_ERROR) > 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED),
			 nrecords - outcomes(OUTCOME_ERROR));
}

/* Packets that found no room when their connection broke were not sent. */
static void test_closed_and_full(void **state)
{
	(void)state;
	use_stream(&plain);
	fake_rules.room = 20;
	fake_rules.delay_ns = 20 * MS;
	fake_rules.close_full = true;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	assert_int_equal(fake.reopened, 1);
	assert_in_range(outcomes(OUTCOME_ERROR), 1, nrecords);
	assert_true(outcomes(OUTCOME_UNSENT) > 0);
}

static void test_full_at_the_end(void **state)
{
	(void)state;
	use_stream(&plain);
	fake_rules.room = 5;
	fake_rules.delay_ns = PATIENCE;
	config.measure.drain_ns = 5 * MS;
	open_worker();
	run(20000, 0, 10 * MS, 0);
	assert_int_equal(worker->count.sent, 20);
	assert_int_equal(outcomes(OUTCOME_LOST), 20);
	/* The connections start anew. */
	fake.first = fake.last;
	fake_rules.room = 0;
	fake_rules.delay_ns = 0;
	config.measure.drain_ns = PATIENCE;
	run(2000, 10 * MS, 50 * MS, 1);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
}

static void test_rubbish(void **state)
{
	(void)state;
	use_stream(NULL);
	fake_rules.delay_ns = MS;
	fake_rules.spoil_after = 100;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	assert_int_equal(fake.reopened, 1);
	assert_int_equal(worker->count.bad_replies, 1);
	assert_true(outcomes(OUTCOME_ERROR) > 0);
}

/* A datagram of rubbish costs itself, no more. */
static void test_bad_datagram(void **state)
{
	(void)state;
	fake_rules.spoil_after = 100;
	config.measure.drain_ns = 100 * MS;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	assert_int_equal(worker->count.bad_replies, 1);
	assert_int_equal(outcomes(OUTCOME_LOST), 1);
}

/* A number that was sent on another connection answers nothing. */
static void test_astray(void **state)
{
	(void)state;
	fake_rules.astray = true;
	config.measure.drain_ns = 100 * MS;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_LOST), nrecords);
	assert_int_equal(worker->count.late_replies, nrecords);
}

/* ---- a target that is not there ---- */

static void test_refused(void **state)
{
	(void)state;
	open_worker();
	fake_rules.refuse = true;
	arm(20000, 0, PATIENCE, 0);
	assert_int_equal(worker_segment(worker), -ECONNREFUSED);
	assert_string_equal(worker->err.text,
			    "target unreachable: nobody listens at nowhere:1");
}

/* A listener without a server behind it: opened, and closed again. */
static void test_hung_up(void **state)
{
	(void)state;
	use_stream(NULL);
	params.connections = 1;
	open_worker();
	arm(1000, 0, PATIENCE, 0);
	fake.conn[0].closed = fake.conn[0].dead = true;
	fake_rules.hang_up = true;
	assert_int_equal(worker_segment(worker), -ECONNREFUSED);
	assert_in_range(fake.reopened, 2, 100);
}

/* What waits while the target keeps it closed waits for no reply. */
static void test_cut_off(void **state)
{
	(void)state;
	use_stream(NULL);
	params.connections = 1;
	config.measure.drain_ns = 5 * MS;
	open_worker();
	fake.conn[0].closed = fake.conn[0].dead = true;
	fake_rules.hang_up = true;
	run(20000, 0, 30 * MS, 0);
	assert_int_equal(worker->cut, 1);
	assert_true(worker->count.waited > 100);
	assert_true(worker->count.cut_off + 20 > worker->count.waited);
}

/* Its first connection is closed for ever, and it knows; none answers. */
static void open_cut(void)
{
	use_stream(NULL);
	params.in_flight = 1;
	config.measure.drain_ns = 5 * MS;
	open_worker();
	fake.conn[0].dead = true;
	fake_rules.hang_up = true;
	fake_rules.swallow = 1;
	mend_break(worker, 0);
}

/* Fifteen others stand, and are full by themselves. */
static void test_cut_off_few(void **state)
{
	(void)state;
	params.connections = 16;
	open_cut();
	run(50000, 0, 100 * MS, 0);
	assert_int_equal(worker->cut, 1);
	assert_true(worker->count.waited > 100);
	assert_int_equal(worker->count.cut_off, 0);
}

/* Parts in turn: one half waits for the one that is closed, and only that. */
static void test_cut_off_own(void **state)
{
	uint64_t half;

	(void)state;
	workload.fanout = 2;
	params.pick = PICK_STICKY;
	params.connections = 2;
	open_cut();
	run(20000, 0, 100 * MS, 0);
	assert_int_equal(worker->cut, 1);
	half = worker->count.waited / 2;
	assert_true(half > 50);
	assert_in_range(worker->count.cut_off, half - 2, half + 2);
}

/* ---- stopping ---- */

static void *stop_soon(void *how)
{
	struct timespec nap = { .tv_nsec = 30 * MS };

	nanosleep(&nap, NULL);
	atomic_store(&worker->stop, *(int *)how);
	return NULL;
}

static void test_stop(void **state)
{
	static const int hows[] = { WORKER_DRAIN, WORKER_HALT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int how = hows[i];
		pthread_t thread;
		struct wire_start start;

		open_worker();
		start = arm(20000, 0, PATIENCE, 0);
		pthread_create(&thread, NULL, stop_soon, &how);
		assert_int_equal(worker_segment(worker), 0);
		pthread_join(thread, NULL);
		collect();
		assert_true(clock_now_ns() - start.at_ns < PATIENCE / 2);
		if (how == WORKER_DRAIN)
			check_accounts(&start);
		worker_close(worker);
		free(worker);
		worker = NULL;
	}
}

/* Blocking instead of spinning changes when, not what. */
static void test_block(void **state)
{
	(void)state;
	config.workload.transport = choice(KIND_TRANSPORT, "loop");
	params.poll = false;
	open_worker();
	run(5000, 0, 30 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
}

/*
 * No send before its sleep is over: on average half of it late, or more. A
 * reply would end any other sleep.
 */
static void test_coalesce(void **state)
{
	int64_t late_ns = 0;

	(void)state;
	fake_rules.delay_ns = 100 * US;
	params.poll = false;
	params.coalesce_ns = 5 * MS;
	open_worker();
	run(20000, 0, 50 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i < nrecords; i++)
		late_ns += records[i].sent_ns - records[i].intended_ns;
	assert_true(late_ns / (int64_t)nrecords > 2 * MS);
}

/*
 * Parts wait for a connection of their own, and for no other. One in seven is
 * that one's; a standstill of 50 ms would have others wait, too.
 */
static void test_block_own(void **state)
{
	(void)state;
	workload.fanout = 3;
	params.pick = PICK_STICKY;
	params.connections = 7;
	params.in_flight = 16;
	params.poll = false;
	fake_rules.full = true;
	config.measure.drain_ns = 5 * MS;
	open_worker();
	run(2000, 0, 100 * MS, 0);
	assert_true(nrecords > 300);
	assert_in_range(worker->count.waited, 1, nrecords / 3);
}

/*
 * A sleep with refused packets at hand is short, and ends after it began:
 * else a standstill as long as the machine runs is made up.
 */
static void test_block_held(void **state)
{
	(void)state;
	params.poll = false;
	fake_rules.full = true;
	fake_rules.delay_ns = 100 * US;
	config.workload.timeout_ns = 40 * MS;
	open_worker();
	run(5000, 0, 30 * MS, 0);
	assert_in_range(worker->stalls.longest_ns, 0, PATIENCE);
}

/* A connection that takes nothing keeps no other's requests from an end. */
static void test_held_and_timeouts(void **state)
{
	(void)state;
	fake_rules.full = true;
	fake_rules.swallow = 1;
	params.in_flight = 4;
	config.workload.timeout_ns = 10 * MS;
	config.measure.drain_ns = 200 * MS;
	open_worker();
	run(2000, 0, 60 * MS, 0);
	assert_in_range(outcomes(OUTCOME_TIMEOUT), 13, nrecords);
	assert_in_range(outcomes(OUTCOME_UNSENT), 1, nrecords);
	assert_int_equal(outcomes(OUTCOME_LOST), 0);
	assert_true(fake.reopened > 0);
}

/* Classes with a time of their own have lines; which is due first, they tell. */
static void test_class_timeouts(void **state)
{
	struct config_class class[3] = { [1].timeout_ns = 5 * MS };
	const struct config own = { .workload = {
		.timeout_ns = 100 * MS, .classes = { class, 3 } } };
	struct worker *w = worker_create();

	(void)state;
	assert_non_null(w);
	arena_init(&w->arena);
	w->params.config = &own;
	assert_int_equal(expire_init(w), 3);
	assert_int_equal(w->timeout_ns, 100 * MS);
	assert_int_equal(w->line_timeout_ns[0], 100 * MS);
	assert_int_equal(w->line_timeout_ns[1], 5 * MS);
	assert_int_equal(w->line_timeout_ns[2], 100 * MS);
	assert_int_equal(flight_init(&w->flight, 64, 3), 0);
	assert_int_equal(expire_next_ns(w), INT64_MAX);
	flight_take_lined(&w->flight, 2, 0)->sent_ns = 1000;
	assert_int_equal(expire_next_ns(w), 1000 + 100 * MS);
	flight_take_lined(&w->flight, 1, 1)->sent_ns = 2000;
	flight_take_lined(&w->flight, 0, 2)->sent_ns = 500;
	assert_int_equal(expire_next_ns(w), 2000 + 5 * MS);
	flight_fini(&w->flight);
	class[1].timeout_ns = 0;
	assert_int_equal(expire_init(w), 0);
	w->params.pick = PICK_STICKY;
	assert_int_equal(expire_init(w), 1);
	arena_fini(&w->arena);
	free(w);
}

/* A request that is never answered holds up none that need its slot. */
static void test_full_table(void **state)
{
	(void)state;
	fake_rules.swallow = 400;
	config.measure.drain_ns = 50 * MS;
	open_worker();
	arm(10000, 0, 70 * MS, 0);
	flight_fini(&worker->flight);
	assert_int_equal(flight_init(&worker->flight, 64, 0), 0);
	assert_int_equal(worker_segment(worker), 0);
	collect();
	assert_in_range(nrecords, 500, 790);
	assert_int_equal(outcomes(OUTCOME_LOST), 1);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords - 1);
	assert_int_equal(records[399].outcome, OUTCOME_LOST);
}

/* A reply that comes in a later round is to none of its requests. */
static void late_in(uint32_t point, uint32_t attempt)
{
	struct wire_start start = {
		.point = point, .attempt = attempt, .rate_rps = 20000,
		.until_ns = 40 * MS,
	};
	struct err err;

	fake_rules.delay_ns = 20 * MS;
	config.measure.drain_ns = 0;
	open_worker();
	run(2000, 0, 30 * MS, 0);
	assert_in_range(outcomes(OUTCOME_LOST), 1, nrecords);
	fake_rules.swallow = 1;
	start.at_ns = clock_now_ns() + MS;
	assert_int_equal(worker_arm(worker, &start, &err), 0);
	assert_int_equal(worker_segment(worker), 0);
	assert_true(worker->count.late_replies > 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), 0);
}

static void test_late_point(void **state)
{
	(void)state;
	late_in(1, 0);
}

static void test_late_attempt(void **state)
{
	(void)state;
	late_in(0, 1);
}

/* The table holds what is sent within the timeout. */
static void test_table_size(void **state)
{
	(void)state;
	config.workload.timeout_ns = 1000 * MS;
	open_worker();
	arm(1000, 0, 100000 * MS, 0);
	assert_int_equal(worker->flight.mask + 1, FLIGHT_SLOTS);
	arm(200000, 0, 2000 * MS, 1);
	assert_in_range(worker->flight.mask + 1, 200000, FLIGHT_MOST);
	arm(1e8, 0, 2000 * MS, 2);
	assert_int_equal(worker->flight.mask + 1, FLIGHT_MOST);
}

/* Late for its start, a thread stood still from there on. */
static void test_late_start(void **state)
{
	struct wire_start start;

	(void)state;
	open_worker();
	run(5000, 0, 5 * MS, 0);
	start = arm(5000, 5 * MS, 10 * MS, 1);
	while (clock_now_ns() < start.at_ns + 2 * MS)
		;
	assert_int_equal(worker_segment(worker), 0);
	assert_true(worker->stalls.n > 0);
	assert_in_range(worker->stalls.stall[0].start_ns, start.at_ns - MS / 10,
			start.at_ns);
	assert_true(worker->stalls.stall[0].length_ns >= 2 * MS);
}

/* The ring grows with what a segment will send. */
static void test_ring_grows(void **state)
{
	size_t least;

	(void)state;
	open_worker();
	least = worker->ring.mask + 1;
	arm(50000, 0, 20 * MS, 0);
	assert_int_equal(worker->ring.mask + 1, least);
	arm((double)least, 0, 2000 * MS, 1);
	assert_true(worker->ring.mask + 1 >= 2 * least);
	assert_int_equal(ring_ready(&worker->ring), 0);
}

/* A full ring costs records, and never the counts. */
static void test_full_ring(void **state)
{
	(void)state;
	open_worker();
	arm(50000, 0, 20 * MS, 0);
	ring_fini(&worker->ring);
	assert_int_equal(ring_init(&worker->ring, 64, sizeof(struct sample)),
			 0);
	assert_int_equal(worker_segment(worker), 0);
	collect();
	assert_int_equal(nrecords, 64);
	assert_int_equal(worker->ring.full, worker->count.intended - 64);
	assert_int_equal(worker->count.sent, outcomes(OUTCOME_RECEIVED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_prefix),
		TEST(test_again_and_skip),
		TEST(test_round_robin), TEST(test_fanout), TEST(test_growth),
		TEST(test_queue_bound),
		TEST(test_waiting),
		TEST(test_timeouts),
		TEST(test_stood_still),
		TEST(test_class_timeouts),
		TEST(test_overtaken),
		TEST(test_lost),
		TEST(test_pieces),
		TEST(test_in_order),
		TEST(test_in_order_timeouts),
		TEST(test_no_room),
		TEST(test_closed),
		TEST(test_closed_and_full),
		TEST(test_full_at_the_end),
		TEST(test_rubbish),
		TEST(test_bad_datagram),
		TEST(test_astray),
		TEST(test_refused),
		TEST(test_hung_up), TEST(test_cut_off),
		TEST(test_cut_off_few), TEST(test_cut_off_own),
		TEST(test_stop),
		TEST(test_block),
		TEST(test_coalesce),
		TEST(test_block_own),
		TEST(test_block_held),
		TEST(test_held_and_timeouts),
		TEST(test_full_table),
		TEST(test_table_size),
		TEST(test_late_point),
		TEST(test_late_attempt),
		TEST(test_late_start),
		TEST(test_ring_grows),
		TEST(test_full_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
