/* answers_test.c - how many workers, and what a closed loop would report */
#include "tests/unit/models.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/slo.h"
#include "models/needed.h"
#include "models/predict.h"

static struct workload workload;

static struct predict_query query_of(const char *service, const char *policy,
				     double rate, struct arena *arena)
{
	workload = test_workload("M", service, arena);
	return (struct predict_query){
		.workload = &workload,
		.policy = test_choice(KIND_POLICY, policy, arena),
		.workers = 1,
		.rate = rate,
		.seed = test_seed(),
		.relative = 0.02,
		.time_limit_s = 3,
	};
}

static struct slo promise_of(const char *text)
{
	struct slo slo;
	struct err err = { 0 };

	assert_int_equal(slo_parse(text, &slo, &err), 0);
	return slo;
}

static double p99(struct predict_query query, uint32_t workers)
{
	struct predict_ask ask = { .figure = FIGURE_QUANTILE, .q = 0.99 };
	struct predict_result result;
	struct arena arena;
	struct err err = { 0 };
	double value;

	query.workers = workers;
	query.ask = &ask;
	query.nask = 1;
	arena_init(&arena);
	if (predict(&query, &result, &arena, &err))
		value = INFINITY;
	else
		value = result.answer[0].value.value;
	arena_fini(&arena);
	return value;
}

/* The fewest keep the promise and one less do not. */
static void test_needed(void **state)
{
	static const struct {
		const char *service, *slo;
		double rate, bound;
	} of[] = {
		{ "exp", "p99 <= 10x", 0.5, 10 },
		{ "exp", "p99 <= 5x", 30, 5 },
		{ "det", "p99 <= 1.01x", 20, 1.01 },
		{ "h2:4", "p99 <= 11x", 9.7, 11 },
		{ "exp", "p99 <= 4.606x", 300, 4.606 },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct predict_query query =
			query_of(of[i].service, "fcfs", of[i].rate, &arena);
		struct slo slo = promise_of(of[i].slo);
		struct needed found;
		struct err err = { 0 };

		if (needed(&query, &slo, &found, &err))
			fail_msg("%s", err.text);
		assert_in_range(found.workers, 1, NEEDED_MOST);
		assert_int_equal(found.lo, found.workers);
		assert_int_equal(found.hi, found.workers);
		assert_true(p99(query, found.workers) <= of[i].bound);
		assert_true(p99(query, found.workers - 1) > of[i].bound);
		assert_memory_equal(found.method, "exact", 5);
	}
	arena_fini(&arena);
}

/* A simulation's interval holds the exact answer (its quantiles are bounded
 * at 95%; one worker more or less moves them by far more). */
static void test_needed_simulated(void **state)
{
	struct slo slo = promise_of("p99 <= 6x");
	struct needed exact, simulated;
	struct predict_query query;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena);
	query = query_of("exp", "fcfs", 5, &arena);
	assert_int_equal(needed(&query, &slo, &exact, &err), 0);
	query.method = PREDICT_SIMULATE;
	assert_int_equal(needed(&query, &slo, &simulated, &err), 0);
	assert_in_range(exact.workers, simulated.lo, simulated.hi);
	assert_true(simulated.hi - simulated.lo <= 1);
	arena_fini(&arena);
}

/* No queue is faster than its service; nor is a rate without end served. */
static void test_needed_refusals(void **state)
{
	static const char *const hopeless[] = { "p99 <= 4.6x",
						"p99 slowdown <= 0.9" };
	struct needed found;
	struct arena arena;
	struct slo slo;
	struct err err = { 0 };
	struct predict_query query;

	(void)state;
	arena_init(&arena);
	query = query_of("exp", "fcfs", 5, &arena);
	for (size_t i = 0; i < 2; i++) {
		slo = promise_of(hopeless[i]);
		assert_int_equal(needed(&query, &slo, &found, &err), 0);
		assert_int_equal(found.workers, 0);
	}
	slo = promise_of("errors <= 1%");
	assert_int_equal(needed(&query, &slo, &found, &err), -EDOM);
	slo = promise_of("p99 <= 10x");
	query.rate = 5000;
	assert_int_equal(needed(&query, &slo, &found, &err), -EDOM);
	assert_non_null(strstr(err.text, "more than"));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_needed_simulated),
		cmocka_unit_test(test_needed_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
