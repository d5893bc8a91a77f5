/* mg1_test.c - M/G/1 by lattice and by inversion, against theory */
#include "tests/unit/setting.h"

#include "models/mg1.h"

static void init_mg1(struct setting *s, const char *law, double load,
		     struct mg1 *m, struct queue *queue)
{
	set_up(s, "M", law, "fcfs", 1, load);
	queue_init(queue, &s->query);
	mg1_init(m, queue, s->query.rate, &s->arena);
}

/* The integral of a tail is the mean: Simpson's rule over e^u. */
static void test_mg1_tails_have_the_means(void **state)
{
	static const enum predict_metric of[] = { METRIC_WAIT, METRIC_SOJOURN };

	(void)state;
	for (size_t i = 0; i < LAWS * 2; i++) {
		struct setting s;
		struct queue queue;
		struct mg1 m;
		double sum = 0, h = log(1e10) / 4000;

		init_mg1(&s, laws[i / 2], 0.7, &m, &queue);
		for (int j = 0; j <= 4000; j++) {
			double x = queue.mean * 1e-6 * exp(j * h);
			double tail = mg1_tail(&m, of[i % 2], m.class, 1, x);

			/* Heavy tails end where inversion does. */
			if (isnan(tail))
				break;
			sum += (j % 2 ? 4 : 2) * h / 3 * x * tail;
		}
		near(sum + queue.mean * 1e-6,
		     mg1_mean(&m, of[i % 2], m.class, 1), 2e-3);
		arena_fini(&s.arena);
	}
}

/* Also where the tail has a jump there. */
static void check_quantile(const struct mg1 *m, enum predict_metric of,
			   double later)
{
	double least = of == METRIC_SLOWDOWN;
	double x = mg1_quantile(m, of, m->class, 1, 1 - later);
	double above = mg1_tail(m, of, m->class, 1, x * (1 + 3e-6));
	double below = mg1_tail(m, of, m->class, 1, x * (1 - 3e-6));

	if (!(x >= least) || !(above <= later) ||
	    !(below >= later || x == least))
		fail_msg("tail %g..%g about %g, not %g", above, below, x,
			 later);
}

static void test_mg1_quantile_is_where_the_tail_says(void **state)
{
	static const enum predict_metric of[] = { METRIC_WAIT, METRIC_SOJOURN,
						  METRIC_SLOWDOWN };
	static const double later[] = { 0.5, 0.01, 0.001 };

	(void)state;
	for (size_t i = 0; i < LAWS * LOADS; i++) {
		struct setting s;
		struct queue queue;
		struct mg1 m;

		init_mg1(&s, laws[i / LOADS], loads[i % LOADS], &m, &queue);
		for (size_t j = 0; j < 9; j++)
			check_quantile(&m, of[j / 3], later[j % 3]);
		arena_fini(&s.arena);
	}
}

/* The M/M/1 that the general method finds. */
static void test_mg1_of_exponential_service(void **state)
{
	(void)state;
	for (size_t i = 0; i < LOADS; i++) {
		struct setting s;
		double rho = loads[i], theta = 1 - rho;
		struct queue queue;
		struct mg1 m;

		init_mg1(&s, "exp:2us", loads[i], &m, &queue);
		near(m.decay, theta / queue.mean, 1e-9);
		for (double x = 0.01; x * theta < 14; x *= 1.7) {
			double t = x * queue.mean;

			near(mg1_wait_tail(&m, t), rho * exp(-theta * x), 1e-7);
			near(mg1_tail(&m, METRIC_SOJOURN, m.class, 1, t),
			     exp(-theta * x), 1e-7);
			near(mg1_tail(&m, METRIC_SLOWDOWN, m.class, 1, 1 + x),
			     rho / (1 + theta * x), 1e-6);
		}
		arena_fini(&s.arena);
	}
}

/* Lattice and inversion are two methods: many Erlang stages are nearly
 * constant, and a wait of M/D/1 plus o(1). */
static void test_lattice_is_the_limit_of_inversion(void **state)
{
	double d = mg1("det", "fcfs", 0.8, "p99_wait");
	double few = mg1("erlang:100", "fcfs", 0.8, "p99_wait");
	double many = mg1("erlang:400", "fcfs", 0.8, "p99_wait");

	(void)state;
	assert_true(few > many && many > d);
	near((few - d) / (many - d), 4, 0.02);
}

/* Four times the unit; a lattice of cells without a common power of two. */
static void test_time_scales(void **state)
{
	static const char *const small[] = {
		"disc:0.9:0.3us,0.1:5.9us", "{erlang: {mean: 1us, stages: 3}}"
	};
	static const char *const big[] = { "disc:0.9:1.2us,0.1:23.6us",
					   "{erlang: {mean: 4us, stages: 3}}" };
	static const char *const scaled[] = { "mean_wait", "p99_wait",
					      "p99_sojourn" };
	static const char *const same[] = { "p_wait", "mean_in_system",
					    "p99_slowdown" };

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 3; j++) {
			near(mg1(big[i], "fcfs", 0.7, scaled[j]),
			     4 * mg1(small[i], "fcfs", 0.7, scaled[j]), 1e-9);
			near(mg1(big[i], "fcfs", 0.7, same[j]),
			     mg1(small[i], "fcfs", 0.7, same[j]), 1e-9);
		}
}

static void test_figures_rise_with_load(void **state)
{
	static const char *const metric[] = {
		"mean_wait",	 "var_wait",	 "p99_wait", "p50_sojourn",
		"p99.9_sojourn", "p99_slowdown", "p_wait",   "mean_in_system",
	};

	(void)state;
	for (size_t i = 0; i < LAWS * 8; i++) {
		double last = 0;

		for (double load = 0.2; load < 1; load += 0.19) {
			double now =
				mg1(laws[i / 8], "fcfs", load, metric[i % 8]);

			assert_true(now >= last * (1 - 1e-9));
			last = now;
		}
	}
}

/* Values with nothing in common have no lattice, and are left to others. */
static void test_no_lattice(void **state)
{
	const char *law = "disc:0.5:1,0.5:3.14159265358979";

	(void)state;
	assert_true(isnan(mg1(law, "fcfs", 0.7, "p99_wait")));
	assert_true(mg1(law, "fcfs", 0.7, "mean_wait") > 0);
}

/* A job of given service waits like all, and then takes that. */
static void test_given_service(void **state)
{
	const char *law = "disc:0.9:0.5,0.1:5.5";
	double wait = mg1(law, "fcfs", 0.8, "p99_wait");

	(void)state;
	near(mg1(law, "fcfs", 0.8, "p99_sojourn_given_x=5.5"), wait + 5.5,
	     1e-9);
	near(mg1(law, "fcfs", 0.8, "p99_slowdown_given_x=5.5"), 1 + wait / 5.5,
	     1e-9);
	near(mg1("exp", "fcfs", 0.8, "mean_sojourn_given_x=3"), 4 + 3, 1e-9);
}

/* Where the transform is all but 1, its rest keeps its digits: by the first
 * three moments, and by the transform where that is not small. */
static void test_rest_of_a_transform(void **state)
{
	static const char *const law[] = { "lognormal:0.01", "lognormal:4",
					   "lognormal:100", "h2:400" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct setting s;
		struct queue queue;
		double complex rest, at;
		double rounding;

		set_up(&s, "M", law[i], "fcfs", 1, 0.5);
		queue_init(&queue, &s.query);
		at = 1e-8 * (1 + 3 * I) / queue.mean;
		rest = queue_laplace_rest(&queue, at, &rounding);
		assert_true(
			cabs(rest / (at * queue.mean - at * at * queue.m2 / 2) -
			     1) < 1e-9);
		at = (0.3 + 4 * I) / queue.mean;
		rest = queue_laplace_rest(&queue, at, &rounding);
		assert_true(cabs(rest - 1 + queue_laplace(&queue, at)) < 1e-12);
		arena_fini(&s.arena);
	}
}

/* Heavy tails far out, where W is rho times a residual service and more:
 * P(W > t) -> rho / (1 - rho) P(residual > t) (Embrechts, Veraverbeke 1982). */
static void test_heavy_tail_far_out(void **state)
{
	struct setting s;
	struct queue queue;
	struct mg1 m;
	double t, z, residual, sigma = sqrt(log(101));

	(void)state;
	init_mg1(&s, "lognormal:100", 0.3, &m, &queue);
	t = 20000 * queue.mean;
	/* Of the residual: P(S > t) is a normal's; its integral by parts. */
	z = (log(20000) + sigma * sigma / 2) / sigma;
	residual =
		erfc((z - sigma) / M_SQRT2) / 2 - 20000 * erfc(z / M_SQRT2) / 2;
	near(mg1_wait_tail(&m, t), 0.3 / 0.7 * residual, 0.05);
	arena_fini(&s.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mg1_tails_have_the_means),
		cmocka_unit_test(test_mg1_quantile_is_where_the_tail_says),
		cmocka_unit_test(test_mg1_of_exponential_service),
		cmocka_unit_test(test_lattice_is_the_limit_of_inversion),
		cmocka_unit_test(test_time_scales),
		cmocka_unit_test(test_figures_rise_with_load),
		cmocka_unit_test(test_no_lattice),
		cmocka_unit_test(test_given_service),
		cmocka_unit_test(test_rest_of_a_transform),
		cmocka_unit_test(test_heavy_tail_far_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
