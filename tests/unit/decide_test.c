/* decide_test.c - what is decided about a point, case by case */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "coordinator/decide.h"
#include "lancet/core/arena.h"
#include "lancet/core/rng.h"
#include "tests/unit/seed.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static struct arena arena;

/* Three seconds of five measured, nothing wrong, no precision asked. */
static struct decide_state sound(void)
{
	return (struct decide_state){
		.left_ns = 2 * SECOND, .anew_ns = 200 * MS,
		.window_ns = 10 * MS, .warmup_ns = 100 * MS,
		.begun = true, .measured_s = 2.9, .shrink = (double)NAN,
		.attempts = 3,
	};
}

static struct decide_state fresh(double shrink)
{
	struct decide_state s = sound();

	s.begun = false;
	s.measured_s = 0;
	s.left_ns = 9 * SECOND;
	s.shrink = shrink;
	return s;
}

static struct decision expect(const struct decide_state *s,
			      enum decide_action action)
{
	struct decision d = decide(s, &arena);

	if (d.action != action)
		fail_msg("%s (%s), not %s", decide_name[d.action], d.reason,
			 decide_name[action]);
	assert_true(d.reason && *d.reason);
	return d;
}

static void test_first(void **state)
{
	struct decide_state s = fresh((double)NAN);

	(void)state;
	/* All there is, in whole windows; or a twelfth for a first look. */
	s.left_ns += 7 * MS;
	assert_int_equal(expect(&s, DECIDE_MEASURE).length_ns, 9 * SECOND);
	s = fresh((double)INFINITY);
	assert_int_equal(expect(&s, DECIDE_MEASURE).length_ns,
			 750 * MS + 100 * MS);
	/* One worth its warm-up; one of some use. */
	s.warmup_ns = SECOND;
	assert_int_equal(expect(&s, DECIDE_MEASURE).length_ns, 5 * SECOND);
	s.warmup_ns = 20 * MS;
	s.left_ns = SECOND;
	assert_int_equal(expect(&s, DECIDE_MEASURE).length_ns, 220 * MS);
	s.warmup_ns = 100 * MS;
	/* No more time than that, and not even that. */
	s.left_ns = 90 * MS;
	assert_int_equal(expect(&s, DECIDE_MEASURE).length_ns, 90 * MS);
	s.left_ns = -SECOND;
	assert_int_equal(expect(&s, DECIDE_MEASURE).length_ns, 10 * MS);
}

static void test_accept(void **state)
{
	struct decide_state s = sound();

	(void)state;
	expect(&s, DECIDE_ACCEPT);
	s.shrink = .9;
	assert_string_equal(expect(&s, DECIDE_ACCEPT).reason,
			    "no check objects");
	/* Too wide, and no time: a warning, which says how wide. */
	s.shrink = 1.5;
	s.left_ns = 250 * MS;
	assert_non_null(strstr(expect(&s, DECIDE_ACCEPT).reason, "1.50"));
	s.shrink = (double)INFINITY;
	assert_non_null(strstr(expect(&s, DECIDE_ACCEPT).reason,
			       "unresolved"));
}

/* Half-widths shrink with the root of the time; half of the way is gone. */
static void test_extend(void **state)
{
	struct decide_state s = sound();
	struct decision d;

	(void)state;
	s.shrink = 1.2;
	d = expect(&s, DECIDE_EXTEND);
	assert_in_range(d.need_ns, 137 * SECOND / 100, 138 * SECOND / 100);
	assert_in_range(d.length_ns, 72 * SECOND / 100, 74 * SECOND / 100);
	/* All of it, where no further look would fit or looks are few. */
	s.left_ns = SECOND;
	assert_int_equal(expect(&s, DECIDE_EXTEND).length_ns, SECOND);
	s.left_ns = 2 * SECOND;
	s.few = true;
	d = expect(&s, DECIDE_EXTEND);
	assert_in_range(d.length_ns, d.need_ns - s.window_ns, d.need_ns);
	s.few = false;
	/* Four times the requests do not fit, and it says so. */
	s.shrink = 2;
	d = expect(&s, DECIDE_EXTEND);
	assert_int_equal(d.length_ns, 1550 * MS);
	assert_in_range(d.need_ns, 87 * SECOND / 10, 89 * SECOND / 10);
	assert_non_null(strstr(d.reason, "no more"));
	/* Hardly too wide: a segment of some use all the same. */
	s.shrink = 1.0001;
	s.measured_s = 5.8;
	d = expect(&s, DECIDE_EXTEND);
	assert_in_range(d.length_ns, 340 * MS - s.window_ns, 342 * MS);
	s.measured_s = .2;
	assert_in_range(expect(&s, DECIDE_EXTEND).length_ns, 300 * MS,
			340 * MS);
	/* Far too wide, or not known: half as much again for now. */
	s.measured_s = .5;
	s.shrink = 20;
	d = expect(&s, DECIDE_EXTEND);
	assert_true(d.need_ns > 150 * SECOND);
	assert_int_equal(d.length_ns, 350 * MS);
	s.shrink = (double)INFINITY;
	d = expect(&s, DECIDE_EXTEND);
	assert_int_equal(d.need_ns, INT64_MAX);
	assert_int_equal(d.length_ns, 350 * MS);
	s.few = true;
	assert_int_equal(expect(&s, DECIDE_EXTEND).length_ns, 1100 * MS);
	s.few = false;
	s.measured_s = 5;
	assert_int_equal(expect(&s, DECIDE_EXTEND).length_ns, 2 * SECOND);
}

/* A doubt does not end a measurement early: what was seen stays in. */
static void test_doubt(void **state)
{
	struct decide_state s = sound();

	(void)state;
	s.doubt = "achieved: ...";
	assert_string_equal(expect(&s, DECIDE_REJECT).reason, s.doubt);
	s.shrink = 1.1;
	expect(&s, DECIDE_EXTEND);
}

static void test_rerun(void **state)
{
	struct decide_state s = sound();

	(void)state;
	s.spoilt = "stalls: ...";
	assert_string_equal(expect(&s, DECIDE_RERUN).reason, s.spoilt);
	/* However precise, and whatever else is wrong. */
	s.shrink = .5;
	s.doubt = "achieved: ...";
	expect(&s, DECIDE_RERUN);
	s.attempt = 1;
	expect(&s, DECIDE_RERUN);
	/* The last attempt, or no time for another. */
	s.attempt = 2;
	assert_string_equal(expect(&s, DECIDE_REJECT).reason, s.spoilt);
	s.attempt = 0;
	s.left_ns = 299 * MS;
	expect(&s, DECIDE_REJECT);
	s.left_ns = 300 * MS;
	expect(&s, DECIDE_RERUN);
	/* What the server held up tells of replies. */
	s = sound();
	s.spoilt = "arrivals: ...";
	s.waited = s.throttled = true;
	expect(&s, DECIDE_REJECT);
	/* What it closed, too, though more connections would not help. */
	s.throttled = false;
	s.connections = true;
	expect(&s, DECIDE_REJECT);
}

/* Where begun anew is out of the question, more of the same may heal. */
static void test_last_attempt_extends(void **state)
{
	struct decide_state s = sound();

	(void)state;
	s.spoilt = "stalls: ...";
	s.attempt = 2;
	s.shrink = 1.2;
	expect(&s, DECIDE_EXTEND);
}

static void test_respread(void **state)
{
	struct decide_state s = sound();

	(void)state;
	s.throttled = s.connections = true;
	/* Some waited, nobody minds. */
	expect(&s, DECIDE_ACCEPT);
	s.doubt = "lateness: ...";
	assert_non_null(strstr(expect(&s, DECIDE_RESPREAD).reason,
			       "connection"));
	s.connections = false;
	s.threads = true;
	expect(&s, DECIDE_REJECT);
	s.throttled = false;
	s.overrun = true;
	assert_non_null(strstr(expect(&s, DECIDE_RESPREAD).reason, "threads"));
	s.threads = false;
	s.connections = true;
	expect(&s, DECIDE_REJECT);
	/* Starting agents takes time, too. */
	s.threads = true;
	s.left_ns = 499 * MS;
	expect(&s, DECIDE_REJECT);
	s.left_ns = 501 * MS;
	expect(&s, DECIDE_RESPREAD);
	s.attempt = 2;
	expect(&s, DECIDE_REJECT);
}

/* Before anything is judged: what is judged would change. */
static void test_cut(void **state)
{
	struct decide_state s = sound();

	(void)state;
	s.settled_ns = 100 * MS;
	expect(&s, DECIDE_ACCEPT);
	s.settled_ns = 400 * MS;
	s.spoilt = "stalls: ...";
	s.shrink = 3;
	assert_non_null(strstr(expect(&s, DECIDE_CUT).reason, "0.40 s"));
}

/* Once, before the end, and only where that is no reason to reject. */
static void test_leave_out(void **state)
{
	struct decide_state s = sound();

	(void)state;
	s.left_out = .05;
	s.left_out_most = .2;
	assert_non_null(strstr(expect(&s, DECIDE_LEAVE_OUT).reason, "5.0%"));
	s.left_out = .2;
	assert_non_null(strstr(expect(&s, DECIDE_LEAVE_OUT).reason,
			       "20.0% of the windows"));
	assert_non_null(strstr(expect(&s, DECIDE_LEAVE_OUT).reason,
			       "at most 20% are allowed"));
	s.left_out_said = s.paired = true;
	assert_string_equal(expect(&s, DECIDE_ACCEPT).reason,
			    "no check objects");
	s.left_out_said = s.paired = false;
	s.shrink = 1.2;
	expect(&s, DECIDE_EXTEND);
	s.left_out = .21;
	s.shrink = .9;
	s.spoilt = "stalls: ...";
	expect(&s, DECIDE_RERUN);
	s.attempt = 2;
	expect(&s, DECIDE_REJECT);
	/* A trial's pairs do not mind, and say so. */
	s.paired = true;
	s.spoilt = NULL;
	assert_non_null(strstr(expect(&s, DECIDE_ACCEPT).reason, "21.0%"));
}

/*
 * Replies choose nothing: of any state, what is rerun is decided by what is
 * blind to them. 20000 random states, no luck involved.
 */
static void test_rerun_is_blind(void **state)
{
	struct rng rng;

	(void)state;
	test_rng(&rng, 11);
	for (int i = 0; i < 20000; i++) {
		struct decide_state s = sound(), other;
		uint64_t bits = rng_next(&rng);

		s.spoilt = bits & 1 ? "stalls: ..." : NULL;
		s.left_ns = (int64_t)rng_below(&rng, 3000) * MS;
		s.attempt = (uint32_t)rng_below(&rng, 3);
		other = s;
		s.doubt = bits & 2 ? "achieved: ..." : NULL;
		s.shrink = 4 * rng_uniform(&rng);
		s.measured_s = 3 * rng_uniform(&rng);
		other.doubt = bits & 4 ? "stationarity: ..." : NULL;
		other.shrink = 4 * rng_uniform(&rng);
		other.measured_s = 3 * rng_uniform(&rng);
		assert_int_equal(
			decide(&s, &arena).action == DECIDE_RERUN,
			decide(&other, &arena).action == DECIDE_RERUN);
	}
}

/*
 * Whatever happens to a point, it ends, and within its limit: random states
 * follow each other, each segment taking what it was given.
 */
static void test_ends_in_time(void **state)
{
	struct rng rng;

	(void)state;
	test_rng(&rng, 12);
	for (int i = 0; i < 2000; i++) {
		struct decide_state s = fresh(
			rng_below(&rng, 2) ? (double)INFINITY : (double)NAN);
		int steps = 0;

		for (;; steps++) {
			struct decision d = decide(&s, &arena);

			if (d.action >= DECIDE_ACCEPT)
				break;
			assert_true(steps < 100);
			if (d.action == DECIDE_CUT) {
				s.warmup_ns = s.settled_ns;
				continue;
			}
			if (d.action == DECIDE_RESPREAD)
				s.left_ns -= s.anew_ns;
			if (d.action == DECIDE_RESPREAD ||
			    d.action == DECIDE_RERUN) {
				s.attempt++;
				s.begun = false;
				s.measured_s = 0;
				continue;
			}
			assert_true(d.length_ns <= s.left_ns ||
				    d.length_ns == s.window_ns);
			assert_int_equal(d.length_ns % s.window_ns, 0);
			s.left_ns -= d.length_ns + 50 * MS;
			s.begun = true;
			s.measured_s += (double)d.length_ns / 1e9;
			if (!isnan(s.shrink))
				s.shrink = 5 * rng_uniform(&rng);
			s.spoilt = rng_below(&rng, 2) ? "stalls: ..." : NULL;
			s.doubt = rng_below(&rng, 2) ? "achieved: ..." : NULL;
			s.waited = rng_below(&rng, 3) == 0;
			s.throttled = s.waited && rng_below(&rng, 2);
			s.overrun = rng_below(&rng, 3) == 0;
			s.connections = rng_below(&rng, 2);
			s.threads = rng_below(&rng, 2);
			s.settled_ns = (int64_t)rng_below(&rng, 300) * MS;
		}
		assert_true(s.attempt < s.attempts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_rerun),
		cmocka_unit_test(test_last_attempt_extends),
		cmocka_unit_test(test_respread),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_leave_out),
		cmocka_unit_test(test_rerun_is_blind),
		cmocka_unit_test(test_ends_in_time),
	};
	int failed;

	arena_init(&arena);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_fini(&arena);
	return failed;
}
