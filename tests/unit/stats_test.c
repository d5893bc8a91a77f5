/* stats_test.c - statistics: against all cases, each other, and on any data */
#include "tests/unit/seed.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdbool.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/batch.h"
#include "lancet/core/stats/fit.h"
#include "lancet/core/stats/kolmogorov.h"
#include "lancet/core/stats/multiple.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/quadratic.h"
#include "lancet/core/stats/rank.h"
#include "lancet/core/stats/serial.h"
#include "lancet/core/stats/shift.h"
#include "lancet/core/stats/trend.h"
#include "lancet/core/stats/unitroot.h"
#include "lancet/core/stats/vector.h"

/* cmocka's own compares floats. */
#define assert_near(is, should, tol) assert_true(fabs((is) - (should)) <= (tol))
#define assert_relative(is, should, tol) \
	assert_true(fabs((is) - (should)) <= (tol)*fabs(should))

static struct err err;

static void fill(double *x, size_t n, struct rng *rng, bool ties)
{
	for (size_t i = 0; i < n; i++)
		x[i] = ties ? (double)rng_below(rng, 6) : rng_normal(rng);
}

/* --- tails --- */

/* Tables of D'Agostino and Stephens (1986), and Anderson and Darling (1952). */
static void test_quadratic_known(void **state)
{
	(void)state;
	assert_near(quadratic_anderson_p(1.933), .10, .0005);
	assert_near(quadratic_anderson_p(2.492), .05, .0005);
	assert_near(quadratic_anderson_p(3.878), .01, .0001);
	assert_near(quadratic_cramer_p(.46136), .05, 1e-5);
	assert_near(quadratic_cramer_p(.74346), .01, 1e-5);
	assert_near(quadratic_anderson_p(.03), 1, 1e-12);
	assert_near(quadratic_cramer_p(.003), 1, 1e-12);
	assert_near(quadratic_anderson_p(0), 1, 0);
	assert_near(quadratic_anderson_p((double)INFINITY), 0, 0);
}

/* The mean of the law, which is the integral of p: 1 for A^2, 1/6 for W^2. */
static void test_quadratic_mean(void **state)
{
	double anderson = 0, cramer = 0;

	(void)state;
	for (int i = 0; i < 6000; i++) {
		anderson += quadratic_anderson_p((i + .5) * .01) * .01;
		cramer += quadratic_cramer_p((i + .5) * .001) * .001;
	}
	assert_near(anderson, 1, 1e-7);
	assert_near(cramer, 1. / 6, 1e-7);
}

/* Marsaglia, Tsang and Wang (2003), and all of n = 1 and 2 by hand. */
static void test_kolmogorov_known(void **state)
{
	(void)state;
	assert_near(kolmogorov_p(.274, 10), 1 - .6284796154565, 1e-12);
	assert_near(kolmogorov_p(.04, 2000), 1 - .99676943191713676985, 1e-10);
	for (double d = .5; d < 1; d += .01)
		assert_near(kolmogorov_p(d, 1), 2 - 2 * d, 1e-12);
	for (double d = .25; d < .5; d += .01)
		assert_near(kolmogorov_p(d, 2), 1 - 2 * pow(2 * d - .5, 2),
			    1e-12);
	for (double d = .5; d < 1; d += .01)
		assert_near(kolmogorov_p(d, 2), 2 * (1 - d) * (1 - d), 1e-12);
	assert_near(kolmogorov_p(1.358 / 1000, 1000000), .05, .0005);
	assert_near(kolmogorov_p(1.628 / 1000, 1000000), .01, .0002);
	assert_near(kolmogorov_p(0, 100), 1, 0);
	assert_near(kolmogorov_p(1, 100), 0, 0);
}

/* No step where one method hands over to another, for any n. */
static void test_kolmogorov_seams(void **state)
{
	static const size_t size[] = { 3,   10,	  100,	 139,	 140,	141,
				       200, 1000, 10000, 100000, 100001 };

	(void)state;
	for (size_t i = 0; i < sizeof(size) / sizeof(*size); i++) {
		double root = sqrt((double)size[i]), before = 1;

		for (double z = .3; z < 4 && z < root; z += .05) {
			double p = kolmogorov_p(z / root, size[i]);
			double next = kolmogorov_p((z + 1e-9) / root, size[i]);

			assert_true(isfinite(p) && p <= before + 1e-9);
			assert_true(fabs(next - p) <= 1e-6 * p + 1e-9);
			before = p;
		}
	}
}

static void test_student(void **state)
{
	(void)state;
	/* Cauchy and 2 degrees of freedom are closed forms. */
	for (double t = .01; t < 1e6; t *= 3) {
		assert_relative(tail_student(t, 1), 2 * atan(1 / t) / M_PI,
				1e-9);
		assert_relative(tail_student(t, 2),
				2 / (t * t + 2 + t * sqrt(t * t + 2)), 1e-9);
	}
	assert_relative(quantile_student(.05, 9), 2.262157162740992, 1e-9);
	assert_relative(quantile_student(.05, 99), 1.984216951586, 1e-9);
	for (double p = 1e-9; p < 1; p *= 3)
		for (double df = 1; df < 1e6; df *= 4)
			assert_relative(
				tail_student(quantile_student(p, df), df), p,
				1e-9);
	assert_near(tail_student((double)INFINITY, 5), 0, 0);
	assert_near(tail_student(0, 5), 1, 0);
}

/* --- against all cases --- */

#define NX 4
#define NY 6

/* Every way to interleave: shares with a statistic at least, or at most. */
static void all_interleavings(double d, double u, double *p_d, double *p_u)
{
	double x[NX], y[NY], n = 0, far = 0, low = 0, high = 0;

	for (unsigned set = 0; set < 1u << (NX + NY); set++) {
		size_t nx = 0, ny = 0;
		struct mann_whitney mw;
		double distance;

		if (__builtin_popcount(set) != NX)
			continue;
		for (unsigned i = 0; i < NX + NY; i++)
			*(set >> i & 1 ? &x[nx++] : &y[ny++]) = i;
		assert_int_equal(
			kolmogorov_2_distance(x, NX, y, NY, &distance, &err),
			0);
		assert_int_equal(rank_mann_whitney(x, NX, y, NY, &mw, &err), 0);
		n++;
		far += distance > d - 1e-9;
		low += mw.u <= u;
		high += mw.u >= u;
	}
	*p_d = far / n;
	*p_u = fmin(1, 2 * fmin(low, high) / n);
}

static void test_two_samples_exact(void **state)
{
	(void)state;
	for (int u = 0; u <= NX * NY; u++) {
		double d = u / (double)(NX * NY), p_d, p_u, p;

		all_interleavings(d, u, &p_d, &p_u);
		assert_int_equal(kolmogorov_2_exact_p(d, NX, NY, &p, &err), 0);
		assert_near(p, p_d, 1e-12);
		assert_int_equal(rank_mann_whitney_exact(u, NX, NY, &p, &err),
				 0);
		assert_near(p, p_u, 1e-12);
	}
}

/* Where both are good, exact and asymptotic p agree; the tail is not 1 - 1. */
static void test_two_samples_agree(void **state)
{
	double exact;

	(void)state;
	assert_int_equal(kolmogorov_2_exact_p(.03, 5000, 4000, &exact, &err),
			 0);
	assert_relative(exact, kolmogorov_2_asymptotic_p(.03, 5000, 4000), .03);
	assert_int_equal(kolmogorov_2_exact_p(1, 20, 20, &exact, &err), 0);
	assert_relative(exact, 2 / 137846528820., 1e-9); /* 2 / C(40, 20) */
	assert_true(kolmogorov_2_exact_p(.5, 1000000, 1000000, &exact, &err) <
		    0);
	assert_int_equal(
		kolmogorov_2_exact_p(.0005, 100000, 100000, &exact, &err), 0);
	assert_near(exact, 1, 1e-9);
	assert_true(rank_mann_whitney_exact(3.5, 5, 5, &exact, &err) < 0);
	assert_true(rank_mann_whitney_exact(3, 500, 500, &exact, &err) < 0);
}

static double median_of(double *x, size_t n)
{
	gsl_sort(x, 1, n);
	return (x[(n - 1) / 2] + x[n / 2]) / 2;
}

static void test_hodges_lehmann(void **state)
{
	double x[40], y[40], all[1600], centre, shift, back;
	struct rng rng;

	(void)state;
	test_rng(&rng, 10);
	for (size_t n = 1; n <= 40; n++) {
		size_t m = 41 - n, k = 0;

		fill(x, n, &rng, n % 2);
		fill(y, m, &rng, n % 3 == 0);
		assert_int_equal(shift_one(x, n, &centre, &err), 0);
		for (size_t i = 0; i < n; i++)
			for (size_t j = i; j < n; j++)
				all[k++] = (x[i] + x[j]) / 2;
		assert_near(centre, median_of(all, k), 1e-14);
		assert_int_equal(shift_two(x, n, y, m, &shift, &err), 0);
		assert_int_equal(shift_two(y, m, x, n, &back, &err), 0);
		k = 0;
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < m; j++)
				all[k++] = y[j] - x[i];
		assert_near(shift, median_of(all, k), 1e-14);
		assert_near(shift, -back, 0);
	}
}

static void test_mann_kendall(void **state)
{
	double x[60], back[60];
	struct mann_kendall out, other;
	struct rng rng;

	(void)state;
	test_rng(&rng, 11);
	for (size_t n = 3; n <= 60; n++) {
		double s = 0;

		fill(x, n, &rng, n % 2);
		x[0] = x[1] + 1; /* not all equal */
		for (size_t i = 0; i < n; i++) {
			back[i] = x[n - 1 - i];
			for (size_t j = 0; j < i; j++)
				s += (x[i] > x[j]) - (x[i] < x[j]);
		}
		assert_int_equal(trend_mann_kendall(x, n, &out, &err), 0);
		assert_int_equal(trend_mann_kendall(back, n, &other, &err), 0);
		assert_near(out.s, s, 0);
		assert_near(out.z, -other.z, 0);
	}
}

/* The definition, with GSL's binomial distribution. */
static void test_order_ranks(void **state)
{
	static const double q[] = { .001, .1, .5, .9, .99, .999 };

	(void)state;
	for (unsigned n = 1; n < 3000; n = n * 3 / 2 + 1)
		for (size_t i = 0; i < 6; i++) {
			struct order_ranks out;
			unsigned l, u;

			assert_int_equal(order_ranks(n, q[i], .95, &out, &err),
					 0);
			l = (unsigned)out.lower;
			u = (unsigned)out.upper;
			if (l > 0)
				assert_true(gsl_cdf_binomial_P(l - 1, q[i],
							       n) <= .025);
			assert_true(gsl_cdf_binomial_P(l, q[i], n) > .025);
			if (u <= n)
				assert_true(gsl_cdf_binomial_Q(u - 1, q[i],
							       n) <= .025);
			assert_true(u == 1 ||
				    gsl_cdf_binomial_Q(u - 2, q[i], n) > .025);
			assert_true(out.coverage >= .95);
			assert_int_equal(u <= n, n >= order_least(q[i], .95));
		}
}

/* Many values: normal approximation, half a rank off at most. */
static void test_order_many(void **state)
{
	struct order_ranks out;
	double half = 1.959964 * sqrt(1e12 * .99 * .01);

	(void)state;
	assert_int_equal(order_ranks(1000000000000, .99, .95, &out, &err), 0);
	assert_near((double)out.lower, .99e12 - half, 2);
	assert_near((double)out.upper, .99e12 + half, 2);
	assert_near(out.coverage, .95, 1e-6);
	assert_true(order_ranks(0, .5, .95, &out, &err) < 0);
	assert_true(order_ranks(10, 1, .95, &out, &err) < 0);
	assert_true(order_ranks(10, .5, 1, &out, &err) < 0);
}

/* The definition. */
static double mser_of(const double *x, size_t n, size_t d)
{
	double mean[60], all = 0, square = 0, m = (double)(n / 5 - d);

	for (size_t b = d; b < n / 5; b++) {
		mean[b] = vector_mean(x + 5 * b, 5);
		all += mean[b] / m;
	}
	for (size_t b = d; b < n / 5; b++)
		square += (mean[b] - all) * (mean[b] - all);
	return square / (m * m);
}

static void test_mser5(void **state)
{
	double x[300];
	struct mser5 out;
	struct rng rng;

	(void)state;
	test_rng(&rng, 12);
	for (size_t i = 0; i < 300; i++)
		x[i] = rng_normal(&rng) + (i < 60 ? 20 : 0);
	assert_int_equal(batch_mser5(x, 300, &out, &err), 0);
	assert_in_range(out.drop, 12, 30);
	for (size_t d = 0; d <= 30; d++) {
		double rest = mser_of(x, 300, d);

		assert_true(rest >= out.least * (1 - 1e-12));
		if (d == out.drop)
			assert_relative(rest, out.least, 1e-12);
	}
	assert_int_equal(out.drop_values, 5 * out.drop);
	for (size_t i = 0; i < 300; i++)
		x[i] = 7;
	assert_int_equal(batch_mser5(x, 300, &out, &err), 0);
	assert_int_equal(out.drop, 0);
	assert_near(out.least, 0, 0);
}

static void test_multiple(void **state)
{
	const double p[] = { .04, .001, .03, .9 };
	double holm[4], bh[4];

	(void)state;
	multiple_holm(p, 4, holm);
	multiple_benjamini_hochberg(p, 4, bh);
	assert_near(holm[1], .004, 1e-15);
	assert_near(holm[2], .09, 1e-15);
	assert_near(holm[0], .09, 1e-15);   /* not .08: monotone */
	assert_near(bh[2], .16 / 3, 1e-15); /* not .06 */
	assert_near(bh[0], .16 / 3, 1e-15);
	assert_near(holm[3], .9, 1e-15);
}

/* --- invariance --- */

/* Ranks see no rising map, regressions no units. */
static void test_invariance(void **state)
{
	double x[200], mapped[200], scaled[200];
	struct mann_kendall mk[2];
	struct spearman sp[2];
	struct runs runs[2];
	struct adf adf[2];
	struct kpss kpss[2];
	struct rng rng;

	(void)state;
	test_rng(&rng, 13);
	fill(x, 200, &rng, false);
	for (size_t i = 0; i < 200; i++) {
		mapped[i] = exp(x[i]);
		scaled[i] = 1e9 + 1e3 * x[i];
	}
	for (int i = 0; i < 2; i++) {
		const double *ranked = i ? mapped : x;
		const double *unit = i ? scaled : x;

		assert_int_equal(trend_mann_kendall(ranked, 199, &mk[i], &err),
				 0);
		assert_int_equal(serial_spearman(ranked, 199, &sp[i], &err), 0);
		assert_int_equal(trend_runs(ranked, 199, &runs[i], &err), 0);
		assert_int_equal(unitroot_adf_aic(unit, 200, 14, &adf[i], &err),
				 0);
		assert_int_equal(unitroot_kpss(unit, 200,
					       unitroot_kpss_auto(unit, 200),
					       &kpss[i], &err),
				 0);
	}
	assert_near(mk[0].z, mk[1].z, 0);
	assert_near(sp[0].rho, sp[1].rho, 0);
	assert_near(runs[0].z, runs[1].z, 0);
	assert_int_equal(adf[0].lag, adf[1].lag);
	assert_relative(adf[1].tau, adf[0].tau, 1e-7);
	assert_int_equal(kpss[0].lags, kpss[1].lags);
	assert_relative(kpss[1].eta, kpss[0].eta, 1e-7);
}

/* --- any data --- */

/* A result is all finite, or there is a line that says why there is none. */
static void all_finite(int rc, const void *out, size_t n)
{
	const double *value = out;

	if (rc) {
		assert_true(rc < 0 && err.text[0]);
		err.text[0] = 0;
		return;
	}
	for (size_t i = 0; i < n; i++)
		assert_true(isfinite(value[i]));
}

static void one_sample(const double *x, size_t n)
{
	struct fit fit;
	struct ljung_box lb;
	struct spearman sp;
	struct adf adf;
	struct kpss kpss;
	struct runs runs;
	struct mann_kendall mk;
	struct mser5 mser;
	struct batch_means means;
	double rho[8], centre;
	int rc = fit_exponential(x, n, 0, &fit, &err);

	all_finite(rc, &fit.cramer, 2);
	assert_true(rc || !isnan(fit.anderson));
	all_finite(serial_acf(x, n, 8, rho, &err), rho, 8);
	all_finite(serial_ljung_box(x, n, 3, &lb, &err), &lb, 2);
	all_finite(serial_spearman(x, n, &sp, &err), &sp, 2);
	all_finite(unitroot_adf(x, n, 1, &adf, &err), &adf, 5);
	all_finite(unitroot_adf_aic(x, n, unitroot_most_lags(n), &adf, &err),
		   &adf, 5);
	all_finite(unitroot_kpss(x, n, unitroot_kpss_lags(n), &kpss, &err),
		   &kpss, 2);
	all_finite(unitroot_kpss(x, n, unitroot_kpss_auto(x, n), &kpss, &err),
		   &kpss, 2);
	all_finite(trend_runs(x, n, &runs, &err), &runs.z, 2);
	all_finite(trend_mann_kendall(x, n, &mk, &err), &mk, 4);
	all_finite(batch_mser5(x, n, &mser, &err), &mser.least, 1);
	all_finite(batch_means(x, n, 4, .95, &means, &err), &means, 3);
	all_finite(shift_one(x, n, &centre, &err), &centre, 1);
}

static void two_samples(const double *x, size_t nx, const double *y, size_t ny)
{
	double d = 0, shift, p;
	struct mann_whitney mw;
	struct welch welch;
	int rc = kolmogorov_2_distance(x, nx, y, ny, &d, &err);

	all_finite(rc, &d, 1);
	if (!rc) {
		all_finite(kolmogorov_2_exact_p(d, nx, ny, &p, &err), &p, 1);
		p = kolmogorov_2_asymptotic_p(d, nx, ny);
		assert_true(p >= 0 && p <= 1);
	}
	all_finite(rank_mann_whitney(x, nx, y, ny, &mw, &err), &mw, 2);
	all_finite(shift_two(x, nx, y, ny, &shift, &err), &shift, 1);
	all_finite(shift_welch(x, nx, y, ny, &welch, &err), &welch, 3);
}

#define LONGEST 64
#define SHAPES 10

static double shaped(int shape, size_t i, struct rng *rng)
{
	switch (shape) {
	case 0:
		return 0;
	case 1:
		return 1e6;
	case 2:
		return (double)i;
	case 3:
		return (double)(i % 2);
	case 4:
		return i == 7;
	case 5:
		return 1e300 * rng_normal(rng);
	case 6:
		return 1e-310 * rng_uniform(rng);
	case 7:
		return i == 3 ? (double)NAN : (double)i;
	case 8:
		return (double)rng_below(rng, 3);
	default:
		return pow(2, (double)i);
	}
}

static void test_any_data(void **state)
{
	double x[SHAPES][LONGEST];
	struct rng rng;

	(void)state;
	test_rng(&rng, 16);
	for (int s = 0; s < SHAPES; s++)
		for (size_t i = 0; i < LONGEST; i++)
			x[s][i] = shaped(s, i, &rng);
	for (int s = 0; s < SHAPES; s++)
		for (size_t n = 0; n <= LONGEST; n++) {
			one_sample(x[s], n);
			for (int t = 0; t < SHAPES; t++)
				two_samples(x[s], n, x[t], LONGEST / 2);
		}
}

/* 1e5 values: what must not be quadratic, and what must not lose digits. */
static void test_many(void **state)
{
	static double x[100000];
	const size_t n = sizeof(x) / sizeof(*x);
	struct mann_kendall mk;
	struct fit fit;
	double centre, shift;
	struct rng rng;

	(void)state;
	test_rng(&rng, 17);
	for (size_t i = 0; i < n; i++)
		x[i] = rng_exponential(&rng);
	assert_int_equal(shift_one(x, n, &centre, &err), 0);
	/* Half the median of Erlang-2; its deviation is about .003. */
	assert_near(centre, 1.67834699 / 2, .02);
	assert_int_equal(shift_two(x, n, x, n, &shift, &err), 0);
	assert_near(shift, 0, 0);
	assert_int_equal(fit_exponential(x, n, 1, &fit, &err), 0);
	assert_true(kolmogorov_p(fit.kolmogorov, n) > 1e-7);
	assert_true(quadratic_anderson_p(fit.anderson) > 1e-7);
	assert_int_equal(trend_mann_kendall(x, n, &mk, &err), 0);
	assert_true(mk.p > 1e-7);
	gsl_sort(x, 1, n);
	assert_int_equal(trend_mann_kendall(x, n, &mk, &err), 0);
	assert_near(mk.s, (double)n * ((double)n - 1) / 2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quadratic_known),
		cmocka_unit_test(test_quadratic_mean),
		cmocka_unit_test(test_kolmogorov_known),
		cmocka_unit_test(test_kolmogorov_seams),
		cmocka_unit_test(test_student),
		cmocka_unit_test(test_two_samples_exact),
		cmocka_unit_test(test_two_samples_agree),
		cmocka_unit_test(test_hodges_lehmann),
		cmocka_unit_test(test_mann_kendall),
		cmocka_unit_test(test_order_ranks),
		cmocka_unit_test(test_order_many),
		cmocka_unit_test(test_mser5),
		cmocka_unit_test(test_multiple),
		cmocka_unit_test(test_invariance),
		cmocka_unit_test(test_any_data),
		cmocka_unit_test(test_many),
	};

	gsl_set_error_handler_off();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
