/* dist_test.c - every law against its own cdf, quantiles and moments */
#include "tests/unit/models.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_integration.h>
#include <math.h>
#include <unistd.h>

#include "lancet/core/stats/vector.h"
#include "workloads/dist.h"

static const char *const laws[] = {
	"det",
	"det:250",
	"{constant: {value: 3us}}",
	"exp",
	"exp:100us",
	"{exponential: {mean: 2.5ms}}",
	"erlang:1",
	"erlang:4",
	"{erlang: {mean: 5us, stages: 300}}",
	"h2:1",
	"h2:25",
	"{hyperexponential: {mean: 7us, scv: 4}}",
	"gamma:0.01",
	"gamma:1",
	"{gamma: {mean: 3us, scv: 9}}",
	"weibull:0.5",
	"weibull:0.2",
	"weibull:1",
	"weibull:5",
	"{weibull: {mean: 4us, shape: 1.5}}",
	"pareto:5",
	"pareto:2.5:min=0.6",
	"pareto:4.2:7",
	"bounded-pareto:1.5:0.3343:1000",
	"bounded-pareto:2:1:1.5",
	"{pareto: {alpha: 1.1, min: 1us, max: 20us}}",
	"uniform:0:2",
	"uniform:3us:4us",
	"gpareto:15:214.476:0.2",
	"gpareto:0:1:0",
	"gpareto:2:1:-0.5",
	"gev:30.8:8.2:0.0787",
	"gev:1:2:0",
	"gev:1:1:0.2",
	"gev:3:1:-0.5",
	"lognormal:1",
	"lognormal:25",
	"{lognormal: {mean: 10us, scv: 0.003}}",
	"{mixture: [{p: 0.25, law: exp:10us}, {p: 0.75, law: gamma:2}]}",
	"disc:1:7",
	"disc:0.995:0.5,0.005:100.5",
	"disc:0.44:5.7us,0.04:6us,0.44:20us,0.04:88us,0.04:100us",
	("{modes: [{p: 0.5, value: 500us}, {p: 0.25, value: 1us}, "
	 "{p: 0.25, value: 500us}]}"),
};
#define LAWS (sizeof(laws) / sizeof(laws[0]))
#define DRAWS 200000

/* Kolmogorov's distance; at atoms both one-sided limits are compared. */
static double ks_distance(const struct dist *d, double *x, size_t n)
{
	double most = 0;
	size_t before = 0;

	vector_sort(x, n);
	for (size_t i = 0; i < n; i++) {
		double at, below;

		if (i + 1 < n && x[i + 1] == x[i])
			continue;
		at = d->ops->cdf(d->state, x[i]);
		below = d->ops->atoms
				? d->ops->cdf(d->state, nextafter(x[i], -1))
				: at;
		most = fmax(most, fabs((double)(i + 1) / (double)n - at));
		most = fmax(most, fabs((double)before / (double)n - below));
		before = i + 1;
	}
	return most;
}

/*
 * P(sqrt(n) D > 2.9) = 2 exp(-2 * 2.9^2) = 1e-7 a law (Kolmogorov 1933;
 * less where there are atoms).
 */
static void check_draws(const struct dist *d, const char *law, struct rng *rng)
{
	double *x = malloc(DRAWS * sizeof(*x));
	double mean = 0, deviation;

	d->ops->sample(d->state, rng, x, DRAWS);
	for (size_t i = 0; i < DRAWS; i++) {
		assert_true(x[i] >= 0 && isfinite(x[i]));
		mean += x[i] / DRAWS;
	}
	if (sqrt(DRAWS) * ks_distance(d, x, DRAWS) > 2.9)
		fail_msg("%s: draws are not from its cdf", law);
	/* Without a third moment, one draw in a thousand runs spoils it. */
	if (isinf(d->ops->moment(d->state, 3))) {
		free(x);
		return;
	}
	/* 5.5 deviations: 4e-8 where the mean is normal; the heaviest law
	 * here needs some slack, hence 7. */
	deviation = sqrt(dist_scv(d) / DRAWS) * dist_mean(d);
	if (fabs(mean - dist_mean(d)) > 7 * deviation + 1e-9 * mean)
		fail_msg("%s: mean %g, not %g", law, mean, dist_mean(d));
	free(x);
}

static void test_draws(void **state)
{
	struct arena arena;
	struct rng rng;

	(void)state;
	arena_init(&arena);
	test_rng(&rng, 1);
	for (size_t i = 0; i < LAWS; i++) {
		struct dist d = test_dist(laws[i], &arena);

		check_draws(&d, laws[i], &rng);
	}
	arena_fini(&arena);
}

static void test_quantiles(void **state)
{
	static const double p[] = { 1e-9, 0.001, 0.25,	 0.44,	  0.5,
				    0.9,  0.995, 0.9999, 1 - 1e-9 };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < LAWS; i++) {
		struct dist d = test_dist(laws[i], &arena);
		/* A law that begins above 0, or is cut there, has no more
		 * digits. */
		double least = d.ops->quantile(d.state, 1e-15);
		bool cut = least > 0.01 * dist_mean(&d) ||
			   !strncmp(laws[i], "gev", 3);
		double rounding = cut ? 1e-15 : 0;

		for (size_t j = 0; j < sizeof(p) / sizeof(p[0]); j++) {
			double x = d.ops->quantile(d.state, p[j]);
			double at = d.ops->cdf(d.state, x);
			double below = d.ops->cdf(d.state, x * (1 - 1e-6));

			if (!(at >= p[j] - 1e-10 * p[j] - rounding) ||
			    !(below < p[j]) ||
			    (!d.ops->atoms &&
			     fabs(at - p[j]) > 1e-9 * p[j] + rounding))
				fail_msg("%s: quantile %g: %g, there %g",
					 laws[i], p[j], x, at);
		}
		assert_true(d.ops->cdf(d.state, 0) == 0);
		assert_true(d.ops->cdf(d.state, -1) == 0);
	}
	arena_fini(&arena);
}

struct power {
	const struct dist *dist;
	int k;
};

static double power_of_quantile(double p, void *context)
{
	const struct power *c = context;

	return p > 0 && p < 1
		       ? pow(c->dist->ops->quantile(c->dist->state, p), c->k)
		       : 0;
}

/* E[X^k] = integral of quantile(p)^k over p */
static double integrate(const struct dist *d, int k)
{
	gsl_integration_workspace *w = gsl_integration_workspace_alloc(4000);
	struct power power = { d, k };
	gsl_function f = { power_of_quantile, &power };
	double value, error;

	gsl_integration_qags(&f, 0, 1, 0, 1e-7, 4000, w, &value, &error);
	gsl_integration_workspace_free(w);
	return value;
}

static void test_moments(void **state)
{
	static const char *const smooth[] = {
		"exp:3",
		"erlang:3",
		"h2:3",
		"lognormal:0.3",
		"lognormal:1",
		"gamma:0.2",
		"gamma:6",
		"weibull:0.6",
		"weibull:4",
		"pareto:9",
		"uniform:2:3",
		"bounded-pareto:1:2:9",
		"gpareto:1:2:0",
		"gpareto:3:1:0.1",
		"gpareto:3:1:-0.7",
		"gev:1:1:0",
		"gev:1:2:0.1",
		"gev:30.8:8.2:0.0787",
		"gev:0:2:-0.6",
		"bounded-pareto:2:1:1.5",
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(smooth) / sizeof(smooth[0]); i++) {
		struct dist d = test_dist(smooth[i], &arena);

		for (int k = 1; k <= 3; k++)
			if (!(fabs(integrate(&d, k) /
					   d.ops->moment(d.state, k) -
				   1) < 1e-5))
				fail_msg("%s: moment %d", smooth[i], k);
	}
	struct dist heavy = test_dist("pareto:2", &arena);

	assert_true(fabs(dist_mean(&heavy) - 1) < 1e-14);
	assert_true(isinf(heavy.ops->moment(heavy.state, 2)));
	heavy = test_dist("gpareto:0:1:0.5", &arena);
	assert_true(fabs(dist_mean(&heavy) - 2) < 1e-14);
	assert_true(isinf(heavy.ops->moment(heavy.state, 2)));
	heavy = test_dist("gev:9:1:0.4", &arena);
	assert_true(isfinite(heavy.ops->moment(heavy.state, 2)));
	assert_true(isinf(heavy.ops->moment(heavy.state, 3)));
	/* Its mean has a closed form where nothing is below 0. */
	assert_true(fabs(dist_mean(&heavy) - 9 - (tgamma(0.6) - 1) / 0.4) <
		    1e-11);
	/* The mean of this one is published with the golden values. */
	heavy = test_dist("bounded-pareto:1.5:0.3343:1000", &arena);
	assert_true(fabs(dist_mean(&heavy) - 0.984569) < 1e-6);
	struct dist bimodal = test_dist("disc:0.9:0.5,0.1:5.5", &arena);

	assert_true(fabs(dist_mean(&bimodal) - 1) < 1e-14);
	assert_true(fabs(dist_scv(&bimodal) - 2.25) < 1e-13);
	assert_true(fabs(bimodal.ops->moment(bimodal.state, 3) -
			 (0.9 * 0.125 + 0.1 * 166.375)) < 1e-12);
	struct dist log25 = test_dist("lognormal:25", &arena);

	assert_true(fabs(dist_mean(&log25) - 1) < 1e-14);
	assert_true(fabs(dist_scv(&log25) - 25) < 1e-11);
	struct dist det = test_dist("det:4", &arena);

	assert_true(dist_mean(&det) == 4 && dist_scv(&det) == 0);
	arena_fini(&arena);
}

struct transform {
	const struct dist *dist;
	double complex s;
	double complex unit; /* 1: the real part, -I: the imaginary one */
};

/* exp(-s x) P(X > x) dx, over log x */
static double transform_of_tail(double log_x, void *context)
{
	const struct transform *c = context;
	double x = exp(log_x);
	double tail = 1 - c->dist->ops->cdf(c->dist->state, x);

	return tail > 0 ? creal(c->unit * cexp(-c->s * x) * x * tail) : 0;
}

/* In pieces: where a law begins or ends, its tail has a corner. */
static double integrate_tail(struct transform *c)
{
	gsl_integration_workspace *w = gsl_integration_workspace_alloc(4000);
	gsl_function f = { transform_of_tail, c };
	double middle = log(dist_mean(c->dist)), sum = 0;
	double end[] = {
		middle - 30,
		log(c->dist->ops->quantile(c->dist->state, 1e-15)),
		log(c->dist->ops->quantile(c->dist->state, 1 - 1e-15)),
		middle + 30,
	};

	for (int i = 0; i < 3; i++) {
		double value, error;

		if (!(end[i + 1] > end[i]))
			end[i + 1] = end[i];
		gsl_integration_qag(&f, end[i], end[i + 1], 0, 1e-9, 4000,
				    GSL_INTEG_GAUSS61, w, &value, &error);
		sum += value;
	}
	gsl_integration_workspace_free(w);
	return sum;
}

/* E[exp(-s X)] = 1 - s * integral of exp(-s x) P(X > x), or over atoms */
static double complex transform(const struct dist *d, double complex s)
{
	struct transform c = { d, s, 1 };
	double complex sum = 0;
	double x[8], p[8];

	if (d->ops->atoms) {
		size_t n = d->ops->atoms(d->state, x, p, 8);

		for (size_t i = 0; i < n; i++)
			sum += p[i] * cexp(-s * x[i]);
		return sum;
	}
	sum = integrate_tail(&c);
	c.unit = -I;
	return 1 - s * (sum + I * integrate_tail(&c));
}

static void test_laplace(void **state)
{
	static const double complex at[] = {
		0.001, 0.5, 3, 1 + 2 * I, 0.05 - I, 10.7 + 30 * I,
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	gsl_set_error_handler_off();
	for (size_t i = 0; i < LAWS; i++) {
		struct dist d = test_dist(laws[i], &arena);

		/* NAN: gpareto with an end has none in closed form. */
		if (!d.ops->laplace || isnan(creal(d.ops->laplace(d.state, 0))))
			continue;
		assert_true(cabs(d.ops->laplace(d.state, 0) - 1) < 1e-12);
		for (size_t j = 0; j < sizeof(at) / sizeof(at[0]); j++) {
			double complex s = at[j] / dist_mean(&d);
			double complex value = d.ops->laplace(d.state, s);

			if (!(cabs(value - transform(&d, s)) < 1e-8))
				fail_msg("%s: transform at %g%+gi: %g%+gi",
					 laws[i], creal(at[j]), cimag(at[j]),
					 creal(value), cimag(value));
		}
	}
	arena_fini(&arena);
}

/* Left of 0: up to where the tail says, and there NAN. */
static void test_laplace_left(void **state)
{
	static const struct {
		const char *law;
		double from; /* the abscissa of convergence */
	} tail[] = {
		{ "exp", -1 },	      { "erlang:4", -4 },
		{ "h2:1", -1 },	      { "h2:4", -0.2254033307585166 },
		{ "lognormal:4", 0 },
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	gsl_set_error_handler_off();
	for (size_t i = 0; i < sizeof(tail) / sizeof(tail[0]); i++) {
		struct dist d = test_dist(tail[i].law, &arena);
		double complex s = tail[i].from * (0.1 + 0.2 * I);

		assert_true(cabs(d.ops->laplace(d.state, s) -
				 transform(&d, s)) < 1e-8);
		s = tail[i].from - 1e-9 + I;
		assert_true(isnan(creal(d.ops->laplace(d.state, s))));
	}
	arena_fini(&arena);
}

static void test_atoms(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < LAWS; i++) {
		struct dist d = test_dist(laws[i], &arena);
		double x[8], p[8], sum = 0;
		size_t n;

		if (!d.ops->atoms)
			continue;
		n = d.ops->atoms(d.state, x, p, 8);
		assert_in_range(n, 1, 8);
		for (size_t j = 0; j < n; j++) {
			double jump = d.ops->cdf(d.state, x[j]) -
				      d.ops->cdf(d.state, nextafter(x[j], -1));

			assert_true(!j || x[j] > x[j - 1]);
			assert_true(fabs(jump - p[j]) < 1e-12);
			sum += p[j];
		}
		assert_true(fabs(sum - 1) < 1e-12);
	}
	arena_fini(&arena);
}

/* A burst draws what single draws would: schedules rely on it. */
static void test_bursts(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < LAWS; i++) {
		struct dist d = test_dist(laws[i], &arena);
		struct rng a, b;
		double burst[10], one;

		test_rng(&a, 2);
		b = a;
		d.ops->sample(d.state, &a, burst, 10);
		for (size_t j = 0; j < 10; j++) {
			d.ops->sample(d.state, &b, &one, 1);
			assert_true(one == burst[j]);
		}
	}
	arena_fini(&arena);
}

/* What a file with this text gives: its error, or "" and the law. */
static const char *empirical(const char *text, size_t len, struct dist *dist,
			     struct arena *arena)
{
	static struct err err;
	const char *file = test_file(text, len);
	char law[128];
	struct choice choice;
	int rc;

	snprintf(law, sizeof(law), "{empirical: {file: %s}}", file);
	choice = test_choice(KIND_DIST, law, arena);
	err.text[0] = 0;
	rc = dist_init(dist, &choice, arena, &err);
	unlink(file);
	assert_int_equal(rc != 0, err.text[0] != 0);
	/* The place, without the name of the file. */
	if (rc && !strncmp(err.text, file, strlen(file)))
		return err.text + strlen(file);
	return err.text;
}

static void test_empirical(void **state)
{
	static const char good[] =
		"service\n# comment\n\n 100\n2us\r\n100.0\n1e3 \n0\n";
	struct arena arena;
	struct dist d;
	struct rng rng;

	(void)state;
	arena_init(&arena);
	assert_string_equal(empirical(good, sizeof(good) - 1, &d, &arena), "");
	assert_true(dist_mean(&d) == (100 + 2000 + 100 + 1000 + 0) / 5.0);
	assert_true(d.ops->quantile(d.state, 0.6) == 100);
	assert_true(d.ops->quantile(d.state, 0.61) == 1000);
	test_rng(&rng, 3);
	check_draws(&d, "empirical", &rng);
	arena_fini(&arena);
}

static void test_empirical_refusals(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *says;
	} bad[] = {
		{ "1\n2\nthree\n", 10, ":3: 'three' is not a number" },
		{ "1\n-2\n", 5, ":2: -2 is out of range" },
		{ "1\n\n2,3\n", 7, ":3: 2 fields; give one value a line" },
		{ "1\n2\0\n", 5,
		  ":2: a NUL byte; write text, numbers separated by "
		  "commas" },
		{ "1\n1e999\n", 8, NULL },
		{ "1\n12kg\n", 7, ":2: '12kg' is not a number" },
		{ "1\nnan\n", 6, NULL },
		{ "1\ninf\n", 6, NULL },
		{ "", 0, " has no values; give one a line" },
		{ "# none\n", 7, " has no values; give one a line" },
		{ "1\n1,2,3,4,5\n", 12, ":2: 5 fields; give one value a line" },
	};
	struct arena arena;
	struct dist d;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *says =
			empirical(bad[i].text, bad[i].len, &d, &arena);

		if (bad[i].says)
			assert_string_equal(says, bad[i].says);
		else
			assert_memory_equal(says, ":2: ", 4);
	}
	arena_fini(&arena);
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
		"disc:0.5:1,0.4:2",
		"{mixture: [{p: 0.5, law: exp:1}]}",
		"{mixture: []}",
		"disc:0.5",
		"disc:0.5:x,0.5:1",
		"disc:1.5:1",
		"disc:-0.5:1,1.5:2",
		"{modes: []}",
		"exp:0",
		"exp:-1",
		"lognormal:0",
		"erlang:0",
		"erlang:1.5",
		"h2:0.9",
		"gamma:0",
		"weibull:0",
		"pareto:0",
		"pareto",
		"pareto:1.5:2:1",
		"pareto:1.5:min=x",
		"pareto:1.5:max=3",
		"pareto:1.5:1:2:3",
		"pareto:min=3",
		"uniform",
		"uniform:2:1",
		"uniform:2",
		"gpareto:0:0:1",
		"gpareto:-1:1:1",
		"gev:1:0:1",
		"{gev: {location: 1us, scale: 2us}}",
		"{hyperexponential: {mean: 0us}}",
		"{lognormal: {mean: 0us}}",
		"{empirical: {file: /nonexistent/lancet}}",
		"disc:0.5:1e300,0.5:1",
	};
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct choice choice;
		struct err err = { 0 };
		struct dist d;
		int rc = option_parse_choice(KIND_DIST, OPTION_UNIT_TIME,
					     bad[i], &choice, &arena, &err);

		if (!rc)
			rc = dist_init(&d, &choice, &arena, &err);
		if (!rc)
			fail_msg("%s is taken", bad[i]);
		assert_true(err.text[0] && !strchr(err.text, '\n'));
	}
	arena_fini(&arena);
}

/* A law of phases is the mixture of Erlang laws that it says it is. */
static void test_branches(void **state)
{
	struct arena arena;
	size_t checked = 0;

	(void)state;
	arena_init(&arena);
	for (size_t i = 0; i < LAWS; i++) {
		struct dist d = test_dist(laws[i], &arena);
		struct dist_branch b[64];
		size_t n =
			d.ops->branches ? d.ops->branches(d.state, b, 64) : 0;

		for (double t = 0.1; n && t < 20; t *= 2) {
			double x = t * dist_mean(&d), cdf = 0;

			for (size_t j = 0; j < n; j++)
				cdf += b[j].p * gsl_cdf_gamma_P(x, b[j].stages,
								1 / b[j].rate);
			assert_true(fabs(cdf - d.ops->cdf(d.state, x)) < 1e-12);
		}
		checked += n > 0;
	}
	assert_true(checked >= 9);
	arena_fini(&arena);
}

/* With jumps: what lies below 15 by a table, what lies above by a law. */
static void test_mixture(void **state)
{
	static const char *const text[] = {
		"{mixture: [{p: 0.4, law: 'disc:0.25:3,0.75:11'}, "
		"{p: 0.6, law: uniform:15:25}]}",
		/* The same, of parts that do not follow each other. */
		"{mixture: [{p: 0.6, law: uniform:15:25}, "
		"{p: 0.4, law: 'disc:0.25:3,0.75:11'}, {p: 0, law: exp:9}]}",
	};
	static const double at[][2] = {	/* p, quantile */
		{ 0.05, 3 }, { 0.1, 3 }, { 0.1001, 11 }, { 0.4, 11 },
		{ 0.7, 20 }, { 0.94, 24 },
	};
	struct rng_key key = { .seed = test_seed() };
	struct arena arena;
	struct rng rng;

	(void)state;
	arena_init(&arena);
	rng_init(&rng, &key);
	for (int m = 0; m < 2; m++) {
		struct dist d = test_dist(text[m], &arena);
		double n[2] = { 0 }, x[1000];

		assert_true(fabs(dist_mean(&d) - (.1 * 3 + .3 * 11 + .6 * 20)) <
			    1e-12);
		for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
			assert_true(fabs(d.ops->quantile(d.state, at[i][0]) -
					 at[i][1]) < 1e-9);
		assert_true(fabs(d.ops->cdf(d.state, 3) - .1) < 1e-12);
		assert_true(fabs(d.ops->cdf(d.state, 2.9)) < 1e-12);
		assert_true(fabs(d.ops->cdf(d.state, 20) - .7) < 1e-12);
		for (int i = 0; i < 100; i++) {
			d.ops->sample(d.state, &rng, x, 1000);
			for (int j = 0; j < 1000; j++) {
				n[0] += x[j] <= 3;
				n[1] += x[j] <= 20;
			}
		}
		/* Of 100000: deviations of 95 and 145; 6 are 2e-9. */
		assert_in_range(n[0], 10000 - 570, 10000 + 570);
		assert_in_range(n[1], 70000 - 870, 70000 + 870);
	}
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mixture),
		cmocka_unit_test(test_draws),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_branches),
		cmocka_unit_test(test_laplace),
		cmocka_unit_test(test_laplace_left),
		cmocka_unit_test(test_atoms),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_empirical),
		cmocka_unit_test(test_empirical_refusals),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
