/* survey_test.c - what a survey of servers costs, however many workers */
#include "models/burst.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static double counted(const struct burst_server *s,
		      const struct identify_burst *burst, size_t n,
		      double share, uint64_t seed);

#define burst_misfit counted
#include "models/survey.c"

#define SIZES 12

static double simulated, all;

/* No server is like these bursts, nor any less than another. */
static double counted(const struct burst_server *s,
		      const struct identify_burst *burst, size_t n,
		      double share, uint64_t seed)
{
	(void)s;
	(void)seed;
	simulated += share * burst_requests(burst, n);
	all = fmax(all, share);
	return 1000;
}

/* Of a capacity that is so many workers'. */
static void surveyed(double workers)
{
	static const uint32_t size[SIZES] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32,
					      48, BURST_SIZE };
	struct identify_burst burst[SIZES];
	double alone[1000];
	struct identify_data data = {
		.alone = alone, .nalone = 1000, .burst = burst,
		.nbursts = SIZES,
	};
	double rate = workers / 1e5;
	struct identified found = { .capacity = { rate, .9 * rate, rate } };
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < 1000; i++)
		alone[i] = 1e5;
	for (size_t i = 0; i < SIZES; i++)
		burst[i] = (struct identify_burst){ .size = size[i] };
	simulated = all = 0;
	survey(&data, &found, &arena);
	arena_fini(&arena);
}

/* Without stalls and with them, each roughly and closely. */
static void test_bounded(void **state)
{
	(void)state;
	surveyed(1000);
	assert_true(simulated > REQUESTS && simulated <= 4.01 * REQUESTS);
	surveyed(100);
	assert_true(simulated > REQUESTS && simulated <= 4.01 * REQUESTS);
	/* Of few none is spared. */
	surveyed(1);
	assert_true(all > .99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
