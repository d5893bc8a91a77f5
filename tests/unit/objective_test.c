/* objective_test.c - up to which load a promise is kept */
#include "tests/unit/point_data.h"

#include "coordinator/objective.h"

#define POINTS 4

struct fixture {
	struct arena arena;
	struct plan *plan;
	struct result_quantile q[POINTS];
	struct result_point point[POINTS];
};

/* p99 of 250, 500, 1000, 2000 us at 20, 40, 60, 80%; each +-10%. */
static void fill(struct fixture *f, const char *load, const char *slo)
{
	struct option_problems problems = { 0 };
	char text[1024];

	snprintf(text, sizeof(text),
		 "name: t\nseed: 1\n"
		 "target: {builtin: {policy: fcfs, workers: 4, "
		 "backend: virtual}}\n"
		 "workload: {protocol: spin, transport: udp, arrival: poisson, "
		 "service: {exponential: {mean: 100us}}}\n"
		 "agents: [{launch: local, count: 1, threads: 1, "
		 "connections: 4}]\n"
		 "load: {%s}\nslo: %s\n", load, slo);
	f->plan = plan_of(text, 4, &f->arena, &problems);
	assert_non_null(f->plan);
	for (int i = 0; i < POINTS; i++) {
		double value = 250e3 * (1 << i);

		f->q[i] = (struct result_quantile){
			.q = .99, .value = value, .lo = .9 * value,
			.hi = 1.1 * value, .status = "resolved",
		};
		f->point[i] = (struct result_point){
			.offered_rps = 8000 * (i + 1),
			.utilisation = .2 * (i + 1),
			.counts = { .intended = 1000, .received = 1000 },
			.response_ns = { .quantiles = &f->q[i],
					 .nquantiles = 1 },
			.verdict = { .status = "valid" },
		};
	}
}

#define SWEEP "sweep: {from: 20%, to: 80%, steps: 4}"

static int setup(void **state)
{
	struct fixture *f = fixture_create(sizeof(*f));

	*state = f;
	return 0;
}

/* ln p99 rises by ln 2 a point: 700 us is log2(1.4) after 40%. */
static void test_between(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	fill(f, SWEEP, "p99 <= 7x");
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_near(slo->max_load.value, .4 + .2 * log2(1.4), 1e-9);
	assert_near(slo->max_load.lo, .4 + .2 * log2(1.4 / 1.1), 1e-9);
	assert_near(slo->max_load.hi, .4 + .2 * log2(1.4 / .9), 1e-9);
	assert_null(slo->reason);
	assert_near(slo->quantile, .99, 0);
	assert_near(slo->bound_ns, 700e3, 1e-6);
	/* M/M/4, p99 of 7 mean services. */
	assert_true(slo->model_max_load > .7 && slo->model_max_load < .9);
	assert_near(slo->efficiency,
		    slo->max_load.value / slo->model_max_load, 1e-9);
}

/* No formula: the ideal is simulated, a little below the one queue's. */
static void test_efficiency_simulated(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;
	double central;

	fill(f, SWEEP, "p99 <= 7x");
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	central = slo->model_max_load;
	assert_near(slo->efficiency_lo, slo->max_load.lo / central, 1e-9);
	fill(f, SWEEP "}\nmodel: jbsq:2\n#", "p99 <= 7x");
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_true(slo->model_max_load < central - .005);
	assert_true(slo->model_max_load > central - .1);
	assert_true(slo->efficiency_lo < slo->efficiency);
	assert_true(slo->efficiency_hi > slo->efficiency);
	assert_true(slo->efficiency_hi < 1);
}

static void test_always_kept(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	fill(f, SWEEP, "p99 <= 1s");
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_near(slo->max_load.value, .8, 1e-9);
	assert_non_null(slo->reason);
	assert_non_null(strstr(slo->reason, "kept at every load"));
	assert_true(isnan(slo->efficiency));
}

/* By its value the last point keeps it; its interval says perhaps. */
static void test_perhaps_kept(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	fill(f, SWEEP, "p99 <= 21x");
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_near(slo->max_load.value, .8, 1e-9);
	assert_near(slo->max_load.lo, .6 + .2 * log2(2.1 / 1.1), 1e-9);
	assert_non_null(strstr(slo->reason, "not surely missed by any"));
	fill(f, SWEEP, "p99 <= 2.4x");
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_true(isnan(slo->max_load.value));
	assert_non_null(strstr(slo->reason, "probably misses it"));
}

/* What came after the last valid point is not known to keep anything. */
static void test_last_invalid(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	fill(f, SWEEP, "p99 <= 1s");
	f->point[3].verdict.status = "invalid";
	f->point[2].verdict.status = "invalid";
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_near(slo->max_load.value, .4, 1e-9);
	assert_near(slo->max_load.lo, .4, 1e-9);
	assert_non_null(strstr(slo->reason, "nothing is known beyond 40.0%"));
}

static void test_never_kept(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	fill(f, SWEEP, "p99 <= 10us");
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_true(isnan(slo->max_load.value));
	assert_non_null(slo->reason);
}

/* What is invalid shows nothing; the rest still brackets. */
static void test_invalid_skipped(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	fill(f, SWEEP, "p99 <= 7x");
	f->point[2].verdict.status = "invalid";
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_true(slo->max_load.value > .4 && slo->max_load.value < .8);
	for (int i = 0; i < POINTS; i++)
		f->point[i].verdict.status = "invalid";
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_true(isnan(slo->max_load.value));
	assert_non_null(slo->reason);
}

/* An unresolved tail may be anything: it keeps no promise. */
static void test_unresolved(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	fill(f, SWEEP, "p99 <= 30x");
	f->q[2].value = (double)NAN;
	f->q[2].hi = (double)INFINITY;
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_near(slo->max_load.value, .4, 1e-9);
}

static void test_errors(void **state)
{
	struct fixture *f = *state;
	struct result_slo *slo;

	fill(f, SWEEP, "p99 <= 1s and errors <= 1%");
	f->point[3].counts.received = 900;
	slo = objective_of(f->plan, f->point, POINTS, &f->arena);
	assert_true(slo->max_load.value >= .6 && slo->max_load.value < .8);
}

/* The value and both ends, of the worst term; unanswered ones are late. */
static void test_ratio(void **state)
{
	struct fixture *f = *state;
	struct result_interval r;

	fill(f, SWEEP, "p99 <= 5x");
	r = objective_ratio(f->plan, &f->point[1]);
	assert_near(r.value, 1, 1e-12);
	assert_near(r.lo, .9, 1e-12);
	assert_near(r.hi, 1.1, 1e-12);
	f->point[1].counts.sent = 1000;
	f->point[1].counts.received = 970;
	assert_near(objective_ratio(f->plan, &f->point[1]).lo, .9, 1e-12);
	f->point[1].counts.received = 900;
	assert_true(isinf(objective_ratio(f->plan, &f->point[1]).lo));
	f->point[1].response_ns.nquantiles = 0;
	assert_true(isnan(objective_ratio(f->plan, &f->point[1]).value));
}

/* A bound on slowdowns needs every record, with a model or without. */
static void test_slowdown_records(void **state)
{
	struct fixture *f = *state;

	fill(f, SWEEP "}\nmodel: none\n#", "p99 slowdown <= 10");
	assert_true(f->plan->samples);
	fill(f, SWEEP "}\nmodel: none\n#", "p99 <= 10x");
	assert_false(f->plan->samples);
}

/* Only a fixed rate asserts, and only valid points speak. */
static void test_missed(void **state)
{
	struct fixture *f = *state;

	fill(f, "rate: 50%", "p99 <= 3x");
	assert_false(objective_missed(f->plan, f->point, 1));
	assert_true(objective_missed(f->plan, f->point + 1, 1));
	f->point[1].verdict.status = "invalid";
	assert_false(objective_missed(f->plan, f->point + 1, 1));
	f->point[1].verdict.status = "valid";
	fill(f, SWEEP, "p99 <= 3x");
	assert_false(objective_missed(f->plan, f->point, POINTS));
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, fixture_destroy)
	const struct CMUnitTest tests[] = {
		WITH(test_between), WITH(test_always_kept),
		WITH(test_perhaps_kept),
		WITH(test_last_invalid),
		WITH(test_never_kept), WITH(test_invalid_skipped),
		WITH(test_unresolved), WITH(test_errors), WITH(test_missed),
		WITH(test_slowdown_records), WITH(test_ratio), WITH(test_efficiency_simulated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
