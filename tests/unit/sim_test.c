/* sim_test.c - the simulator: laws of queues, one answer, what it refuses */
#include "tests/unit/models.h"

#include <errno.h>
#include <math.h>

#include "models/predict.h"
#include "models/replica.h"

/*
 * Bounds of random tests: 5 half-widths of 1.96 standard errors are 9.8, and
 * even with Student's 31 degrees of freedom beyond 1e-9.
 */
#define WIDE 5

struct question {
	struct arena arena;
	struct workload workload;
	struct predict_query query;
	struct predict_result result;
};

static void begin(struct question *q, const char *policy, const char *service,
		  uint32_t workers, double load)
{
	memset(q, 0, sizeof(*q));
	arena_init(&q->arena);
	q->workload = test_workload("poisson", service, &q->arena);
	q->query = (struct predict_query){
		.workload = &q->workload,
		.policy = test_choice(KIND_POLICY, policy, &q->arena),
		.workers = workers,
		.rate = load * workers / workload_moment(&q->workload, 1),
		.method = PREDICT_SIMULATE,
		.seed = test_seed(),
		.relative = 0.05,
		.time_limit_s = 60,
	};
}

static void solve(struct question *q, const struct predict_ask *ask, size_t n)
{
	struct err err = { 0 };

	q->query.ask = ask;
	q->query.nask = n;
	if (predict(&q->query, &q->result, &q->arena, &err))
		fail_msg("%s", err.text);
}

static struct predict_value value(const struct question *q, size_t i)
{
	assert_null(q->result.answer[i].refused);
	return q->result.answer[i].value;
}

static void near(struct predict_value v, double want)
{
	double half = fmax(v.hi - v.value, v.value - v.lo);

	if (!(half > 0))
		fail_msg("%.9g without an interval, not %.9g", v.value, want);
	if (fabs(v.value - want) > WIDE * half)
		fail_msg("%.6g +- %.2g, not %.6g", v.value, half, want);
}

static const struct predict_ask all_figures[] = {
	{ .figure = FIGURE_MEAN },
	{ .figure = FIGURE_MEAN, .of = METRIC_WAIT },
	{ .figure = FIGURE_VARIANCE },
	{ .figure = FIGURE_P_WAIT },
	{ .figure = FIGURE_MEAN, .of = METRIC_IN_SYSTEM },
	{ .figure = FIGURE_QUANTILE, .q = 0.5 },
	{ .figure = FIGURE_QUANTILE, .q = 0.99 },
	{ .figure = FIGURE_QUANTILE, .q = 0.9, .of = METRIC_WAIT },
	{ .figure = FIGURE_QUANTILE, .q = 0.9, .of = METRIC_SLOWDOWN },
};
#define FIGURES (sizeof(all_figures) / sizeof(all_figures[0]))

/* Every figure of one run against the formula, where there is one. */
static void test_formulas(void **state)
{
	static const struct {
		const char *policy, *service;
		uint32_t workers;
		double load;
	} queue[] = {
		{ "fcfs", "exp", 1, 0.7 },   { "fcfs", "exp", 16, 0.8 },
		{ "part", "exp", 8, 0.5 },   { "rr", "exp", 4, 0.6 },
		{ "ps", "exp", 4, 0.7 },     { "srpt", "exp", 1, 0.6 },
		{ "sjf", "exp", 1, 0.6 },    { "lcfs-pr", "exp", 1, 0.5 },
		{ "fcfs", "det:2", 1, 0.6 }, { "fcfs", "det:2", 4, 0.8 },
	};
	size_t known = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(queue) / sizeof(queue[0]); i++) {
		struct predict_result exact;
		struct err err = { 0 };
		struct question q;

		begin(&q, queue[i].policy, queue[i].service, queue[i].workers,
		      queue[i].load);
		solve(&q, all_figures, FIGURES);
		q.query.method = PREDICT_EXACT;
		if (predict(&q.query, &exact, &q.arena, &err))
			fail_msg("%s: %s", queue[i].policy, err.text);
		for (size_t f = 0; f < FIGURES; f++) {
			double want = exact.answer[f].value.value;

			/* An atom is met to the resolution. */
			if (isnan(want) || q.result.answer[f].refused ||
			    fabs(value(&q, f).value - want) <= 1e-6 * want)
				continue;
			near(value(&q, f), want);
			known++;
		}
		arena_fini(&q.arena);
	}
	assert_true(known > 30);
}

/* To the last bit, at any number of threads. */
static void test_threads(void **state)
{
	static const char *const policy[] = { "fcfs", "jsq", "quantum:1:0.1" };

	(void)state;
	for (size_t p = 0; p < 3; p++) {
		struct predict_answer first[FIGURES];

		for (uint32_t threads = 1; threads <= 3; threads++) {
			struct question q;

			begin(&q, policy[p], "exp", 4, 0.7);
			q.query.threads = threads;
			solve(&q, all_figures, FIGURES);
			for (size_t f = 0; f < FIGURES; f++) {
				struct predict_value v = value(&q, f);

				if (threads == 1)
					first[f] = q.result.answer[f];
				assert_memory_equal(&v, &first[f].value,
						    sizeof(v));
			}
			arena_fini(&q.arena);
		}
	}
}

/* Another seed is another run. */
static void test_seeds(void **state)
{
	struct question a, b;

	(void)state;
	begin(&a, "jsq", "exp", 4, 0.7);
	begin(&b, "jsq", "exp", 4, 0.7);
	b.query.seed++;
	solve(&a, all_figures, 1);
	solve(&b, all_figures, 1);
	assert_true(value(&a, 0).value != value(&b, 0).value);
	arena_fini(&a.arena);
	arena_fini(&b.arena);
}

/* --- common random numbers -------------------------------------------------
 */

#define JOBS 1000

/* A policy that writes down what comes, and lets it pass at once. */
static struct job seen[JOBS];
static size_t nseen;

static void spy_departures(void *state, const struct job *jobs, sim_time *start,
			   sim_time *completion, size_t n)
{
	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (nseen < JOBS)
			seen[nseen++] = jobs[i];
		start[i] = jobs[i].arrival;
		completion[i] = start[i] + jobs[i].service;
	}
}

static void come(struct question *q, struct job *to)
{
	struct replica_plan plan = { .query = &q->query, .mean = 1, .room = 1 };
	struct policy_ops spy;
	struct replica r;
	struct err err = { 0 };

	memcpy(&spy, q->query.policy.kind, sizeof(spy));
	spy.departures = spy_departures;
	spy.rebase = NULL;
	nseen = 0;
	q->query.policy.kind = &spy.kind;
	assert_int_equal(replica_init(&r, &plan, 3, &err), 0);
	while (nseen < JOBS)
		assert_true(replica_burst(&r));
	replica_fini(&r);
	memcpy(to, seen, sizeof(seen));
}

/* The same services, classes and gaps but for their scale, whatever the
 * policy and the load. */
static void test_common_numbers(void **state)
{
	static struct job one[JOBS], other[JOBS];
	struct question a, b;

	(void)state;
	begin(&a, "fcfs", "exp", 4, 0.4);
	begin(&b, "po2", "exp", 4, 0.8);
	come(&a, one);
	come(&b, other);
	for (size_t i = 0; i < JOBS; i++) {
		assert_true(one[i].service == other[i].service);
		assert_true(fabs(one[i].arrival / other[i].arrival - 2) < 1e-9);
	}
	arena_fini(&a.arena);
	arena_fini(&b.arena);
}

/* --- classes, given services, losses ---------------------------------------
 */

/* Two classes under fcfs wait alike, and serve apart; p99 of both together
 * lies between. */
static void test_classes(void **state)
{
	static const struct predict_ask ask[] = {
		{ .of = METRIC_WAIT, .class = 1 },
		{ .of = METRIC_WAIT, .class = 2 },
		{ .class = 2 },
		{ .of = METRIC_IN_SYSTEM },
		{ .of = METRIC_IN_SYSTEM, .class = 1 },
		{ .of = METRIC_IN_SYSTEM, .class = 2 },
		{ .given = 4 },
		{ .given = 3 },
	};
	struct class_law law[2] = { { .name = "short", .weight = 0.8 },
				    { .name = "long", .weight = 0.2 } };
	double lambda = 0.3, wait, m2 = 0.8 + 0.2 * 16;
	struct question q;

	(void)state;
	begin(&q, "fcfs", "exp", 1, 0.5);
	law[0].service = test_dist("det:1", &q.arena);
	law[1].service = test_dist("det:4", &q.arena);
	q.workload.class = law;
	q.workload.nclasses = 2;
	q.query.rate = lambda;
	wait = lambda * m2 / 2 / (1 - lambda * 1.6);
	solve(&q, ask, sizeof(ask) / sizeof(ask[0]));
	near(value(&q, 0), wait);
	near(value(&q, 1), wait);
	near(value(&q, 2), wait + 4);
	near(value(&q, 3), lambda * (wait + 1.6));
	near(value(&q, 4), lambda * 0.8 * (wait + 1));
	near(value(&q, 5), lambda * 0.2 * (wait + 4));
	near(value(&q, 6), wait + 4);
	assert_non_null(strstr(q.result.answer[7].refused, "no request"));
	arena_fini(&q.arena);
}

/* Erlang B: with no place to wait, whatever the law of service. */
static void test_losses(void **state)
{
	static const struct predict_ask ask[] = {
		{ .figure = FIGURE_LOSS },
		{ .of = METRIC_IN_SYSTEM },
		{ .figure = FIGURE_P_WAIT },
	};
	static const char *const service[] = { "exp", "disc:0.9:0.5,0.1:5.5" };
	/* 1 / sum_i 4! / i! / 3.2^(4 - i), offered 3.2 to 4. */
	double a = 3.2, b = 1;

	(void)state;
	for (int i = 1; i <= 4; i++)
		b = a * b / (i + a * b);
	for (size_t i = 0; i < 2; i++) {
		struct question q;

		begin(&q, "bounded:0", service[i], 4, 0.8);
		solve(&q, ask, 3);
		near(value(&q, 0), b);
		near(value(&q, 1), a * (1 - b));
		assert_true(value(&q, 2).value == 0);
		arena_fini(&q.arena);
	}
}

/* --- what cannot be said ---------------------------------------------------
 */

/* No interval of a mean where the wait has no variance; of a quantile, yes. */
static void test_heavy_tails(void **state)
{
	static const struct predict_ask ask[] = {
		{ .figure = FIGURE_MEAN, .of = METRIC_WAIT },
		{ .figure = FIGURE_QUANTILE, .q = 0.9 },
	};
	struct question q;

	(void)state;
	begin(&q, "jsq", "pareto:2.5", 4, 0.5);
	q.query.time_limit_s = 1;
	solve(&q, ask, 2);
	assert_non_null(strstr(q.result.answer[0].refused, "E[S^3]"));
	assert_true(value(&q, 1).value > 0);
	arena_fini(&q.arena);
	begin(&q, "ps", "pareto:2.5", 4, 0.5);
	q.query.time_limit_s = 1;
	solve(&q, all_figures, 1);
	assert_true(value(&q, 0).value > 0);
	arena_fini(&q.arena);
}

static void test_cut_short(void **state)
{
	static const struct predict_ask deep = { .figure = FIGURE_QUANTILE,
						 .q = 0.999999 };
	struct question q;

	(void)state;
	begin(&q, "jsq", "exp", 4, 0.7);
	q.query.time_limit_s = 0.2;
	q.query.relative = 1e-4;
	solve(&q, &deep, 1);
	assert_non_null(strstr(q.result.method, "cut short at 0.2 s"));
	assert_non_null(strstr(q.result.method, "too few"));
	arena_fini(&q.arena);
}

/* Nothing is said of a queue whose replications have not even begun. */
static void test_too_short(void **state)
{
	struct question q;
	struct err err = { 0 };

	(void)state;
	begin(&q, "jsq", "exp", 4, 0.9999);
	q.query.time_limit_s = 0.01;
	q.query.ask = all_figures;
	q.query.nask = 1;
	assert_int_equal(predict(&q.query, &q.result, &q.arena, &err), -EDOM);
	assert_non_null(strstr(err.text, "too short"));
	arena_fini(&q.arena);
}

/* Times by 1000, rate by 1/1000: the same run, its times by 1000. */
static void test_scaling(void **state)
{
	struct question a, b;

	(void)state;
	begin(&a, "jbsq:2", "exp:1", 4, 0.7);
	begin(&b, "jbsq:2", "exp:1024", 4, 0.7);
	solve(&a, all_figures, FIGURES);
	solve(&b, all_figures, FIGURES);
	for (size_t f = 0; f < FIGURES; f++) {
		double by = f == 2 ? 1024 * 1024 : 1024;

		if (f == 3 || f == 4 || f == 8)
			by = 1;
		assert_true(fabs(value(&b, f).value / value(&a, f).value / by -
				 1) < 1e-6);
	}
	arena_fini(&a.arena);
	arena_fini(&b.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formulas),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_common_numbers),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_heavy_tails),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_scaling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
