/* pick_test.c - which connection a request goes to, and how long it may take */
#include "tests/unit/worker.h"

#define CONNS 8u

/* ---- the pool alone ---- */

static struct pool pool;

static void make_pool(enum config_pick pick, uint32_t limit)
{
	const struct pool_params p = { .connections = CONNS, .limit = limit,
				       .queue = 10, .pick = pick,
				       .key = { .seed = 7 } };

	assert_int_equal(pool_init(&pool, &p), 0);
}

/* 80000 picks of 8, each answered: 10000 each, deviation 94; 7 are 2e-11. */
static void test_random(void **state)
{
	uint32_t count[CONNS] = { 0 }, again = 0, last = POOL_NONE;

	(void)state;
	make_pool(PICK_RANDOM, 2);
	for (int i = 0; i < 80000; i++) {
		uint32_t conn = pool_pick(&pool);

		count[conn]++;
		again += conn == last;
		last = conn;
		pool_answered(&pool, conn);
	}
	for (uint32_t i = 0; i < CONNS; i++)
		assert_in_range(count[i], 10000 - 660, 10000 + 660);
	assert_in_range(again, 10000 - 660, 10000 + 660);
	pool_fini(&pool);
}

/* Whatever the pick: each takes its limit and no more, none is forgotten. */
static void test_limits(void **state)
{
	static const enum config_pick picks[] = {
		PICK_ROUND_ROBIN, PICK_RANDOM, PICK_LEAST_LOADED
	};

	(void)state;
	for (size_t p = 0; p < 3; p++) {
		make_pool(picks[p], 3);
		for (int turn = 0; turn < 2; turn++) {
			for (uint32_t i = 0; i < 3 * CONNS; i++)
				assert_in_range(pool_pick(&pool), 0, CONNS - 1);
			assert_int_equal(pool_pick(&pool), POOL_NONE);
			for (uint32_t i = 0; i < 3 * CONNS; i++)
				pool_answered(&pool, i % CONNS);
		}
		pool_break(&pool, 5);
		for (uint32_t i = 0; i < 3 * (CONNS - 1); i++)
			assert_int_not_equal(pool_pick(&pool), 5);
		assert_int_equal(pool_pick(&pool), POOL_NONE);
		pool_mend(&pool, 5);
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(pool_pick(&pool), 5);
		assert_int_equal(pool_pick(&pool), POOL_NONE);
		pool_fini(&pool);
	}
}

/* The same one again, until it is full, and whoever comes next after it. */
static void test_again(void **state)
{
	(void)state;
	for (int pick = PICK_ROUND_ROBIN; pick <= PICK_RANDOM; pick++) {
		uint32_t conn;

		make_pool((enum config_pick)pick, 3);
		conn = pool_pick(&pool);
		assert_true(pool_again(&pool, conn));
		assert_true(pool_again(&pool, conn));
		assert_false(pool_again(&pool, conn));
		for (uint32_t i = 0; i < 3 * (CONNS - 1); i++)
			assert_int_not_equal(pool_pick(&pool), conn);
		assert_int_equal(pool_pick(&pool), POOL_NONE);
		pool_answered(&pool, conn);
		assert_int_equal(pool_pick(&pool), conn);
		pool_fini(&pool);
	}
}

/* Four at a time are due: pipelined they share a connection, else they part. */
static void pipelined(uint32_t pipeline)
{
	size_t together = 0;

	workload.arrival = choice(KIND_ARRIVAL, "batch:4");
	params.connections = CONNS;
	params.pipeline = pipeline;
	open_worker();
	run(20000, 0, 20 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i + 4 <= nrecords; i += 4)
		for (size_t j = i + 1; j < i + 4; j++)
			together += records[j].conn == records[i].conn;
	assert_true(nrecords >= 40);
	assert_int_equal(together, pipeline > 1 ? nrecords / 4 * 3 : 0);
}

static void test_pipelined(void **state)
{
	(void)state;
	pipelined(4);
}

static void test_not_pipelined(void **state)
{
	(void)state;
	pipelined(1);
}

/* Against a search through all of them, over random picks and answers. */
static void test_least_loaded(void **state)
{
	uint32_t owes[CONNS] = { 0 };
	struct rng rng;

	(void)state;
	rng_init(&rng, &(struct rng_key){ .seed = 3 });
	make_pool(PICK_LEAST_LOADED, 5);
	for (int i = 0; i < 100000; i++) {
		uint32_t conn = (uint32_t)rng_below(&rng, CONNS), least = 5;

		if (rng_below(&rng, 2)) {
			if (owes[conn]) {
				owes[conn]--;
				pool_answered(&pool, conn);
			}
			continue;
		}
		for (uint32_t j = 0; j < CONNS; j++)
			least = owes[j] < least ? owes[j] : least;
		conn = pool_pick(&pool);
		if (least == 5) {
			assert_int_equal(conn, POOL_NONE);
			continue;
		}
		assert_int_equal(owes[conn], least);
		owes[conn]++;
	}
	pool_fini(&pool);
}

/* Among equals it is round robin, so that an idle pool is used evenly. */
static void test_least_in_turn(void **state)
{
	(void)state;
	make_pool(PICK_LEAST_LOADED, 5);
	for (uint32_t i = 0; i < 20; i++) {
		assert_int_equal(pool_pick(&pool), i % CONNS);
		pool_answered(&pool, i % CONNS);
	}
	pool_fini(&pool);
}

/* Who finds its own connection full waits for that one, in order. */
static void test_sticky_waits(void **state)
{
	struct intent intent = { 0 };
	uint32_t own, conn;

	(void)state;
	make_pool(PICK_STICKY, 1);
	own = pool_own(&pool, 77);
	assert_true(pool_take(&pool, own));
	assert_false(pool_take(&pool, own));
	for (intent.seq = 0; intent.seq < 10; intent.seq++)
		assert_true(pool_wait_own(&pool, own, &intent));
	assert_false(pool_wait_own(&pool, own, &intent));
	assert_false(pool_wake(&pool, &intent, &conn));
	for (uint32_t i = 0; i < 10; i++) {
		pool_answered(&pool, own);
		/* Others wait: nobody overtakes them. */
		assert_false(pool_take(&pool, own));
		assert_true(pool_wake(&pool, &intent, &conn));
		assert_int_equal(intent.seq, i);
		assert_int_equal(conn, own);
	}
	pool_answered(&pool, own);
	assert_false(pool_wake(&pool, &intent, &conn));
	assert_true(pool_take(&pool, own));
	intent.seq = 9;
	assert_true(pool_wait_own(&pool, own, &intent));
	intent.seq = 0;
	assert_true(pool_evict(&pool, &intent));
	assert_int_equal(intent.seq, 9);
	assert_false(pool_evict(&pool, &intent));
	pool_fini(&pool);
}

/* ---- a whole worker ---- */

/* The fake protocol's key: one of 16, by the draw. */
static uint64_t plain_key(const void *ps, const struct proto_request *req)
{
	(void)ps;
	return req->draw >> 60;
}

/* Puts the key beside the id, for the test to see in served_ns. */
static size_t keyed_build(void *ps, void *cs, const struct proto_request *req,
			  unsigned char *out, size_t room)
{
	uint64_t text[2] = { req->id, plain_key(ps, req) };

	(void)cs, (void)room;
	memcpy(out, text, sizeof(text));
	return sizeof(text);
}

static long keyed_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		       struct proto_done *done, size_t max, size_t *ndone)
{
	uint64_t text[2];

	(void)ps, (void)cs, (void)max, (void)len;
	memcpy(text, in, sizeof(text));
	done[(*ndone)++] = (struct proto_done){ .id = text[0],
						.served_ns = text[1] + 1 };
	return sizeof(text);
}

static const struct proto_ops keyed = {
	.kind = { .name = "keyed" },
	.flags = PROTO_DATAGRAM,
	.init = plain_init, .build = keyed_build, .feed = keyed_feed,
	.key = plain_key,
};

/* Equal keys on one connection, also where they have to wait for it. */
static void test_sticky(void **state)
{
	uint32_t conn_of[17] = { 0 }, conns[104] = { 0 }, used = 0;

	(void)state;
	config.workload.protocol = (struct choice){ &keyed.kind, NULL };
	params.pick = PICK_STICKY;
	params.in_flight = 1;
	fake_rules.delay_ns = 300 * US;
	open_worker();
	run(10000, 0, 30 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i < nrecords; i++) {
		uint32_t *conn = &conn_of[records[i].served_ns];

		assert_in_range(records[i].served_ns, 1, 16);
		if (!*conn)
			*conn = records[i].conn;
		assert_int_equal(records[i].conn, *conn);
		used += !conns[*conn]++;
	}
	assert_in_range(used, 2, 4); /* 16 keys over 4 */
}

/* Sent in no order of their numbers, each still has its own timeout. */
static void test_sticky_timeouts(void **state)
{
	(void)state;
	config.workload.protocol = (struct choice){ &keyed.kind, NULL };
	config.workload.timeout_ns = 10 * MS;
	params.pick = PICK_STICKY;
	params.in_flight = 1;
	fake_rules.swallow = 10;
	open_worker();
	run(2000, 0, 60 * MS, 0);
	assert_in_range(outcomes(OUTCOME_TIMEOUT), 3, nrecords);
	assert_int_equal(outcomes(OUTCOME_LOST), 0);
	assert_int_equal(outcomes(OUTCOME_UNSENT), 0);
}

/* Two classes, one of them impatient: only its requests run out of time. */
static void test_class_timeouts(void **state)
{
	static struct config_class class[2];
	struct err err;
	uint64_t first = 0;

	(void)state;
	memset(class, 0, sizeof(class));
	class[0] = (struct config_class){ .name = "quick", .weight = 1,
					  .timeout_ns = 5 * MS };
	class[1] = (struct config_class){ .name = "slow", .weight = 1 };
	config.workload.classes.items = class;
	config.workload.classes.n = 2;
	assert_int_equal(workload_init(&workload, &config, &arena, &err), 0);
	fake_rules.delay_ns = 150 * MS; /* a standstill may be long */
	open_worker();
	run(20000, 0, 30 * MS, 0);
	for (size_t i = 0; i < nrecords; i++) {
		first += records[i].class == 0;
		assert_int_equal(records[i].outcome, records[i].class == 0 ?
				 OUTCOME_TIMEOUT : OUTCOME_RECEIVED);
	}
	assert_in_range(first, 200, 400); /* of 600, half: 8 deviations */
	/* But for those that come when all is over. */
	assert_in_range(worker->count.late_replies, first / 4, first);
}

/* After so many requests a connection is closed and opened anew. */
static void test_churn(void **state)
{
	uint32_t conns[104] = { 0 };

	(void)state;
	use_stream(&plain);
	params.uses = 10;
	fake_rules.delay_ns = 100 * US;
	open_worker();
	run(20000, 0, 30 * MS, 0);
	assert_int_equal(outcomes(OUTCOME_RECEIVED), nrecords);
	for (size_t i = 0; i < nrecords; i++)
		conns[records[i].conn]++;
	for (uint32_t i = 100; i < 104; i++)
		assert_true(conns[i] > 50);
	assert_in_range(worker->connections.worn, nrecords / 10 - 4,
			nrecords / 10);
	assert_int_equal(fake.reopened, worker->connections.worn);
	assert_int_equal(worker->connect->total, worker->connections.opened);
	assert_in_range(worker->connections.opened,
			worker->connections.worn - 4, worker->connections.worn);
	assert_int_equal(worker->connections.closed, 0);
}

/* A reply that never comes does not keep a worn connection for ever. */
static void test_churn_and_loss(void **state)
{
	(void)state;
	use_stream(&plain);
	params.uses = 10;
	fake_rules.swallow = 15;
	config.workload.timeout_ns = 5 * MS;
	open_worker();
	run(2000, 0, 300 * MS, 0);
	assert_true(outcomes(OUTCOME_TIMEOUT) > 0);
	assert_int_equal(outcomes(OUTCOME_LOST), 0);
	assert_true(worker->connections.worn > 8);
}

/* Refused, it tries again less and less often, and counts how often. */
static void test_backoff(void **state)
{
	(void)state;
	use_stream(NULL);
	params.connections = 1;
	open_worker();
	arm(1000, 0, PATIENCE, 0);
	fake.conn[0].closed = fake.conn[0].dead = true;
	fake_rules.refuse = true;
	assert_int_equal(worker_segment(worker), -ECONNREFUSED);
	assert_int_equal(worker->connections.closed, 1);
	/* 20, 40, 80, ... 500 ms, each 0.5 to 1.5 times, until 1 s is over. */
	assert_in_range(worker->connections.refused, 4, 9);
	assert_int_equal(worker->connections.refused, fake.reopened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_least_loaded),
		cmocka_unit_test(test_least_in_turn),
		cmocka_unit_test(test_sticky_waits),
		TEST(test_pipelined),
		TEST(test_not_pipelined),
		TEST(test_sticky),
		TEST(test_sticky_timeouts),
		TEST(test_class_timeouts),
		TEST(test_churn),
		TEST(test_churn_and_loss),
		TEST(test_backoff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
