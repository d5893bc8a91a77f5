/* multi_test.c - formulas for queues of several workers */
#include "tests/unit/models.h"

#include <errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>

#include "models/invert.h"
#include "models/mdk.h"
#include "models/predict.h"

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
	assert_true(check_exact(GOLDEN "mgk_exact.csv", "det") == 80);
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
	} at[] = { { 1, 0.5 },	{ 2, 0.95 }, { 8, 0.3 },
		   { 16, 0.9 }, { 64, 0.5 }, { 64, 0.99 } };
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
		cmocka_unit_test(test_invert),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
