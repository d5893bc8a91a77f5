/* little_test.c - what holds of any queue: Little's law, PASTA */
#include "tests/unit/models.h"

#include <math.h>

#include "lancet/core/stats/vector.h"
#include "models/predict.h"

/*
 * Jobs are replayed and counted over time here, from their completions alone,
 * and the simulator is asked beside it: it has its number in the system from
 * sojourns, so that the two share no sum.
 */
#define JOBS 40000
#define RUNS 32
#define WARM 2000 /* jobs that come before counting begins */
#define STATES 12

struct counted {
	double number; /* in the system, over time */
	double arrivals[STATES], time[STATES];
	double span;
};

static void draw(struct job *job, const char *arrival, const struct dist *law,
		 double rate, uint32_t run, struct arena *arena)
{
	const struct arrival_share whole = { .rate_rps = rate * 1e9, .of = 1 };
	struct rng_key key = { .seed = test_seed(),
			       .point = run,
			       .purpose = RNG_ARRIVAL };
	struct choice choice = test_choice(KIND_ARRIVAL, arrival, arena);
	const struct arrival_ops *ops = (const void *)choice.kind;
	void *state = arena_alloc(arena, ops->state_size);
	struct rng gap, service;
	double now = 0, x;
	struct err err;

	rng_init(&gap, &key);
	key.purpose = RNG_SERVICE;
	rng_init(&service, &key);
	assert_int_equal(ops->init(state, choice.options, &whole, arena, &err),
			 0);
	for (size_t i = 0; i < JOBS; i++) {
		ops->gaps(state, &gap, &x, 1);
		now += x;
		job[i] = (struct job){ .id = i, .arrival = now };
		law->ops->sample(law->state, &service, &job[i].service, 1);
	}
}

/* From the instant that WARM jobs have come to that of the last. */
static void count(const struct job *job, double *gone, struct counted *c)
{
	size_t in = 0, out = 0, n = 0;
	double from = job[WARM].arrival, last = 0, area = 0;

	vector_sort(gone, JOBS);
	c->span = job[JOBS - 1].arrival - from;
	while (in < JOBS) {
		bool comes = job[in].arrival < gone[out];
		double now = comes ? job[in].arrival : gone[out];
		double held = last >= from ? now - last : 0;

		area += held * (double)n;
		if (n < STATES)
			c->time[n] += held;
		if (comes && in > WARM && n < STATES)
			c->arrivals[n]++;
		last = now;
		n = comes ? n + 1 : n - 1;
		in += comes;
		out += !comes;
	}
	c->number = area / c->span;
}

static void run(const char *arrival, const char *policy, uint32_t workers,
		double rate, uint32_t number, struct counted *c)
{
	static struct job job[JOBS];
	static double gone[JOBS];
	struct arena arena;
	struct choice choice;
	struct dist law;
	struct err err = { 0 };

	arena_init(&arena);
	law = test_dist("exp", &arena);
	choice = test_choice(KIND_POLICY, policy, &arena);
	draw(job, arrival, &law, rate, number, &arena);
	if (replay(&choice, workers, job, JOBS, gone, &arena, &err))
		fail_msg("%s", err.text);
	count(job, gone, c);
	arena_fini(&arena);
}

static struct predict_value simulated(const char *policy, uint32_t workers,
				      double rate)
{
	static const struct predict_ask number = { .of = METRIC_IN_SYSTEM };
	struct predict_query q = { .workers = workers,
				   .rate = rate,
				   .method = PREDICT_SIMULATE,
				   .ask = &number,
				   .nask = 1,
				   .seed = test_seed(),
				   .relative = 0.02,
				   .time_limit_s = 60 };
	struct predict_value value;
	struct predict_result result;
	struct workload w;
	struct arena arena;
	struct err err = { 0 };

	arena_init(&arena);
	w = test_workload("poisson", "exp", &arena);
	q.workload = &w;
	q.policy = test_choice(KIND_POLICY, policy, &arena);
	if (predict(&q, &result, &arena, &err))
		fail_msg("%s", err.text);
	value = result.answer[0].value;
	arena_fini(&arena);
	return value;
}

/* L = rate * T. 7 standard errors of either side: with 31 degrees of freedom
 * below 1e-7. */
static void test_little(void **state)
{
	static const char *const policy[] = { "fcfs", "ps", "srpt",
					      "quantum:1:0.1" };

	(void)state;
	for (size_t p = 0; p < sizeof(policy) / sizeof(policy[0]); p++) {
		struct predict_value v = simulated(policy[p], 3, 2.1);
		double sum = 0, sum2 = 0, mean, error;

		for (uint32_t i = 0; i < RUNS; i++) {
			struct counted c = { 0 };

			run("poisson", policy[p], 3, 2.1, i, &c);
			sum += c.number;
			sum2 += c.number * c.number;
		}
		mean = sum / RUNS;
		error = sqrt((sum2 / RUNS - mean * mean) / (RUNS - 1)) +
			(v.hi - v.lo) / 4;
		if (fabs(v.value - mean) > 7 * error)
			fail_msg("%s: %g in the system, counted %g +- %.2g",
				 policy[p], v.value, mean, error);
	}
}

/*
 * Poisson arrivals see time averages (Wolff 1982): how many find n, less rate
 * times the time of n, is a martingale whose variance is about how many find
 * n. Returns the worst of z, of states that were met 100 times.
 */
static double worst(const char *arrival, const char *policy)
{
	struct counted c = { 0 };
	double rate = 2.1, worst = 0;

	run(arrival, policy, 3, rate, 0, &c);
	for (size_t n = 0; n < STATES; n++)
		if (c.arrivals[n] > 100)
			worst = fmax(worst,
				     fabs(c.arrivals[n] - rate * c.time[n]) /
					     sqrt(c.arrivals[n]));
	return worst;
}

/* 12 states beyond 6: 2e-8; and regular arrivals do not see them. */
static void test_pasta(void **state)
{
	(void)state;
	assert_true(worst("poisson", "fcfs") < 6);
	assert_true(worst("poisson", "ps") < 6);
	assert_true(worst("fixed", "fcfs") > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_little),
		cmocka_unit_test(test_pasta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
