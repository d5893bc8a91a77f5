/* measure_test.c - how far a point is from the precision that was asked */
#include "tests/unit/point_data.h"

#include "coordinator/measure.h"

static const char text[] =
	"name: t\n"
	"target: {builtin: {policy: fcfs, workers: 1, backend: virtual}}\n"
	"workload: {protocol: spin, transport: udp,\n"
	"  service: {exponential: {mean: 100us}}}\n"
	"load: {rate: 50%}\n"
	"measure: {precision: {quantile: p99, relative: 5%}}\n";

/*
 * An interval from 10% below where `beyond` independent requests are beyond
 * it, by what they are worth there and at the median.
 */
static double shrink(double hi, double beyond, double by_median)
{
	struct option_problems problems = { 0 };
	struct result_quantile q[] = {
		{ .q = .5, .worth = 100 * by_median },
		{ .q = .99, .value = 1000, .lo = 900, .hi = hi,
		  .worth = 100 * beyond },
	};
	struct point_data data = { .nsegments = 1 };
	struct arena arena;
	double is;

	arena_init(&arena);
	data.plan = plan_of(text, 4, &arena, &problems);
	assert_non_null(data.plan);
	data.response = (struct result_metric){ .quantiles = q,
						.nquantiles = 2 };
	is = measure_shrink(&data);
	arena_fini(&arena);
	return is;
}

static void test_width(void **state)
{
	(void)state;
	assert_true(fabs(shrink(1100, 1000, 1000) - 2) < 1e-9);
	assert_true(shrink(996, 1000, 1000) < 1);
	assert_true(isinf(shrink((double)INFINITY, 1000, 1000)));
}

/* However narrow, with a quarter of the 50 it is half as wide as it looks. */
static void test_few_bursts(void **state)
{
	(void)state;
	assert_true(fabs(shrink(901, 12.5, 1000) - 2) < 1e-9);
	assert_true(fabs(shrink(901, 1000, 12.5) - 2) < 1e-9);
	assert_true(shrink(901, 51, 51) < 1);
	assert_true(isinf(shrink(901, 0, 1000)));
	assert_true(isinf(shrink(901, 1000, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_few_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
