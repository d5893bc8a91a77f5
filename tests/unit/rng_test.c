/* rng_test.c - published vectors, and that the draws follow their laws */
#include "tests/unit/seed.h"
#include "lancet/core/stats/vector.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define DRAWS 200000

/* SplitMix64 from 1234567, as widely published with Vigna's splitmix64.c. */
static void test_splitmix(void **state)
{
	static const uint64_t want[] = {
		UINT64_C(6457827717110365317),	UINT64_C(3203168211198807973),
		UINT64_C(9817491932198370423),	UINT64_C(4593380528125082431),
		UINT64_C(16408922859458223821),
	};
	uint64_t x = 1234567;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(rng_mix(x += UINT64_C(0x9e3779b97f4a7c15)) ==
			    want[i]);
}

/* xoshiro256++ from {1, 2, 3, 4}: the reference vector of rand_xoshiro,
 * made with Blackman and Vigna's xoshiro256plusplus.c. */
static void test_xoshiro(void **state)
{
	static const uint64_t want[] = {
		41943041,
		58720359,
		UINT64_C(3588806011781223),
		UINT64_C(3591011842654386),
		UINT64_C(9228616714210784205),
		UINT64_C(9973669472204895162),
		UINT64_C(14011001112246962877),
		UINT64_C(12406186145184390807),
		UINT64_C(15849039046786891736),
		UINT64_C(10450023813501588000),
	};
	struct rng rng = { { 1, 2, 3, 4 } };

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_true(rng_next(&rng) == want[i]);
}

/* Every word of the key matters, and so does its place. */
static void test_keys(void **state)
{
	uint64_t first[64] = { 0 };
	size_t n = 0;

	(void)state;
	for (uint64_t word = 0; word < 6; word++) {
		for (uint64_t value = 1; value <= 8; value++) {
			struct rng_key key = { 0 };
			struct rng rng, again;

			((uint64_t *)&key)[word] = value;
			rng_init(&rng, &key);
			rng_init(&again, &key);
			first[n] = rng_next(&rng);
			assert_true(first[n] == rng_next(&again));
			for (size_t i = 0; i < n; i++)
				assert_true(first[i] != first[n]);
			n++;
		}
	}
}

static double exponential_cdf(double x)
{
	return -expm1(-x);
}

static double uniform_cdf(double x)
{
	return x;
}

/* P(sqrt(n) D > 2.8) = 2 exp(-2 * 2.8^2) = 3e-7 (Kolmogorov 1933). */
static void check_law(double (*draw)(struct rng *), double (*cdf)(double),
		      uint64_t stream)
{
	double *x = malloc(DRAWS * sizeof(*x)), most = 0;
	struct rng rng;

	assert_non_null(x);
	test_rng(&rng, stream);
	for (int i = 0; i < DRAWS; i++)
		x[i] = draw(&rng);
	vector_sort(x, DRAWS);
	for (int i = 0; i < DRAWS; i++) {
		most = fmax(most, fabs(cdf(x[i]) - (double)i / DRAWS));
		most = fmax(most, fabs(cdf(x[i]) - (i + 1.) / DRAWS));
	}
	free(x);
	assert_true(most * sqrt(DRAWS) < 2.8);
}

static void test_laws(void **state)
{
	(void)state;
	check_law(rng_uniform, uniform_cdf, 1);
	check_law(rng_open, uniform_cdf, 2);
	check_law(rng_exponential, exponential_cdf, 3);
	check_law(rng_normal, gsl_cdf_ugaussian_P, 4);
}

/*
 * Finer, for the edges of the ziggurat's layers and its tail: 200 equal cells
 * and the draws beyond 7, 8 and 9; none off by 6.5 deviations, P = 1.6e-8.
 */
static void check_share(double count, double n, double p)
{
	assert_true(fabs(count - n * p) < 6.5 * sqrt(n * p * (1 - p)));
}

static void test_exponential_cells(void **state)
{
	enum { CELLS = 200, N = 1 << 21 };
	double cell[CELLS] = { 0 }, beyond[3] = { 0 };
	struct rng rng;

	(void)state;
	test_rng(&rng, 5);
	for (int i = 0; i < N; i++) {
		double x = rng_exponential(&rng);

		cell[(int)(exp(-x) * CELLS)]++;
		for (int b = 0; b < 3; b++)
			beyond[b] += x > 7 + b;
	}
	for (int i = 0; i < CELLS; i++)
		check_share(cell[i], N, 1.0 / CELLS);
	for (int b = 0; b < 3; b++)
		check_share(beyond[b], N, exp(-7 - b));
}

/* The extremes of the generator stay inside the open interval. */
static void test_bounds(void **state)
{
	struct rng low = { { 0, 0, 0, 0 } };
	struct rng high = { { UINT64_MAX, 0, 0, 0 } };

	(void)state;
	assert_true(rng_open(&low) > 0);
	assert_true(rng_uniform(&low) == 0);
	for (int i = 0; i < 1000; i++) {
		double x = rng_open(&high);

		assert_true(x > 0 && x < 1);
		assert_true(rng_uniform(&high) < 1);
	}
}

/* Chi-square at 1e-7 for each n; n is no power of two but for one. */
static void test_below(void **state)
{
	static const uint64_t ns[] = { 2, 3, 7, 10, 64 };
	struct rng rng;

	(void)state;
	test_rng(&rng, 5);
	for (size_t k = 0; k < sizeof(ns) / sizeof(ns[0]); k++) {
		double count[64] = { 0 }, chi = 0;
		double want = DRAWS / (double)ns[k];

		for (int i = 0; i < DRAWS; i++) {
			uint64_t x = rng_below(&rng, ns[k]);

			assert_true(x < ns[k]);
			count[x]++;
		}
		for (uint64_t i = 0; i < ns[k]; i++)
			chi += (count[i] - want) * (count[i] - want) / want;
		assert_true(chi < gsl_cdf_chisq_Qinv(1e-7, (double)ns[k] - 1));
	}
	assert_true(rng_below(&rng, 1) == 0);
}

/*
 * Above 2^63 a draw without rejection would favour some values by two to
 * one; the share below 2^62 of n = 3 2^62 must be a third.
 */
static void test_below_is_unbiased(void **state)
{
	const uint64_t n = UINT64_C(3) << 62;
	struct rng rng;
	double low = 0;

	(void)state;
	test_rng(&rng, 6);
	for (int i = 0; i < DRAWS; i++)
		low += rng_below(&rng, n) % 3 == 0;
	/* 5.3 deviations: 1.2e-7. */
	assert_true(fabs(low - DRAWS / 3.) < 5.3 * sqrt(DRAWS * 2. / 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splitmix),
		cmocka_unit_test(test_xoshiro),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_laws),
		cmocka_unit_test(test_exponential_cells),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_below_is_unbiased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
