/* faults_test.c - whole points, simulated: checks pass clean and catch broken */
#include "tests/unit/point_data.h"

#include <gsl/gsl_errno.h>

#include "coordinator/check.h"
#include "tests/validity/world.c"

#define REQUESTS 100000

/* One of a run's nine points at a load of 70%. */
static struct result_check *judge(const struct world *world, size_t *n,
				  struct arena *arena)
{
	struct plan *plan = world_plan(world, .1, .9, 9, arena);
	struct result_check *checks;
	struct point_data data;
	struct err err;

	world_point(world, plan, 6, REQUESTS, &data, arena);
	assert_int_equal(check_all(&data, arena, &checks, n, &err), 0);
	return checks;
}

static struct world world_of(const char *arrival, unsigned agents)
{
	return (struct world){ .arrival = arrival, .agents = agents,
			       .records = true, .seed = test_seed() };
}

/*
 * Every test has 1/500 for nine points together, so one point fails by
 * chance once in 4500; what looks so is asked twice more, with other seeds:
 * 1e-11.
 */
static void expect_clean(const char *arrival, unsigned agents)
{
	struct world world = world_of(arrival, agents);
	const char *why = NULL;

	for (int time = 0; time < 3; time++, world.seed += 1000) {
		struct arena arena;
		size_t n;
		struct result_check *checks;

		arena_init(&arena);
		checks = judge(&world, &n, &arena);
		why = NULL;
		for (size_t i = 0; i < n && !why; i++)
			if (strcmp(checks[i].status, "pass") &&
			    strcmp(checks[i].action, "none"))
				why = checks[i].name;
		arena_fini(&arena);
		if (!why)
			return;
	}
	fail_msg("%s rejects clean %s arrivals", why, arrival);
}

static void test_clean(void **state)
{
	(void)state;
	expect_clean("poisson", 1);
	expect_clean("poisson", 2);
	expect_clean("fixed", 1);
	expect_clean("E2", 2);
	expect_clean("{mmpp: {rates: [3, 1], switches: [1ms, 1ms]}}", 1);
}

/* A fault is missed less than once in 50; thrice in a row, 1e-5 ... */
static void expect_caught(struct world world, const char *check)
{
	for (int time = 0; time < 4; time++, world.seed += 1000) {
		struct arena arena;
		struct result_check *checks;
		bool caught = false;
		size_t n;

		arena_init(&arena);
		checks = judge(&world, &n, &arena);
		for (size_t i = 0; i < n; i++)
			caught |= !strcmp(checks[i].name, check) &&
				  !strcmp(checks[i].status, "fail");
		arena_fini(&arena);
		if (caught)
			return;
	}
	fail_msg("%s does not see it", check);
}

/* ... and four times, 1e-7. */
static void test_faults(void **state)
{
	struct {
		const char *check;
		struct world world;
	} faults[] = {
		{ "arrivals", { .sent_arrival = "fixed" } },
		{ "arrivals", { .sent_arrival = "E2" } },
		{ "arrivals", { .sent_arrival = "H2:2" } },
		{ "dispersion", { .sent_arrival = "E2" } },
		{ "dispersion", { .sent_arrival = "H2:2" } },
		{ "independence", { .sent_arrival =
			"{mmpp: {rates: [9, 1], switches: [1ms, 1ms]}}" } },
		{ "independence", { .freeze_ns = 50000000 } },
		{ "seeds", { .agents = 2, .one_seed = true } },
		{ "dispersion", { .agents = 2, .one_seed = true } },
		{ "achieved", { .rate = .05 } },
		{ "achieved", { .rate = -.05 } },
		{ "lateness", { .freeze_ns = 50000000 } },
		{ "stationarity", { .rise = .2 } },
		{ "stationarity", { .step = .2 } },
		{ "stationarity", { .wave = .1, .periods = 4 } },
		{ "completeness", { .lost = .01 } },
		{ "throttling", { .waiting = .1 } },
		{ "throttling", { .waiting = .1, .file = true,
				  .round_ns = 2000, .any_arrival = true } },
		{ "pauses", { .file = true, .missing = .02 } },
		{ "units", { .file = true, .in_us = .3 } },
		{ "agreement", { .agents = 2, .apart_ns = 50000 } },
		{ "served", { .longer = .1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct world *world = &faults[i].world;

		world->arrival = "poisson";
		world->records = true;
		world->seed = test_seed();
		if (!world->agents)
			world->agents = 1;
		expect_caught(*world, faults[i].check);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_faults),
	};

	gsl_set_error_handler_off();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
