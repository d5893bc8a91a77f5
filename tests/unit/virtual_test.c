/* virtual_test.c - which instant a turn of the virtual back end is of */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lancet/core/clock.h"

/* A clock that each look at it moves by so much. */
#define LOOK 100
static int64_t clock_ns;

static int64_t look_at_clock(void)
{
	return clock_ns += LOOK;
}

#define clock_now_ns look_at_clock
#include "targets/backend/virtual.c"

#define START 5000

static sim_time due;

static sim_time next(const void *state)
{
	(void)state;
	return due;
}

/* Time of a turn whose first look is at 0, of the policy's time. */
static int64_t turn(sim_time next_due, bool worked)
{
	static const struct policy_ops ops = { .next = next };
	struct target target = { .policy.ops = &ops };
	struct virtual v = { .target = &target, .start_ns = START,
			     .worked = worked };

	due = next_due;
	clock_ns = START - LOOK;
	return what_time(&v) - START;
}

/* The first look at the clock that is not before the completion. */
static void test_awaited(void **state)
{
	(void)state;
	assert_int_equal(turn(1, false), LOOK);
	assert_int_equal(turn(250, false), 300);
	assert_int_equal(turn(AWAIT_NS, false), AWAIT_NS);
}

static void test_due_already(void **state)
{
	(void)state;
	assert_int_equal(turn(0, false), 0);
	assert_int_equal(turn(-1000, false), 0);
}

static void test_too_far(void **state)
{
	(void)state;
	assert_int_equal(turn(AWAIT_NS + 1, false), 0);
	assert_int_equal(turn(INFINITY, false), 0);
}

/* After some work there may be more to read. */
static void test_worked(void **state)
{
	(void)state;
	assert_int_equal(turn(250, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_awaited),
		cmocka_unit_test(test_due_already),
		cmocka_unit_test(test_too_far),
		cmocka_unit_test(test_worked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
