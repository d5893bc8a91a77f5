/* measure_test.c - how long a point's next segment is */
#include "tests/unit/point_data.h"

#include "coordinator/measure.h"

#define SECOND INT64_C(1000000000)

static void test_whole_limit(void **state)
{
	struct measure_state s = {
		.left_ns = 5 * SECOND, .warmup_ns = SECOND / 10,
		.asked = (double)NAN, .reached = (double)NAN,
	};

	(void)state;
	assert_int_equal(measure_next(&s), 5 * SECOND);
	s.measured_s = 4.9;
	assert_int_equal(measure_next(&s), 0);
}

static void test_precision(void **state)
{
	struct measure_state s = {
		.left_ns = 9 * SECOND, .warmup_ns = SECOND / 10,
		.asked = .05, .reached = (double)NAN,
	};
	int64_t first = measure_next(&s);

	(void)state;
	assert_int_equal(first, 3 * SECOND + SECOND / 10);
	s.measured_s = 3;
	s.left_ns = 6 * SECOND;
	s.reached = .04;
	assert_int_equal(measure_next(&s), 0);
	/* A tenth too wide: 21% more requests, and 15% for luck. */
	s.reached = .055;
	assert_in_range(measure_next(&s), 12 * SECOND / 10, 14 * SECOND / 10);
	/* Four times the requests do not fit: all there is. */
	s.reached = .1;
	assert_int_equal(measure_next(&s), 6 * SECOND);
	s.reached = (double)INFINITY;
	assert_int_equal(measure_next(&s), 6 * SECOND);
	/* Too little is left for another warm-up. */
	s.left_ns = SECOND / 4;
	assert_int_equal(measure_next(&s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_limit),
		cmocka_unit_test(test_precision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
