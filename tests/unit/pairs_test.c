/* pairs_test.c - measured beside replayed: what is known comes out */
#include "tests/unit/point_data.h"

#include "coordinator/compare.h"
#include "coordinator/pairs.h"
#include "coordinator/trial.h"

#include <gsl/gsl_cdf.h>

#define WORKERS 2
#define REQUESTS 40000
#define SERVICE 100e3
#define GAP 80e3		/* load 0.625 */

static const char text[] =
	"name: t\nseed: 1\n"
	"target: {builtin: {policy: fcfs, workers: 2, backend: virtual}}\n"
	"workload: {protocol: spin, transport: udp, arrival: poisson,\n"
	"  service: {exponential: {mean: 100us}}}\n"
	"agents: [{launch: local, count: 2, threads: 1, connections: 4}]\n"
	"load: {rate: 62.5%}\n"
	"measure: {warmup: 100ms, time_limit: 4s}\n"
	"slo: p99 <= 10x\n"
	"model: auto\n";

/* FCFS by hand: the first free of two workers takes the next request. */
static double serve(double *worker_free, double at, double service)
{
	int w = worker_free[1] < worker_free[0];
	double start = fmax(worker_free[w], at);

	worker_free[w] = start + service;
	return worker_free[w];
}

/*
 * Two agents' records of one segment that starts at 7 s of the clock and 2 s
 * of the schedule. Every reply is `path` later than the queue would have it.
 */
struct fixture {
	struct arena arena;
	struct plan *plan;
	struct point_data data;
	struct sample *sample[2];
	size_t n[2];
	struct wire_start start;
};

static void record(struct fixture *f, const struct made *made, int agent,
		   double at, double service, double done)
{
	struct sample *s = &f->sample[agent][f->n[agent]];

	(void)made;
	*s = (struct sample){
		.intended_ns = f->start.at_ns + (int64_t)at,
		.sent_ns = f->start.at_ns + (int64_t)at + 500,
		.received_ns = f->start.at_ns + (int64_t)done,
		.service_ns = (uint64_t)service,
		.seq = (uint32_t)f->n[agent]++,
		.outcome = OUTCOME_RECEIVED,
	};
}

static void fill(struct fixture *f, struct made *made, double path)
{
	double worker_free[WORKERS] = { 0 }, at = 0;
	int64_t *value = arena_array(&f->arena, REQUESTS, sizeof(*value));
	size_t values = 0;
	uint32_t window = 200;
	struct rng rng;

	test_rng(&rng, 5);
	for (int i = 0; i < REQUESTS; i++) {
		double service = floor(SERVICE * rng_exponential(&rng)) + 1;
		double done;

		at = floor(at + GAP * rng_exponential(&rng));
		done = serve(worker_free, at, service) + path;
		for (; at >= (double)(window - 199) * WINDOW; window++) {
			made_window(made, window, OUTCOME_RECEIVED, value,
				    values);
			values = 0;
		}
		value[values++] = (int64_t)(done - at);
		record(f, made, (int)rng_below(&rng, 2), at, service, done);
	}
	f->start.until_ns = f->start.from_ns +
			    (int64_t)(at / WINDOW) * WINDOW;
}

static void take(struct fixture *f, double path)
{
	struct made made = { .arena = &f->arena };
	struct wire_report report[2] = { 0 };
	const struct wire_report *both[] = { &report[0], &report[1] };

	f->start = (struct wire_start){
		.rate_rps = 12500, .at_ns = 7000000000, .from_ns = 2000000000,
	};
	for (int a = 0; a < 2; a++)
		f->sample[a] = arena_array(&f->arena, REQUESTS,
					   sizeof(struct sample));
	fill(f, &made, path);
	report[0] = made.report;
	for (int a = 0; a < 2; a++) {
		report[a].sample = f->sample[a];
		report[a].nsamples = f->n[a];
	}
	point_add(&f->data, &f->start, both, NULL);
	point_close(&f->data, &f->arena);
}

static int setup(void **state)
{
	struct fixture *f = fixture_create(sizeof(*f));
	struct option_problems problems = { 0 };

	f->plan = plan_of(text, 4, &f->arena, &problems);
	if (!f->plan)
		return -1;
	point_init(&f->data, f->plan, &f->plan->point[0], &f->arena);
	*state = f;
	return 0;
}

/* Agents merged by time, replayed by the policy: 7 us for every request. */
static void test_replay(void **state)
{
	struct fixture *f = *state;
	struct result_model *model;

	take(f, 7000);
	assert_true(f->plan->samples);
	model = compare_point(&f->data, &f->arena);
	assert_null(model->reason);
	assert_int_equal(model->requests, REQUESTS);
	assert_int_equal((int)model->request_p50_ns, 7000);
	assert_int_equal((int)model->request_p99_ns, 7000);
	assert_int_equal(model->nreplayed, RESULT_QUANTILES);
	for (size_t i = 0; i < model->nreplayed; i++) {
		assert_int_equal((int)model->replayed[i].diff, 7000);
		assert_int_equal((int)model->replayed[i].lo, 7000);
	}
}

/* Beside the stationary queue: the gap's interval holds the 7 us. */
static void test_stationary(void **state)
{
	struct fixture *f = *state;
	struct result_model *model;

	take(f, 7000);
	model = compare_point(&f->data, &f->arena);
	compare_stationary(f->plan, &f->plan->point[0], model, &f->arena);
	assert_non_null(strstr(model->name, "M/M/2"));
	assert_int_equal(model->nquantiles, RESULT_QUANTILES);
	assert_true(model->quantiles[0].predicted > SERVICE);
	assert_true(model->quantiles[0].gap_lo < model->quantiles[0].gap);
	assert_true(model->quantiles[0].gap_hi > model->quantiles[0].gap);
	/* Replayed and predicted cancel to their common 7 us. */
	assert_int_equal(model->nadjusted, RESULT_QUANTILES);
	assert_int_equal((int)(model->adjusted[0].value -
			       model->quantiles[0].predicted), 7000);
}

/*
 * `model: replay` compares with no stationary queue, but is adjusted by it:
 * narrower than what was measured, five times at least.
 */
static void test_replay_alone(void **state)
{
	struct fixture *f = *state;
	struct config *config = arena_copy(&f->arena, f->plan->config,
					   sizeof(*config));
	struct plan plan = *f->plan;
	struct result_model *model;
	const struct result_quantile *plain;

	config->model.mode = MODEL_REPLAY;
	plan.config = config;
	f->data.plan = &plan;
	take(f, 7000);
	model = compare_point(&f->data, &f->arena);
	compare_stationary(&plan, &plan.point[0], model, &f->arena);
	assert_string_equal(model->method, "replay");
	assert_int_equal(model->nquantiles, 0);
	assert_int_equal(model->nadjusted, RESULT_QUANTILES);
	plain = result_quantile(&f->data.response, model->adjusted[0].q);
	assert_true(model->adjusted[0].lo <= model->adjusted[0].value &&
		    model->adjusted[0].value <= model->adjusted[0].hi);
	assert_true(5 * (model->adjusted[0].hi - model->adjusted[0].lo) <
		    plain->hi - plain->lo);
}

/* A target's stall counts request by request, not in the quantiles. */
static void test_stall_kept_apart(void **state)
{
	struct fixture *f = *state;
	struct result_model *model;
	size_t late = 0;

	take(f, 7000);
	for (size_t i = 0; i < f->data.segment[0].nwindows; i++)
		if (i % 20 == 7)
			f->data.segment[0].window[i].out |= WINDOW_TARGET;
	for (int a = 0; a < 2; a++) {
		for (size_t i = 0; i < f->n[a]; i++) {
			struct sample *s = &f->sample[a][i];
			int64_t at = s->intended_ns - f->start.at_ns;

			if (at / WINDOW % 20 == 7) {
				s->received_ns += 1000000;
				late++;
			}
		}
	}
	assert_true(late > REQUESTS / 30);
	model = compare_point(&f->data, &f->arena);
	assert_int_equal((int)model->request_p99_ns, 1007000);
	assert_int_equal((int)model->replayed[3].diff, 7000);
}

static void test_no_service(void **state)
{
	struct fixture *f = *state;
	struct result_model *model;

	take(f, 7000);
	f->sample[1][77].service_ns = 0;
	model = compare_point(&f->data, &f->arena);
	assert_int_equal(model->nreplayed, 0);
	assert_non_null(strstr(model->reason, "no service time"));
}

/* Lost and unsent requests are not in the comparison, the others are. */
static void test_lost(void **state)
{
	struct fixture *f = *state;
	struct result_model *model;

	take(f, 7000);
	f->sample[0][50].outcome = OUTCOME_LOST;
	f->sample[0][50].received_ns = 0;
	model = compare_point(&f->data, &f->arena);
	assert_int_equal(model->requests, REQUESTS - 1);
	assert_int_equal((int)model->request_p50_ns, 7000);
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	struct result_model *model;

	take(f, 7000);
	f->sample[0][50].outcome = OUTCOME_NACKED;
	f->sample[0][50].service_ns = 0;	/* no job of the queue */
	f->sample[0][50].received_ns = 0;
	model = compare_point(&f->data, &f->arena);
	assert_int_equal(model->requests, REQUESTS - 1);
	assert_int_equal((int)model->request_p50_ns, 7000);
}

/*
 * 95% intervals of the difference of two independent medians of exponential
 * values, whose truth is 0: of 300, a coverage of 0.9 gives fewer than 238
 * with probability 3e-8.
 */
static void test_jackknife(void **state)
{
	enum { N = 2000, RUNS = 300 };
	struct pair *pair = calloc(N, sizeof(*pair));
	struct rng rng;
	int covered = 0;

	(void)state;
	test_rng(&rng, 6);
	for (int run = 0; run < RUNS; run++) {
		struct pair_quantile at = { .q = .5 };
		struct arena arena;

		arena_init(&arena);
		for (int i = 0; i < N; i++) {
			pair[i].measured_ns = 1e5 * rng_exponential(&rng);
			pair[i].replayed_ns = 1e5 * rng_exponential(&rng);
		}
		pairs_quantile(pair, N, .95, &at, 1, &arena);
		covered += fabs(at.measured_ns - at.replayed_ns) <= at.half_ns;
		arena_fini(&arena);
	}
	print_message("%d of %d\n", covered, RUNS);
	assert_true(covered >= 238);
	free(pair);
}

static double nth_without(const struct pair *pair, size_t n, size_t from,
			  size_t until, double q, int replayed)
{
	double *left = calloc(n, sizeof(*left)), value;
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (i < from || i >= until)
			left[count++] = replayed ? pair[i].replayed_ns
						 : pair[i].measured_ns;
	for (size_t i = 1; i < count; i++)	/* insertion: n is small */
		for (size_t j = i; j && left[j] < left[j - 1]; j--) {
			double t = left[j];

			left[j] = left[j - 1];
			left[j - 1] = t;
		}
	value = left[(size_t)ceil(q * (double)count) - 1];
	free(left);
	return value;
}

/* The jackknife by definition: each group left out, all sorted anew. */
static void test_leave_out(void **state)
{
	enum { N = 407, G = 20 };
	const double q[] = { .1, .5, .9, .99 };
	struct pair pair[N];
	struct arena arena;
	struct rng rng;

	(void)state;
	test_rng(&rng, 8);
	arena_init(&arena);
	for (int i = 0; i < N; i++) {
		pair[i].measured_ns = floor(300 * rng_exponential(&rng));
		pair[i].replayed_ns = floor(300 * rng_exponential(&rng));
	}
	for (size_t k = 0; k < sizeof(q) / sizeof(*q); k++) {
		struct pair_quantile at = { .q = q[k] };
		double d[G], mean = 0, square = 0, fourth = 0, freedom;

		for (size_t g = 0; g < G; g++) {
			size_t from = g * N / G, until = (g + 1) * N / G;

			d[g] = nth_without(pair, N, from, until, q[k], 0) -
			       nth_without(pair, N, from, until, q[k], 1);
			mean += d[g] / G;
		}
		for (size_t g = 0; g < G; g++) {
			square += pow(d[g] - mean, 2);
			fourth += pow(d[g] - mean, 4);
		}
		freedom = 2 * G / (G * fourth / (square * square) - 1);
		pairs_quantile(pair, N, .95, &at, 1, &arena);
		assert_true(fabs(at.half_ns -
				 gsl_cdf_tdist_Pinv(.975, fmin(freedom, 19)) *
				 sqrt(square * (G - 1) / G)) <
			    1e-4 * (1 + at.half_ns));
	}
	arena_fini(&arena);
}

/* All that differs is in one group of twenty: two degrees of freedom, not 19. */
static void test_one_group(void **state)
{
	enum { N = 400, LATE = 7 };
	struct pair_quantile at = { .q = .99 };
	struct pair pair[N];
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (int i = 0; i < N; i++) {
		pair[i].replayed_ns = 100;
		pair[i].measured_ns = i < LATE ? 200 : 100;
	}
	pairs_quantile(pair, N, .95, &at, 1, &arena);
	/* Without that group it differs by 100: 4.2 times sqrt(19/20) of the
	 * square sum's root, which is 97.5. */
	assert_true(fabs(at.half_ns - 97.468 * .97468 *
			 gsl_cdf_tdist_Pinv(.975, 40. / 17.05)) < 1);
	arena_fini(&arena);
}

/*
 * A trial by pairs: the queue's own p99 and the path, whatever the draw of
 * these requests was, several times as exactly as by their plain quantile.
 */
static void test_trial(void **state)
{
	struct fixture *f = *state;
	const struct result_predicted *forecast;
	struct trial plain, paired;
	double truth = (double)NAN;

	take(f, 30e3);
	f->plan->trial_confidence = .99;
	forecast = compare_forecast(f->plan, 12500, &f->arena);
	assert_non_null(forecast);
	for (size_t i = 0; i < f->plan->nq; i++)
		if (fabs(forecast[i].q - .99) < 1e-9)
			truth = (forecast[i].predicted + 30e3) / 10 / SERVICE;
	trial_judge(&f->data, NULL, &plain, &f->arena);
	trial_judge(&f->data, forecast, &paired, &f->arena);
	print_message("%g: plain %g to %g, paired %g to %g\n", truth,
		      plain.promise.lo, plain.promise.hi, paired.promise.lo,
		      paired.promise.hi);
	assert_false(plain.paired);
	assert_true(paired.paired);
	assert_true(fabs(paired.promise.value - truth) < .002);
	assert_true(paired.promise.lo <= truth && truth <= paired.promise.hi);
	assert_true(3 * (paired.promise.hi - paired.promise.lo) <
		    plain.promise.hi - plain.promise.lo);
	assert_true(trial_width(&paired) <= 0);
}

/* Next to nothing left, or nobody knows what is: no pairs. */
static void test_trial_unpaired(void **state)
{
	struct fixture *f = *state;
	const struct result_predicted *forecast;
	struct trial trial;

	take(f, 30e3);
	f->plan->trial_confidence = .99;
	forecast = compare_forecast(f->plan, 12500, &f->arena);
	f->data.left_out_compared = .9;
	trial_judge(&f->data, forecast, &trial, &f->arena);
	assert_false(trial.paired);
	f->data.left_out_compared = 0;
	f->data.stalls_dropped = 1;
	trial_judge(&f->data, forecast, &trial, &f->arena);
	assert_false(trial.paired);
	f->data.stalls_dropped = 0;
	f->data.counts.intended += 400;
	trial_judge(&f->data, forecast, &trial, &f->arena);
	assert_false(trial.paired);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, fixture_destroy)
	const struct CMUnitTest tests[] = {
		WITH(test_replay), WITH(test_stationary),
		WITH(test_replay_alone),
		WITH(test_stall_kept_apart), WITH(test_no_service),
		WITH(test_lost), WITH(test_refused),
		WITH(test_trial), WITH(test_trial_unpaired),
		cmocka_unit_test(test_jackknife),
		cmocka_unit_test(test_leave_out),
		cmocka_unit_test(test_one_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
