/* search_test.c - the highest load that keeps a promise, from noisy trials */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/decide.h"
#include "coordinator/search.h"
#include "lancet/core/rng.h"
#include "tests/unit/near.h"
#include "tests/unit/seed.h"

#define FROM .1
#define TO .95

/* Without noise: every trial says on which side of `truth` it is. */
static struct search exact(double truth, double resolution)
{
	struct search s;
	double load;

	search_init(&s, FROM, TO, resolution);
	while (!isnan(load = search_next(&s))) {
		assert_true(load >= FROM && load <= TO);
		search_tell(&s, load, load <= truth ? SEARCH_KEPT
						    : SEARCH_MISSED);
	}
	assert_true(s.n <= s.most);
	return s;
}

static void test_exact(void **state)
{
	(void)state;
	for (double truth = FROM; truth < TO; truth += .003) {
		for (double r = .3; r > .001; r /= 3) {
			struct search s = exact(truth, r);

			assert_true(search_resolved(&s));
			assert_true(s.lo <= truth && truth < s.hi);
		}
	}
}

/* Beyond either end: tried last, and said by what is not known. */
static void test_ends(void **state)
{
	struct search s = exact(2, .02);

	(void)state;
	assert_near(s.lo, TO, 0);
	assert_true(isnan(s.hi));
	assert_false(search_resolved(&s));
	s = exact(.05, .02);
	assert_near(s.hi, FROM, 0);
	assert_true(isnan(s.lo));
}

/* A load that cannot be told is passed by on both sides. */
static void test_wall(void **state)
{
	struct search s;
	double load;

	(void)state;
	search_init(&s, FROM, TO, .02);
	while (!isnan(load = search_next(&s)))
		search_tell(&s, load, fabs(load - .6) < .02 ? SEARCH_OPEN
			    : load < .6 ? SEARCH_KEPT : SEARCH_MISSED);
	assert_true(s.lo < .6 && s.lo > .54);
	assert_true(s.hi > .6 && s.hi < .66);
	assert_true(s.open > 0);
}

/* Nothing can be told: it ends, with nothing. */
static void test_void(void **state)
{
	struct search s;
	double load;

	(void)state;
	search_init(&s, FROM, TO, .02);
	while (!isnan(load = search_next(&s)))
		search_tell(&s, load, SEARCH_VOID);
	assert_true(isnan(s.lo) && isnan(s.hi));
	assert_true(s.n <= s.most && s.voids == s.n);
}

/* What shows nothing once, in a noisy moment, costs a trial and no more. */
static void test_void_again(void **state)
{
	struct search s;
	double load;

	(void)state;
	search_init(&s, FROM, TO, .1);
	for (int i = 0; !isnan(load = search_next(&s)); i++)
		search_tell(&s, load, i % 4 == 1 ? SEARCH_VOID
			    : load < .7 ? SEARCH_KEPT : SEARCH_MISSED);
	assert_true(s.voids > 0);
	assert_true(search_resolved(&s));
	assert_true(s.lo < .7 && .7 <= s.hi);
}

/* A bad minute at the start: the loads are tried again, and nothing is lost. */
static void test_void_first(void **state)
{
	struct search s;
	double load, first = (double)NAN;
	int voids = 0;

	(void)state;
	search_init(&s, FROM, TO, .02);
	while (!isnan(load = search_next(&s))) {
		if (voids++ < 2) {
			first = load;
			search_tell(&s, load, SEARCH_VOID);
			continue;
		}
		/* The same load for the third time, then as ever. */
		if (voids == 3)
			assert_near(load, first, 0);
		search_tell(&s, load, load < .7 ? SEARCH_KEPT : SEARCH_MISSED);
	}
	assert_true(search_resolved(&s));
	assert_int_equal(s.voids, 2);
	/* What says nothing has no share of the error. */
	assert_near(search_confidence(&s, .95), 1 - .1 / (3. * (double)s.tells),
		    1e-12);
}

static void test_confidence(void **state)
{
	struct search s;

	(void)state;
	search_init(&s, FROM, TO, .02);
	assert_int_equal(s.tells, 11);
	assert_near(search_confidence(&s, .95), 1 - .1 / 33, 1e-12);
}

/* --- noise ---------------------------------------------------------------- */

/*
 * A trial as a Brownian motion: after t of its whole time the logarithm of a
 * quantile over its bound is known with deviation sigma / sqrt(t), which is
 * itself estimated from 31 batches.
 */
struct noisy {
	struct rng rng;
	double truth;		/* the load whose quantile is the bound */
	double sigma;
	double confidence;	/* of a look */
};

static double gaussian(struct rng *rng)
{
	return sqrt(-2 * log(1 - rng_uniform(rng))) *
	       cos(2 * M_PI * rng_uniform(rng));
}

/* M/M/1: a quantile is proportional to 1 / (1 - load). */
static enum search_found try(struct noisy *noisy, double load)
{
	double mean = log((1 - noisy->truth) / (1 - load));
	double sigma = noisy->sigma / (1 - load), sum = 0, t = 0;
	struct decide_state s = {
		.left_ns = 5000000000, .window_ns = 10000000,
		.warmup_ns = 0, .shrink = (double)INFINITY, .attempts = 1,
		.few = true,
	};

	for (int look = 1;; look++) {
		int64_t length = look < SEARCH_LOOKS
				 ? decide_length(&s, NULL) : s.left_ns;
		double dt = (double)length / 5e9, off, spread = 0, half;

		if (length <= 0)
			return SEARCH_OPEN;
		sum += mean * dt + sigma * sqrt(dt) * gaussian(&noisy->rng);
		t += dt;
		for (int i = 0; i < 30; i++) {
			double g = gaussian(&noisy->rng);

			spread += g * g / 30;
		}
		off = sum / t;
		half = gsl_cdf_tdist_Pinv((1 + noisy->confidence) / 2, 30) *
		       sigma * sqrt(spread / t);
		if (half < fabs(off))
			return off < 0 ? SEARCH_KEPT : SEARCH_MISSED;
		s.begun = true;
		s.measured_s = 5 * t;
		s.left_ns -= length;
		s.shrink = half / fabs(off);
	}
}

struct outcome {
	int wrong, resolved, runs;
	double trials, width;
};

static struct outcome repeat(double sigma, double trust, int runs, int seed)
{
	struct outcome o = { .runs = runs };
	struct noisy noisy = { .sigma = sigma };

	test_rng(&noisy.rng, (uint64_t)seed);
	for (int i = 0; i < runs; i++) {
		struct search s;
		double load;

		search_init(&s, FROM, TO, .02);
		noisy.truth = FROM + (TO - FROM) * rng_uniform(&noisy.rng);
		noisy.confidence = trust > 0 ? trust
					     : search_confidence(&s, .95);
		while (!isnan(load = search_next(&s)))
			search_tell(&s, load, try(&noisy, load));
		o.wrong += s.lo > noisy.truth || s.hi < noisy.truth;
		o.resolved += search_resolved(&s);
		o.trials += (double)s.n / runs;
		if (!isnan(s.lo) && !isnan(s.hi))
			o.width += (s.hi - s.lo) / s.hi / runs;
	}
	printf("# sigma %.3f: %d of %d wrong, %d resolved, %.1f trials, "
	       "width %.3f\n", sigma, o.wrong, runs, o.resolved, o.trials,
	       o.width);
	return o;
}

/*
 * At most 5% may be wrong. The bound lies five deviations of a binomial count
 * above that: one false alarm in a million at the worst, where there is no
 * Bonferroni's reserve.
 */
static void test_coverage(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct outcome o = repeat(.002 * pow(3, i), 0, 1000, 30 + i);

		assert_true(o.wrong <= 50 + 5 * sqrt(1000 * .05 * .95));
		assert_true(o.trials <= 11);
	}
}

/* The levels matter: with intervals at 50% it goes wrong far too often. */
static void test_coverage_can_fail(void **state)
{
	(void)state;
	assert_true(repeat(.054, .5, 1000, 41).wrong > 150);
}

/* Little noise: resolved in 4 of 5, less 6 deviations of their count. */
static void test_resolves(void **state)
{
	(void)state;
	assert_true(repeat(.0005, 0, 500, 42).resolved > 340);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_wall),
		cmocka_unit_test(test_void),
		cmocka_unit_test(test_void_again),
		cmocka_unit_test(test_void_first),
		cmocka_unit_test(test_confidence),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_coverage_can_fail),
		cmocka_unit_test(test_resolves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
