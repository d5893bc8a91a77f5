/* predict_test.c - formulas and simulation beside each other; refusals */
#include "tests/unit/setting.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/slo.h"
#include "models/maxload.h"

static void ask_for(struct setting *s, const struct predict_ask *ask, size_t n,
		    enum predict_method method)
{
	s->query.ask = ask;
	s->query.nask = n;
	s->query.method = method;
}

/* The simulator against Erlang: every asked figure within its interval
 * widened by half; at 95% coverage 3 t-widths are beyond 1e-6. */
static void test_simulated_mmk(void **state)
{
	struct predict_ask ask[] = {
		{ .figure = FIGURE_QUANTILE, .q = 0.5 },
		{ .figure = FIGURE_QUANTILE, .q = 0.9 },
		{ .figure = FIGURE_QUANTILE, .q = 0.99 },
		{ .figure = FIGURE_MEAN },
		{ .figure = FIGURE_P_WAIT },
	};
	static const struct {
		uint32_t k;
		double load;
	} at[] = {
		{ 1, 0.5 }, { 1, 0.9 }, { 4, 0.3 }, { 4, 0.8 }, { 16, 0.9 },
	};
	static const char *const policy[] = { "fcfs", "part", "part:rr" };

	(void)state;
	for (size_t i = 0; i < 5 * 3; i++) {
		struct predict_result exact, sim;
		struct setting s;
		struct err err = { 0 };

		set_up(&s, "M", "exp:50us", policy[i % 3], at[i / 3].k,
		       at[i / 3].load);
		for (size_t j = 0; j < 4; j++)
			ask[j].of = i % 2 ? METRIC_SOJOURN : METRIC_WAIT;
		ask_for(&s, ask, 5, PREDICT_AUTO);
		if (predict(&s.query, &exact, &s.arena, &err))
			fail_msg("%s", err.text);
		assert_memory_equal(exact.method, "exact", 5);
		s.query.method = PREDICT_SIMULATE;
		if (predict(&s.query, &sim, &s.arena, &err))
			fail_msg("%s", err.text);
		for (size_t j = 0; j < 5; j++) {
			const struct predict_value *v = &sim.answer[j].value;
			double want = exact.answer[j].value.value;
			double room = j < 3 ? 0.005 * 50e3 : 0;

			if (fabs(v->value - want) >
			    3 * (v->hi - v->value) + room)
				fail_msg("%s %s: %g, not %g (half %g)",
					 exact.model, exact.method, v->value,
					 want, v->hi - v->value);
		}
		arena_fini(&s.arena);
	}
}

static const struct predict_ask mean = { 0 };

static void refuse(const char *arrival, const char *service, const char *policy,
		   uint32_t k, double load, enum predict_method method,
		   const char *says)
{
	struct predict_result result;
	struct setting s;
	struct err err = { 0 };

	set_up(&s, arrival, service, policy, k, load);
	ask_for(&s, &mean, 1, method);
	assert_int_equal(predict(&s.query, &result, &s.arena, &err), -EDOM);
	if (!strstr(err.text, says))
		fail_msg("%s", err.text);
	arena_fini(&s.arena);
}

static void test_refusals(void **state)
{
	(void)state;
	refuse("M", "exp", "fcfs", 4, 1, PREDICT_AUTO, "no steady state");
	refuse("M", "exp", "ps", 4, 1.3, PREDICT_SIMULATE, "no steady state");
	refuse("M", "exp", "fcfs", 4, 0, PREDICT_AUTO, "load is 0");
	refuse("M", "lognormal:4", "fcfs", 4, 0.5, PREDICT_EXACT,
	       "no exact formula");
	refuse("trace:/dev/null", "exp", "fcfs", 1, 0.5, PREDICT_AUTO,
	       "no steady state");
	refuse("M", "det:0", "fcfs", 1, 0.5, PREDICT_AUTO, "mean service");
	/* Costs eat capacity. */
	refuse("M", "disc:0.5:1.5,0.5:644", "quantum:5:1", 14, 0.85,
	       PREDICT_AUTO, "no steady state");
}

/* A mean slowdown that does not exist is no number. */
static void test_slowdown(void **state)
{
	static const struct predict_ask slowdown = { .of = METRIC_SLOWDOWN };
	static const struct {
		const char *service, *policy;
		bool finite;
	} c[] = {
		{ "exp", "fcfs", false }, { "exp", "part", false },
		{ "exp", "ps", true },
		{ "exp", "serial", false }, { "exp", "srpt", true },	  { "disc:0.5:1,0.5:9", "fcfs", true },
		{ "det", "fcfs", true },  { "lognormal:4", "fcfs", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		for (int m = PREDICT_AUTO; m <= PREDICT_SIMULATE; m += 2) {
			struct predict_result result;
			struct setting s;
			struct err err = { 0 };

			set_up(&s, "M", c[i].service, c[i].policy, 2, 0.5);
			ask_for(&s, &slowdown, 1, (enum predict_method)m);
			if (predict(&s.query, &result, &s.arena, &err))
				fail_msg("%s", err.text);
			assert_int_equal(isfinite(result.answer[0].value.value),
					 c[i].finite);
			assert_int_equal(!result.answer[0].refused,
					 c[i].finite);
			assert_true(!c[i].finite ||
				    result.answer[0].value.value >= 1);
			arena_fini(&s.arena);
		}
}

/* The same seed gives the same figures, time scales out of them. */
static void test_scaling(void **state)
{
	static const struct predict_ask ask[] = {
		{ .figure = FIGURE_QUANTILE, .q = 0.5 },
		{ .figure = FIGURE_QUANTILE, .q = 0.99 },
		{ .figure = FIGURE_MEAN },
	};
	static const char *const service[] = {
		"lognormal:4", "{lognormal: {mean: 80us, scv: 4}}",
		"lognormal:4"
	};
	struct predict_result r[3];
	struct setting s[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct err err = { 0 };

		set_up(&s[i], "M", service[i], "fcfs", 3, 0.7);
		ask_for(&s[i], ask, 3, PREDICT_AUTO);
		assert_int_equal(predict(&s[i].query, &r[i], &s[i].arena, &err),
				 0);
	}
	for (size_t i = 0; i < 3; i++) {
		double one = r[0].answer[i].value.value;

		assert_true(one == r[2].answer[i].value.value);
		assert_true(fabs(r[1].answer[i].value.value / one / 80e3 - 1) <
			    1e-4);
	}
	for (size_t i = 0; i < 3; i++)
		arena_fini(&s[i].arena);
}

/* M/M/16, p99 <= 10: .96767 (an exact root); M/M/1: 1 - ln(100)/10; and a
 * simulation of the same, whose interval holds it at 1e-6 when widened by 3. */
static void test_maxload(void **state)
{
	static const struct {
		uint32_t k;
		enum predict_method method;
		const char *slo;
		double load;
	} of[] = {
		{ 16, PREDICT_AUTO, "p99 <= 10x", 0.96767 },
		{ 1, PREDICT_AUTO, "p99 <= 10x", 0.5394829814 },
		{ 1, PREDICT_AUTO, "p99 <= 4x", 0 },
		{ 1, PREDICT_SIMULATE, "p99 <= 10x", 0.5394829814 },
		{ 1, PREDICT_AUTO, "p99.9 slowdown <= 50", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct maxload found;
		struct setting s;
		struct slo slo;
		struct err err = { 0 };
		double off;

		set_up(&s, "M", "exp:20us", "fcfs", of[i].k, 0);
		s.query.method = of[i].method;
		assert_int_equal(slo_parse(of[i].slo, &slo, &err), 0);
		if (maxload(&s.query, &slo, &found, &err))
			fail_msg("%s", err.text);
		off = 3 * (found.load.hi - found.load.value) + 1e-5;
		if (i < 4 && fabs(found.load.value - of[i].load) > off)
			fail_msg("%s: %g, not %g", of[i].slo, found.load.value,
				 of[i].load);
		assert_true(found.load.lo <= found.load.value &&
			    found.load.value <= found.load.hi);
		arena_fini(&s.arena);
	}
}

/* Processor sharing does not see the law of service, only its mean. */
static void test_insensitive(void **state)
{
	static const char *const service[] = { "det", "exp", "lognormal:4",
					       "disc:0.9:0.5,0.1:5.5" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct predict_result exact, sim;
		const struct predict_value *v;
		struct setting s;
		struct err err = { 0 };

		set_up(&s, "M", service[i], "ps", 2, 0.8);
		ask_for(&s, &mean, 1, PREDICT_EXACT);
		assert_int_equal(predict(&s.query, &exact, &s.arena, &err), 0);
		s.query.method = PREDICT_SIMULATE;
		assert_int_equal(predict(&s.query, &sim, &s.arena, &err), 0);
		/* 3 half-widths of 95%: beyond 1e-6 with 19 or more degrees */
		v = &sim.answer[0].value;
		assert_true(fabs(v->value - exact.answer[0].value.value) <
			    3 * (v->hi - v->value));
		arena_fini(&s.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simulated_mmk),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_slowdown),
		cmocka_unit_test(test_scaling),
		cmocka_unit_test(test_maxload),
		cmocka_unit_test(test_insensitive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
