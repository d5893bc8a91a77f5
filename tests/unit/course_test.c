/* course_test.c - which load is measured next */
#include "tests/unit/point_data.h"

#include "coordinator/course.h"
#include "coordinator/measure.h"
#include "coordinator/objective.h"
#include "models/overhead.h"

#define MOST 40

struct fixture {
	struct arena arena;
	const struct plan *plan;
	struct course course;
	struct result_point point[MOST];
	struct result_quantile q[MOST];
	struct overhead_point paired[MOST];
	struct result_check checks[2];
	struct measured measured;
	bool pairs;
};

static int setup(void **state)
{
	struct fixture *f = fixture_create(sizeof(*f));

	*state = f;
	return 0;
}

static void plan(struct fixture *f, const char *load)
{
	struct option_problems problems = { 0 };
	char text[1024];

	snprintf(text, sizeof(text),
		 "name: t\nseed: 1\n"
		 "target: {builtin: {policy: fcfs, workers: 1, "
		 "backend: virtual}}\n"
		 "workload: {protocol: spin, transport: udp, arrival: poisson, "
		 "service: {exponential: {mean: 100us}}}\n"
		 "load: {%s}\nslo: p99 <= 20x\nmodel: none\n", load);
	f->plan = plan_of(text, 4, &f->arena, &problems);
	assert_non_null(f->plan);
	assert_true(f->plan->most <= MOST);
	course_init(&f->course, f->plan, &f->arena);
}

/* M/M/1: p99 of ln 100 / (1 - load) services, known to some per cent. */
static void answer(struct fixture *f, const struct plan_point *point,
		   double width)
{
	size_t i = f->course.n - 1;
	double p99 = 100e3 * log(100) / (1 - point->utilisation);

	assert_int_equal(point->index, i);
	if (point->utilisation >= 1)
		p99 = 1e12;
	f->q[i] = (struct result_quantile){
		.q = .99, .value = p99, .lo = p99 * (1 - width),
		.hi = p99 * (1 + width), .status = "resolved",
	};
	f->point[i] = (struct result_point){
		.utilisation = point->utilisation,
		.offered_rps = point->rate_rps,
		.counts = { .intended = 1000, .sent = 1000, .received = 1000 },
		.response_ns = { .quantiles = &f->q[i], .nquantiles = 1 },
		.verdict = { .status = "valid" },
	};
	f->measured.trial.promise = objective_ratio(f->plan, &f->point[i]);
	f->paired[i].load = point->utilisation;
}

/* Measured until it is over; the course is in order of load then. */
static void run(struct fixture *f, double width)
{
	const struct plan_point *point;

	while ((point = course_next(&f->course, f->point))) {
		answer(f, point, width);
		course_tell(&f->course, &f->measured,
			    &f->point[f->course.n - 1]);
	}
	course_sort(&f->course, f->point, f->paired);
	for (size_t i = 0; i < f->course.n; i++) {
		assert_true(!i || f->course.point[i].rate_rps >
					  f->course.point[i - 1].rate_rps);
		assert_true(fabs(f->point[i].offered_rps -
				 f->course.point[i].rate_rps) < 1e-6);
		assert_true(fabs(f->paired[i].load -
				 f->course.point[i].utilisation) < 1e-12);
	}
}

static void test_sweep(void **state)
{
	struct fixture *f = *state;

	plan(f, "sweep: {from: 10%, to: 80%, steps: 8}");
	run(f, .05);
	assert_int_equal(f->course.n, 8);
	assert_non_null(course_doubt(&f->course, f->point));
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(f->course.point[i].index, i);
}

/* As many points as steps; most of them where the tail climbs. */
static void test_adaptive(void **state)
{
	struct fixture *f = *state;
	size_t high = 0;

	plan(f, "sweep: {from: 10%, to: 95%, steps: 12, adaptive: true}");
	assert_int_equal(f->plan->npoints, 6);
	run(f, .05);
	assert_int_equal(f->course.n, 12);
	for (size_t i = 0; i < 12; i++)
		high += f->course.point[i].utilisation > .7;
	assert_true(high >= 7);
}

/* The bound is 20 services: ln 100 / (1 - load) = 20 at 0.7697. */
#define TRUTH (1 - 4.605170186 / 20)

static void test_search(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	plan(f, "search: {from: 10%, to: 95%, resolution: 3%}");
	assert_true(f->plan->trial_confidence > .99);
	run(f, .01);
	assert_null(course_doubt(&f->course, f->point));
	slo = objective_search(f->plan, &f->course.search, f->point,
			       f->course.n, &f->arena);
	assert_true(slo->max_load.lo < TRUTH && TRUTH < slo->max_load.hi);
	assert_true(slo->max_load.hi - slo->max_load.lo <=
		    .03 * slo->max_load.hi);
	assert_true(fabs(slo->max_load.value - TRUTH) < .01);
	assert_true(fabs(slo->confidence - .95) < 1e-9);
	assert_null(slo->reason);
	/* What it stands on falls: so does the answer. */
	for (size_t i = 0; i < f->course.n; i++)
		if (f->point[i].utilisation < slo->max_load.lo + 1e-9)
			f->point[i].verdict.status = "invalid";
	assert_non_null(course_doubt(&f->course, f->point));
}

/* Intervals that hold the bound in half of the range: wide, and it says so. */
static void test_search_coarse(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	plan(f, "search: {from: 10%, to: 95%}");
	run(f, .3);
	slo = objective_search(f->plan, &f->course.search, f->point,
			       f->course.n, &f->arena);
	assert_true(slo->max_load.lo < TRUTH && TRUTH < slo->max_load.hi);
	assert_non_null(strstr(slo->reason, "could not be decided"));
}

static void test_search_beyond(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	plan(f, "search: {from: 10%, to: 50%}");
	run(f, .01);
	slo = objective_search(f->plan, &f->course.search, f->point,
			       f->course.n, &f->arena);
	assert_null(course_doubt(&f->course, f->point));
	assert_true(fabs(slo->max_load.value - .5) < 1e-9);
	assert_true(isinf(slo->max_load.hi));
	assert_non_null(strstr(slo->reason, "nothing is known beyond 50.0%"));
	plan(f, "search: {from: 85%, to: 95%}");
	run(f, .01);
	slo = objective_search(f->plan, &f->course.search, f->point,
			       f->course.n, &f->arena);
	assert_null(course_doubt(&f->course, f->point));
	assert_true(isnan(slo->max_load.value));
	assert_non_null(strstr(slo->reason, "missed at the lowest"));
}

/* A trial, and what one check of it said. */
static enum search_found trial(struct fixture *f, const char *check,
			       const char *status, double lo, double hi)
{
	const struct plan_point *point;
	struct result_point *result;

	plan(f, "search: {from: 10%, to: 95%}");
	point = course_next(&f->course, f->point);
	answer(f, point, .01);
	result = &f->point[0];
	f->checks[0] = (struct result_check){ .name = check, .status = status };
	result->checks = f->checks;
	result->nchecks = 1;
	result->verdict.status = strcmp(status, "pass") ? "invalid" : "valid";
	f->measured.trial = (struct trial){
		.promise = { .lo = lo, .hi = hi }, .paired = f->pairs,
	};
	course_tell(&f->course, &f->measured, result);
	return f->course.search.trial[0].found;
}

/* A server that cannot bear a load has missed; a bad client shows nothing. */
static void test_found(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(trial(f, "achieved", "pass", .2, .9), SEARCH_KEPT);
	assert_int_equal(trial(f, "achieved", "pass", 1.1, 2), SEARCH_MISSED);
	assert_int_equal(trial(f, "achieved", "pass", .9, 1.1), SEARCH_OPEN);
	assert_int_equal(trial(f, "achieved", "fail", 1.1, 2), SEARCH_MISSED);
	assert_int_equal(trial(f, "achieved", "fail", .2, .9), SEARCH_VOID);
	assert_int_equal(trial(f, "stalls", "fail", 1.1, 2), SEARCH_VOID);
	assert_int_equal(trial(f, "lateness", "fail", .2, .9), SEARCH_VOID);
	assert_int_equal(trial(f, "lateness", "not_run", 1.1, 2),
			 SEARCH_MISSED);
	assert_int_equal(trial(f, "achieved", "pass", (double)NAN,
			       (double)NAN), SEARCH_OPEN);
	/* What pairs leave out is no fault of theirs; all else is. */
	f->pairs = true;
	assert_int_equal(trial(f, "stalls", "fail", .2, .9), SEARCH_KEPT);
	assert_int_equal(trial(f, "stalls", "fail", 1.1, 2), SEARCH_MISSED);
	assert_int_equal(trial(f, "lateness", "fail", .2, .9), SEARCH_VOID);
	assert_int_equal(trial(f, "achieved", "fail", .2, .9), SEARCH_VOID);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, fixture_destroy)
	const struct CMUnitTest tests[] = {
		WITH(test_sweep), WITH(test_adaptive), WITH(test_search),
		WITH(test_search_coarse), WITH(test_search_beyond),
		WITH(test_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
