/* exclude_test.c - a stall leaves out itself, what was in flight, its backlog */
#include "tests/unit/point_data.h"

#include "coordinator/exclude.h"

#define WINDOWS 100

static struct point_window windows[WINDOWS + 1];	/* one of nobody's */
static struct point_segment segment;
static const struct exclude_rule rule = {
	.window_ns = WINDOW, .guard_ns = 2000000, .load = .5,
};

static int setup(void **state)
{
	(void)state;
	memset(windows, 0, sizeof(windows));
	/* A second segment: schedule time goes on where the first ended. */
	segment = (struct point_segment){
		.from_ns = 50 * WINDOW,
		.until_ns = 150 * WINDOW,
		.window = windows,
		.nwindows = WINDOWS,
	};
	return 0;
}

static struct point_stall stall(double start_ms, double length_ms, bool target)
{
	return (struct point_stall){
		.who = target ? "target" : "agent 0",
		.target = target,
		.start_ns = segment.from_ns + (int64_t)(start_ms * 1e6),
		.length_ns = (int64_t)(length_ms * 1e6),
	};
}

/* Exactly the windows first..last carry the reason. */
static void assert_out(size_t first, size_t last, unsigned why)
{
	for (size_t i = 0; i < WINDOWS; i++)
		if (!!(windows[i].out & why) != (i >= first && i <= last))
			fail_msg("window %zu: %u", i, windows[i].out);
}

/* 4 ms from 105 on: guard from 103, end 109, drained by 117 at half load. */
static void test_span(void **state)
{
	struct point_stall one = stall(105, 4, false);

	(void)state;
	exclude_segment(&segment, &one, 1, &rule);
	assert_out(10, 11, WINDOW_AGENT);
	assert_string_equal(windows[10].reason, "agent 0");
}

static void test_guard_reaches_back(void **state)
{
	struct point_stall one = stall(101, 1, false);

	(void)state;
	exclude_segment(&segment, &one, 1, &rule);
	assert_out(9, 10, WINDOW_AGENT);
}

/* Replies under way for 20 ms come in late by as much as the agent slept. */
static void test_guard_of_slow_replies(void **state)
{
	struct exclude_rule slow = rule;
	struct point_stall one = stall(505, 20, false);

	(void)state;
	slow.typical_ns = 20000000;
	exclude_segment(&segment, &one, 1, &slow);
	assert_out(44, 56, WINDOW_AGENT);	/* 505 - 60 to 525 + 40 */
	/* At most five times the stall; of a short one 2 ms. */
	setup(NULL);
	one.length_ns = 5000000;
	exclude_segment(&segment, &one, 1, &slow);
	assert_out(48, 52, WINDOW_AGENT);
	setup(NULL);
	one.length_ns = 300000;
	exclude_segment(&segment, &one, 1, &slow);
	assert_out(50, 50, WINDOW_AGENT);
	setup(NULL);
	one = stall(505, 20, true);
	exclude_segment(&segment, &one, 1, &slow);
	assert_out(50, 56, WINDOW_TARGET);
}

static void test_busier_drains_longer(void **state)
{
	struct exclude_rule busy = rule;
	struct point_stall one = stall(105, 4, false);

	(void)state;
	busy.load = .8;		/* 109 + 20 */
	exclude_segment(&segment, &one, 1, &busy);
	assert_out(10, 12, WINDOW_AGENT);
	setup(NULL);
	busy.load = 1.5;	/* as .95: 109 + 80 */
	exclude_segment(&segment, &one, 1, &busy);
	assert_out(10, 18, WINDOW_AGENT);
}

/* 8 ms, then 8 ms within its drain: 108 + 16, then + 16 more. */
static void test_backlogs_add_up(void **state)
{
	struct point_stall two[] = { stall(100, 8, false),
				     stall(112, 8, false) };

	(void)state;
	exclude_segment(&segment, two, 2, &rule);
	assert_out(9, 14, WINDOW_AGENT);
}

/* Eight threads stand still for the same 4 ms: no more than one of them. */
static void test_together_once(void **state)
{
	struct point_stall all[9];

	(void)state;
	for (int i = 0; i < 8; i++)
		all[i] = stall(105, 4, false);
	exclude_segment(&segment, all, 8, &rule);
	assert_out(10, 11, WINDOW_AGENT);
	/* 105 to 124 by the last one, the target's between: 124 + 38. */
	setup(NULL);
	all[7] = stall(107, 1, true);
	all[8] = stall(108, 16, false);
	exclude_segment(&segment, all, 9, &rule);
	assert_out(10, 16, WINDOW_AGENT);
	assert_out(10, 11, WINDOW_TARGET);
}

static void test_sides_are_apart(void **state)
{
	struct point_stall two[] = { stall(105, 1, true),
				     stall(505, 1, false) };

	(void)state;
	exclude_segment(&segment, two, 2, &rule);
	assert_out(10, 10, WINDOW_TARGET);
	assert_out(50, 50, WINDOW_AGENT);
	assert_int_equal(windows[10].out & WINDOW_HEADLINE, 0);
	assert_int_not_equal(windows[10].out & WINDOW_COMPARED, 0);
}

static void test_edges(void **state)
{
	struct point_stall three[] = { stall(-1, 2, false),
				       stall(999, 500, false),
				       stall(2000, 5, false) };

	(void)state;
	exclude_segment(&segment, three, 3, &rule);
	assert_int_equal(windows[0].out, WINDOW_AGENT);
	assert_int_equal(windows[1].out, 0);
	assert_int_equal(windows[98].out, 0);
	assert_int_equal(windows[99].out, WINDOW_AGENT);
	assert_int_equal(windows[WINDOWS].out, 0);
	setup(NULL);
	/* Drained before it begins; of a longer one what is left by then. */
	three[0] = stall(-7, 1, false);
	exclude_segment(&segment, three, 1, &rule);
	assert_out(1, 0, WINDOW_AGENT);
	three[0] = stall(-60, 40, false);
	exclude_segment(&segment, three, 1, &rule);
	assert_out(0, 6, WINDOW_AGENT);
}

static void test_warmup(void **state)
{
	(void)state;
	exclude_warmup(&segment, 5 * WINDOW);
	assert_out(0, 4, WINDOW_WARMUP);
	assert_string_equal(windows[0].reason, "warm-up");
	exclude_warmup(&segment, 200 * WINDOW);
	assert_out(0, WINDOWS - 1, WINDOW_WARMUP);
	assert_int_equal(windows[WINDOWS].out, 0);
}

/* Requests in flight before a stall: ten services back, 2 ms at least. */
static void test_rule(void **state)
{
	struct config config = { .measure.window_ns = WINDOW };
	struct plan plan = { .config = &config, .mean_service_ns = 100e3 };
	struct plan_point point = { .utilisation = .3 };
	struct exclude_rule of;

	(void)state;
	of = exclude_rule(&plan, &point);
	assert_int_equal(of.window_ns, WINDOW);
	assert_int_equal(of.guard_ns, 2000000);
	assert_near(of.load, .3, 0);
	plan.mean_service_ns = 300e3;
	point.utilisation = (double)NAN;
	of = exclude_rule(&plan, &point);
	assert_int_equal(of.guard_ns, 3000000);
	assert_near(of.load, .8, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_span, setup),
		cmocka_unit_test_setup(test_guard_reaches_back, setup),
		cmocka_unit_test_setup(test_guard_of_slow_replies, setup),
		cmocka_unit_test_setup(test_busier_drains_longer, setup),
		cmocka_unit_test_setup(test_backlogs_add_up, setup),
		cmocka_unit_test_setup(test_together_once, setup),
		cmocka_unit_test_setup(test_sides_are_apart, setup),
		cmocka_unit_test_setup(test_edges, setup),
		cmocka_unit_test_setup(test_warmup, setup),
		cmocka_unit_test(test_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
