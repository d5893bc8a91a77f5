/* coverage_test.c - how often the simulator's 95% intervals hold the truth */
#include "tests/unit/models.h"

#include "models/predict.h"

/*
 * The long version: 1000 seeds a cell, and 93% to 97% must hold the truth; of
 * an exact 95% that fails with probability 3e-3 a cell. The short one: of 50
 * seeds fewer than 38 do with probability 7e-7 of 95%, 2e-5 of 93%.
 */
#define SEEDS_LONG 1000
#define SEEDS 50
#define LEAST 38

struct cell {
	const char *service;
	uint32_t workers;
	double load;
	double p99; /* of sojourn; 0: there is a formula */
};

static const struct cell cells[] = {
	{ "exp", 1, 0.5, 0 },
	{ "exp", 1, 0.8, 0 },
	{ "exp", 1, 0.9, 0 },
	{ "exp", 16, 0.9, 0 },
	/* By a run of 3e8 requests, +-0.02. */
	{ "disc:0.9:0.5,0.1:5.5", 4, 0.8, 10.278 },
};

static bool is_long(void)
{
	return getenv("LANCET_LONG") != NULL;
}

static double truth_of(const struct cell *cell, struct predict_query query)
{
	struct predict_result result;
	struct arena arena;
	struct err err = { 0 };
	double truth = cell->p99;

	if (truth > 0)
		return truth;
	arena_init(&arena);
	query.method = PREDICT_EXACT;
	if (predict(&query, &result, &arena, &err))
		fail_msg("%s", err.text);
	truth = result.answer[0].value.value;
	arena_fini(&arena);
	return truth;
}

static bool covers(const struct predict_query *query, double truth)
{
	struct predict_result result;
	struct predict_value v;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena);
	if (predict(query, &result, &arena, &err))
		fail_msg("%s", err.text);
	v = result.answer[0].value;
	assert_null(result.answer[0].refused);
	assert_null(strstr(result.answer[0].method, "too few"));
	arena_fini(&arena);
	return v.lo <= truth && truth <= v.hi;
}

static void check_cell(const struct cell *cell)
{
	static const struct predict_ask p99 = { .figure = FIGURE_QUANTILE,
						.q = 0.99 };
	int seeds = is_long() ? SEEDS_LONG : SEEDS, held = 0;
	struct workload w;
	struct arena arena;
	struct predict_query query = {
		.workload = &w,
		.workers = cell->workers,
		.method = PREDICT_SIMULATE,
		.ask = &p99,
		.nask = 1,
		.relative = 0.05,
		.time_limit_s = 60,
	};
	double truth;

	arena_init(&arena);
	w = test_workload("poisson", cell->service, &arena);
	query.policy = test_choice(KIND_POLICY, "fcfs", &arena);
	query.rate = cell->load * cell->workers / workload_moment(&w, 1);
	truth = truth_of(cell, query);
	for (int i = 0; i < seeds; i++) {
		query.seed = test_seed() * 100000 + (uint64_t)i;
		held += covers(&query, truth);
	}
	print_message("held: %s | %u | %g | %.5g | %d | %d |\n", cell->service,
		      cell->workers, cell->load, truth, held, seeds);
	if (is_long())
		assert_in_range(held, 930, 970);
	else
		assert_in_range(held, LEAST, seeds);
	arena_fini(&arena);
}

/* The costly ones, at load 0.9, in the long version only. */
static void test_coverage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (is_long() || cells[i].load < 0.9)
			check_cell(&cells[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coverage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
