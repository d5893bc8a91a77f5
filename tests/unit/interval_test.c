/* interval_test.c - do 95% intervals hold the truth 95 times in 100? */
#include "tests/unit/point_data.h"

#include "coordinator/interval.h"
#include "lancet/core/stats/order.h"

#define RUNS 300
#define WINDOWS 400

static const double quantiles[] = { .5, .9, .99, .999 };
#define N (sizeof(quantiles) / sizeof(quantiles[0]))

/*
 * Batch means of a strongly correlated queue may fall to a coverage of 0.89;
 * 300 runs then cover fewer than 235 times with probability 4e-8
 * (binomial): 8e-7 for five figures of four queues.
 */
#define COVERED_LEAST 235

/*
 * An M/M/1 queue's response times (Lindley 1952), arrivals in windows; its
 * law is exponential with rate mu - lambda.
 */
static void queue_series(struct rng *rng, double load, double per_window,
			 struct series *series, struct arena *arena)
{
	const double service = (double)WINDOW / per_window * load;
	double wait = -service * log(rng_open(rng)) / (1 - load);
	double at = 0;
	int64_t *value = arena_array(arena, 4096, sizeof(*value));

	if (rng_uniform(rng) > load)	/* stationary from the start */
		wait = 0;
	series->n = WINDOWS;
	series->window = arena_array(arena, WINDOWS, sizeof(*series->window));
	for (size_t w = 0; w < WINDOWS; w++) {
		size_t n = 0;

		while (at < (double)(w + 1) * (double)WINDOW && n < 4096) {
			double own = service * rng_exponential(rng);
			double gap = (double)WINDOW / per_window *
				     rng_exponential(rng);

			value[n++] = (int64_t)(wait + own);
			wait = fmax(wait + own - gap, 0);
			at += gap;
		}
		series->window[w].response = made_sparse(arena, value, n);
	}
}

static int holds(double lo, double hi, double truth)
{
	return lo <= truth && truth <= hi;
}

static void coverage(double load, double per_window)
{
	struct rng rng;
	struct rng_key key = { .seed = test_seed(), .point = 1 };
	double mean = (double)WINDOW / per_window * load / (1 - load);
	int covered[N + 1] = { 0 };

	key.attempt = (uint64_t)(load * 100);
	rng_init(&rng, &key);
	for (int run = 0; run < RUNS; run++) {
		struct result_metric metric = { 0 };
		struct series series;
		struct arena arena;

		arena_init(&arena);
		queue_series(&rng, load, per_window, &series, &arena);
		interval_metric(&series, .95, quantiles, N, &arena, &metric);
		for (size_t i = 0; i < N; i++)
			covered[i] += holds(metric.quantiles[i].lo,
					    metric.quantiles[i].hi,
					    -log(1 - quantiles[i]) * mean);
		covered[N] += holds(metric.mean.lo, metric.mean.hi, mean);
		arena_fini(&arena);
	}
	for (size_t i = 0; i <= N; i++) {
		print_message("load %.2f, %s: %d of %d\n", load,
			      i == N ? "mean" : i == 0 ? "p50" :
			      i == 1 ? "p90" : i == 2 ? "p99" : "p99.9",
			      covered[i], RUNS);
		assert_true(covered[i] >= COVERED_LEAST);
	}
}

static void test_coverage(void **state)
{
	(void)state;
	coverage(.3, 60);
	coverage(.5, 60);
	coverage(.7, 60);
	coverage(.9, 150);
}

static struct series steady(struct arena *arena, uint64_t later)
{
	struct series series = { .n = 100 };

	series.window = arena_array(arena, 100, sizeof(*series.window));
	for (size_t w = 0; w < 100; w++) {
		int64_t value[50];

		for (int i = 0; i < 50; i++)
			value[i] = 1000 + 13 * i;
		series.window[w].response = made_sparse(arena, value, 50);
		series.window[w].later = w % 10 == 3 ? later : 0;
	}
	return series;
}

/* 5000 requests: p99.9 has five beyond it, p99.99 half a one. */
static void test_too_few(void **state)
{
	const double q[] = { .99, .9999 };
	struct result_metric metric = { 0 };
	struct series series;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series = steady(&arena, 0);
	interval_metric(&series, .95, q, 2, &arena, &metric);
	assert_string_equal(metric.quantiles[0].status, "resolved");
	assert_string_equal(metric.quantiles[1].status, "unresolved");
	assert_true(isinf(metric.quantiles[1].hi));
	assert_non_null(metric.quantiles[1].reason);
	arena_fini(&arena);
}

/* Requests without a reply count as later than all: 2% of them hide p99. */
static void test_later(void **state)
{
	const double q[] = { .5, .99 };
	struct result_metric with = { 0 }, without = { 0 };
	struct series series;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series = steady(&arena, 0);
	interval_metric(&series, .95, q, 2, &arena, &without);
	series = steady(&arena, 10);
	interval_metric(&series, .95, q, 2, &arena, &with);
	assert_true(with.quantiles[0].value >= without.quantiles[0].value);
	assert_string_equal(with.quantiles[0].status, "resolved");
	assert_string_equal(with.quantiles[1].status, "unresolved");
	assert_true(isnan(with.quantiles[1].value));
	assert_true(isinf(with.quantiles[1].hi));
	assert_true(with.quantiles[1].lo > 0);
	arena_fini(&arena);
}

/* A few lost ones move the upper bound, and it alone. */
static void test_few_later(void **state)
{
	const double q[] = { .97 };
	struct result_metric with = { 0 }, without = { 0 };
	struct series series;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series = steady(&arena, 0);
	interval_metric(&series, .95, q, 1, &arena, &without);
	series = steady(&arena, 3);
	interval_metric(&series, .95, q, 1, &arena, &with);
	assert_string_equal(with.quantiles[0].status, "resolved");
	assert_true(with.quantiles[0].hi > without.quantiles[0].hi);
	assert_true(with.quantiles[0].lo <= without.quantiles[0].lo);
	arena_fini(&arena);
}

/* As variable as independent requests at most: the exact binomial ranks. */
static void test_ranks(void **state)
{
	const double q[] = { .9, .997 };
	struct result_metric metric = { 0 };
	struct order_ranks ranks;
	struct series series;
	struct arena arena;
	struct err err;

	(void)state;
	arena_init(&arena);
	series = steady(&arena, 0);
	interval_metric(&series, .95, q, 2, &arena, &metric);
	/* Of dependent ones 15 beyond would be too few. */
	assert_string_equal(metric.quantiles[1].status, "resolved");
	/* 5000 requests, 100 of each value: all in bins of their own. */
	assert_int_equal(order_ranks(5000, .9, .95, &ranks, &err), 0);
	assert_int_equal((uint64_t)metric.quantiles[0].lo,
			 1000 + 13 * ((ranks.lower - 1) / 100));
	assert_int_equal((uint64_t)metric.quantiles[0].hi,
			 1000 + 13 * ((ranks.upper - 1) / 100));
	arena_fini(&arena);
}

/* Nothing is random here: a hash stands in for luck. */
static double luck(size_t i)
{
	return ((double)(uint32_t)rng_mix(i) + .5) / 0x1p32;
}

static void spells(struct series *series, size_t windows, double ends,
		   struct arena *arena)
{
	int high = 0;

	series->n = windows;
	series->window = arena_array(arena, windows, sizeof(*series->window));
	for (size_t w = 0; w < windows; w++) {
		int64_t value[50];

		high ^= luck(w + 5000) < ends;
		for (int i = 0; i < 50; i++)
			value[i] = (high ? 3000 : 1000) + 5 * i;
		series->window[w].response = made_sparse(arena, value, 50);
	}
}

/* Spells of low and of high, some 60 of them: 40000 requests are worth less
 * than 160, and one half of them nothing. */
static void test_too_slow(void **state)
{
	const double q[] = { .5 };
	struct result_metric metric = { 0 };
	struct series series;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	spells(&series, 800, .07, &arena);
	interval_metric(&series, .95, q, 1, &arena, &metric);
	print_message("worth: %g\n", metric.quantiles[0].worth);
	assert_string_equal(metric.quantiles[0].status, "unresolved");
	assert_true(isinf(metric.quantiles[0].hi));
	assert_non_null(strstr(metric.quantiles[0].reason, "too long"));
	arena_fini(&arena);
}

/*
 * Beyond the p99 come bursts of eight; beyond the p99.9 threes of them, of
 * which there seem to be enough. By the eights there are not.
 */
static void test_few_bursts(void **state)
{
	const double q[] = { .99, .999 };
	struct result_metric metric = { 0 };
	struct series series = { .n = 1280 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series.window = arena_array(&arena, 1280, sizeof(*series.window));
	for (size_t w = 0; w < 1280; w++) {
		int64_t value[50];
		int burst = luck(w) < 1 / 15.5;
		int far = burst && luck(w + 99999) < .31;

		for (int i = 0; i < 50; i++)
			value[i] = (burst && i < 8 ? 1000000 : 1000) +
				   (far && i < 3 ? 1000000 : 0) + 5 * i;
		series.window[w].response = made_sparse(&arena, value, 50);
	}
	interval_metric(&series, .95, q, 2, &arena, &metric);
	print_message("worth beyond: %g, %g\n",
		      .01 * metric.quantiles[0].worth,
		      .001 * metric.quantiles[1].worth);
	assert_string_equal(metric.quantiles[0].status, "resolved");
	assert_true(.001 * metric.quantiles[1].worth > 20);
	assert_string_equal(metric.quantiles[1].status, "unresolved");
	arena_fini(&arena);
}

static double share_between(const struct series *series, double lo, double hi)
{
	struct hist *all = hist_create();
	double share;

	series_merge(series, all);
	share = hist_cdf(all, hi) - hist_cdf(all, lo);
	hist_destroy(all);
	return share;
}

/*
 * Some 30 bursts of sixteen and, beyond the p99, of ten: 60 batches know the
 * variance to 30%, which is Student's quantile of 21 degrees, but so few
 * bursts to 40%: of 8 then, 2.31 and not 2.08, and a lean beside it.
 */
static void test_freedom(void **state)
{
	const double q[] = { .99 };
	struct result_metric metric = { 0 };
	const struct result_quantile *p99;
	struct series series = { .n = 640 };
	struct arena arena;
	double half;

	(void)state;
	arena_init(&arena);
	series.window = arena_array(&arena, series.n, sizeof(*series.window));
	for (size_t w = 0; w < series.n; w++) {
		int64_t value[50];
		int burst = luck(w + 3000) < 1 / 20.;

		for (size_t i = 0; i < 50; i++)
			value[i] = (burst && i < 16 ? 1000000 : 1000) +
				   (int64_t)(1e6 * luck(50 * w + i));
		series.window[w].response = made_sparse(&arena, value, 50);
	}
	interval_metric(&series, .95, q, 1, &arena, &metric);
	p99 = &metric.quantiles[0];
	half = share_between(&series, p99->value, p99->hi) /
	       sqrt(.99 * .01 / p99->worth);
	print_message("%g beyond, %g deviations\n", .01 * p99->worth, half);
	assert_true(half > 2.3);
	arena_fini(&arena);
}

/*
 * A p90 among requests that come one by one; the 5% farthest come in bursts
 * of twenty. The end towards those is the farther one.
 */
static void test_longer_bursts(void **state)
{
	const double q[] = { .9 };
	struct result_metric metric = { 0 };
	const struct result_quantile *p90;
	struct series series = { .n = 128 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series.window = arena_array(&arena, series.n, sizeof(*series.window));
	for (size_t w = 0; w < series.n; w++) {
		int64_t value[50];
		int burst = luck(w) < 1 / 8.;

		for (size_t i = 0; i < 50; i++)
			value[i] = burst && i < 20 ? 4000 + 5 * (int64_t)i
				 : 1000 + (int64_t)(3000 * luck(50 * w + i));
		series.window[w].response = made_sparse(&arena, value, 50);
	}
	interval_metric(&series, .95, q, 1, &arena, &metric);
	p90 = &metric.quantiles[0];
	print_message("%g %g %g, %g beyond\n", p90->lo, p90->value, p90->hi,
		      .1 * p90->worth);
	assert_string_equal(p90->status, "resolved");
	assert_true(share_between(&series, p90->value, p90->hi) >
		    1.15 * share_between(&series, p90->lo, p90->value));
	arena_fini(&arena);
}

/*
 * Bursts of eight, about as long at every level: the end towards the tail is
 * the farther one by an independent request, of p10 the lower one. Without that
 * it were the nearer one, of p90 the farther by a quarter.
 */
static void test_lean(void **state)
{
	const double q[] = { .1, .9 };
	struct result_metric metric = { 0 };
	struct series series = { .n = 320 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series.window = arena_array(&arena, series.n, sizeof(*series.window));
	for (size_t w = 0; w < series.n; w++) {
		int64_t value[8];

		for (int i = 0; i < 8; i++)
			value[i] = 1000000 + (int64_t)(1e6 * luck(w + 4000)) +
				   (int64_t)(1e5 * luck(8 * w + (size_t)i));
		series.window[w].response = made_sparse(&arena, value, 8);
	}
	interval_metric(&series, .95, q, 2, &arena, &metric);
	for (size_t i = 0; i < 2; i++) {
		const struct result_quantile *at = &metric.quantiles[i];
		double below = share_between(&series, at->lo, at->value);
		double above = share_between(&series, at->value, at->hi);
		double lean = (i ? above - below : below - above) * at->worth;

		print_message("p%g: %g below, %g above, lean %g of %g\n",
			      100 * q[i], below, above, lean, at->worth);
		assert_true(lean > .4 && lean < 2);
	}
	arena_fini(&arena);
}

/* How much more p99's requests are worth than the median's, in windows of as
 * many that are all early or all late, where the very late ones come alone. */
static double worth_over_median(int each)
{
	const double q[] = { .5, .99 };
	struct result_metric metric = { 0 };
	struct series series = { .n = 2048 };
	struct arena arena;
	double worth;

	arena_init(&arena);
	series.window = arena_array(&arena, series.n, sizeof(*series.window));
	for (size_t w = 0; w < series.n; w++) {
		int64_t value[20];

		for (int i = 0; i < each; i++) {
			double own = luck(20 * w + (size_t)i + 100000);

			value[i] = (luck(w) < .5 ? 1000000 : 2000000) +
				   (int64_t)(1e5 * own) +
				   (own < .02 ? 10000000 : 0);
		}
		series.window[w].response = made_sparse(&arena, value,
							(size_t)each);
	}
	interval_metric(&series, .95, q, 2, &arena, &metric);
	worth = metric.quantiles[1].worth / metric.quantiles[0].worth;
	print_message("windows of %d: %g\n", each, worth);
	arena_fini(&arena);
	return worth;
}

/* Four times as much is luck, twenty times is another kind of requests. */
static void test_luck(void **state)
{
	(void)state;
	assert_near(worth_over_median(4), 1.5, 1e-9);
	assert_true(worth_over_median(20) > 10);
}

/*
 * Requests are all early or all late for five windows: the median's are worth
 * one in 50, those beyond p90, a fifth of the late ones, seem to be worth far
 * more, enough to tell of the p99. That is luck like any tail's.
 */
static void test_lucky_decade(void **state)
{
	const double q[] = { .5, .9, .99 };
	struct result_metric metric = { 0 };
	struct series series = { .n = 2048 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series.window = arena_array(&arena, series.n, sizeof(*series.window));
	for (size_t w = 0; w < series.n; w++) {
		bool burst = luck(w + 500000) < .03;
		int64_t value[20];

		for (int i = 0; i < 20; i++)
			value[i] = (luck(w / 5) < .5 ? 1000000 : 2000000) +
				   (int64_t)(1e5 * luck(20 * w + (size_t)i +
							100000)) +
				   (burst && i < 7 ? 10000000 : 0);
		series.window[w].response = made_sparse(&arena, value, 20);
	}
	interval_metric(&series, .95, q, 3, &arena, &metric);
	for (int i = 0; i < 3; i++)
		print_message("p%g: worth %g, %s\n", 100 * q[i],
			      metric.quantiles[i].worth,
			      metric.quantiles[i].status);
	assert_string_equal(metric.quantiles[0].status, "resolved");
	assert_string_equal(metric.quantiles[2].status, "unresolved");
	arena_fini(&arena);
}

/* Values that share a bin: an end may be any of them. */
static void test_bin(void **state)
{
	const double q[] = { .5 };
	struct result_metric metric = { 0 };
	struct series series = { .n = 64 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series.window = arena_array(&arena, 64, sizeof(*series.window));
	for (size_t w = 0; w < 64; w++) {
		int64_t value[50];

		for (int i = 0; i < 50; i++)
			value[i] = i < 45 ? 50000 : 50000 + i - 44;
		series.window[w].response = made_sparse(&arena, value, 50);
	}
	interval_metric(&series, .95, q, 1, &arena, &metric);
	assert_near(metric.quantiles[0].lo, 50000, 0);
	assert_near(metric.quantiles[0].hi, 50005, 0);
	arena_fini(&arena);
}

static void test_empty(void **state)
{
	const double q[] = { .99 };
	struct result_metric metric = { 0 };
	struct series series = { 0 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	interval_metric(&series, .95, q, 1, &arena, &metric);
	assert_string_equal(metric.quantiles[0].status, "unresolved");
	assert_true(isnan(metric.quantiles[0].value));
	assert_true(isnan(metric.mean.value));
	arena_fini(&arena);
}

/* An atom stays an atom: both ends of its interval are the value itself. */
static void test_atom(void **state)
{
	const double q[] = { .5 };
	struct result_metric metric = { 0 };
	struct series series = { .n = 64 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	series.window = arena_array(&arena, 64, sizeof(*series.window));
	for (size_t w = 0; w < 64; w++) {
		int64_t value[] = { 500, 100001, 100001, 100001, 900000 };

		series.window[w].response = made_sparse(&arena, value, 5);
	}
	interval_metric(&series, .95, q, 1, &arena, &metric);
	assert_near(metric.quantiles[0].value, 100001, 0);
	assert_near(metric.quantiles[0].lo, 100001, 0);
	assert_near(metric.quantiles[0].hi, 100001, 0);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_few_later),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_too_slow),
		cmocka_unit_test(test_few_bursts),
		cmocka_unit_test(test_freedom),
		cmocka_unit_test(test_longer_bursts),
		cmocka_unit_test(test_luck),
		cmocka_unit_test(test_lucky_decade),
		cmocka_unit_test(test_lean),
		cmocka_unit_test(test_bin),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_atom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
