/* burst_test.c - requests at once are served as each policy would */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/rng.h"
#include "models/burst.h"
#include "tests/unit/seed.h"

static void serve(enum burst_order order, size_t workers,
		  const double *service, uint32_t size, size_t bursts,
		  double stagger, double *done)
{
	const struct burst_server s = { .workers = workers, .order = order };
	const struct burst_work work = { size, bursts, stagger, service };
	struct arena arena;
	struct rng rng;

	arena_init(&arena);
	test_rng(&rng, 1);
	burst_serve(&s, &work, &rng, done, &arena);
	arena_fini(&arena);
}

static void assert_times(const double *done, const double *should, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(fabs(done[i] - should[i]) < 1e-9))
			fail_msg("number %zu at %g, not %g", i, done[i],
				 should[i]);
}

/* By hand: two workers, and who is free first takes the next. */
static void test_fcfs(void **state)
{
	const double service[] = { 10, 4, 3, 5, 1 };
	double done[5];

	(void)state;
	serve(BURST_FCFS, 2, service, 5, 1, 1, done);
	assert_times(done, (const double[]){ 10, 5, 8, 13, 11 }, 5);
}

/* By hand: one worker's time is halved, and three share two of them. */
static void test_shared(void **state)
{
	double done[3];

	(void)state;
	serve(BURST_SHARED, 1, (const double[]){ 2, 4 }, 2, 1, 0, done);
	assert_times(done, (const double[]){ 4, 6 }, 2);
	serve(BURST_SHARED, 2, (const double[]){ 6, 6, 6 }, 3, 1, 0, done);
	assert_times(done, (const double[]){ 9, 9, 9 }, 3);
	serve(BURST_SHARED, 1, (const double[]){ 1, 1 }, 2, 1, 3, done);
	assert_times(done, (const double[]){ 1, 4 }, 2);
}

/* One worker is one queue; of many, two requests meet at one in k cases. */
static void test_split(void **state)
{
	double service[8000], done[8000];
	int met = 0;

	(void)state;
	serve(BURST_SPLIT, 1, (const double[]){ 2, 4 }, 2, 1, 0, done);
	assert_times(done, (const double[]){ 2, 6 }, 2);
	for (int i = 0; i < 8000; i++)
		service[i] = 1;
	serve(BURST_SPLIT, 4, service, 2, 4000, 0, done);
	for (int i = 0; i < 8000; i += 2)
		met += done[i + 1] > 1.5;
	/* 1000, and 5 deviations of a binomial count. */
	assert_in_range(met, 863, 1137);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fcfs),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
