/* bend_test.c - where one more point shows most of a curve */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/bend.h"

#define MOST 32
#define FROM .1
#define TO .95

struct curve {
	double x[MOST], y[MOST];
	size_t n;
};

/* M/M/1: the logarithm of any quantile. */
static double of(double load)
{
	return -log(1 - load);
}

static void add(struct curve *c, double x, double y)
{
	size_t i = c->n++;

	for (; i && c->x[i - 1] > x; i--) {
		c->x[i] = c->x[i - 1];
		c->y[i] = c->y[i - 1];
	}
	c->x[i] = x;
	c->y[i] = y;
}

static struct curve even(size_t n)
{
	struct curve c = { .n = 0 };

	for (size_t i = 0; i < n; i++) {
		double x = FROM + (TO - FROM) * (double)i / (double)(n - 1);

		add(&c, x, of(x));
	}
	return c;
}

/* How far straight lines between the points are from the curve, at most. */
static double error(const struct curve *c)
{
	double worst = 0;

	for (size_t i = 0; i + 1 < c->n; i++)
		for (double t = 0; t <= 1; t += .05) {
			double x = c->x[i] + t * (c->x[i + 1] - c->x[i]);
			double y = c->y[i] + t * (c->y[i + 1] - c->y[i]);

			worst = fmax(worst, fabs(y - of(x)));
		}
	return worst;
}

/* As many points as an even grid, and 60% of its error at most. */
static void test_better_than_even(void **state)
{
	(void)state;
	for (size_t n = 8; n <= 20; n += 2) {
		struct curve c = even(n / 2), grid = even(n);

		while (c.n < n) {
			double x = bend_next(c.x, c.y, c.n, 0);

			add(&c, x, of(x));
		}
		if (!(error(&c) < .6 * error(&grid)))
			fail_msg("%zu: %g, evenly %g", n, error(&c),
				 error(&grid));
	}
}

static void test_straight(void **state)
{
	const double x[] = { 0, 1, 3, 4 }, y[] = { 1, 2, 4, 5 };

	(void)state;
	/* No bend: the widest. */
	assert_true(fabs(bend_next(x, y, 4, 0) - 2) < 1e-12);
	assert_true(isnan(bend_next(x, y, 4, 2.5)));
}

/* A sharp bend in narrow intervals hides less than a slight one in wide. */
static void test_width(void **state)
{
	const double x[] = { 0, 1, 2, 12, 22 }, y[] = { 0, 0, 2, 22, 82 };

	(void)state;
	assert_true(fabs(bend_next(x, y, 5, 0) - 7) < 1e-12);
}

static void test_unknown(void **state)
{
	double x[] = { 0, 1, 2, 3, 4 }, y[] = { 0, 0, NAN, 0, 4 };

	(void)state;
	/* The bend is at 3, whoever its neighbours are. */
	assert_true(bend_next(x, y, 5, 0) > 2);
	for (int i = 0; i < 5; i++)
		y[i] = NAN;
	assert_true(fabs(bend_next(x, y, 5, 0) - .5) < 1e-12);
	assert_true(isnan(bend_next(x, y, 1, 0)));
	assert_true(isnan(bend_next(x, y, 0, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_better_than_even),
		cmocka_unit_test(test_straight),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
