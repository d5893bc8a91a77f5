/* steady_test.c - level of a correlated series: its size, and what it sees */
#include "tests/unit/point_data.h"

#include <errno.h>
#include <gsl/gsl_errno.h>

#include "lancet/core/stats/steady.h"

#define N 4000

/* An AR(1) of variance 1 around 10, correlation phi of neighbours. */
static void series(struct rng *rng, double phi, double *x, double *weight)
{
	double at = rng_normal(rng);

	for (int i = 0; i < N; i++) {
		at = phi * at + sqrt(1 - phi * phi) * rng_normal(rng);
		x[i] = 10 + at;
		weight[i] = 1;
	}
}

/*
 * Of 400 series each test may call 1% unsteady; more than 16 have a
 * probability of 4e-7 (binomial), at correlations that last 1 to 20 of 4000.
 */
static void test_level(void **state)
{
	static const double phi[] = { 0, .5, .9, .95 };

	(void)state;
	for (size_t k = 0; k < sizeof(phi) / sizeof(*phi); k++) {
		double x[N], weight[N];
		int alarms[STEADY_KINDS] = { 0 };
		struct rng rng;

		test_rng(&rng, k);
		for (int run = 0; run < 400; run++) {
			struct steady out;
			struct err err;

			series(&rng, phi[k], x, weight);
			if (steady_run(x, weight, N, &out, &err))
				continue;
			for (int t = 0; t < STEADY_KINDS; t++)
				alarms[t] += out.test[t].p < .01;
		}
		for (int t = 0; t < STEADY_KINDS; t++) {
			print_message("%.2f: %s %d of 400\n", phi[k],
				      steady_name[t], alarms[t]);
			assert_in_range(alarms[t], 0, 16);
		}
	}
}

static struct steady_test changed(enum steady_kind kind, double trend,
				  double step, double wave)
{
	double x[N], weight[N];
	struct steady out;
	struct rng rng;
	struct err err;

	test_rng(&rng, 77);
	series(&rng, .5, x, weight);
	for (int i = 0; i < N; i++) {
		double at = (double)i / N;

		x[i] += trend * at + (at > .62 ? step : 0) +
			wave / 2 * sin(2 * M_PI * 5.3 * at);
	}
	assert_int_equal(steady_run(x, weight, N, &out, &err), 0);
	for (int k = 0; k < STEADY_KINDS; k++)
		print_message("%s %g p %.2g size %.3f; ", steady_name[k],
			      out.test[k].statistic, out.test[k].p,
			      out.test[k].size);
	print_message("%zu blocks, %.2f\n", out.blocks, out.correlation);
	return out.test[kind];
}

/* Sizes are within 4 standard errors, which are .03 to .1: 1e-4 at most. */
static void test_change(void **state)
{
	struct steady_test t;

	(void)state;
	t = changed(STEADY_TREND, 1, 0, 0);
	assert_true(t.p < 1e-6 && fabs(t.size - 1) < .4);
	t = changed(STEADY_WANDER, 1, 0, 0);
	assert_true(t.p < 1e-5);
	t = changed(STEADY_SHIFT, 0, 1, 0);
	assert_true(t.p < 1e-6 && fabs(t.size - 1) < .3);
	t = changed(STEADY_WAVE, 0, 0, 1);
	assert_true(t.p < 1e-6 && fabs(t.size - 1) < .3);
	/* However strong: what leaks is no noise. */
	t = changed(STEADY_WAVE, 0, 0, 100);
	assert_true(t.p < 1e-9);
	t = changed(STEADY_SHIFT, 0, 100, 0);
	assert_true(t.p < 1e-9);
}

static void test_refused(void **state)
{
	double x[N], weight[N];
	struct steady out;
	struct rng rng;
	struct err err;

	(void)state;
	test_rng(&rng, 5);
	series(&rng, 0, x, weight);
	assert_int_equal(steady_run(x, weight, 31, &out, &err), -EINVAL);
	for (int i = 0; i < N; i++)
		weight[i] = i < N / 2;
	assert_int_equal(steady_run(x, weight, N, &out, &err), -ERANGE);
	for (int i = 0; i < N; i++)
		x[i] = weight[i] = 1;
	assert_int_equal(steady_run(x, weight, N, &out, &err), -EDOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_refused),
	};

	gsl_set_error_handler_off();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
