/* clock_test.c - our clock beside the kernel's; what a gap was caused by */
#include "tests/unit/seed.h"

#include <time.h>

#include "lancet/core/clock.h"
#include "lancet/core/stall.h"

/*
 * What a calibration of 10 ms may be off, and a few reads take; of a machine
 * that stands still between its looks one of many may be worse.
 */
#define SLACK_NS 2000
#define SYNCS 20

static bool beside_kernel(void)
{
	for (int i = 0; i < 10000; i++) {
		int64_t before = clock_kernel_ns();
		int64_t now = clock_now_ns();
		int64_t after = clock_kernel_ns();

		if (now < before - SLACK_NS || now > after + SLACK_NS)
			return false;
	}
	return true;
}

static void test_beside_kernel(void **state)
{
	int good = 0;

	(void)state;
	assert_true(beside_kernel());	/* the kernel's own, not yet synced */
	for (int i = 0; i < SYNCS && good < 2; i++) {
		clock_sync();
		good += beside_kernel();
	}
	assert_int_equal(good, 2);
	assert_true(clock_error_ns() >= 0);
}

static void test_never_back(void **state)
{
	int64_t last = clock_now_ns();

	(void)state;
	for (int i = 0; i < 100000; i++) {
		int64_t now = clock_now_ns();

		assert_true(now >= last);
		last = now;
	}
}

static void test_realtime(void **state)
{
	(void)state;
	assert_true(clock_realtime_ns() / 1000000000 - time(NULL) < 5);
}

/* A few turns without incident, then a gap that `idle` makes. */
static enum stall_cause cause_of(void (*idle)(void), int64_t *length_ns)
{
	struct stall_log log;
	enum stall_cause cause;

	assert_int_equal(stall_init(&log, 1000000, 4), 0);
	stall_begin(&log, clock_now_ns());
	for (int i = 0; i < 100; i++)
		stall_turn(&log, clock_now_ns());
	log.n = 0;
	idle();
	stall_turn(&log, clock_now_ns());
	assert_true(log.n == 1);
	assert_true(log.gaps >= 1 && log.longest_ns >= log.stall[0].length_ns);
	cause = log.stall[0].cause;
	*length_ns = log.stall[0].length_ns;
	stall_fini(&log);
	return cause;
}

/* To the kernel's accounts a sleep is what a stop by a signal is. */
static void absent(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

/* Runs and says nothing of it, as when the host takes the CPU away. */
static void busy(void)
{
	struct timespec t;
	int64_t until;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	until = t.tv_sec * INT64_C(1000000000) + t.tv_nsec + 1200000;
	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	} while (t.tv_sec * INT64_C(1000000000) + t.tv_nsec < until);
}

/* On a loaded machine a try may be preempted for longer; one of many not. */
#define MOST_TRIES 500

static void check_cause(void (*idle)(void), enum stall_cause want)
{
	int64_t length_ns;

	for (int i = 0; i < MOST_TRIES; i++)
		if (cause_of(idle, &length_ns) == want)
			return;
	fail_msg("never '%s'", stall_cause_name[want]);
}

static void test_causes(void **state)
{
	int64_t length_ns;

	(void)state;
	check_cause(absent, STALL_STOPPED);
	check_cause(busy, STALL_HOST);
	cause_of(absent, &length_ns);
	assert_true(length_ns >= 20000000);
}

/* A sleep that was told does not pass for absence in the next gap. */
static void test_pause_is_no_cause(void **state)
{
	enum stall_cause cause = STALL_STOPPED;
	struct stall_log log;

	(void)state;
	for (int i = 0; i < MOST_TRIES && cause != STALL_HOST; i++) {
		assert_int_equal(stall_init(&log, 1000000, 4), 0);
		stall_begin(&log, clock_now_ns());
		absent();
		stall_begin(&log, clock_now_ns());
		busy();
		stall_turn(&log, clock_now_ns());
		assert_int_equal(log.n, 1);
		cause = log.stall[0].cause;
		stall_fini(&log);
	}
	assert_int_equal(cause, STALL_HOST);
}

/* A pause that is told is no gap. */
static void test_pauses(void **state)
{
	struct stall_log log;

	(void)state;
	assert_int_equal(stall_init(&log, 1000000, 4), 0);
	stall_begin(&log, 1000);
	stall_begin(&log, 50000000);
	stall_turn(&log, 50001000);
	assert_true(log.gaps == 0 && log.n == 0);
	stall_turn(&log, 50001000 + STALL_COUNT_NS);
	assert_true(log.gaps == 1 && log.n == 0);
	for (int i = 2; i < 10; i++)
		stall_turn(&log, i * INT64_C(100000000));
	assert_true(log.n == 4 && log.dropped == 4 && log.gaps == 9);
	assert_true(log.stall[1].start_ns == 200000000);
	assert_true(log.stall[1].length_ns == 100000000);
	stall_fini(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beside_kernel),
		cmocka_unit_test(test_never_back),
		cmocka_unit_test(test_realtime),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_pause_is_no_cause),
		cmocka_unit_test(test_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
