/* gof_test.c - goodness of fit: clean gaps pass at their level, others do not */
#include "tests/unit/point_data.h"

#include "coordinator/gof.h"
#include "lancet/core/sort.h"

#define GAPS 5000
#define MEAN 30000.

static double exponential(const void *state, double x)
{
	(void)state;
	return x > 0 ? -expm1(-x / MEAN) : 0;
}

static double constant(const void *state, double x)
{
	(void)state;
	return x >= MEAN;
}

/*
 * Of 400 clean samples 20 should be significant at 5%: more than 52 have
 * probability 6e-10, fewer than 2 4e-8 (binomial).
 */
static void test_level(void **state)
{
	int32_t gap[GAPS];
	struct rng rng;
	int ad = 0, ks = 0;

	(void)state;
	test_rng(&rng, 1);
	for (int run = 0; run < 400; run++) {
		struct gof gof = { .n = 500 };

		for (size_t i = 0; i < gof.n; i++)
			gap[i] = (int32_t)(MEAN * rng_exponential(&rng));
		sort_i32(gap, gof.n);
		gof_run(&gof, gap, exponential, NULL);
		ad += gof.ad_p < .05;
		ks += gof.ks_p < .05;
	}
	print_message("Anderson-Darling %d, Kolmogorov %d of 400\n", ad, ks);
	assert_in_range(ad, 2, 52);
	assert_in_range(ks, 2, 52);
}

/* Draws from the law with every gap below the send cost made as long as it. */
static struct gof with_cost(double cost, double shift)
{
	int32_t gap[GAPS];
	struct gof gof = { .n = GAPS, .shift = shift };
	struct rng rng;

	test_rng(&rng, 2);
	for (size_t i = 0; i < GAPS; i++)
		gap[i] = (int32_t)fmax(MEAN * rng_exponential(&rng), cost);
	sort_i32(gap, GAPS);
	gof_run(&gof, gap, exponential, NULL);
	return gof;
}

/* 3 us of 30: a tenth of all gaps cannot be, and that alone is no fault. */
static void test_send_cost(void **state)
{
	struct gof blind = with_cost(3000, 0);
	struct gof fair = with_cost(3000, 3001);

	(void)state;
	assert_true(blind.distance > .08);
	assert_true(blind.ad_p < 1e-6);
	assert_true(fair.distance < .03);
}

static void test_other_laws(void **state)
{
	int32_t gap[GAPS];
	struct gof gof = { .n = GAPS, .shift = 2000 };
	struct rng rng;

	(void)state;
	test_rng(&rng, 3);
	for (size_t i = 0; i < GAPS; i++)	/* Erlang-2 */
		gap[i] = (int32_t)(MEAN / 2 * (rng_exponential(&rng) +
					       rng_exponential(&rng)));
	sort_i32(gap, GAPS);
	gof_run(&gof, gap, exponential, NULL);
	assert_true(gof.distance > .08 && gof.ks_p < 1e-6);
	for (size_t i = 0; i < GAPS; i++)	/* 10% too fast */
		gap[i] = (int32_t)(MEAN / 1.2 * rng_exponential(&rng));
	sort_i32(gap, GAPS);
	gof_run(&gof, gap, exponential, NULL);
	assert_true(gof.distance > .03 && gof.ad_p < 1e-6);
}

static void test_fixed(void **state)
{
	int32_t gap[GAPS];
	struct gof gof = { .n = GAPS, .atom_shift = 1500 };
	struct rng rng;

	(void)state;
	test_rng(&rng, 4);
	for (size_t i = 0; i < GAPS; i++)
		gap[i] = (int32_t)(MEAN + 2000 * (rng_uniform(&rng) - .5));
	sort_i32(gap, GAPS);
	gof_run(&gof, gap, constant, NULL);
	assert_true(isnan(gof.ad));
	assert_true(gof.distance < .001);
	for (size_t i = 0; i < GAPS; i++)
		gap[i] = (int32_t)(MEAN * rng_exponential(&rng));
	sort_i32(gap, GAPS);
	gof_run(&gof, gap, constant, NULL);
	assert_true(gof.distance > .3 && gof.ks_p < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_send_cost),
		cmocka_unit_test(test_other_laws),
		cmocka_unit_test(test_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
