/* maxload_test.c - the highest load that keeps a promise, by simulation */
#include "tests/unit/models.h"

#include <math.h>

#include "lancet/core/slo.h"
#include "models/maxload.h"

/* As in the simulator's test: 5 half-widths are beyond 1e-9. */
#define WIDE 5

struct promised {
	const char *service, *policy;
	uint32_t workers;
	const char *slo;
};

static struct maxload solve(const struct promised *p,
			    enum predict_method method, uint32_t threads,
			    double limit_s)
{
	struct predict_query q = { .workers = p->workers,
				   .method = method,
				   .seed = test_seed(),
				   .relative = 0.02,
				   .time_limit_s = limit_s,
				   .threads = threads };
	struct maxload found;
	struct workload w;
	struct arena arena;
	struct slo slo = { 0 };
	struct err err = { 0 };

	arena_init(&arena);
	w = test_workload("poisson", p->service, &arena);
	q.workload = &w;
	q.policy = test_choice(KIND_POLICY, p->policy, &arena);
	if (slo_parse(p->slo, &slo, &err) || maxload(&q, &slo, &found, &err))
		fail_msg("%s: %s", p->slo, err.text);
	arena_fini(&arena);
	assert_true(found.load.lo <= found.load.value);
	assert_true(found.load.value <= found.load.hi);
	return found;
}

/* Against exact roots, atoms and steps between them among the laws. */
static void test_roots(void **state)
{
	static const struct promised of[] = {
		{ "exp", "fcfs", 1, "p99 <= 10x" },
		{ "exp", "fcfs", 4, "p99 <= 10x and p90 <= 3x" },
		{ "det", "fcfs", 2, "p99 <= 2x" },
		{ "disc:0.9:0.5,0.1:5.5", "fcfs", 1, "p99 <= 5.5x" },
		{ "exp", "fcfs", 4, "p99 slowdown <= 30" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct maxload exact = solve(&of[i], PREDICT_EXACT, 0, 60);
		struct maxload sim = solve(&of[i], PREDICT_SIMULATE, 0, 60);
		double half = (sim.load.hi - sim.load.lo) / 2;

		assert_true(half > 0 && half < 0.03 * sim.load.value);
		if (fabs(sim.load.value - exact.load.value) > WIDE * half)
			fail_msg("%s: %g +- %.2g, not %g", of[i].slo,
				 sim.load.value, half, exact.load.value);
	}
}

/* The cost of switching leaves 1 / (1 + c E[ceil(S / q) - 1]). */
static void test_capacity(void **state)
{
	static const struct promised of = { "exp", "quantum:1:0.5", 2,
					    "p50 <= 1000x" };
	double most = 1 / (1 + 0.5 / (exp(1) - 1));
	struct maxload found = solve(&of, PREDICT_SIMULATE, 0, 1);

	(void)state;
	assert_true(found.load.value > 0.9 * most);
	assert_true(found.load.hi <= most * (1 + 1e-9));
}

static void test_never(void **state)
{
	static const struct promised of = { "exp", "jsq", 2, "p99 <= 4x" };
	struct maxload found = solve(&of, PREDICT_SIMULATE, 0, 60);

	(void)state;
	assert_true(found.load.value <= 0 && found.load.hi <= 0);
}

static void test_threads(void **state)
{
	static const struct promised of = { "exp", "jsq", 2, "p99 <= 8x" };
	struct maxload one = solve(&of, PREDICT_SIMULATE, 1, 60);
	struct maxload two = solve(&of, PREDICT_SIMULATE, 2, 60);

	(void)state;
	assert_memory_equal(&one.load, &two.load, sizeof(one.load));
}

/* Time ends the search, with what it has; the law needs minutes. */
static void test_cut(void **state)
{
	static const struct promised of = { "disc:0.99999:1,0.00001:1000",
					    "quantum:1", 4, "p99.9 <= 20x" };
	struct maxload found = solve(&of, PREDICT_SIMULATE, 0, 0.05);

	(void)state;
	assert_non_null(strstr(found.method, "cut short"));
	assert_true(found.load.hi > found.load.lo && found.load.hi <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roots), cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_never), cmocka_unit_test(test_threads),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
