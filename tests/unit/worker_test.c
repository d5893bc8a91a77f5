/* worker_test.c - every intended request has one end, whatever the network does */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/fake.h"

#include "agents/worker.h"
#include "lancet/core/config.h"

#define MS INT64_C(1000000)
#define US INT64_C(1000)
#define PATIENCE (10000 * MS)	/* longer than any test takes */

static struct arena arena;
static struct config config;
static struct workload workload;
static struct worker_params params;
static struct worker *worker;

/* What the segment left in the ring. */
static struct sample *records;
static size_t nrecords;

/* ---- a protocol whose replies carry no number ---- */

static int plain_init(void *ps, const void *options, struct arena *in,
		      size_t *max_out, struct err *err)
{
	(void)ps, (void)options, (void)in, (void)err;
	*max_out = 64;
	return 0;
}

static size_t plain_build(void *ps, void *cs, const struct proto_request *req,
			  unsigned char *out, size_t room)
{
	(void)ps, (void)cs, (void)room;
	memcpy(out, &req->id, sizeof(req->id));
	return sizeof(req->id);
}

/* Replies come in the order of the requests: their numbers rise. */
static long plain_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		       struct proto_done *done, size_t max, size_t *ndone)
{
	uint64_t *last = cs, id;

	(void)ps;
	for (*ndone = 0; *ndone < max && (*ndone + 1) * sizeof(id) <= len;
	     ++*ndone) {
		memcpy(&id, in + *ndone * sizeof(id), sizeof(id));
		if (id + 1 <= *last)
			return -EBADMSG;
		*last = id + 1;
		done[*ndone] = (struct proto_done){ .id = PROTO_OLDEST,
						    .served_ns = id };
	}
	return (long)(*ndone * sizeof(id));
}

static const struct proto_ops plain = {
	.kind = { .name = "plain" },
	.flags = PROTO_STREAM | PROTO_IN_ORDER,
	.conn_size = sizeof(uint64_t),
	.init = plain_init, .build = plain_build, .feed = plain_feed,
};

/* ---- a worker on the test's own thread ---- */

static struct choice choice(enum kind_class class, const char *text)
{
	struct choice c = { 0 };
	struct err err;

	if (option_parse_choice(class, OPTION_UNIT_TIME, text, &c, &arena,
				&err))
		fail_msg("%s", err.text);
	return c;
}

static int setup(void **state)
{
	struct err err;

	(void)state;
	clock_sync();
	arena_init(&arena);
	memset(&fake_rules, 0, sizeof(fake_rules));
	memset(&config, 0, sizeof(config));
	config.seed = 7;
	config.workload.protocol = choice(KIND_PROTO, "echo");
	config.workload.transport.kind = &fake_datagrams.kind;
	config.workload.arrival = choice(KIND_ARRIVAL, "poisson");
	config.workload.timeout_ns = PATIENCE;
	config.measure.stall_ns = 100 * US;
	config.measure.drain_ns = PATIENCE;
	assert_int_equal(workload_init(&workload, &config, &arena, &err), 0);
	params = (struct worker_params){
		.config = &config, .workload = &workload, .address = "nowhere:1",
		.agent = 3, .index = 2, .global_index = 0, .all_threads = 1,
		.connections = 4, .first_conn = 100, .queue = 100000,
		.cpu = -1, .poll = true,
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (worker)
		worker_close(worker);
	free(worker);
	worker = NULL;
	free(records);
	records = NULL;
	arena_fini(&arena);
	return 0;
}

static void open_worker(void)
{
	worker = worker_create();
	assert_non_null(worker);
	assert_int_equal(worker_open(worker, &params), 0);
}

static uint64_t outcomes(enum outcome outcome)
{
	return atomic_load(&worker->count.outcome[outcome]);
}

static int by_seq(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* DESIGN's sums, and as many records, one for each number in a row. */
static void check_accounts(const struct wire_start *start)
{
	uint64_t sent = worker->count.sent, all = worker->count.intended;
	uint64_t count[OUTCOMES] = { 0 };

	assert_int_equal(all, sent + outcomes(OUTCOME_UNSENT));
	assert_int_equal(sent, outcomes(OUTCOME_RECEIVED) +
				       outcomes(OUTCOME_NACKED) +
				       outcomes(OUTCOME_ERROR) +
				       outcomes(OUTCOME_TIMEOUT) +
				       outcomes(OUTCOME_LOST));
	assert_int_equal(nrecords, all);
	for (size_t i = 0; i < nrecords; i++) {
		const struct sample *s = &records[i];
		int64_t at = s->intended_ns - start->at_ns + start->from_ns;

		assert_int_equal(s->seq, records[0].seq + i);
		assert_true(at >= start->from_ns && at < start->until_ns);
		assert_int_equal(s->thread, 2);
		assert_in_range(s->outcome, 0, OUTCOMES - 1);
		count[s->outcome]++;
		assert_true((s->sent_ns == 0) == (s->outcome == OUTCOME_UNSENT));
		if (s->sent_ns)
			assert_true(s->sent_ns >= s->intended_ns);
		if (s->outcome == OUTCOME_RECEIVED)
			assert_true(s->received_ns >= s->sent_ns);
	}
	for (int i = 0; i < OUTCOMES; i++)
		assert_int_equal(count[i], outcomes((enum outcome)i));
	assert_int_equal(worker->flight.open, 0);
	assert_int_equal(worker->out.n, 0);
	for (uint32_t i = 0; i < worker->pool.n && !worker->in_order; i++)
		assert_int_equal(worker->pool.conn[i].in_flight, 0);
}

static struct wire_start arm(double rate_rps, int64_t from_ns,
			     int64_t until_ns, uint32_t segment)
{
	struct wire_start start = {
		.segment = segment, .rate_rps = rate_rps,
		.at_ns = clock_now_ns() + 3 * MS, .from_ns = from_ns,
		.until_ns = until_ns,
	};
	struct err err;

	assert_int_equal(worker_arm(worker, &start, &err), 0);
	return start;
}

static void collect(void)
{
	nrecords = ring_ready(&worker->ring);
	free(records);
	records = malloc((nrecords + 1) * sizeof(*records));
	assert_non_null(records);
	for (size_t i = 0; i < nrecords; i++)
		records[i] = *(struct sample *)ring_at(&worker->ring, i);
	ring_release(&worker->ring, nrecords);
	qsort(records, nrecords, sizeof(*records), by_seq);
}

static void run(double rate_rps, int64_t from_ns, int64_t until_ns,
		uint32_t segment)
{
	struct wire_start start = arm(rate_rps, from_ns, until_ns, segment);

	assert_int_equal(worker_segment(worker), 0);
	collect();
	check_accounts(&start);
}

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
	assert_int_equal(worker->count.sent, 2);
	assert_int_equal(outcomes(OUTCOME_LOST), 2);
	assert_true(outcomes(OUTCOME_UNSENT) > 500);
	/* What is left over does not carry into the next segment. */
	fake_rules.swallow = 0;
	worker->drain_ns = PATIENCE;
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

static void test_lost(void **state)
{
	uint64_t lost;

	(void)state;
	fake_rules.swallow = 3;
	config.measure.drain_ns = 5 * MS;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	lost = outcomes(OUTCOME_LOST);
	assert_int_equal(lost, nrecords / 3);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords - lost);
	fake_rules.swallow = 0;
	fake_rules.delay_ns = PATIENCE;
	run(20000, 30 * MS, 60 * MS, 1);
	lost = outcomes(OUTCOME_LOST);
	assert_int_equal(lost, nrecords);
	fake_hurry();
	run(20000, 60 * MS, 90 * MS, 2);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	assert_int_equal(worker->count.late_replies, lost);
}

/* ---- streams ---- */

static void use_stream(const struct proto_ops *proto)
{
	config.workload.transport.kind = &fake_stream.kind;
	if (proto)
		config.workload.protocol = (struct choice){ &proto->kind,
							    NULL };
}

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
	worker->drain_ns = PATIENCE;
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
	config.measure.drain_ns = 5 * MS;
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
	config.measure.drain_ns = 5 * MS;
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

/* Its connection is closed, and every new one is refused. */
static void test_gone(void **state)
{
	(void)state;
	use_stream(NULL);
	params.connections = 1;
	open_worker();
	arm(1000, 0, PATIENCE, 0);
	fake.conn[0].closed = fake.conn[0].dead = true;
	fake_rules.refuse = true;
	assert_int_equal(worker_segment(worker), -ECONNREFUSED);
	assert_in_range(fake.reopened, 2, 100);
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

/* A request that is never answered holds up none that need its slot. */
static void test_full_table(void **state)
{
	(void)state;
	fake_rules.swallow = 400;
	config.measure.drain_ns = 50 * MS;
	open_worker();
	arm(10000, 0, 70 * MS, 0);
	flight_fini(&worker->flight);
	assert_int_equal(flight_init(&worker->flight, 64), 0);
	assert_int_equal(worker_segment(worker), 0);
	collect();
	assert_in_range(nrecords, 500, 790);
	assert_int_equal(outcomes(OUTCOME_LOST), 1);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords - 1);
	assert_int_equal(records[399].outcome, OUTCOME_LOST);
}

/* A reply that comes in a later point is to none of its requests. */
static void test_late_point(void **state)
{
	struct wire_start start = {
		.point = 1, .rate_rps = 20000, .until_ns = 40 * MS,
	};
	struct err err;

	(void)state;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_prefix),
		TEST(test_again_and_skip),
		TEST(test_round_robin),
		TEST(test_queue_bound),
		TEST(test_waiting),
		TEST(test_timeouts),
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
		TEST(test_gone),
		TEST(test_hung_up),
		TEST(test_stop),
		TEST(test_block),
		TEST(test_block_held),
		TEST(test_held_and_timeouts),
		TEST(test_full_table),
		TEST(test_table_size),
		TEST(test_late_point),
		TEST(test_late_start),
		TEST(test_ring_grows),
		TEST(test_full_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
