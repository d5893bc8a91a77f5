/* check_level_test.c - what checks allow and say, and what follows from them */
#include "tests/unit/check.h"

/* 2%: four deviations of a Poisson count of 98000 are less. */
static void test_allowed(void **state)
{
	assert_near(judge(*state, "achieved")->threshold,
		    .02, 1e-9);
}

/* Counts that never vary are allowed nothing more; those in spells, far more. */
static void test_allowed_by_counts(void **state)
{
	static const uint32_t spell[] = { 10, 40, 7, 61, 23, 90, 12, 35, 80,
					  19, 50, 63, 10 };
	struct fixture *f = *state;
	int64_t value[300];
	uint32_t w = 0;

	for (int i = 0; i < 300; i++)
		value[i] = 200000;
	f->made.report.nwindows = 0;
	while (w < WINDOWS)
		made_window(&f->made, w++, OUTCOME_RECEIVED, value, 200);
	assert_says(expect(f, "achieved", "pass"),
		    "from the offered 20000 (2.00% allowed)");
	point_init(&f->data, f->plan, &f->plan->point[0], &f->arena);
	f->made.report.nwindows = w = 0;
	for (size_t i = 0; i < sizeof(spell) / sizeof(*spell); i++)
		for (uint32_t end = w + spell[i]; w < end; w++)
			made_window(&f->made, w, OUTCOME_RECEIVED, value,
				    i % 2 ? 100 : 300);
	assert_int_equal(w, WINDOWS);
	/* One window from the next: 4 * 100 * sqrt(490) / 98000 and 2%. */
	assert_true(judge(f, "achieved")->threshold > 2 * .11);
}

/* A tenth of the median response is allowed, where that is more than 50 us. */
static void test_late_beside_long(void **state)
{
	struct fixture *f = *state;
	const struct result_check *check;
	int64_t value[200];

	f->made.report.nwindows = 0;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		for (int i = 0; i < 200; i++)
			value[i] = 2000000;
		made_window(&f->made, w, OUTCOME_RECEIVED, value, 200);
	}
	fill_lateness(f, 20e3);
	check = expect(f, "lateness", "pass");
	assert_says(check, "; 200.0 us are allowed");
	assert_near(check->effect, check->statistic / 2e6, 1e-3);
	assert_true(check->statistic > 60e3 && check->statistic < 130e3);
}

/* Agent 1 has 9 of 50 slow ones in a window, or 8 or 10; agent 0 has 3. */
static void test_agreement(void **state)
{
	struct fixture *f = *state;
	struct made two[2] = { { .arena = &f->arena }, { .arena = &f->arena } };
	const struct wire_report *report[] = { &two[0].report, &two[1].report };
	struct result_check *checks;
	const struct result_check *check = NULL;
	struct err err;
	size_t n;

	for (int a = 0; a < 2; a++) {
		for (uint32_t w = 0; w < WINDOWS; w++) {
			int slow = a ? 8 + (int)(w % 3) : 3;
			int64_t value[50];

			for (int i = 0; i < 50; i++)
				value[i] = i < slow
					? 200000 + (i * 37 + (int)w * 101) %
						   1000 * 10
					: 199000;
			made_window(&two[a], w, OUTCOME_RECEIVED, value, 50);
		}
		two[a].report.agent = (uint32_t)a;
		two[a].report.lateness = f->lateness;
	}
	point_add(&f->data, &f->start, report, NULL);
	point_close(&f->data, &f->arena);
	assert_int_equal(check_all(&f->data, &f->arena, &checks, &n, &err), 0);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(checks[i].name, "agreement"))
			check = &checks[i];
	assert_non_null(check);
	assert_string_equal(check->status, "fail");
	assert_says(check, "its share beyond p90 is");
	assert_near(check->threshold, .3, 1e-9);
	/* 9 to 3, or 3 to 9. */
	assert_near(check->effect, check->effect > 0 ? 2 : -2. / 3, .1);
}

/* Each of 1 ms spoils two windows or three of four: shorter ones would help. */
static void test_short_stalls(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 120; i++)
		f->stall[i] = (struct stall){
			.start_ns = f->start.at_ns + 105000000 +
				    i * INT64_C(40000000),
			.length_ns = 1000000,
		};
	f->made.report.nstalls = 120;
	assert_says(expect(f, "stalls", "fail"),
		    "a shorter measure.window loses less");
}

/* A test of level 5% that allows an effect of 1. */
static struct result_check tested(double p, double effect)
{
	return (struct result_check){
		.name = "independence", .status = "pass", .action = "none",
		.reason = "r", .p_value = p, .p_adjusted = (double)NAN,
		.level = .05, .effect = effect, .threshold = 1,
	};
}

/*
 * Three tests of a whole run, by Holm: p 0.0004, 0.02 and 0.04 are 0.0012,
 * 0.04 and 0.04; of four all but the first are 0.06. Too small an effect is a
 * pass, as is a large one that four tests may show by chance.
 */
static void test_run(void **state)
{
	struct result_check first[] = { tested(.0004, -2), tested(.02, 1) };
	struct result_check second[] = { tested(.04, -1.1),
					 tested((double)NAN, 3) };
	struct result_check third[] = { tested(.03, 2) };
	struct result_point points[] = {
		{ .checks = first, .nchecks = 2, .verdict.status = "valid" },
		{ .checks = second, .nchecks = 2, .verdict.status = "valid" },
		{ .checks = third, .nchecks = 1, .verdict.status = "valid" },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	check_run(points, 2, &arena);
	assert_near(first[0].p_adjusted, .0012, 1e-12);
	assert_near(first[1].p_adjusted, .04, 1e-12);
	assert_near(second[0].p_adjusted, .04, 1e-12);
	assert_true(isnan(second[1].p_adjusted));
	assert_string_equal(first[0].status, "fail");
	assert_string_equal(first[0].action, "point rejected");
	assert_string_equal(first[1].status, "pass");
	assert_string_equal(points[0].verdict.status, "invalid");
	assert_int_equal(points[0].verdict.nreasons, 1);
	assert_string_equal(second[0].status, "fail");
	assert_string_equal(points[1].verdict.status, "invalid");
	check_run(points, 3, &arena);
	assert_near(third[0].p_adjusted, .06, 1e-12);
	assert_string_equal(third[0].status, "pass");
	assert_string_equal(points[2].verdict.status, "valid");
	arena_fini(&arena);
}

/*
 * What is blind to replies, what condemns the client, and what a trial's pairs
 * do not mind. Not run is a fault, and no failure of the client's.
 */
static void test_who(void **state)
{
	struct result_check checks[] = {
		{ .name = "served", .status = "pass" },
		{ .name = "completeness", .status = "fail" },
		{ .name = "stalls", .status = "fail" },
		{ .name = "lateness", .status = "not_run" },
	};

	(void)state;
	assert_null(check_fault(checks, 1, false, false));
	assert_ptr_equal(check_fault(checks, 4, false, false), &checks[1]);
	assert_ptr_equal(check_fault(checks, 4, true, false), &checks[2]);
	assert_null(check_fault(checks, 4, true, true));
	assert_ptr_equal(check_fault(&checks[2], 2, false, true), &checks[3]);
	assert_false(check_client_failed(checks, 2, false));
	assert_true(check_client_failed(checks, 3, false));
	assert_false(check_client_failed(checks, 4, true));
	checks[3].status = "fail";
	assert_true(check_client_failed(checks, 4, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_allowed), WITH(test_allowed_by_counts),
		WITH(test_late_beside_long), WITH(test_short_stalls),
		cmocka_unit_test_setup_teardown(test_agreement, setup_two,
						fixture_destroy),
		cmocka_unit_test(test_run), cmocka_unit_test(test_who),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
