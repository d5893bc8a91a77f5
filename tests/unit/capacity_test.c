/* capacity_test.c - the largest stable rate of arrivals of policies */
#include "tests/unit/models.h"

#include <errno.h>
#include <math.h>

#include "models/policy.h"

/* E[S] = 1 where nothing is said; expected values from closed forms. */
static const struct {
	const char *policy;
	uint32_t workers;
	const char *service;
	double capacity;
} rows[] = {
	{ "fcfs", 4, "exp", 4 },
	{ "las", 4, "exp", 4 },
	{ "jsq", 4, "exp:2", 2 },
	{ "serial:0.5", 4, "exp", 2 },
	{ "serial:0.1", 4, "exp", 4 },
	{ "bounded:3", 4, "exp", INFINITY },
	{ "nack:1,2", 4, "exp", INFINITY },
	/* Without `each` workers are those of one server. */
	{ "rack:jsq:3:2", 9, "exp", 6 },
	{ "rack:po2:8", 8, "exp:2", 32 },
	{ "conn-split:3", 4, "exp", 12 },
	{ "conn-split:3:2", 4, "exp", 6 },
	{ "tandem:2,3", 9, "exp", 2 },
	{ "{tandem: {stages: [4, 3], later: ['exp:2']}}", 1, "exp", 1.5 },
	{ "{tandem: {stages: [1, 3, 9], later: [det, 'exp:2']}}", 1, "exp:0.5",
	  2 },
	/* E[S; S <= x] = 1 - (1 + x) e^-x of exponential service. */
	{ "sita:1", 2, "exp", 1.3591409142295225 },
	{ "sita:1,2", 3, "exp", 2.4630186996435506 },
	/* 2 is left out: it is the double. */
	{ "sita:1", 3, "exp", 2.4630186996435506 },
	{ "sita:1000", 2, "exp", 1 },
	{ "sita:7", 1, "exp", 1 },
	/* An atom on the cutoff is below it. */
	{ "sita:1", 2, "disc:0.5:1,0.5:3", 1 / 1.5 },
	{ "sita:0.5", 2, "disc:0.5:1,0.5:3", 0.5 },
	/* Lognormal: E[S; S <= x] = E[S] Phi((ln x - m) / s - s), E[S] = 1,
	 * s^2 = ln 5, m = -s^2 / 2. */
	{ "sita:1", 2, "lognormal:4", 1.3567354211889366 },
	{ "sita:1,1e9", 3, "lognormal:4", 1.3567354211889366 },
	/* Pareto 1.5 from 1 to infinity, E[S] = 3: E[S; S > x] = 3 / sqrt x. */
	{ "sita:16", 2, "pareto:1.5:min=1", 1 / 2.25 },
};

static void test_capacity(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct workload w;
		struct choice policy;
		struct arena arena;
		double got;

		arena_init(&arena);
		w = test_workload("poisson", rows[i].service, &arena);
		policy = test_choice(KIND_POLICY, rows[i].policy, &arena);
		got = policy_capacity(&policy, rows[i].workers, &w);
		if (isinf(rows[i].capacity)
			    ? !isinf(got)
			    : fabs(got - rows[i].capacity) > 1e-6 * got)
			fail_msg("%s of %u workers, service %s: %.9g, not %.9g",
				 rows[i].policy, rows[i].workers,
				 rows[i].service, got, rows[i].capacity);
		arena_fini(&arena);
	}
}

/* Classes count by their weights. */
static void test_classes(void **state)
{
	struct class_law class[2] = { { .name = "a", .weight = 0.75 },
				      { .name = "b", .weight = 0.25 } };
	struct workload w = { .class = class, .nclasses = 2 };
	struct choice policy;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	class[0].service = test_dist("det:1", &arena);
	class[1].service = test_dist("disc:0.5:1,0.5:9", &arena);
	policy = test_choice(KIND_POLICY, "sita:1", &arena);
	/* 0.875 to the first, 1.125 to the second. */
	assert_true(fabs(policy_capacity(&policy, 2, &w) - 1 / 1.125) < 1e-12);
	arena_fini(&arena);
}

/* The number that share the load. */
static void test_workers(void **state)
{
	static const struct {
		const char *policy;
		uint32_t workers, all;
	} of[] = {
		{ "fcfs", 4, 4 },	   { "rack:jsq:8", 4, 32 },
		{ "rack:jsq:8:2", 4, 16 }, { "conn-split:3", 2, 6 },
		{ "tandem:2,3", 9, 2 },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct choice policy =
			test_choice(KIND_POLICY, of[i].policy, &arena);

		assert_int_equal(policy_workers(&policy, of[i].workers),
				 of[i].all);
	}
	arena_fini(&arena);
}

/* What cannot be is told where it is written. */
static void test_refused(void **state)
{
	static const char *const of[][2] = {
		{ "sita:2,1", "rising order" },
		{ "{sita: {cutoffs: []}}", "give one" },
		{ "{nack: {bound: []}}", "give one" },
		{ "tandem:1,1,1,1", "give one to 3" },
		{ "{tandem: {stages: [1, 2], later: [exp, exp]}}",
		  "one for each but the first" },
		{ "{tandem: {stages: [1, 2], later: ['exp:-1']}}",
		  "too small" },
		{ "rack:first:3", "unknown word 'first'" },
		{ "rack:jsq:0", "too small" },
		{ "bounded:-1", "too small" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct choice choice;
		struct arena arena;
		struct err err = { 0 };

		arena_init(&arena);
		if (!option_parse_choice(KIND_POLICY, OPTION_UNIT_TIME,
					 of[i][0], &choice, &arena, &err))
			fail_msg("%s was taken", of[i][0]);
		if (!strstr(err.text, of[i][1]))
			fail_msg("%s: %s", of[i][0], err.text);
		arena_fini(&arena);
	}
}

/* More cutoffs than there is to cut. */
static void test_cutoffs(void **state)
{
	struct choice choice;
	struct arena arena;
	struct policy p;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena);
	choice = test_choice(KIND_POLICY, "sita:1,2", &arena);
	assert_int_equal(policy_init(&p, &choice, 3, 9, &arena, &err), 0);
	assert_int_equal(policy_init(&p, &choice, 2, 9, &arena, &err), -EINVAL);
	assert_non_null(strstr(err.text, "2 cutoffs for 2 workers"));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capacity), cmocka_unit_test(test_classes),
		cmocka_unit_test(test_workers),	 cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cutoffs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
