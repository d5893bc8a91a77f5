/* wall_test.c - instants of CLOCK_REALTIME in our clock, between looks at both */
#include "tests/unit/near.h"

#include "hwts/sys.h"
#include "hwts/wall.h"

#define MS INT64_C(1000000)
#define EACH ((int64_t)WALL_EACH_NS)
#define AHEAD INT64_C(1700000000000000000)

static struct wall wall;

/* Look i at i * 100 ms, 101 ns wide; the wall gains 300 ns from each to next. */
static int prepare(void **state)
{
	(void)state;
	assert_int_equal(wall_init(&wall), 0);
	wall.each_ns = EACH;
	for (wall.n = 0; wall.n < WALL_LOOKS; wall.n++) {
		int64_t at = (int64_t)wall.n * EACH;

		wall.look[wall.n] = (struct tsource_reading){
			.before_ns = at - 50, .after_ns = at + 51,
			.other_ns = at + AHEAD + 300 * (int64_t)wall.n,
		};
	}
	return 0;
}

static int done(void **state)
{
	(void)state;
	wall_fini(&wall);
	return 0;
}

/* What the wall showed at `at`, `offset` from AHEAD, is that instant. */
static void expect(int64_t at, int64_t offset, int64_t near, int64_t bound)
{
	struct wall_instant is;

	assert_true(wall_mono(&wall, at + AHEAD + offset, near, &is));
	assert_near((double)(is.mono_ns - at), 0, 1);
	assert_int_equal(is.bound_ns, bound);
}

static void test_between(void **state)
{
	(void)state;
	wall.n = 10;
	expect(350 * MS, 1050, 350 * MS, 351);
	expect(310 * MS, 930, 310 * MS, 351);
	/* Wherever it is looked for. */
	expect(350 * MS, 1050, 90 * MS, 351);
	/* Nobody looked before the first and after the last. */
	expect(-50 * MS, 0, -50 * MS, 51);
	expect(950 * MS, 2700, 950 * MS, 51);
	wall.n = 0;
	assert_false(wall_mono(&wall, AHEAD, 0, &(struct wall_instant){ 0 }));
}

/* Changes of 0.5 us and 10 ppm of the time between are slewing; more is not. */
static void test_step(void **state)
{
	struct wall_instant is;

	(void)state;
	wall.n = 10;
	for (int i = 5; i < 10; i++)
		wall.look[i].other_ns += 1200;
	expect(450 * MS, 1200 + 750, 450 * MS, 1551);
	for (int i = 5; i < 10; i++)
		wall.look[i].other_ns++;
	assert_false(wall_mono(&wall, 450 * MS + AHEAD, 450 * MS, &is));
	assert_false(wall_mono(&wall, 410 * MS + AHEAD, 310 * MS, &is));
	expect(350 * MS, 1050, 350 * MS, 351);
	expect(550 * MS, 1201 + 1650, 550 * MS, 351);
}

/* A long segment has every other look, and all its instants still. */
static void test_full(void **state)
{
	(void)state;
	wall_look(&wall, &sys_kernel);
	assert_int_equal(wall.n, WALL_LOOKS / 2 + 1);
	assert_int_equal(wall.each_ns, 2 * EACH);
	assert_int_equal(wall.next_ns,
			 wall.look[wall.n - 1].after_ns + 2 * EACH);
	expect(350 * MS, 1050, 350 * MS, 651);
	expect(100 * EACH, 30000, 100 * EACH, 651);
	wall_begin(&wall, &sys_kernel);
	assert_int_equal(wall.n, 1);
	assert_int_equal(wall.each_ns, EACH);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, prepare, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_between), WITH(test_step), WITH(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
