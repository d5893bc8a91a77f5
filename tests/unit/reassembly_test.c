/* reassembly_test.c - segments in any order become the stream they were */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "hwts/reassembly.h"
#include "tests/unit/seed.h"

#define STREAM 4000
#define SEGMENTS 200
#define ROUNDS 300

static unsigned char stream[STREAM];
static struct rng rng;

static uint32_t below(uint32_t n)
{
	return (uint32_t)rng_below(&rng, n);
}

static void put(struct reassembly *r, uint32_t base, uint32_t from,
		uint32_t len)
{
	struct reassembly_piece s = { .data = stream + from, .len = len,
				      .full = len, .at_ns = from + 1 };

	assert_int_equal(reassembly_put(r, base + from, &s), 0);
}

/* Takes all pieces; returns where the stream stands then. */
static uint32_t take(struct reassembly *r, uint32_t at, unsigned *gaps)
{
	struct reassembly_piece p;

	while (reassembly_take(r, &p)) {
		assert_true(p.full > 0 && p.len == p.full);
		if (p.gap) {
			++*gaps;
			at = (uint32_t)p.at_ns - 1;
		}
		assert_true(at + p.len <= STREAM);
		assert_memory_equal(p.data, stream + at, p.len);
		at += p.len;
	}
	return at;
}

/* Cut anywhere, out of order, twice, overlapping: but all of it comes. */
static void test_any_order(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct reassembly r = { 0 };
		uint32_t base = (uint32_t)-(int32_t)below(STREAM), done = 0;
		unsigned gaps = 0;

		reassembly_begin(&r, base);
		for (int i = 0; i < SEGMENTS; i++) {
			uint32_t from = below(STREAM);
			uint32_t len = 1 + below(STREAM - from < 99 ?
						 STREAM - from : 99);

			put(&r, base, from, len);
			done = take(&r, done, &gaps);
		}
		for (uint32_t from = 0; from < STREAM; from += 40) {
			put(&r, base, from, 40);
			done = take(&r, done, &gaps);
		}
		assert_int_equal(gaps, 0);
		assert_int_equal(done, STREAM);
		assert_int_equal(r.gaps, 0);
		assert_null(r.held);
		reassembly_fini(&r);
	}
}

/* Bytes that only the receiver has: what comes behind them is told apart. */
static void test_acked(void **state)
{
	struct reassembly r = { 0 };
	struct reassembly_piece p;

	(void)state;
	reassembly_begin(&r, UINT32_MAX - 9);
	put(&r, UINT32_MAX - 9, 0, 5);
	put(&r, UINT32_MAX - 9, 15, 5);
	assert_true(reassembly_take(&r, &p));
	assert_false(p.gap);
	assert_false(reassembly_take(&r, &p));
	reassembly_acked(&r, UINT32_MAX - 9 + 5);
	assert_int_equal(r.gaps, 0);
	reassembly_acked(&r, UINT32_MAX - 9 + 20);
	assert_int_equal(r.gaps, 1);
	assert_true(reassembly_take(&r, &p));
	assert_true(p.gap);
	assert_int_equal(p.at_ns, 16);
	assert_memory_equal(p.data, stream + 15, 5);
	assert_false(reassembly_take(&r, &p));
	assert_int_equal(r.next, 10);
	reassembly_fini(&r);
}

/* A hole that nothing ever fills does not hold memory without end. */
static void test_bounded(void **state)
{
	struct reassembly r = { 0 };
	unsigned gaps = 0;
	uint32_t most = 0;

	(void)state;
	reassembly_begin(&r, 0);
	for (uint32_t from = 10; from + 2 < STREAM; from += 3) {
		put(&r, 0, from, 2);
		take(&r, 0, &gaps);
		most = r.nheld > most ? r.nheld : most;
	}
	assert_int_equal(most, REASSEMBLY_HELD);
	assert_true(gaps > 0);
	reassembly_fini(&r);
}

static int setup(void **state)
{
	(void)state;
	test_rng(&rng, 0);
	for (size_t i = 0; i < STREAM; i++)
		stream[i] = (unsigned char)(i * 7 ^ i >> 8);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_acked),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
