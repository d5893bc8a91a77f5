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

/* An interval of +-10% where `beyond` independent requests are beyond it. */
static double shrink(const char *status, double hi, double beyond)
{
	struct option_problems problems = { 0 };
	struct result_quantile q = {
		.q = .99, .value = 1000, .lo = 900, .hi = hi,
		.status = status, .worth = 100 * beyond,
	};
	struct point_data data;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_few_bursts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
