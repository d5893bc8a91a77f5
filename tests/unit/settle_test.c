/* settle_test.c - a queue that warms up slowly is seen, chance is not */
#include "tests/unit/point_data.h"

#include "coordinator/settle.h"

#define WINDOWS 400
#define PER_WINDOW 40

static const char text[] =
	"name: t\n"
	"target: {builtin: {policy: fcfs, workers: 2, backend: virtual}}\n"
	"workload: {protocol: spin, transport: udp,\n"
	"  service: {exponential: {mean: 100us}}}\n"
	"load: {rate: 20%}\n"
	"measure: {warmup: auto, time_limit: 4s}\n";

/* Its extra latency in a window, in us. */
typedef double (*extra_of)(size_t window);

static double none(size_t window)
{
	(void)window;
	return 0;
}

static double slow(size_t window)
{
	return 100 * exp(-(double)window / 30);
}

static double halfway(size_t window)
{
	return window < WINDOWS / 2 ? 0 : 60;
}

/* Nothing is random: a hash stands in for luck. */
static double luck(size_t i)
{
	return ((double)(uint32_t)rng_mix(i) + .5) / 0x1p32;
}

static int64_t settled(const char *yaml, extra_of extra, size_t from)
{
	struct option_problems problems = { 0 };
	struct arena arena;
	struct made made = { .arena = &arena };
	const struct wire_report *report = &made.report;
	struct wire_start start = { .until_ns = WINDOWS * WINDOW };
	struct point_data data;
	struct plan *plan;
	int64_t settled_ns;

	arena_init(&arena);
	plan = plan_of(yaml, 4, &arena, &problems);
	assert_non_null(plan);
	for (size_t w = 0; w < WINDOWS; w++) {
		int64_t value[PER_WINDOW];

		for (size_t i = 0; i < PER_WINDOW; i++)
			value[i] = (int64_t)(1e3 * (extra(w) - 100 *
				log(luck(from + w * PER_WINDOW + i))));
		made_window(&made, (uint32_t)w, OUTCOME_RECEIVED, value,
			    PER_WINDOW);
	}
	start.rate_rps = plan->point->rate_rps;
	point_init(&data, plan, plan->point, &arena);
	point_add(&data, &start, &report, NULL);
	settled_ns = settle_ns(&data);
	if (settled_ns) {
		point_cut(&data, settled_ns);
		assert_int_equal(settle_ns(&data), 0);
	}
	arena_fini(&arena);
	return settled_ns;
}

static void test_chance(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(settled(text, none, 100000 * i), 0);
}

/* 100 us more at first, 37 us after .3 s, .1 us after 2 s. */
static void test_slow(void **state)
{
	(void)state;
	assert_in_range(settled(text, slow, 0), INT64_C(300000000),
			INT64_C(2000000000));
}

/* A shift is not a warm-up: nobody knows what it shifts to next. */
static void test_shift(void **state)
{
	(void)state;
	assert_int_equal(settled(text, halfway, 0), 0);
}

/* Whoever says how long it is, knows. */
static void test_said(void **state)
{
	char said[512];

	(void)state;
	snprintf(said, sizeof(said), "%s", text);
	memcpy(strstr(said, "auto"), "50ms", 4);
	assert_int_equal(settled(said, slow, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_shift),
		cmocka_unit_test(test_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
