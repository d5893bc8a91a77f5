/* workload_test.c - workloads of configurations, and what is wrong with them */
#include "tests/unit/models.h"

#include <math.h>
#include <unistd.h>

#include "lancet/core/config.h"
#include "models/capacity.h"

static const char before[] = "name: test\n"
			     "target:\n"
			     "  builtin: {policy: part, workers: 4, service: "
			     "{constant: {value: 5us}}}\n"
			     "workload:\n";
static const char after[] = "load: {rate: 1krps}\n";

static struct config *config_of(const char *workload, struct arena *arena)
{
	struct option_problems problems = { 0 };
	char *text = arena_printf(arena, "%s%s%s", before, workload, after);
	struct config *config = config_parse("test.yaml", text, strlen(text),
					     NULL, 0, arena, &problems);

	if (!config)
		fail_msg("%s", problems.problem[0].text);
	return config;
}

static void test_classes(void **state)
{
	struct workload w, served;
	struct config *config;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena);
	config = config_of("  protocol: spin\n"
			   "  request_size: {constant: {value: 64B}}\n"
			   "  classes:\n"
			   "    - {name: get, weight: 3,\n"
			   "       service: {exponential: {mean: 10us}}}\n"
			   "    - {name: put, weight: 1,\n"
			   "       service: {constant: {value: 50us}},\n"
			   "       request_size: {constant: {value: 1kB}}}\n",
			   &arena);
	assert_int_equal(workload_init(&w, config, &arena, &err), 0);
	assert_int_equal(w.nclasses, 2);
	assert_string_equal(w.class[1].name, "put");
	assert_true(w.class[0].weight == 0.75);
	assert_true(dist_mean(&w.class[0].service) == 10e3);
	assert_true(dist_mean(&w.class[1].service) == 50e3);
	assert_true(dist_mean(&w.class[0].request_size) == 64);
	assert_true(dist_mean(&w.class[1].request_size) == 1000);
	assert_null(w.class[0].reply_size.ops);
	assert_true(workload_mean_service_ns(&w) == 20e3);
	assert_int_equal(capacity_workload(&served, &w, config, &arena, &err),
			 0);
	assert_true(workload_mean_service_ns(&served) == 20e3);
	assert_true(fabs(capacity_rps(config, &served) - 200e3) < 1e-6);
	arena_fini(&arena);
}

/* Requests that carry no time are served by the target's own law. */
static void test_own_law(void **state)
{
	struct workload w, served;
	struct config *config;
	struct arena arena;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena);
	config = config_of("  protocol: echo\n", &arena);
	assert_int_equal(workload_init(&w, config, &arena, &err), 0);
	assert_string_equal(w.class[0].name, "all");
	assert_true(workload_mean_service_ns(&w) == 0);
	assert_int_equal(capacity_workload(&served, &w, config, &arena, &err),
			 0);
	assert_true(workload_mean_service_ns(&served) == 5e3);
	assert_true(fabs(capacity_rps(config, &served) - 800e3) < 1e-6);
	arena_fini(&arena);
}

/* The message starts with the place, and is one line. */
static void refuse(const char *workload, const char *place, const char *says)
{
	struct arena arena;
	struct workload w;
	struct err err = { 0 };
	struct config *config;

	arena_init(&arena);
	config = config_of(
		arena_printf(&arena, "%s  protocol: spin\n", workload), &arena);
	assert_true(workload_init(&w, config, &arena, &err) < 0);
	if (strncmp(err.text, place, strlen(place)) ||
	    !strstr(err.text, says) || strchr(err.text, '\n'))
		fail_msg("%s", err.text);
	arena_fini(&arena);
}

static void test_refusals(void **state)
{
	const char *trace = test_file("0,0\n9,3\n", 8);
	char workload[160];

	(void)state;
	snprintf(workload, sizeof(workload),
		 "  service: {constant: {value: "
		 "1us}}\n  arrival: {trace: {file: %s}}\n",
		 trace);
	refuse(workload, "test.yaml:6:12: error: ", "has class 3");
	unlink(trace);
	refuse(workload, "test.yaml:6:12: error: ", "cannot open");
	refuse("  arrival: poisson\n  service: {empirical: {file: /nowhere}}\n",
	       "test.yaml:6:12: error: ", "cannot open /nowhere");
	refuse("  service: {modes: [{p: 0.4, value: 3us}]}\n",
	       "test.yaml:5:12: error: ", "sum to 0.4");
	refuse("  classes:\n    - {name: a, service: {lognormal: {mean: "
	       "0ns}}}\n",
	       "test.yaml:6:5: error: ", "lognormal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_own_law),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
