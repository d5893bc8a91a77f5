/* stats_level_test.c - statistics reject their null as often as they say */
#include "tests/unit/seed.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_sort.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/stats/batch.h"
#include "lancet/core/stats/fit.h"
#include "lancet/core/stats/kolmogorov.h"
#include "lancet/core/stats/quadratic.h"
#include "lancet/core/stats/rank.h"
#include "lancet/core/stats/serial.h"
#include "lancet/core/stats/shift.h"
#include "lancet/core/stats/trend.h"
#include "lancet/core/stats/unitroot.h"

static struct err err;

static void fill(double *x, size_t n, struct rng *rng)
{
	for (size_t i = 0; i < n; i++)
		x[i] = rng_normal(rng);
}

/* --- levels --- */

#define TRIES 1000
#define LENGTH 200

/* x[LENGTH], y[LENGTH] without structure; the p value of one statistic. */
typedef double p_fn(const double *x, const double *y);

static double p_anderson(const double *x, const double *y)
{
	double below[LENGTH], above[LENGTH], z[LENGTH];

	(void)y;
	memcpy(z, x, sizeof(z));
	gsl_sort(z, 1, LENGTH);
	for (size_t i = 0; i < LENGTH; i++) {
		below[i] = log(gsl_cdf_ugaussian_P(z[i]));
		above[i] = log(gsl_cdf_ugaussian_Q(z[i]));
	}
	return quadratic_anderson_p(fit_anderson(below, above, LENGTH));
}

static void below_normal(const double *x, double *below)
{
	memcpy(below, x, LENGTH * sizeof(*x));
	gsl_sort(below, 1, LENGTH);
	for (size_t i = 0; i < LENGTH; i++)
		below[i] = gsl_cdf_ugaussian_P(below[i]);
}

static double p_cramer(const double *x, const double *y)
{
	double below[LENGTH];

	(void)y;
	below_normal(x, below);
	return quadratic_cramer_p(fit_cramer(below, LENGTH));
}

static double p_kolmogorov(const double *x, const double *y)
{
	double below[LENGTH];

	(void)y;
	below_normal(x, below);
	return kolmogorov_p(fit_kolmogorov(below, LENGTH), LENGTH);
}

static double p_kolmogorov_2(const double *x, const double *y)
{
	double d, p = -1;

	assert_int_equal(
		kolmogorov_2_distance(x, LENGTH, y, LENGTH / 2, &d, &err), 0);
	assert_int_equal(kolmogorov_2_exact_p(d, LENGTH, LENGTH / 2, &p, &err),
			 0);
	return p;
}

static double p_mann_whitney(const double *x, const double *y)
{
	struct mann_whitney out;

	assert_int_equal(
		rank_mann_whitney(x, LENGTH, y, LENGTH / 2, &out, &err), 0);
	return out.p;
}

static double p_welch(const double *x, const double *y)
{
	struct welch out;

	assert_int_equal(shift_welch(x, LENGTH, y, 10, &out, &err), 0);
	return out.p;
}

static double p_ljung_box(const double *x, const double *y)
{
	struct ljung_box out;

	(void)y;
	assert_int_equal(serial_ljung_box(x, LENGTH, 5, &out, &err), 0);
	return out.p;
}

static double p_spearman(const double *x, const double *y)
{
	struct spearman out;

	(void)y;
	assert_int_equal(serial_spearman(x, LENGTH, &out, &err), 0);
	return out.p;
}

static double p_runs(const double *x, const double *y)
{
	struct runs out;

	(void)y;
	assert_int_equal(trend_runs(x, LENGTH, &out, &err), 0);
	return out.p;
}

static double p_mann_kendall(const double *x, const double *y)
{
	struct mann_kendall out;

	(void)y;
	assert_int_equal(trend_mann_kendall(x, LENGTH, &out, &err), 0);
	return out.p;
}

static double p_kpss(const double *x, const double *y)
{
	struct kpss out;

	(void)y;
	assert_int_equal(unitroot_kpss(x, LENGTH, 0, &out, &err), 0);
	return out.p;
}

/* Its null is a walk. */
static double p_adf(const double *x, const double *y)
{
	double walk[LENGTH] = { 0 };
	struct adf out;

	(void)y;
	for (size_t i = 1; i < LENGTH; i++)
		walk[i] = walk[i - 1] + x[i];
	assert_int_equal(unitroot_adf(walk, LENGTH, 1, &out, &err), 0);
	return out.p;
}

/* Its p is that its interval just misses the mean. */
static double p_batches(const double *x, const double *y)
{
	struct batch_means out;

	(void)y;
	assert_int_equal(batch_means(x, LENGTH, 10, .95, &out, &err), 0);
	return fabs(out.mean) > out.half_width ? .01 : .5;
}

/*
 * Of 1000 samples under the null 50 should be significant at 5%, and 200 at
 * 20%. Below 16 or above 96, and below 130 or above 275: 1e-8 each for exact
 * p values (binomial); limit laws may be off by a tenth and are then 1e-7.
 */
static void test_levels(void **state)
{
	static const struct {
		const char *name;
		p_fn *p;
	} test[] = {
		{ "Anderson-Darling", p_anderson },
		{ "Cramer-von Mises", p_cramer },
		{ "Kolmogorov", p_kolmogorov },
		{ "Smirnov", p_kolmogorov_2 },
		{ "Mann-Whitney", p_mann_whitney },
		{ "Welch", p_welch },
		{ "Ljung-Box", p_ljung_box },
		{ "Spearman", p_spearman },
		{ "runs", p_runs },
		{ "Mann-Kendall", p_mann_kendall },
		{ "KPSS", p_kpss },
		{ "ADF", p_adf },
		{ "batch means", p_batches },
	};
	double x[LENGTH], y[LENGTH];
	struct rng rng;

	(void)state;
	test_rng(&rng, 14);
	for (size_t t = 0; t < sizeof(test) / sizeof(*test); t++) {
		int at_5 = 0, at_20 = 0;

		for (int i = 0; i < TRIES; i++) {
			double p;

			fill(x, LENGTH, &rng);
			fill(y, LENGTH, &rng);
			p = test[t].p(x, y);
			assert_true(p >= 0 && p <= 1);
			at_5 += p <= .05;
			at_20 += p <= .2;
		}
		print_message("%s: %d at 5%%, %d at 20%% of %d\n", test[t].name,
			      at_5, at_20, TRIES);
		assert_in_range(at_5, 16, 96);
		if (test[t].p != p_batches)
			assert_in_range(at_20, 130, 275);
	}
}

/*
 * The Monte Carlo p of an estimated mean: Stephens' (1974) critical values,
 * which are good to a percent or two; noise of 20000 runs at p = .01 is 7%
 * (one deviation), at .15 1.7%: 6 of each.
 */
static void test_anderson_estimated(void **state)
{
	static const double p[] = { .15, .10, .05, .025, .01 };
	static const size_t size[] = { 20, 200, 5000 };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 3; j++) {
			double a2 = fit_anderson_critical(p[i], size[j]);
			double got = fit_anderson_p_estimated(
				a2, size[j], 20000, test_seed());
			double slack =
				.03 + 6 * sqrt((1 - p[i]) / (p[i] * 20000));

			assert_true(fabs(got / p[i] - 1) <= slack);
		}
	assert_true(fit_anderson_p_estimated(1e9, 50, 100, 1) <=
		    1 / 101. + 1e-12);
	assert_true(fit_anderson_critical(.2, 10) == 0);
}

/* --- power --- */

/* Each rejects what it is for, by far; ADF and KPSS each other's null. */
static void test_power(void **state)
{
	double x[LENGTH], walk[LENGTH] = { 0 };
	struct adf adf;
	struct kpss kpss;
	struct mann_kendall mk;
	struct ljung_box lb;
	struct runs runs;
	struct rng rng;

	(void)state;
	test_rng(&rng, 15);
	fill(x, LENGTH, &rng);
	for (size_t i = 1; i < LENGTH; i++)
		walk[i] = walk[i - 1] + x[i];
	assert_int_equal(unitroot_adf(x, LENGTH, 1, &adf, &err), 0);
	assert_true(adf.p < 1e-6);
	assert_int_equal(unitroot_kpss(walk, LENGTH, 0, &kpss, &err), 0);
	assert_true(kpss.p < .05);
	assert_int_equal(serial_ljung_box(walk, LENGTH, 5, &lb, &err), 0);
	assert_true(lb.p < 1e-20);
	assert_int_equal(trend_runs(walk, LENGTH, &runs, &err), 0);
	assert_true(runs.p < 1e-6);
	for (size_t i = 0; i < LENGTH; i++)
		x[i] += .02 * (double)i;
	assert_int_equal(trend_mann_kendall(x, LENGTH, &mk, &err), 0);
	assert_true(mk.p < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_anderson_estimated),
		cmocka_unit_test(test_power),
	};

	gsl_set_error_handler_off();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
