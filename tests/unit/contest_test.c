/* contest_test.c - the best of several is found, whatever the machine does */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "coordinator/contest.h"
#include "lancet/core/rng.h"
#include "tests/unit/seed.h"

static double gaussian(struct rng *rng)
{
	return sqrt(-2 * log(1 - rng_uniform(rng))) *
	       cos(2 * M_PI * rng_uniform(rng));
}

/* Arms of such levels; what slows the machine down slows all of a round. */
static size_t run(const double *level, size_t n, double machine, double noise,
		  struct rng *rng, struct contest *c)
{
	*c = (struct contest){ .narms = n };
	do {
		double slow = 1 + machine * gaussian(rng);

		for (size_t i = 0; i < n; i++)
			if (contest_in(c, i))
				c->arm[i].look[c->rounds] =
					level[i] * slow *
					(1 + noise * gaussian(rng));
	} while (contest_round(c));
	return contest_best(c);
}

/*
 * 15% apart, looks 3% off: the differences of 4 rounds lie 7 deviations from
 * 0, though the machine's own ups and downs are as large as they.
 */
static void test_drift(void **state)
{
	const double level[] = { 100, 115, 98 };
	struct contest c;
	struct rng rng;

	(void)state;
	test_rng(&rng, 1);
	for (int i = 0; i < 300; i++)
		assert_int_equal(run(level, 3, .15, .03, &rng, &c), 1);
}

/* One as good as the best is seldom dropped: twice of its 1% in each round. */
static void test_equals(void **state)
{
	const double level[] = { 100, 100 };
	struct contest c;
	struct rng rng;
	int dropped = 0;

	(void)state;
	test_rng(&rng, 2);
	for (int i = 0; i < 500; i++) {
		run(level, 2, .1, .1, &rng, &c);
		dropped += !contest_in(&c, 0) || !contest_in(&c, 1);
	}
	/* 6 rounds of 2%: 60; 6 deviations above are 104. */
	assert_true(dropped < 104);
}

/* What is dropped costs no further looks, and what is known no more rounds. */
static void test_effort(void **state)
{
	const double level[] = { 100, 50 };
	struct contest c;
	struct rng rng;

	(void)state;
	test_rng(&rng, 3);
	run(level, 2, 0, .001, &rng, &c);
	assert_int_equal(c.rounds, CONTEST_LEAST);
	assert_true(c.arm[1].out && c.arm[1].out < c.rounds);
	run(level, 2, .2, .001, &rng, &c);
	assert_int_equal(c.rounds, CONTEST_ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_equals),
		cmocka_unit_test(test_effort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
