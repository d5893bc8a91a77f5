/* pairing_stream_test.c - requests of a stream, and stamps of few bytes */
#include <string.h>

#include "hwts/pairing.h"
#include "lancet/core/arena.h"
#include "tests/unit/seed.h"

#define MOST 16

/* Requests of 100 bytes on one connection, by our own clock. */
static struct {
	struct pairing_entry log[4 * MOST];
	size_t n;
	struct sample sample[MOST];
	uint32_t nsamples;
	struct pairing pairing;
	struct pairing_rules rules;
	struct arena arena;
} t;

static int begin(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.rules = (struct pairing_rules){ .connections = 1, .stream = true,
					  .every = true };
	arena_init(&t.arena);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_fini(&t.arena);
	return 0;
}

/* Sent then, and answered after a millisecond. */
static void sent(int64_t ns)
{
	uint32_t i = t.nsamples++;

	t.sample[i] = (struct sample){
		.seq = i, .intended_ns = ns, .sent_ns = ns,
		.received_ns = ns + 1000000, .outcome = OUTCOME_RECEIVED,
		.wire_out_ns = SAMPLE_LOST_STAMP,
		.wire_in_ns = SAMPLE_NO_STAMP,
	};
	t.log[t.n++] = (struct pairing_entry){
		.what = PAIRING_SENT, .key = 100 * (i + 1) - 1, .seq = i,
		.kind = TSOURCE_BIT(TSOURCE_SND), .ns = 100,
	};
}

static void stamp(uint32_t key, int64_t ns)
{
	t.log[t.n++] = (struct pairing_entry){
		.what = PAIRING_STAMP, .key = key, .ns = ns,
		.kind = TSOURCE_SND, .clock = TSOURCE_MONOTONIC,
	};
}

static void resent(bool full)
{
	t.log[t.n++] = (struct pairing_entry){ .what = PAIRING_RESENT,
					       .key = full };
}

static void join(void)
{
	pairing_join(&t.pairing, t.log, t.n, t.sample, t.nsamples, &t.rules,
		     &t.arena);
}

/* When request i left; 0: nobody knows. */
static int64_t left(int i)
{
	const struct sample *s = &t.sample[i];

	return s->wire_out_ns == SAMPLE_LOST_STAMP ? 0
						   : s->sent_ns +
							     s->wire_out_ns;
}

/* A write of three, in one packet soon after it: one stamp is all of theirs. */
static void test_write(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		sent(1000);
	stamp(299, 3000);
	join();
	for (int i = 0; i < 3; i++)
		assert_int_equal(left(i), 3000);
	assert_int_equal(t.pairing.count.shared, 2);
	assert_int_equal(t.pairing.count.lost_tx, 0);
}

/* It took longer, maybe in several packets: only the last one's is known. */
static void test_slow_write(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		sent(1000);
	stamp(299, 1000 + 10001);
	join();
	assert_int_equal(left(0), 0);
	assert_int_equal(left(1), 0);
	assert_int_equal(left(2), 11001);
	assert_int_equal(t.pairing.count.lost_tx, 2);
}

/* Sent long before, but behind a packet that left just before theirs. */
static void test_between(void **state)
{
	(void)state;
	sent(1000);
	sent(1100);
	sent(1200);
	stamp(99, 500000);
	stamp(299, 504000);
	join();
	assert_int_equal(left(0), 500000);
	assert_int_equal(left(1), 504000);
	assert_int_equal(left(2), 504000);
	assert_int_equal(t.pairing.count.shared, 1);
}

/* A write that the kernel took in part ends in a request, which follows. */
static void test_part(void **state)
{
	(void)state;
	sent(1000);
	sent(1000);
	stamp(149, 3000);
	stamp(199, 90000);
	join();
	assert_int_equal(left(0), 3000);
	assert_int_equal(left(1), 90000);
	assert_int_equal(t.pairing.count.stray, 0);
}

/* Or with one that did not ask, of those that do not all. */
static void test_few_ask(void **state)
{
	(void)state;
	t.rules.every = false;
	sent(1000);
	stamp(799, 3000);
	join();
	assert_int_equal(left(0), 3000);
	assert_int_equal(t.pairing.count.stray, 0);
	begin(state);
	sent(1000);
	stamp(799, 3000);
	join();
	assert_int_equal(left(0), 0);
	assert_int_equal(t.pairing.count.stray, 1);
}

/* Lost on the way, and sent again: the first stamp counts. */
static void test_again(void **state)
{
	(void)state;
	sent(1000);
	sent(2000);
	stamp(99, 1500);
	stamp(199, 3000);
	stamp(199, 203000);
	resent(false);
	join();
	assert_int_equal(left(1), 3000);
	assert_int_equal(t.pairing.count.twice, 1);
}

/* Of a request of several segments it may be of another one of them. */
static void test_long_again(void **state)
{
	(void)state;
	sent(1000);
	sent(2000);
	t.log[t.n - 1].key = 99 + 1201;
	t.log[t.n - 1].ns = 1201;
	stamp(99, 1500);
	stamp(1300, 3000);
	resent(false);
	join();
	assert_int_equal(left(1), 0);
	assert_int_equal(t.pairing.count.misplaced, 1);
}

/* The first was lost, and what follows had left before the other. */
static void test_only_again(void **state)
{
	(void)state;
	sent(1000);
	sent(2000);
	stamp(199, 4000);
	stamp(99, 300000);
	resent(false);
	join();
	assert_int_equal(left(0), 0);
	assert_int_equal(left(1), 0);
	assert_int_equal(t.pairing.count.misplaced, 2);
	assert_int_equal(t.pairing.count.lost_tx, 2);
}

/* Dropped before a device saw it: it left behind what follows. */
static void test_dropped_here(void **state)
{
	(void)state;
	sent(1000);
	sent(1000);
	stamp(199, 3000);
	resent(false);
	join();
	assert_int_equal(left(0), 0);
	assert_int_equal(left(1), 3000);
	assert_int_equal(t.pairing.count.shared, 0);
}

/* Unless they cannot have been dropped one by one. */
static void test_one_segment(void **state)
{
	(void)state;
	sent(1000);
	for (int i = 0; i < 3; i++)
		sent(2000);
	stamp(99, 1500);
	stamp(399, 3000);
	resent(false);
	join();
	for (int i = 1; i < 4; i++)
		assert_int_equal(left(i), 3000);
	begin(state);
	sent(1000);
	for (int i = 0; i < 13; i++)
		sent(2000);
	stamp(99, 1500);
	stamp(1399, 3000);
	resent(false);
	join();
	for (int i = 1; i < 13; i++)
		assert_int_equal(left(i), 0);
}

/* There was no room for stamps: the only one may be the second's. */
static void test_full(void **state)
{
	(void)state;
	sent(1000);
	stamp(99, 300000);
	resent(true);
	join();
	assert_int_equal(left(0), 0);
	assert_int_equal(t.pairing.count.misplaced, 1);
}

/* Nor in the log: what is missing may be that something was sent again. */
static void test_unrecorded(void **state)
{
	t.rules.unrecorded = true;
	for (int witness = 0; witness < 2; witness++) {
		t.rules.witness = witness;
		sent(1000);
		sent(1000);
		sent(1000);
		stamp(99, 1400);
		stamp(299, 3000);
		join();
		for (int i = 0; i < 3; i++)
			assert_int_equal(left(i), 0);
		assert_int_equal(t.pairing.count.shared, 0);
		assert_int_equal(t.pairing.count.lost_tx, 3);
		end(state);
		begin(state);
		t.rules.unrecorded = true;
	}
}

/* All packets are there: the first that is not before it has carried it. */
static void test_witness(void **state)
{
	(void)state;
	t.rules.witness = true;
	for (int i = 0; i < 3; i++)
		sent(1000);
	stamp(149, 50000);
	stamp(299, 90000);
	join();
	assert_int_equal(left(0), 50000);
	assert_int_equal(left(1), 90000);
	assert_int_equal(left(2), 90000);
}

/* Keys of another connection of the same number mean nothing. */
static void test_opened_again(void **state)
{
	(void)state;
	sent(1000);
	t.log[t.n++] = (struct pairing_entry){ .what = PAIRING_OPENED };
	sent(2000);
	t.log[t.n - 1].key = 99;
	stamp(99, 3000);
	join();
	assert_int_equal(left(0), 0);
	assert_int_equal(left(1), 3000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_write),
		TEST(test_slow_write),
		TEST(test_between),
		TEST(test_part),
		TEST(test_few_ask),
		TEST(test_again),
		TEST(test_long_again),
		TEST(test_only_again),
		TEST(test_dropped_here),
		TEST(test_one_segment),
		TEST(test_full),
		TEST(test_unrecorded),
		TEST(test_witness),
		TEST(test_opened_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
