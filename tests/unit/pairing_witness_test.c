/* pairing_witness_test.c - a capture's stamps of replies find their replies */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "hwts/pairing_witness.h"
#include "lancet/core/arena.h"
#include "tests/unit/seed.h"

#define CONNS 4
#define STEPS 4000
#define ENTRIES (4 * STEPS)
#define ROUNDS 50

static struct rng rng;
static struct pairing_entry log_[ENTRIES], late[ENTRIES];
static size_t n, nlate;

/* Stamps come when the capture is read: all at once, before the next opening. */
static void flush_late(uint32_t conn)
{
	size_t kept = 0;

	for (size_t i = 0; i < nlate; i++)
		if (late[i].conn == conn)
			log_[n++] = late[i];
		else
			late[kept++] = late[i];
	nlate = kept;
}

/* seq tells the instant at which its reply came in. */
static int64_t truth_of(uint32_t seq)
{
	return 1000000 + (int64_t)seq * 10;
}

static void receive(uint32_t conn, uint32_t key, uint32_t seq)
{
	late[nlate++] = (struct pairing_entry){
		.what = PAIRING_STAMP, .kind = TSOURCE_RX, .conn = conn,
		.key = key, .ns = truth_of(seq), .quality = TSOURCE_WITNESS,
		.clock = TSOURCE_REALTIME,
	};
	log_[n++] = (struct pairing_entry){ .what = PAIRING_RECEIVED,
					    .conn = conn, .key = key,
					    .seq = seq };
}

/* What a thread would log; every so often a connection opens again. */
static void make(bool stream)
{
	uint32_t key[CONNS] = { 0 };

	n = nlate = 0;
	for (uint32_t c = 0; c < CONNS; c++)
		key[c] = stream ? UINT32_MAX - 5000 : UINT32_MAX;
	for (uint32_t i = 0; i < STEPS; i++) {
		uint32_t c = (uint32_t)rng_below(&rng, CONNS);

		if (i < CONNS || rng_below(&rng, 500) == 0) {
			flush_late(c);
			log_[n++] = (struct pairing_entry){
				.what = PAIRING_OPENED, .conn = c };
			key[c] = stream ? 0 : UINT32_MAX;
		}
		key[c] += stream ? 1 + (uint32_t)rng_below(&rng, 900) : 1;
		receive(c, key[c], i);
		log_[n++] = (struct pairing_entry){ .what = PAIRING_SENT,
						    .conn = c, .seq = i };
		/* A retransmission, later. */
		if (stream && rng_below(&rng, 20) == 0) {
			late[nlate] = late[rng_below(&rng, nlate)];
			late[nlate++].ns += 5;
		}
	}
	for (uint32_t c = 0; c < CONNS; c++)
		flush_late(c);
	assert_true(n <= ENTRIES);
}

static void all_found(bool stream)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct pairing_rules rules = { .connections = CONNS,
					       .stream = stream };
		size_t left, replies = 0, sent = 0;
		struct arena arena;

		make(stream);
		arena_init(&arena);
		left = pairing_witness(log_, n, &rules, &arena);
		for (size_t i = 0; i < left; i++) {
			assert_int_not_equal(log_[i].what, PAIRING_STAMP);
			sent += log_[i].what == PAIRING_SENT;
			if (log_[i].what != PAIRING_RECEIVED)
				continue;
			replies++;
			assert_int_equal(log_[i].ns, truth_of(log_[i].seq));
			assert_int_equal(log_[i].quality, TSOURCE_WITNESS);
		}
		assert_int_equal(replies, STEPS);
		assert_int_equal(sent, STEPS);
		arena_fini(&arena);
	}
}

static void test_datagrams(void **state)
{
	(void)state;
	all_found(false);
}

static void test_streams(void **state)
{
	(void)state;
	all_found(true);
}

/* Nobody knows what a packet that is missing shifted. */
static void test_dropped(void **state)
{
	struct pairing_rules rules = { .connections = CONNS, .dropped = true };
	struct arena arena;
	size_t left;

	(void)state;
	make(false);
	log_[n++] = (struct pairing_entry){ .what = PAIRING_STAMP, .ns = 1,
					    .kind = TSOURCE_SND };
	arena_init(&arena);
	left = pairing_witness(log_, n, &rules, &arena);
	for (size_t i = 0; i < left; i++)
		assert_true(log_[i].what == PAIRING_SENT ||
			    log_[i].what == PAIRING_OPENED);
	assert_true(left >= STEPS);
	arena_fini(&arena);
}

/* A reply without a stamp takes nobody else's: of datagrams. */
static void test_missing(void **state)
{
	struct pairing_rules rules = { .connections = 1 };
	struct pairing_entry entry[] = {
		{ .what = PAIRING_RECEIVED, .key = 0, .seq = 0 },
		{ .what = PAIRING_RECEIVED, .key = 1, .seq = 1 },
		{ .what = PAIRING_STAMP, .kind = TSOURCE_RX, .key = 1,
		  .ns = 7 },
		{ .what = PAIRING_RECEIVED, .key = 2, .seq = 2, .ns = 9 },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	assert_int_equal(pairing_witness(entry, 4, &rules, &arena), 2);
	assert_int_equal(entry[0].seq, 1);
	assert_int_equal(entry[0].ns, 7);
	assert_int_equal(entry[1].ns, 9);
	arena_fini(&arena);
}

static int setup(void **state)
{
	(void)state;
	test_rng(&rng, 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_dropped),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
