/* verdict_test.c - every case of the decision */
#include "tests/unit/point_data.h"

#include "coordinator/verdict.h"

static const struct {
	const char *check, *status, *verdict, *action;
} cases[] = {
	{ "achieved", "pass", "valid", NULL },
	{ "achieved", "fail", "invalid", NULL },
	{ "achieved", "not_run", "invalid", NULL },
	{ "arrivals", "pass", "valid", NULL },
	{ "arrivals", "fail", "invalid", NULL },
	{ "arrivals", "not_run", "invalid", "point rejected" },
	{ "arrivals", "not_run", "valid", "none" },	/* a trace */
	{ "stalls", "not_run", "invalid", NULL },
	{ "anything", "pass", "valid", NULL },
	{ "anything", "fail", "invalid", NULL },
	{ "anything", "never heard of", "invalid", NULL },
};

static void test_cases(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct result_check checks[] = {
			{ .name = "first", .status = "pass", .reason = "fine" },
			{ .name = cases[i].check, .status = cases[i].status,
			  .reason = "because", .action = cases[i].action },
		};
		struct result_verdict verdict;

		verdict_point(checks, 2, &arena, &verdict);
		assert_string_equal(verdict.status, cases[i].verdict);
		if (verdict.nreasons)
			assert_non_null(strstr(verdict.reasons[0], "because"));
		assert_int_equal(verdict.nreasons,
				 strcmp(cases[i].verdict, "valid") != 0);
	}
	arena_fini(&arena);
}

/* Agents that stood still all the time leave no gaps to test: no fault of the
 * gaps'. */
static void test_failed_first(void **state)
{
	const struct result_check checks[] = {
		{ .name = "arrivals", .status = "not_run", .reason = "0 gaps" },
		{ .name = "lateness", .status = "pass", .reason = "fine" },
		{ .name = "stalls", .status = "fail", .reason = "all day" },
	};
	struct result_verdict verdict;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	verdict_point(checks, 3, &arena, &verdict);
	assert_int_equal(verdict.nreasons, 2);
	assert_string_equal(verdict.reasons[0], "stalls: all day");
	assert_string_equal(verdict.reasons[1], "arrivals: 0 gaps");
	arena_fini(&arena);
}

static void test_run(void **state)
{
	const char *why[] = { "too late" };
	struct result_point points[] = {
		{ .verdict = { "valid", NULL, 0 } },
		{ .verdict = { "invalid", why, 1 }, .offered_rps = 5000 },
	};
	struct result_verdict verdict;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	verdict_run(points, 1, NULL, &arena, &verdict);
	assert_string_equal(verdict.status, "valid");
	assert_int_equal(verdict.nreasons, 0);
	verdict_run(points, 2, NULL, &arena, &verdict);
	assert_string_equal(verdict.status, "invalid");
	assert_non_null(strstr(verdict.reasons[0], "too late"));
	verdict_run(points, 1, "agent 0 died", &arena, &verdict);
	assert_string_equal(verdict.status, "invalid");
	assert_string_equal(verdict.reasons[0], "agent 0 died");
	verdict_run(points, 0, NULL, &arena, &verdict);
	assert_string_equal(verdict.status, "invalid");
	arena_fini(&arena);
}

static void test_agent(void **state)
{
	struct result_counts none = { 0 };
	struct result_counts fine = { .intended = 1000, .sent = 1000 };
	struct result_counts unsent = { .intended = 1000, .unsent = 2 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	assert_string_not_equal(verdict_agent(&none, &arena), "valid");
	assert_string_equal(verdict_agent(&fine, &arena), "valid");
	assert_string_not_equal(verdict_agent(&unsent, &arena), "valid");
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_failed_first),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
