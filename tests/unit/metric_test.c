/* metric_test.c - names of figures: what they ask for, and which are none */
#include "tests/unit/models.h"

#include "models/metric.h"

static const struct workload *two_classes(struct arena *arena)
{
	struct workload *w = arena_alloc(arena, sizeof(*w));

	*w = test_workload("M", "exp", arena);
	w->class = arena_array(arena, 2, sizeof(*w->class));
	w->class[0].name = "get";
	w->class[1].name = "scan";
	w->nclasses = 2;
	return w;
}

static void test_names(void **state)
{
	static const struct {
		const char *text;
		struct predict_ask ask;
	} c[] = {
		{ "mean", { .figure = FIGURE_MEAN } },
		{ "p99", { .figure = FIGURE_QUANTILE, .q = 0.99 } },
		{ "mean_sojourn", { .figure = FIGURE_MEAN } },
		{ "p99.9_slowdown",
		  { .figure = FIGURE_QUANTILE,
		    .of = METRIC_SLOWDOWN,
		    .q = 0.999 } },
		{ "wait:p50",
		  { .figure = FIGURE_QUANTILE, .of = METRIC_WAIT, .q = 0.5 } },
		{ "var_wait",
		  { .figure = FIGURE_VARIANCE, .of = METRIC_WAIT } },
		{ "p_wait", { .figure = FIGURE_P_WAIT, .of = METRIC_WAIT } },
		{ "loss_prob", { .figure = FIGURE_LOSS } },
		{ "mean_in_system", { .of = METRIC_IN_SYSTEM } },
		{ "p99_in_system",
		  { .figure = FIGURE_QUANTILE,
		    .of = METRIC_IN_SYSTEM,
		    .q = 0.99 } },
		{ "p99(scan)",
		  { .figure = FIGURE_QUANTILE, .q = 0.99, .class = 2 } },
		{ "mean_wait(get)", { .of = METRIC_WAIT, .class = 1 } },
		{ "wait:mean(get)", { .of = METRIC_WAIT, .class = 1 } },
		{ "p_wait(get)",
		  { .figure = FIGURE_P_WAIT, .of = METRIC_WAIT, .class = 1 } },
		{ "mean_sojourn_class2", { .class = 2 } },
		{ "mean_sojourn_stage2", { .stage = 2 } },
		{ "mean_sojourn_given_x=0.5", { .given = 0.5 } },
		{ "mean_given_x=50us", { .given = 50e3 } },
		{ "mean_class1_stage3_given_x=2",
		  { .class = 1, .stage = 3, .given = 2 } },
	};
	const struct workload *w;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	w = two_classes(&arena);
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct predict_ask ask;
		struct err err = { 0 };

		if (metric_parse(c[i].text, w, &ask, &err))
			fail_msg("%s", err.text);
		if (ask.figure != c[i].ask.figure || ask.of != c[i].ask.of ||
		    fabs(ask.q - c[i].ask.q) > 1e-12 ||
		    ask.class != c[i].ask.class ||
		    ask.stage != c[i].ask.stage || ask.given != c[i].ask.given)
			fail_msg("%s means something else", c[i].text);
	}
	arena_fini(&arena);
}

static void test_refused(void **state)
{
	static const char *const c[][2] = {
		{ "", "not a metric" },
		{ "p99_sojorn", "did you mean p99_sojourn?" },
		{ "mean_watt", "did you mean mean_wait?" },
		{ "los_prob", "did you mean loss_prob?" },
		{ "p200", "not a metric" },
		{ "p99_", "not a metric" },
		{ "_wait", "not a metric" },
		{ "p99_wait_sojourn", "not a metric" },
		{ "wait:wait", "not a metric" },
		{ "p99(gett)", "did you mean get?" },
		{ "p99(", "may be followed by" },
		{ "p99(get)x", "may be followed by" },
		{ "mean_class3", "may be followed by" },
		{ "mean_class0", "may be followed by" },
		{ "mean_class", "may be followed by" },
		{ "mean_stage4", "may be followed by" },
		{ "mean_given_x=", "may be followed by" },
		{ "mean_given_x=-1", "may be followed by" },
		{ "mean_given_x=0.5x", "may be followed by" },
		{ "a_name_that_is_longer_than_any_figure_of_a_queue",
		  "not a metric" },
	};
	const struct workload *w;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	w = two_classes(&arena);
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct predict_ask ask;
		struct err err = { 0 };

		assert_int_not_equal(metric_parse(c[i][0], w, &ask, &err), 0);
		if (!strstr(err.text, c[i][1]) || strchr(err.text, '\n'))
			fail_msg("'%s': %s", c[i][0], err.text);
	}
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
