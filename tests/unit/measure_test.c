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
 * it, at the look of that number.
 */
static double shrink_at(size_t look, const char *status, double hi,
			double beyond)
{
	struct option_problems problems = { 0 };
	struct result_quantile q = {
		.q = .99, .value = 1000, .lo = 900, .hi = hi,
		.status = status, .worth = 100 * beyond,
	};
	struct point_data data = { .nsegments = look };
	struct arena arena;
	double is;

	arena_init(&arena);
	data.plan = plan_of(text, 4, &arena, &problems);
	assert_non_null(data.plan);
	data.response = (struct result_metric){ .quantiles = &q,
						.nquantiles = 1 };
	is = measure_shrink(&data);
	arena_fini(&arena);
	return is;
}

static double shrink(const char *status, double hi, double beyond)
{
	return shrink_at(9, status, hi, beyond);
}

static void test_width(void **state)
{
	(void)state;
	assert_true(fabs(shrink("resolved", 1100, 1000) - 2) < 1e-9);
	assert_true(isinf(shrink("unresolved", (double)INFINITY, 1000)));
}

/* However narrow, with a quarter of the 40 it is half as wide as it looks. */
static void test_few_bursts(void **state)
{
	(void)state;
	assert_true(fabs(shrink("resolved", 901, 10) - 2) < 1e-9);
	assert_true(shrink("resolved", 901, 41) < 1);
	assert_true(isinf(shrink("resolved", 901, 0)));
}

/* At the first two, 5% that are hardly reached are confirmed by twice as much;
 * 3% are enough. */
static void test_early(void **state)
{
	(void)state;
	assert_true(shrink_at(3, "resolved", 996, 1000) < 1);
	for (size_t look = 1; look <= 2; look++) {
		assert_true(fabs(shrink_at(look, "resolved", 996, 1000) -
				 sqrt(2)) < 1e-9);
		assert_true(shrink_at(look, "resolved", 950, 1000) < 1);
		assert_true(fabs(shrink_at(look, "resolved", 1100, 1000) - 2) <
			    1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_few_bursts),
		cmocka_unit_test(test_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
