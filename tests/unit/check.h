/* check.h - a point of five seconds, which a test may spoil, and its checks */
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include "tests/unit/point_data.h"

#include "coordinator/check.h"

#define POINT_S 5
#define RATE 20000.
#define WINDOWS (POINT_S * 100)

#define ONE "agents: [{launch: local, count: 1, threads: 1, connections: 4}]\n"
#define TWO "agents: [{launch: local, count: 2, threads: 1, connections: 4}]\n"

#define TEXT(agents) \
	"name: t\nseed: 1\n" \
	"target: {address: '127.0.0.1:9', workers: 4}\n" \
	"workload: {protocol: spin, transport: udp, arrival: poisson,\n" \
	"  service: {exponential: {mean: 100us}}}\n" \
	agents \
	"load: {rate: 20krps}\n" \
	"measure: {warmup: 100ms, time_limit: 5s}\n" \
	"model: none\n" \
	/* So that a test that should pass does, but for 1e-6. */ \
	"checks: {arrivals: {level: 1e-7}, dispersion: {level: 1e-7},\n" \
	"  independence: {level: 1e-7}, stationarity: {level: 1e-7},\n" \
	"  throttling: {level: 1e-7}}\n"

/* One point in the making, which a test may spoil before it is taken in. */
struct fixture {
	struct arena arena;
	struct plan *plan;
	struct point_data data;
	struct made made;
	struct wire_start start;
	struct rng rng;
	int32_t gap[20000], intended[20000];
	struct wire_gaps gaps;
	struct stall stall[200];
	uint32_t thread[200];
	struct hist_sparse lateness;
};

/* Poisson counts, exponential response times of 200 us. */
static inline void fill_windows(struct fixture *f, double rate)
{
	int64_t value[1000];

	f->made.report.nwindows = 0;
	for (uint32_t w = 0; w < WINDOWS; w++) {
		double at = rng_exponential(&f->rng);
		size_t n = 0;

		for (; at < rate / 100 && n < 1000;
		     at += rng_exponential(&f->rng))
			value[n++] = (int64_t)(200e3 *
					       rng_exponential(&f->rng));
		made_window(&f->made, w, OUTCOME_RECEIVED, value, n);
	}
}

static inline void fill_lateness(struct fixture *f, double mean_ns)
{
	int64_t value[2000];

	for (int i = 0; i < 2000; i++)
		value[i] = (int64_t)(mean_ns * rng_exponential(&f->rng));
	f->lateness = made_sparse(&f->arena, value, 2000);
	f->made.report.lateness = f->lateness;
}

static inline int prepare(void **state, const char *text)
{
	struct fixture *f = fixture_create(sizeof(*f));
	struct option_problems problems = { 0 };

	test_rng(&f->rng, 7);
	f->plan = plan_of(text, 4, &f->arena, &problems);
	if (!f->plan)
		return -1;
	point_init(&f->data, f->plan, &f->plan->point[0], &f->arena);
	f->made.arena = &f->arena;
	f->start = (struct wire_start){
		.rate_rps = RATE, .at_ns = 1000000000,
		.until_ns = WINDOWS * WINDOW,
	};
	for (int i = 0; i < 20000; i++) {
		f->intended[i] = (int32_t)(5e4 * rng_exponential(&f->rng));
		f->gap[i] = f->intended[i];
	}
	f->gaps = (struct wire_gaps){ 0, 20000, f->gap, f->intended };
	f->made.report.gaps = &f->gaps;
	f->made.report.ngaps = 1;
	f->made.report.send_cost_ns = 1000;
	f->made.report.stall = f->stall;
	f->made.report.stall_thread = f->thread;
	fill_windows(f, RATE);
	fill_lateness(f, 2e3);
	*state = f;
	return 0;
}

static inline int setup(void **state)
{
	return prepare(state, TEXT(ONE));
}

static inline int setup_two(void **state)
{
	return prepare(state, TEXT(TWO));
}

static inline const struct result_check *judge(struct fixture *f, const char *name)
{
	const struct wire_report *report = &f->made.report;
	struct result_check *checks;
	struct err err;
	size_t n;

	point_add(&f->data, &f->start, &report, NULL);
	point_close(&f->data, &f->arena);
	assert_int_equal(check_all(&f->data, &f->arena, &checks, &n, &err), 0);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(checks[i].name, name))
			return &checks[i];
	fail_msg("no check %s", name);
	return NULL;
}

static inline const struct result_check *expect(struct fixture *f, const char *name,
					 const char *status)
{
	const struct result_check *check = judge(f, name);

	if (strcmp(check->status, status))
		fail_msg("%s: %s: %s", name, check->status, check->reason);
	assert_true(check->reason && *check->reason);
	return check;
}

static inline void assert_says(const struct result_check *check,
			       const char *what)
{
	if (!strstr(check->reason, what))
		fail_msg("not '%s': %s", what, check->reason);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, fixture_destroy)

#endif
