/* pattern_test.c - a load that changes: its integral, its requests, its rules */
#include "tests/unit/point_data.h"

#include <gsl/gsl_cdf.h>

#include "workloads/schedule.h"
#include "tests/unit/arena.h"

#define WINDOW_NS 10e6
#define WINDOWS 400

static const char *const patterns[] = {
	"ramp: {from: 0rps, to: 80krps, over: 4s}",
	"steps: [{rate: 10krps, for: 1s}, {rate: 0rps, for: 500ms}, "
		"{rate: 90krps, for: 2500ms}]",
	"sine: {mean: 30krps, amplitude: 30krps, period: 700ms}",
	"spikes: {base: 5krps, peak: 60krps, every: 300ms, for: 35ms}",
};

#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

static struct option_problems problems;

static const struct plan *make(const char *arrival, const char *pattern,
			       const char *more)
{
	char text[1024];

	memset(&problems, 0, sizeof(problems));
	snprintf(text, sizeof(text),
		 "name: t\nseed: 9\n"
		 "target: {address: '10.0.0.7:99', workers: 4, "
		 "capacity: 40krps}\n"
		 "workload: {protocol: spin, arrival: %s, "
		 "service: {exponential: {mean: 100us}}}\n"
		 "load: {pattern: {%s}}\nmeasure: {time_limit: 4s%s}\n",
		 arrival, pattern, more);
	return plan_of(text, 4, &arena, &problems);
}

/* The two ways between the times are inverse; the mean is the point's. */
static void test_integral(void **state)
{
	(void)state;
	for (size_t i = 0; i < PATTERNS; i++) {
		const struct plan *plan = make("poisson", patterns[i], "");
		const struct pattern *p = plan->workload.pattern;
		struct pattern_place place = { 0 };
		double last = 0, sum = 0;

		assert_int_equal(p->length_ns, 4000000000);
		assert_true(fabs(pattern_done(p, 4e9) / 4e9 - 1) < 1e-12);
		for (double done = 0; done < 9.7e9; done += 1.2345678e6) {
			double at = pattern_when(p, &place, done);

			assert_true(at >= last);
			assert_true(fabs(pattern_done(p, at) - done) < 1e-3);
			last = at;
		}
		for (int k = 0; k < 400000; k++) {
			double pace = pattern_pace(p, (k + .5) * 1e4);

			assert_in_range(pace * 1e6, 0, p->peak * 1e6 + 1);
			sum += pace * 1e4;
		}
		/* Of a jump, half a cell of the sum may be on its wrong side. */
		assert_true(fabs(sum / 4e9 - 1) < 1e-3);
	}
}

static void test_mean(void **state)
{
	static const double mean[] = { 40e3, 235e3 / 4 };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_true(fabs(make("poisson", patterns[i], "")
				 ->point[0].rate_rps - mean[i]) < 1e-6);
	/* Shares are of the capacity; whole waves have their mean. */
	assert_true(fabs(make("poisson", "sine: {mean: 30%, amplitude: 10%, "
			      "period: 500ms}", "")->point[0].rate_rps - 12e3) <
		    1e-6);
	/* A tenth of the time at 100%, the rest at 10%. */
	assert_true(fabs(make("poisson", "spikes: {base: 10%, peak: 100%, "
			      "every: 400ms, for: 40ms}", "")
			 ->point[0].utilisation - .19) < 1e-9);
}

/* How many requests of all threads fall into each window. */
static void count_windows(const struct plan *plan, uint32_t threads, int *count)
{
	memset(count, 0, WINDOWS * sizeof(*count));
	for (uint32_t t = 0; t < threads; t++) {
		struct rng_key key = { .seed = 9, .thread = t };
		struct arrival_share share = {
			.rate_rps = plan->point[0].rate_rps, .index = t,
			.of = threads,
		};
		struct schedule s;
		struct intent next;
		struct err err;

		assert_int_equal(schedule_init(&s, &plan->workload, &key,
					       &share, &arena, &err), 0);
		while (schedule_next(&s, &next, 1) &&
		       next.intended_ns < (int64_t)(WINDOWS * WINDOW_NS))
			count[(int)((double)next.intended_ns / WINDOW_NS)]++;
	}
}

static double expected(const struct plan *plan, int window)
{
	const struct pattern *p = plan->workload.pattern;

	return plan->point[0].rate_rps / 1e9 *
	       (pattern_done(p, (window + 1) * WINDOW_NS) -
		pattern_done(p, window * WINDOW_NS));
}

/*
 * Poisson counts of windows against the integral: a chi-square of those
 * windows where 5 requests or more are expected; it is beyond both of these
 * bounds once in 1e6 seeds, and the seed is fixed.
 */
static void test_poisson(void **state)
{
	static int count[WINDOWS];

	(void)state;
	for (size_t i = 0; i < PATTERNS; i++) {
		const struct plan *plan = make("poisson", patterns[i], "");
		double chi = 0, n = 0;

		count_windows(plan, 3, count);
		for (int w = 0; w < WINDOWS; w++) {
			double e = expected(plan, w);

			if (e < 1e-3)
				assert_int_equal(count[w], 0);
			if (e < 5)
				continue;
			chi += (count[w] - e) * (count[w] - e) / e;
			n++;
		}
		assert_true(n > 80);
		assert_true(gsl_cdf_chisq_Q(chi, n) > 5e-7);
		assert_true(gsl_cdf_chisq_P(chi, n) > 5e-7);
	}
}

/* Equal distances in operational time leave no noise at all. */
static void test_fixed(void **state)
{
	static int count[WINDOWS];

	(void)state;
	for (size_t i = 0; i < PATTERNS; i++) {
		const struct plan *plan = make("fixed", patterns[i], "");

		count_windows(plan, 3, count);
		for (int w = 0; w < WINDOWS; w++)
			assert_true(fabs(count[w] - expected(plan, w)) <
				    1 + 1e-6);
	}
}

/* The draws are those of the constant load: only their instants move. */
static void test_same_draws(void **state)
{
	const struct plan *plan = make("poisson", patterns[2], "");
	struct workload flat = plan->workload;
	struct rng_key key = { .seed = 9 };
	struct arrival_share share = {
		.rate_rps = plan->point[0].rate_rps, .of = 1,
	};
	struct schedule a, b;
	struct err err;

	(void)state;
	flat.pattern = NULL;
	assert_int_equal(schedule_init(&a, &plan->workload, &key, &share,
				       &arena, &err), 0);
	assert_int_equal(schedule_init(&b, &flat, &key, &share, &arena, &err),
			 0);
	for (int i = 0; i < 10000; i++) {
		struct intent x, y;

		schedule_next(&a, &x, 1);
		schedule_next(&b, &y, 1);
		assert_int_equal(x.service_ns, y.service_ns);
		/* Both instants were rounded, at a pace of at most 2. */
		assert_true(fabs(pattern_done(plan->workload.pattern,
					      (double)x.intended_ns) -
				 (double)y.intended_ns) < 2);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *pattern, *more, *says;
	} bad[] = {
		{ "ramp: {from: 0rps, to: 0rps, over: 1s}", "", "a load of 0" },
		{ "ramp: {from: 10%, to: 1krps, over: 1s}", "", "of one kind" },
		{ "ramp: {from: 10%, to: 20%, over: 5s}", "", "more than the" },
		{ "ramp: {from: 10%, to: 20%, over: 1s}", ", warmup: 1s",
		  "the warm-up" },
		{ "ramp: {from: 10%, to: 20%, over: 1s}",
		  ", precision: {relative: 5%}", "runs once" },
		{ "sine: {mean: 10%, amplitude: 11%, period: 1s}", "",
		  "fall below 0" },
		{ "spikes: {base: 10%, peak: 20%, every: 1s, for: 1s}", "",
		  "shorter than every" },
		{ "sine: {mean: 10%, amplitude: 1%, period: 1s}, "
		  "ramp: {from: 10%, to: 20%, over: 1s}", "", "keep one" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(make("poisson", bad[i].pattern, bad[i].more));
		assert_int_equal(problems.n, 1);
		if (!strstr(problems.problem[0].text, bad[i].says))
			fail_msg("%s", problems.problem[0].text);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_integral),
		TEST(test_mean),
		TEST(test_poisson),
		TEST(test_fixed),
		TEST(test_same_draws),
		TEST(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
