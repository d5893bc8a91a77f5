/* ring_test.c - what the writer publishes the reader sees, once and in order */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "lancet/core/ring.h"
#include "lancet/core/sample.h"

#define RECORDS 300000u

/* A full ring is retried, so that every record comes through. */
static void *write_records(void *arg)
{
	struct ring *ring = arg;

	for (uint32_t i = 0; i < RECORDS;) {
		struct sample *s = ring_reserve(ring);

		if (!s) {
			sched_yield();
			continue;
		}
		s->seq = i;
		s->intended_ns = ~(int64_t)i;
		ring_publish(ring);
		i++;
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	struct ring ring;
	pthread_t writer;
	uint32_t seen = 0;

	(void)state;
	assert_int_equal(ring_init(&ring, 100, sizeof(struct sample)), 0);
	assert_int_equal(ring.mask, 127);
	assert_int_equal(pthread_create(&writer, NULL, write_records, &ring),
			 0);
	while (seen < RECORDS) {
		size_t n = ring_ready(&ring);

		assert_true(n <= 128);
		for (size_t i = 0; i < n; i++) {
			const struct sample *s = ring_at(&ring, i);

			assert_int_equal(s->seq, seen);
			assert_true(s->intended_ns == ~(int64_t)seen);
			seen++;
		}
		ring_release(&ring, n);
		if (n == 0)
			sched_yield();
	}
	pthread_join(writer, NULL);
	ring_fini(&ring);
}

static void test_full_is_counted(void **state)
{
	struct ring ring;

	(void)state;
	assert_int_equal(ring_init(&ring, 4, 8), 0);
	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 4; i++) {
			uint64_t *slot = ring_reserve(&ring);

			assert_non_null(slot);
			*slot = i;
			ring_publish(&ring);
		}
		assert_null(ring_reserve(&ring));
		assert_int_equal(ring.full, round + 1);
		assert_int_equal(ring_ready(&ring), 4);
		for (uint64_t i = 0; i < 4; i++)
			assert_int_equal(*(uint64_t *)ring_at(&ring, i), i);
		ring_release(&ring, 4);
	}
	ring_fini(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_threads),
		cmocka_unit_test(test_full_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
