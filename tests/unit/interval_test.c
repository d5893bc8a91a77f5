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

struct fixture {
	struct arena arena;
	struct series series;
	struct result_metric metric;
};

static int setup(void **state)
{
	*state = fixture_create(sizeof(struct fixture));
	return 0;
}

/* Nothing is random here: a hash stands in for luck. */
static double luck(size_t i)
{
	return ((double)(uint32_t)rng_mix(i) + .5) / 0x1p32;
}

typedef int64_t value_in(size_t window, size_t i);

static void fill(struct fixture *f, size_t windows, size_t each,
		 value_in *value_of)
{
	int64_t value[50];

	assert_true(each <= sizeof(value) / sizeof(value[0]));
	f->series.n = windows;
	f->series.window = arena_array(&f->arena, windows,
				       sizeof(*f->series.window));
	for (size_t w = 0; w < windows; w++) {
		for (size_t i = 0; i < each; i++)
			value[i] = value_of(w, i);
		f->series.window[w].response = made_sparse(&f->arena, value,
							   each);
	}
}

static const struct result_quantile *intervals(struct fixture *f,
					       const double *q, size_t n)
{
	interval_metric(&f->series, .95, q, n, &f->arena, &f->metric);
	return f->metric.quantiles;
}

static int64_t ladder(size_t window, size_t i)
{
	(void)window;
	return 1000 + 13 * (int64_t)i;
}

static void steady(struct fixture *f, uint64_t later)
{
	fill(f, 100, 50, ladder);
	for (size_t w = 3; w < f->series.n; w += 10)
		f->series.window[w].later = later;
}

/* 5000 requests: p99.9 has five beyond it, p99.99 half a one. */
static void test_too_few(void **state)
{
	const double q[] = { .99, .9999 };
	const struct result_quantile *at;

	steady(*state, 0);
	at = intervals(*state, q, 2);
	assert_string_equal(at[0].status, "resolved");
	assert_string_equal(at[1].status, "unresolved");
	assert_true(isinf(at[1].hi));
	assert_non_null(at[1].reason);
}

/* Requests without a reply count as later than all: 2% of them hide p99. */
static void test_later(void **state)
{
	const double q[] = { .5, .99 };
	const struct result_quantile *with, *without;

	steady(*state, 0);
	without = intervals(*state, q, 2);
	steady(*state, 10);
	with = intervals(*state, q, 2);
	assert_ptr_not_equal(with, without);
	assert_true(with[0].value >= without[0].value);
	assert_string_equal(with[0].status, "resolved");
	assert_string_equal(with[1].status, "unresolved");
	assert_true(isnan(with[1].value));
	assert_true(isinf(with[1].hi));
	assert_true(with[1].lo > 0);
}

/* A few lost ones move the upper bound, and it alone. */
static void test_few_later(void **state)
{
	const double q[] = { .97 };
	const struct result_quantile *with, *without;

	steady(*state, 0);
	without = intervals(*state, q, 1);
	steady(*state, 3);
	with = intervals(*state, q, 1);
	assert_string_equal(with->status, "resolved");
	assert_true(with->hi > without->hi);
	assert_true(with->lo <= without->lo);
}

static const struct result_quantile *unstamped(struct fixture *f, double q,
					       uint64_t later, uint64_t lost)
{
	steady(f, later);
	for (size_t w = 3; w < f->series.n; w += 10)
		f->series.window[w].unstamped = lost;
	return intervals(f, &q, 1);
}

/* Those without a stamp move the upper bound, and it alone, by degrees. */
static void test_unstamped(void **state)
{
	const struct result_quantile *none = unstamped(*state, .9, 0, 0);
	double before = none->hi;

	for (uint64_t lost = 15; lost <= 35; lost += 10) {
		const struct result_quantile *with =
			unstamped(*state, .9, 0, lost);

		assert_true(with->lo == none->lo);
		assert_true(with->value == none->value);
		assert_true(with->hi > before);
		assert_true(isfinite(with->hi));
		assert_string_equal(with->status, "resolved");
		before = with->hi;
	}
}

/* Together with those without a reply they hide what neither hides alone. */
static void test_both(void **state)
{
	const struct result_quantile *with;

	with = unstamped(*state, .97, 10, 0);
	assert_string_equal(with->status, "resolved");
	with = unstamped(*state, .97, 0, 10);
	assert_string_equal(with->status, "resolved");
	with = unstamped(*state, .97, 10, 10);
	assert_string_equal(with->status, "unresolved");
	assert_true(isinf(with->hi) && with->lo > 0);
	assert_string_equal(with->reason,
			    "requests that lost a stamp may be beyond it");
	with = unstamped(*state, .5, 0, 600);
	assert_string_equal(with->status, "unresolved");
	assert_true(isinf(with->hi) && isfinite(with->value));
}

/* As variable as independent requests at most: the exact binomial ranks. */
static void test_ranks(void **state)
{
	const double q[] = { .9, .997 };
	const struct result_quantile *at;
	struct order_ranks ranks;
	struct err err;

	steady(*state, 0);
	at = intervals(*state, q, 2);
	/* Of dependent ones 15 beyond would be too few. */
	assert_string_equal(at[1].status, "resolved");
	/* 5000 requests, 100 of each value: all in bins of their own. */
	assert_int_equal(order_ranks(5000, .9, .95, &ranks, &err), 0);
	assert_int_equal((uint64_t)at[0].lo,
			 1000 + 13 * ((ranks.lower - 1) / 100));
	assert_int_equal((uint64_t)at[0].hi,
			 1000 + 13 * ((ranks.upper - 1) / 100));
}

/* Asked for in order. */
static int64_t in_spells(size_t w, size_t i)
{
	static bool high;

	if (!i)
		high = (w && high) ^ (luck(w + 5000) < .07);
	return (high ? 3000 : 1000) + 5 * (int64_t)i;
}

/* Spells of low and of high, some 60 of them: 40000 requests are worth less
 * than 160, and one half of them nothing. */
static void test_too_slow(void **state)
{
	const double q[] = { .5 };
	const struct result_quantile *p50;

	fill(*state, 800, 50, in_spells);
	p50 = intervals(*state, q, 1);
	print_message("worth: %g\n", p50->worth);
	assert_string_equal(p50->status, "unresolved");
	assert_true(isinf(p50->hi));
	assert_non_null(strstr(p50->reason, "too long"));
}

static int64_t in_two_bursts(size_t w, size_t i)
{
	bool burst = luck(w) < 1 / 15.5;
	bool far = burst && luck(w + 99999) < .31;

	return (burst && i < 8 ? 1000000 : 1000) +
	       (far && i < 3 ? 1000000 : 0) + 5 * (int64_t)i;
}

/*
 * Beyond the p99 come bursts of eight; beyond the p99.9 threes of them, of
 * which there seem to be enough. By the eights there are not.
 */
static void test_few_bursts(void **state)
{
	const double q[] = { .99, .999 };
	const struct result_quantile *at;

	fill(*state, 1280, 50, in_two_bursts);
	at = intervals(*state, q, 2);
	print_message("worth beyond: %g, %g\n", .01 * at[0].worth,
		      .001 * at[1].worth);
	assert_string_equal(at[0].status, "resolved");
	assert_true(.001 * at[1].worth > 20);
	assert_string_equal(at[1].status, "unresolved");
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

static int64_t in_few_bursts(size_t w, size_t i)
{
	bool burst = luck(w + 3000) < 1 / 20.;

	return (burst && i < 16 ? 1000000 : 1000) +
	       (int64_t)(1e6 * luck(50 * w + i));
}

/*
 * Some 30 bursts of sixteen and, beyond the p99, of ten: 60 batches know the
 * variance to 30%, which is Student's quantile of 21 degrees, but so few
 * bursts to 40%: of 8 then, 2.31 and not 2.08, and a lean beside it.
 */
static void test_freedom(void **state)
{
	struct fixture *f = *state;
	const double q[] = { .99 };
	const struct result_quantile *p99;
	double half;

	fill(f, 640, 50, in_few_bursts);
	p99 = intervals(f, q, 1);
	half = share_between(&f->series, p99->value, p99->hi) /
	       sqrt(.99 * .01 / p99->worth);
	print_message("%g beyond, %g deviations\n", .01 * p99->worth, half);
	assert_true(half > 2.3);
}

static int64_t in_far_bursts(size_t w, size_t i)
{
	bool burst = luck(w) < 1 / 8.;

	return burst && i < 20 ? 4000 + 5 * (int64_t)i
			       : 1000 + (int64_t)(3000 * luck(50 * w + i));
}

/*
 * A p90 among requests that come one by one; the 5% farthest come in bursts
 * of twenty. The end towards those is the farther one.
 */
static void test_longer_bursts(void **state)
{
	struct fixture *f = *state;
	const double q[] = { .9 };
	const struct result_quantile *p90;

	fill(f, 128, 50, in_far_bursts);
	p90 = intervals(f, q, 1);
	print_message("%g %g %g, %g beyond\n", p90->lo, p90->value, p90->hi,
		      .1 * p90->worth);
	assert_string_equal(p90->status, "resolved");
	assert_true(share_between(&f->series, p90->value, p90->hi) >
		    1.15 * share_between(&f->series, p90->lo, p90->value));
}

static int64_t in_level_bursts(size_t w, size_t i)
{
	return 1000000 + (int64_t)(1e6 * luck(w + 4000)) +
	       (int64_t)(1e5 * luck(8 * w + i));
}

/*
 * Bursts of eight, about as long at every level: the end towards the tail is
 * the farther one by an independent request, of p10 the lower one. Without that
 * it were the nearer one, of p90 the farther by a quarter.
 */
static void test_lean(void **state)
{
	struct fixture *f = *state;
	const double q[] = { .1, .9 };
	const struct result_quantile *at;

	fill(f, 320, 8, in_level_bursts);
	at = intervals(f, q, 2);
	for (size_t i = 0; i < 2; i++, at++) {
		double below = share_between(&f->series, at->lo, at->value);
		double above = share_between(&f->series, at->value, at->hi);
		double lean = (i ? above - below : below - above) * at->worth;

		print_message("p%g: %g below, %g above, lean %g of %g\n",
			      100 * q[i], below, above, lean, at->worth);
		assert_true(lean > .4 && lean < 2);
	}
}

static int64_t together_or_far(size_t w, size_t i)
{
	double own = luck(20 * w + i + 100000);

	return (luck(w) < .5 ? 1000000 : 2000000) + (int64_t)(1e5 * own) +
	       (own < .02 ? 10000000 : 0);
}

/* How much more p99's requests are worth than the median's, in windows of as
 * many that are all early or all late, where the very late ones come alone. */
static double worth_over_median(struct fixture *f, size_t windows, size_t each,
				double *beyond)
{
	const double q[] = { .5, .99 };
	const struct result_quantile *at;
	double worth;

	fill(f, windows, each, together_or_far);
	at = intervals(f, q, 2);
	*beyond = at[0].worth * (1 - q[1]);
	worth = at[1].worth / at[0].worth;
	print_message("%zu windows of %zu: %g, %g beyond\n", windows, each,
		      worth, *beyond);
	return worth;
}

/*
 * Four times as much is luck, less so in a long run. Twenty times is another
 * kind of requests.
 */
static void test_luck(void **state)
{
	double beyond, worth = worth_over_median(*state, 2048, 4, &beyond);

	assert_near(worth, 1.5, 1e-9);
	worth = worth_over_median(*state, 32768, 4, &beyond);
	assert_near(worth, 1.5 * sqrt(beyond / 90), 1e-9);
	assert_true(worth > 2.5 && worth < 3.5);
	assert_true(worth_over_median(*state, 2048, 20, &beyond) > 10);
}

static int64_t in_long_spells(size_t w, size_t i)
{
	bool burst = luck(w + 500000) < .03;

	return (luck(w / 5) < .5 ? 1000000 : 2000000) +
	       (int64_t)(1e5 * luck(20 * w + i + 100000)) +
	       (burst && i < 7 ? 10000000 : 0);
}

/*
 * Requests are all early or all late for five windows: the median's are worth
 * one in 50, those beyond p90, a fifth of the late ones, seem to be worth far
 * more, enough to tell of the p99. That is luck like any tail's.
 */
static void test_lucky_decade(void **state)
{
	const double q[] = { .5, .9, .99 };
	const struct result_quantile *at;

	fill(*state, 2048, 20, in_long_spells);
	at = intervals(*state, q, 3);
	for (int i = 0; i < 3; i++)
		print_message("p%g: worth %g, %s\n", 100 * q[i], at[i].worth,
			      at[i].status);
	assert_string_equal(at[0].status, "resolved");
	assert_string_equal(at[2].status, "unresolved");
}

static int64_t close_together(size_t window, size_t i)
{
	(void)window;
	return i < 45 ? 50000 : 50000 + (int64_t)i - 44;
}

/* Values that share a bin: an end may be any of them. */
static void test_bin(void **state)
{
	const double q[] = { .5 };
	const struct result_quantile *p50;

	fill(*state, 64, 50, close_together);
	p50 = intervals(*state, q, 1);
	assert_near(p50->lo, 50000, 0);
	assert_near(p50->hi, 50005, 0);
}

static void test_empty(void **state)
{
	struct fixture *f = *state;
	const double q[] = { .99 };
	const struct result_quantile *p99 = intervals(f, q, 1);

	assert_string_equal(p99->status, "unresolved");
	assert_true(isnan(p99->value));
	assert_true(isnan(f->metric.mean.value));
}

static int64_t of_three(size_t window, size_t i)
{
	(void)window;
	return i == 0 ? 500 : i == 4 ? 900000 : 100001;
}

/* An atom stays an atom: both ends of its interval are the value itself. */
static void test_atom(void **state)
{
	const double q[] = { .5 };
	const struct result_quantile *p50;

	fill(*state, 64, 5, of_three);
	p50 = intervals(*state, q, 1);
	assert_near(p50->value, 100001, 0);
	assert_near(p50->lo, 100001, 0);
	assert_near(p50->hi, 100001, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, fixture_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_coverage),
		TEST(test_too_few),
		TEST(test_later),
		TEST(test_few_later),
		TEST(test_unstamped),
		TEST(test_both),
		TEST(test_ranks),
		TEST(test_too_slow),
		TEST(test_few_bursts),
		TEST(test_freedom),
		TEST(test_longer_bursts),
		TEST(test_luck),
		TEST(test_lucky_decade),
		TEST(test_lean),
		TEST(test_bin),
		TEST(test_empty),
		TEST(test_atom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
