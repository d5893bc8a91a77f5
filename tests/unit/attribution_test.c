/* attribution_test.c - what a run's records and gaps say of the overhead */
#include "tests/unit/models.h"
#include "tests/unit/point_data.h"
#include "tests/unit/synthetic.h"

#include "coordinator/attribution.h"

#define REQUESTS 20000
#define SERVICE 100e3
#define POINTS 3

static const char text[] =
	"name: t\nseed: 1\n"
	"target: {builtin: {policy: fcfs, workers: 1, backend: virtual}}\n"
	"workload: {protocol: spin, transport: udp, arrival: poisson,\n"
	"  service: {exponential: {mean: 100us}}}\n"
	"agents: [{launch: local, count: 1, threads: 1, connections: 4}]\n"
	"load: {sweep: {from: 30%, to: 80%, steps: 3}}\n"
	"model: auto\n";

struct fixture {
	struct arena arena;
	struct plan *plan;
	struct overhead_point paired[POINTS];
	struct result result;
	struct result_point point[POINTS];
};

/*
 * One worker (Lindley 1952) that takes `work` longer than it was asked to,
 * replies `path` later, in two segments.
 */
static void take(struct fixture *f, size_t at, double path, double work)
{
	const struct plan_point *point = &f->plan->point[at];
	struct sample *sample =
		arena_array(&f->arena, REQUESTS, sizeof(*sample));
	struct point_data data;
	struct rng rng;

	point_init(&data, f->plan, point, &f->arena);
	test_rng(&rng, 50 + at);
	for (int part = 0; part < 2; part++) {
		struct made made = { .arena = &f->arena };
		const struct wire_report *report = &made.report;
		struct wire_start start = {
			.rate_rps = point->rate_rps,
			.at_ns = 7000000000 + part * 9000000000000,
			.from_ns = part * 4000000000,
		};
		double now = 0, free = 0;

		for (int i = 0; i < REQUESTS / 2; i++) {
			struct sample *s = &sample[part * REQUESTS / 2 + i];
			double asked =
				1 + floor(SERVICE * rng_exponential(&rng));

			now = floor(now + 1e9 / point->rate_rps *
						  rng_exponential(&rng));
			free = fmax(free, now) + asked + work;
			*s = (struct sample){
				.intended_ns = start.at_ns + (int64_t)now,
				.received_ns =
					start.at_ns +
					(int64_t)(free + path +
						  500 * rng_exponential(&rng)),
				.service_ns = (uint64_t)asked,
				.seq = (uint32_t)i,
				.outcome = OUTCOME_RECEIVED,
			};
		}
		start.until_ns = start.from_ns + (int64_t)now / WINDOW * WINDOW;
		made.report.sample = sample + part * REQUESTS / 2;
		made.report.nsamples = REQUESTS / 2;
		point_add(&data, &start, &report, NULL);
	}
	point_close(&data, &f->arena);
	assert_true(attribution_pair(&data, &f->paired[at], &f->arena));
	f->point[at].verdict.status = "valid";
}

static int setup(void **state)
{
	struct fixture *f = fixture_create(sizeof(*f));
	struct option_problems problems = { 0 };

	f->plan = plan_of(text, 4, &f->arena, &problems);
	f->result.points = f->point;
	f->result.npoints = POINTS;
	*state = f;
	return f->plan ? 0 : -1;
}

static void assert_holds(const struct result_interval *v, double truth,
			 double within)
{
	if (!(v->lo <= truth && truth <= v->hi))
		fail_msg("%g is not in %g to %g", truth, v->lo, v->hi);
	assert_true(v->hi - v->lo < 2 * within);
}

/* 7.5 us of path (500 ns of it on average), 2 us of work. */
static void test_paired(void **state)
{
	struct fixture *f = *state;
	const struct result_overhead *o;

	for (size_t i = 0; i < POINTS; i++)
		take(f, i, 7000, 2000);
	attribution_run(f->plan, f->paired, &f->result, &f->arena);
	o = f->result.overhead;
	assert_non_null(o);
	assert_string_equal(o->status, "pass");
	assert_string_equal(o->work, "added");
	assert_string_equal(o->method, "paired with replays");
	assert_holds(&o->communication_ns, 7500, 600);
	assert_holds(&o->per_request_ns, 2000, 50);
	assert_int_equal(o->nvariants, 2);
	assert_non_null(strstr(o->sentence, "communication dominates"));
}

/* Invalid points are no evidence; one load is none either. */
static void test_single(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < POINTS; i++)
		take(f, i, 7000, 0);
	f->point[0].verdict.status = "invalid";
	f->point[2].verdict.status = "invalid";
	attribution_run(f->plan, f->paired, &f->result, &f->arena);
	assert_null(f->result.overhead);
	assert_non_null(strstr(f->result.overhead_reason, "single load"));
	f->point[1].verdict.status = "invalid";
	attribution_run(f->plan, f->paired, &f->result, &f->arena);
	assert_null(strstr(f->result.overhead_reason, "single load"));
	assert_non_null(strstr(f->result.overhead_reason, "no point is valid"));
}

/* No upper end is left to a quantile's gap. */
static void lift(struct result_point *point, double q)
{
	struct result_predicted *p = point->model->quantiles;

	while (p->q < q - 1e-9)
		p++;
	p->gap_hi = INFINITY;
}

/* A result read back: its gaps, 7 us at every load, beside the model. */
static void test_result(void **state)
{
	struct fixture *f = *state;
	struct result *result = synthetic_result(&f->arena);
	struct workload workload =
		test_workload("poisson", "exp:100us", &f->arena);
	struct predict_query query = { .workload = &workload, .workers = 4 };
	const struct result_overhead *o;
	const char *reason = NULL;

	query.policy = test_choice(KIND_POLICY, "fcfs", &f->arena);
	/* Its intervals are a picture's; the queue's own count in a fit. */
	o = attribution_of(&query, result->points, NULL, result->npoints,
			   &f->arena, &reason);
	assert_non_null(o);
	assert_string_equal(o->status, "pass");
	assert_holds(&o->communication_ns, SYN_PATH, 3e3);
	assert_holds(&o->per_request_ns, 0, 3e3);
	assert_null(strstr(o->sentence, "left out"));
	lift(&result->points[2], .9);
	lift(&result->points[3], .5);
	lift(&result->points[SYN_INVALID], .5);
	o = attribution_of(&query, result->points, NULL, result->npoints,
			   &f->arena, &reason);
	assert_non_null(o);
	assert_non_null(strstr(o->sentence,
			       "; left out: 2 unresolved quantiles"));
	result->npoints = 1;
	assert_null(attribution_of(&query, result->points, NULL, 1, &f->arena,
				   &reason));
	assert_non_null(strstr(reason, "single load"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, fixture_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_paired),
		WITH(test_single),
		WITH(test_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
