/* unstamped_test.c - wire times of requests some of which lost a stamp */
#include "tests/unit/point_data.h"

#define WINDOWS 100
#define EACH 100

static const char text[] =
	"name: t\nseed: 1\n"
	"target: {builtin: {policy: fcfs, workers: 4, backend: virtual}}\n"
	"workload:\n"
	"  protocol: spin\n"
	"  transport: tcp\n"
	"  classes:\n"
	"    - {name: get, weight: 9, service: {exponential: {mean: 10us}}}\n"
	"    - {name: put, weight: 1, service: {exponential: {mean: 30us}}}\n"
	"agents: [{launch: local, count: 1, threads: 1, connections: 4}]\n"
	"load: {rate: 20krps}\n";

struct fixture {
	struct arena arena;
	struct plan *plan;
	struct point_data data;
};

static int setup(void **state)
{
	struct fixture *f = fixture_create(sizeof(*f));
	struct option_problems problems = { 0 };

	f->plan = plan_of(text, 4, &f->arena, &problems);
	*state = f;
	return f->plan ? 0 : -1;
}

static void add(struct wire_report *r, uint32_t index, uint16_t class,
		unsigned outcome, struct hist_sparse response)
{
	if (response.total)
		r->wire[r->nwire++] = (struct wire_window){
			index, class, (uint8_t)outcome, response,
		};
}

/* Of EACH requests of a class in each window so many are without a stamp. */
static void take(struct fixture *f, const unsigned *lost, unsigned late)
{
	const struct plan_point *point = &f->plan->point[0];
	struct wire_window wire[WINDOWS * 6];
	struct wire_report report = { .wire = wire };
	const struct wire_report *reports = &report;
	struct wire_start start = { .rate_rps = point->rate_rps,
				    .until_ns = WINDOWS * WINDOW };
	int64_t value[EACH];

	for (uint32_t w = 0; w < WINDOWS; w++)
		for (uint16_t class = 0; class < 2; class++) {
			size_t n = EACH - lost[class] - late;

			for (size_t i = 0; i < n; i++)
				value[i] = 1000 + 13 * (int64_t)i;
			add(&report, w, class, OUTCOME_RECEIVED,
			    made_sparse(&f->arena, value, n));
			add(&report, w, class, OUTCOME_LOST,
			    (struct hist_sparse){ .total = late });
			add(&report, w, class, WIRE_UNSTAMPED,
			    (struct hist_sparse){ .total = lost[class] });
		}
	report.stamps = (struct wire_stamps){ .source = "kernel", .reason = "",
					      .asked = 1 };
	point_init(&f->data, f->plan, point, &f->arena);
	point_add(&f->data, &start, &reports, NULL);
	point_close(&f->data, &f->arena);
}

static void is(const struct result_metric *m, double q, bool resolved)
{
	const struct result_quantile *at = result_quantile(m, q);

	assert_non_null(at);
	assert_string_equal(at->status, resolved ? "resolved" : "unresolved");
	assert_int_equal(isfinite(at->hi), resolved);
	assert_int_equal(!at->reason, resolved);
}

/* A class that lost its stamps has no upper end of its own. */
static void test_class(void **state)
{
	struct fixture *f = *state;
	const struct result_metric *m = &f->data.wire;

	take(f, (unsigned[]){ 0, 80 }, 0);
	assert_int_equal(m->nclasses, 2);
	is(&m->classes[0].metric, .5, true);
	is(&m->classes[0].metric, .9, true);
	is(&m->classes[0].metric, .99, true);
	is(&m->classes[1].metric, .5, false);
	is(&m->classes[1].metric, .9, false);
	is(m, .5, true);
	is(m, .9, false);
}

/* Both causes add up: 6% each leave no p90. */
static void test_causes(void **state)
{
	struct fixture *f = *state;

	take(f, (unsigned[]){ 6, 6 }, 0);
	is(&f->data.wire, .9, true);
	take(f, (unsigned[]){ 0, 0 }, 6);
	is(&f->data.wire, .9, true);
	take(f, (unsigned[]){ 6, 6 }, 6);
	is(&f->data.wire, .5, true);
	is(&f->data.wire, .9, false);
}

/* They are an outcome of wire times alone. */
static void test_not_of_responses(void **state)
{
	struct fixture *f = *state;
	struct wire_window window = { .outcome = WIRE_UNSTAMPED,
				      .response = { .total = 9 } };
	struct wire_report report = { .window = &window, .nwindows = 1 };
	const struct wire_report *reports = &report;
	struct wire_start start = { .until_ns = WINDOWS * WINDOW };

	point_init(&f->data, f->plan, &f->plan->point[0], &f->arena);
	point_add(&f->data, &start, &reports, NULL);
	assert_int_equal(f->data.segment[0].window[0].nparts, 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, fixture_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_class),
		WITH(test_causes),
		WITH(test_not_of_responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
