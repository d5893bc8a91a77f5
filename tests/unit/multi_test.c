/* multi_test.c - formulas for queues of several workers */
#include "tests/unit/models.h"

#include <errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>

#include "models/approx.h"
#include "models/invert.h"
#include "models/mdk.h"
#include "models/mphk.h"
#include "models/predict.h"
#include "models/queue.h"

#define GOLDEN "tests/golden/models/"

/* A queue, asked one figure at a time. */
struct system {
	const char *service, *policy;
	uint32_t k;
	double load;
	enum predict_method method;
	const char *formula;
};

/* The figure's answer; the test fails where there is none. */
static struct predict_value figure(const struct system *s,
				   struct predict_ask ask)
{
	struct predict_result result;
	struct predict_value value;
	struct arena arena;
	struct workload w;
	struct predict_query query;
	struct err err = { 0 };

	arena_init(&arena);
	w = test_workload("M", s->service, &arena);
	query = (struct predict_query){
		.workload = &w,
		.policy = test_choice(KIND_POLICY, s->policy, &arena),
		.workers = s->k,
		.rate = s->load * s->k / workload_moment(&w, 1),
		.method = s->method,
		.formula = s->formula,
		.ask = &ask,
		.nask = 1,
		.seed = test_seed(),
		.relative = 0.02,
		.time_limit_s = 2,
	};
	if (predict(&query, &result, &arena, &err))
		fail_msg("%s/%u %s at %g: %s", s->service, s->k, s->policy,
			 s->load, err.text);
	value = result.answer[0].value;
	if (isnan(value.value))
		fail_msg("%s/%u: %s", s->service, s->k,
			 result.answer[0].refused);
	arena_fini(&arena);
	return value;
}

static double exact(const char *service, const char *policy, uint32_t k,
		    double load, struct predict_ask ask)
{
	struct system s = { service, policy, k, load, PREDICT_EXACT, NULL };

	return figure(&s, ask).value;
}

static const struct predict_ask mean_wait = { .of = METRIC_WAIT };
static const struct predict_ask mean_sojourn = { .of = METRIC_SOJOURN };
static const struct predict_ask p_wait = { .figure = FIGURE_P_WAIT };
static const struct predict_ask variance_wait = { .figure = FIGURE_VARIANCE,
						  .of = METRIC_WAIT };
static const struct predict_ask mean_number = { .of = METRIC_IN_SYSTEM };

static struct predict_ask quantile(enum predict_metric of, double q)
{
	return (struct predict_ask){ .figure = FIGURE_QUANTILE,
				     .of = of,
				     .q = q };
}

static void close_to(double value, double want, double tolerance)
{
	if (!(fabs(value - want) <= tolerance * fabs(want)))
		fail_msg("%.12g, not %.12g: off by %.2g", value, want,
			 value / want - 1);
}

/* "mean_wait", "p99.9_slowdown", "p_wait" */
static struct predict_ask ask_of(const char *metric)
{
	static const char *const of[] = { "sojourn", "wait", "slowdown" };
	const char *under = strchr(metric, '_') + 1;
	int i = 0;

	if (!strcmp(metric, "p_wait"))
		return p_wait;
	while (strcmp(of[i], under))
		assert_true(++i < 3);
	if (*metric == 'm')
		return (struct predict_ask){ .of = (enum predict_metric)i };
	return quantile((enum predict_metric)i, atof(metric + 1) / 100);
}

/* Every row of a golden file with this law, by exact formulas. */
static size_t check_exact(const char *file, const char *law)
{
	FILE *f = fopen(file, "r");
	char line[1024];
	size_t rows = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char service[64], metric[64];
		double load, value, tolerance;
		unsigned k;

		if (sscanf(line,
			   "%*[^,],%*[^,],M,%63[^,],%u,fcfs,%lf,%63[^,],"
			   "%lf,%lf",
			   service, &k, &load, metric, &value,
			   &tolerance) != 6 ||
		    strncmp(service, law, strlen(law)) != 0)
			continue;
		close_to(exact(service, "fcfs", k, load, ask_of(metric)), value,
			 tolerance);
		rows++;
	}
	fclose(f);
	return rows;
}

static void test_golden(void **state)
{
	(void)state;
	assert_true(check_exact(GOLDEN "mgk_exact.csv", "") == 165);
}

/* One worker: the mean of Pollaczek and Khinchine, and the variance. */
static void test_mdk_one_worker(void **state)
{
	(void)state;
	for (double rho = 0.05; rho < 1; rho += 0.1) {
		double mean = rho / 2 / (1 - rho);
		struct arena arena;
		struct mdk m;
		struct err err = { 0 };

		arena_init(&arena);
		assert_int_equal(mdk_solve(&m, 1, rho, &arena, &err), 0);
		close_to(mdk_p_wait(&m), rho, 1e-12);
		close_to(mdk_wait_moment(&m, 1), mean, 1e-12);
		close_to(mdk_wait_moment(&m, 2),
			 rho / 3 / (1 - rho) + 2 * mean * mean, 1e-12);
		arena_fini(&arena);
	}
}

static double second_moment_density(double x, void *context)
{
	return 2 * x * mdk_wait_tail(context, x);
}

/*
 * The law of waiting agrees with the law of the number by which its moments
 * were found (Little), at 0 with the probability of waiting; quantiles invert
 * it; also far beyond the states that were solved.
 */
static void test_mdk_law(void **state)
{
	static const struct {
		uint32_t k;
		double rho;
	} at[] = { { 1, 0.5 },	{ 2, 0.95 },  { 8, 0.3 },  { 16, 0.9 },
		   { 64, 0.5 }, { 64, 0.99 }, { 64, 0.05 } };
	gsl_integration_workspace *room = gsl_integration_workspace_alloc(1000);

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct arena arena;
		struct mdk m;
		gsl_function f = { second_moment_density, &m };
		struct err err = { 0 };
		double end, second, off;

		arena_init(&arena);
		assert_int_equal(
			mdk_solve(&m, at[i].k, at[i].rho, &arena, &err), 0);
		close_to(mdk_wait_tail(&m, 0), mdk_p_wait(&m), 1e-12);
		end = mdk_wait_quantile(&m, 1 - 1e-14);
		gsl_integration_qag(&f, 0, end + 1, 0, 1e-10, 1000,
				    GSL_INTEG_GAUSS61, room, &second, &off);
		close_to(second, mdk_wait_moment(&m, 2), 1e-8);
		for (double q = 0.9; q < 1 - 1e-8; q += (1 - q) / 2) {
			double x = mdk_wait_quantile(&m, q);

			if (x > 0)
				close_to(mdk_wait_tail(&m, x), 1 - q, 1e-9);
			else
				assert_true(mdk_p_wait(&m) <= 1 - q);
		}
		arena_fini(&arena);
	}
	gsl_integration_workspace_free(room);
}

/* Taking turns is serving in order where services are equal; time scales;
 * Little's law; and no more workers than the solve is fit for. */
static void test_mdk_properties(void **state)
{
	struct system many = { "det", "fcfs", 513, 0.5, PREDICT_EXACT, NULL };
	struct mdk m;
	struct err err = { 0 };

	(void)state;
	for (double q = 0.5; q < 0.9999; q += (1 - q) / 2)
		close_to(exact("det:10us", "part:rr", 4, 0.8,
			       quantile(METRIC_SOJOURN, q)),
			 1e4 * exact("det", "fcfs", 4, 0.8,
				     quantile(METRIC_SLOWDOWN, q)),
			 1e-12);
	close_to(exact("det:10us", "fcfs", 4, 0.8, variance_wait),
		 1e8 * exact("det", "fcfs", 4, 0.8, variance_wait), 1e-12);
	close_to(exact("det", "fcfs", 4, 0.8, mean_number),
		 3.2 * exact("det", "fcfs", 4, 0.8, mean_sojourn), 1e-12);
	assert_int_equal(mdk_solve(&m, many.k, many.load, NULL, &err), -EDOM);
}

/* By the method of phases, whatever other formula there is. */
static double phased(const char *service, const char *policy, uint32_t k,
		     double load, struct predict_ask ask)
{
	struct system s = { service, policy, k, load, PREDICT_AUTO, "mphk" };

	return figure(&s, ask).value;
}

static struct predict_ask any(int i)
{
	static const double q[] = { 0.3, 0.9, 0.99, 0.99999 };

	if (i < 4)
		return quantile(METRIC_SOJOURN, q[i]);
	if (i < 8)
		return quantile(METRIC_WAIT, q[i - 4]);
	if (i < 12)
		return quantile(METRIC_SLOWDOWN, q[i - 8]);
	return i == 12 ? p_wait : i == 13 ? mean_wait : mean_sojourn;
}

/*
 * One phase is Erlang's queue; a law that is nearly exponential is near to
 * it, and so are two branches that are alike but for rounding. Every figure,
 * also where waiting is rare or nearly sure.
 */
static void test_mphk_exponential(void **state)
{
	static const struct {
		uint32_t k;
		double load;
	} at[] = {
		{ 1, 0.5 }, { 4, 0.99 }, { 16, 0.9 }, { 64, 0.5 }, { 64, 0.999 }
	};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (int j = 0; j < 15; j++) {
			struct predict_ask ask = any(j);
			double want =
				exact("exp", "fcfs", at[i].k, at[i].load, ask);

			close_to(
				phased("exp", "fcfs", at[i].k, at[i].load, ask),
				want, 1e-8);
			close_to(phased("h2:1.00000000001", "fcfs", at[i].k,
					at[i].load, ask),
				 want, j < 12 ? 1e-8 : 1e-9);
		}
}

/* One worker: Pollaczek and Khinchine's mean and variance. */
static void test_mphk_one_worker(void **state)
{
	static const char *const service[] = { "h2:4", "erlang:2", "erlang:40",
					       "h2:1000" };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (double rho = 0.1; rho < 1; rho += 0.4) {
			struct arena arena;
			struct dist d;
			double mean, m2, m3;

			arena_init(&arena);
			d = test_dist(service[i], &arena);
			m2 = d.ops->moment(d.state, 2);
			m3 = d.ops->moment(d.state, 3);
			mean = rho * m2 / 2 / (1 - rho);
			close_to(phased(service[i], "fcfs", 1, rho, mean_wait),
				 mean, 1e-10);
			close_to(phased(service[i], "part", 7, rho, mean_wait),
				 mean, 1e-10);
			close_to(phased(service[i], "fcfs", 1, rho,
					variance_wait),
				 rho * m3 / 3 / (1 - rho) + mean * mean, 1e-10);
			arena_fini(&arena);
		}
}

/*
 * Little's law; time scales, slowdown does not; many stages come near to
 * constant service, from above; the number in the system, of which as many
 * are above its quantile as there should be.
 */
static void test_mphk_properties(void **state)
{
	double before = INFINITY,
	       limit = exact("det", "fcfs", 2, 0.8, mean_wait);
	static const char *const stages[] = { "exp", "erlang:2", "erlang:4",
					      "erlang:8", "erlang:16" };

	(void)state;
	for (int j = 0; j < 12; j++) {
		double unit = j < 8 ? 1e4 : 1;

		close_to(phased("{hyperexponential: {mean: 10us, scv: 9}}",
				"fcfs", 3, 0.8, any(j)),
			 unit * phased("h2:9", "fcfs", 3, 0.8, any(j)), 1e-8);
	}
	close_to(phased("h2:9", "fcfs", 3, 0.8, mean_number),
		 2.4 * phased("h2:9", "fcfs", 3, 0.8, mean_sojourn), 1e-12);
	for (size_t i = 0; i < 5; i++) {
		double wait = phased(stages[i], "fcfs", 2, 0.8, mean_wait);

		assert_true(wait < before && wait > limit);
		before = wait;
	}
	close_to(before, limit, 0.1);
}

/* Jobs of one service wait as all do. */
static void test_given(void **state)
{
	struct predict_ask ask = quantile(METRIC_SOJOURN, 0.99);
	double wait =
		phased("h2:9", "fcfs", 3, 0.8, quantile(METRIC_WAIT, 0.99));

	(void)state;
	ask.given = 0.5;
	close_to(phased("h2:9", "fcfs", 3, 0.8, ask), wait + 0.5, 1e-12);
	ask.of = METRIC_SLOWDOWN;
	close_to(phased("h2:9", "fcfs", 3, 0.8, ask), 2 * wait + 1, 1e-12);
	ask.of = METRIC_WAIT;
	close_to(phased("h2:9", "fcfs", 3, 0.8, ask), wait, 1e-12);
}

/* Ever more workers at one load: waiting dies out, sojourn is service. */
static void test_many_workers(void **state)
{
	static const char *const service[] = { "det", "h2:25", "erlang:2" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		double before = 1, now;

		for (uint32_t k = 1; k <= 128; k *= 2) {
			now = exact(service[i], "fcfs", k, 0.7, p_wait);
			assert_true(now > 0 && now < before);
			before = now;
		}
		assert_true(before < 1e-3);
		close_to(exact(service[i], "fcfs", 128, 0.7, mean_sojourn), 1,
			 1e-4);
		for (double rho = 0.1; rho < 0.99; rho += 0.1) {
			double wait =
				exact(service[i], "fcfs", 4, rho, mean_wait);

			assert_true(wait < exact(service[i], "fcfs", 4,
						 rho + 0.05, mean_wait));
		}
	}
}

/* M/M/1: P(N > n) = rho^(n + 1), of variance rho / (1 - rho)^2. */
static void test_number(void **state)
{
	static const double q[] = { 0.1, 0.5, 0.9, 0.999 };
	struct predict_ask variance = { .figure = FIGURE_VARIANCE,
					.of = METRIC_IN_SYSTEM };

	(void)state;
	close_to(phased("exp", "fcfs", 1, 0.8, variance), 20, 1e-10);
	for (size_t i = 0; i < 4; i++)
		assert_true(phased("exp", "fcfs", 1, 0.8,
				   quantile(METRIC_IN_SYSTEM, q[i])) ==
			    fmax(0, ceil(log(1 - q[i]) / log(0.8)) - 1));
	/* N of M/D/1: P(0) = 1 - rho, P(1) = (1 - rho) (e^rho - 1). */
	assert_true(exact("det", "fcfs", 1, 0.5,
			  quantile(METRIC_IN_SYSTEM, 0.82)) == 1);
	assert_true(exact("det", "fcfs", 1, 0.5,
			  quantile(METRIC_IN_SYSTEM, 0.83)) == 2);
}

/* A class of its own: it waits as all do, and serves as it does. */
static void test_classes(void **state)
{
	struct predict_ask ask[] = {
		{ .of = METRIC_SOJOURN, .class = 2 },
		{ .of = METRIC_WAIT },
		{ .figure = FIGURE_QUANTILE,
		  .of = METRIC_SLOWDOWN,
		  .q = 0.99,
		  .class = 1 },
	};
	struct predict_result result;
	struct predict_query query = { .workers = 4, .ask = ask, .nask = 3 };
	struct workload w = { .nclasses = 2 };
	struct arena arena;
	struct err err = { 0 };
	double p = (1 + sqrt(0.6)) / 2;

	(void)state;
	arena_init(&arena);
	w.class = arena_array(&arena, 2, sizeof(*w.class));
	w.arrival = test_choice(KIND_ARRIVAL, "M", &arena);
	for (int i = 0; i < 2; i++) {
		double share = i ? 1 - p : p;

		w.class[i].name = i ? "b" : "a";
		w.class[i].weight = share;
		w.class[i].service = test_dist(
			arena_printf(&arena, "exp:%.17g", 0.5 / share), &arena);
	}
	query.workload = &w;
	query.policy = test_choice(KIND_POLICY, "fcfs", &arena);
	query.rate = 3.2;
	query.method = PREDICT_EXACT;
	assert_int_equal(predict(&query, &result, &arena, &err), 0);
	close_to(result.answer[1].value.value,
		 exact("h2:4", "fcfs", 4, 0.8, mean_wait), 1e-11);
	close_to(result.answer[0].value.value,
		 result.answer[1].value.value + 0.5 / (1 - p), 1e-11);
	assert_true(
		result.answer[2].value.value >
		exact("h2:4", "fcfs", 4, 0.8, quantile(METRIC_SLOWDOWN, 0.99)));
	arena_fini(&arena);
}

/* Where there are too many states, a formula says so; auto simulates. */
static void test_too_many_states(void **state)
{
	struct system s = { "erlang:4", "fcfs", 9, 0.5, PREDICT_AUTO, NULL };
	struct dist_branch stages = { 1, 4, 4 };
	struct mphk_law law = { &stages, 1 };
	struct arena arena;
	struct mphk m;
	struct err err = { 0 };

	(void)state;
	arena_init(&arena);
	assert_int_equal(mphk_solve(&m, &law, 9, 4.5, &arena, &err), -EDOM);
	assert_non_null(strstr(err.text, "simulate"));
	assert_int_equal(mphk_solve(&m, &law, 8, 4, &arena, &err), 0);
	arena_fini(&arena);
	assert_true(figure(&s, mean_sojourn).hi >
		    figure(&s, mean_sojourn).value);
}

static double by_name(const char *formula, const char *service, uint32_t k,
		      double load, struct predict_ask ask)
{
	struct system s = { service, "fcfs", k, load, PREDICT_APPROX, formula };

	return figure(&s, ask).value;
}

static const char *const approximation[] = { "allen-cunneen", "kimura",
					     "cosmetatos", "exponential-tail" };

static const char *service_of(double cs2)
{
	return cs2 == 0 ? "det" : cs2 == 4 ? "h2:4" : "h2:25";
}

/* The published errors are those of our own approximations against our own
 * exact values, to the digits that are given. */
static void test_errors_of_approximations(void **state)
{
	const struct approx_cell *cell;
	size_t n;

	(void)state;
	cell = approx_cells(&n);
	assert_int_equal(n, 36);
	for (size_t i = 0; i < n; i++, cell++)
		for (int kind = 0; kind < APPROX_KINDS; kind++) {
			const char *service = service_of(cell->cs2);
			struct predict_ask ask = mean_wait;
			double error, want = cell->percent[kind];
			double half = want == floor(want) ? 0.5 : 0.05;

			if (kind == APPROX_TAIL)
				ask = quantile(METRIC_WAIT,
					       approx_tail_quantile(cell->k,
								    cell->rho));
			error = by_name(approximation[kind], service, cell->k,
					cell->rho, ask) /
					exact(service, "fcfs", cell->k,
					      cell->rho, ask) -
				1;
			if (fabs(100 * error - want) > 1.02 * half)
				fail_msg("%s, %s/%u at %g: %.3f%%, not %g%%",
					 approximation[kind], service, cell->k,
					 cell->rho, 100 * error, want);
		}
}

/* The page has the table as it is. */
static void test_page_of_errors(void **state)
{
	FILE *f = fopen("docs/models.md", "r");
	const struct approx_cell *cell;
	char line[1024];
	size_t n, rows = 0;

	(void)state;
	assert_non_null(f);
	cell = approx_cells(&n);
	while (fgets(line, sizeof(line), f)) {
		double x[4], rho, cs2;
		unsigned k;

		if (sscanf(line, "| %u | %lf | %lf | %lf | %lf | %lf | %lf |",
			   &k, &rho, &cs2, &x[0], &x[1], &x[2], &x[3]) != 7)
			continue;
		assert_true(rows < n && cell[rows].k == k &&
			    cell[rows].rho == rho && cell[rows].cs2 == cs2);
		for (int kind = 0; kind < APPROX_KINDS; kind++)
			assert_true(cell[rows].percent[kind] == x[kind]);
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, n);
}

/*
 * Between the cells the exact value lies in the band; of several
 * approximations the narrowest is taken; all are exact for M/M/k, and those of
 * means for one worker.
 */
static void test_bands(void **state)
{
	static const struct {
		const char *service;
		uint32_t k;
		double load;
	} at[] = { { "h2:2", 4, 0.7 },	 { "erlang:2", 4, 0.6 },
		   { "h2:9", 12, 0.9 },	 { "det", 32, 0.85 },
		   { "h2:16", 40, 0.6 }, { "h2:25", 24, 0.55 } };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct system s = { at[i].service, "fcfs",	   at[i].k,
				    at[i].load,	   PREDICT_APPROX, NULL };
		double want =
			exact(s.service, "fcfs", s.k, s.load, mean_sojourn);
		struct predict_value least = figure(&s, mean_sojourn);

		for (int kind = 0; kind < APPROX_TAIL; kind++) {
			struct predict_value v;

			s.formula = approximation[kind];
			v = figure(&s, mean_sojourn);
			assert_true(v.lo <= want && want <= v.hi);
			assert_true(v.hi - v.lo >= least.hi - least.lo);
		}
	}
	for (int kind = 0; kind < APPROX_TAIL; kind++) {
		close_to(
			by_name(approximation[kind], "exp", 16, 0.9, mean_wait),
			exact("exp", "fcfs", 16, 0.9, mean_wait), 1e-12);
		close_to(by_name(approximation[kind], "h2:25", 1, 0.6,
				 mean_wait),
			 exact("h2:25", "fcfs", 1, 0.6, mean_wait), 1e-10);
	}
	close_to(by_name("exponential-tail", "exp", 16, 0.9,
			 quantile(METRIC_WAIT, 0.999)),
		 exact("exp", "fcfs", 16, 0.9, quantile(METRIC_WAIT, 0.999)),
		 1e-12);
}

/* Scv of gaps; and what has no approximation says so. */
static void test_gaps_of_approximations(void **state)
{
	static const struct {
		const char *arrival;
		double scv;
	} of[] = { { "M", 1 }, { "D", 0 }, { "E4", 0.25 }, { "H2:9", 9 } };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < 4; i++) {
		struct workload w =
			test_workload(of[i].arrival, "exp:3", &arena);
		struct predict_query query = {
			.workload = &w,
			.policy = test_choice(KIND_POLICY, "fcfs", &arena),
			.workers = 4,
			.rate = 1,
		};
		struct predict_result result;
		struct queue queue;
		struct err err = { 0 };

		queue_init(&queue, &query);
		assert_true(fabs(queue_gap_scv(&queue, &arena) - of[i].scv) <
			    1e-7);
		query.formula = "kimura";
		query.method = PREDICT_APPROX;
		query.ask = &mean_wait;
		query.nask = 1;
		assert_int_equal(predict(&query, &result, &arena, &err),
				 i ? -EDOM : 0);
		query.formula = "allen-cunneen";
		assert_int_equal(predict(&query, &result, &arena, &err), 0);
		assert_non_null(strstr(result.method, "off by"));
	}
	arena_fini(&arena);
}

static double complex gamma_transform(double complex s, void *context)
{
	const double *a = context;

	return cpow(1 + s, -*a);
}

static double complex step_transform(double complex s, void *context)
{
	(void)context;
	return cexp(-s) / s;
}

/* Densities of gamma laws; a jump is told by the error. */
static void test_invert(void **state)
{
	(void)state;
	for (double a = 1; a < 5; a += 0.5)
		for (double t = 0.25; t < 5; t *= 2) {
			double off;
			double f = invert(gamma_transform, &a, t, &off);

			close_to(f, pow(t, a - 1) * exp(-t) / tgamma(a), 1e-7);
			assert_true(off < 1e-7);
		}
	for (double t = 0.99; t < 1.02; t += 0.01) {
		double off;

		invert(step_transform, NULL, t, &off);
		assert_true(off > 1e-5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_mdk_one_worker),
		cmocka_unit_test(test_mdk_law),
		cmocka_unit_test(test_mdk_properties),
		cmocka_unit_test(test_mphk_exponential),
		cmocka_unit_test(test_mphk_one_worker),
		cmocka_unit_test(test_mphk_properties),
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_many_workers),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_too_many_states),
		cmocka_unit_test(test_errors_of_approximations),
		cmocka_unit_test(test_page_of_errors),
		cmocka_unit_test(test_bands),
		cmocka_unit_test(test_gaps_of_approximations),
		cmocka_unit_test(test_invert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
