/* measure_test.c - how far a point is from its goal, and who is to blame */
#include "tests/unit/point_data.h"

#include "coordinator/measure.c"

static const char text[] =
	"name: t\n"
	"target: {builtin: {policy: fcfs, workers: 1, backend: virtual}}\n"
	"workload: {protocol: spin, transport: udp,\n"
	"  service: {exponential: {mean: 100us}}}\n"
	"load: {rate: 50%}\n"
	"measure: {precision: {quantile: p99, relative: 5%}}\n";

/* Of an interval from 10% below. */
static double shrunk(double hi)
{
	struct option_problems problems = { 0 };
	struct result_quantile q[] = {
		{ .q = .99, .value = 1000, .lo = 900, .hi = hi },
	};
	struct point_data data = { .nsegments = 1 };
	struct arena arena;
	double is;

	arena_init(&arena);
	data.plan = plan_of(text, 4, &arena, &problems);
	assert_non_null(data.plan);
	data.response = (struct result_metric){ .quantiles = q,
						.nquantiles = 1 };
	is = measure_shrink(&data);
	arena_fini(&arena);
	return is;
}

static void test_width(void **state)
{
	(void)state;
	assert_true(fabs(shrunk(1100) - 2) < 1e-9);
	assert_true(shrunk(996) < 1);
	assert_true(isinf(shrunk((double)INFINITY)));
}

/* --- who is to blame ------------------------------------------------------ */

static const char echo[] =
	"name: t\n"
	"target: {address: \"10.0.0.1:80\"}\n"
	"workload: {protocol: echo, transport: udp}\n"
	"agents: [{connections: 16}]\n"
	"load: {rate: 1krps}\n";

/* Of 1000 sent `late` by 1 ms; so many waited, so many of these cut off. */
static struct decide_state blamed(uint64_t late, uint64_t waited,
				  uint64_t cut_off)
{
	struct option_problems problems = { 0 };
	struct hist *lateness = calloc(1, sizeof(*lateness));
	struct point_data data = {
		.lateness = lateness, .waited = waited, .cut_off = cut_off,
	};
	struct decide_state state = { 0 };
	struct arena arena;

	arena_init(&arena);
	data.plan = plan_of(echo, 4, &arena, &problems);
	assert_non_null(data.plan);
	for (uint64_t i = 0; i < 1000; i++)
		hist_record(lateness, i < late ? 1000000 : 1000);
	blame(&data, data.plan, &state);
	free(lateness);
	arena_fini(&arena);
	return state;
}

static void expect_blame(uint64_t late, uint64_t waited, uint64_t cut_off,
			 bool throttled, bool overrun)
{
	struct decide_state is = blamed(late, waited, cut_off);

	assert_int_equal(is.throttled, throttled);
	assert_int_equal(is.overrun, overrun);
}

static void test_blame(void **state)
{
	(void)state;
	expect_blame(400, 0, 0, false, false);
	expect_blame(600, 0, 0, false, true);
	expect_blame(600, 600, 0, true, false);
	expect_blame(10, 10, 0, false, false);
	expect_blame(20, 20, 0, true, false);
}

/* Whoever ended the connection they waited for: it was not the client. */
static void test_blame_waited(void **state)
{
	(void)state;
	assert_false(blamed(10, 10, 0).waited);
	assert_true(blamed(20, 20, 0).waited);
	assert_true(blamed(20, 20, 20).waited);
}

/* Connections that the target ended: more of them would not stand either. */
static void test_blame_cut(void **state)
{
	(void)state;
	expect_blame(20, 20, 20, false, false);
	expect_blame(600, 600, 1, true, false);
	/* Late because they waited; and late besides. */
	expect_blame(600, 600, 600, false, false);
	expect_blame(900, 900, 900, false, false);
	expect_blame(900, 100, 100, false, true);
	expect_blame(0, 1000000, 1000000, false, false);
}

/* --- time ----------------------------------------------------------------- */

/* ns that the last replies are waited for. */
static int64_t drained(const char *measure)
{
	struct option_problems problems = { 0 };
	char yaml[600];
	const struct plan *plan;
	struct arena arena;
	int64_t is;

	snprintf(yaml, sizeof(yaml), "%smeasure: %s\n", echo, measure);
	arena_init(&arena);
	plan = plan_of(yaml, 4, &arena, &problems);
	assert_non_null(plan);
	is = drain_ns(plan);
	arena_fini(&arena);
	return is;
}

/* No longer than a reply may take, and a sixteenth of the limit. */
static void test_drain(void **state)
{
	(void)state;
	assert_int_equal(drained("{time_limit: 1s, drain: 10s}"), 62500000);
	assert_int_equal(drained("{time_limit: 1s, drain: 20ms}"), 20000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_blame),
		cmocka_unit_test(test_blame_waited),
		cmocka_unit_test(test_blame_cut),
		cmocka_unit_test(test_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
