/* formula_test.c - what formulas owe each other and the laws of queues */
#include "tests/unit/setting.h"

#include "models/markov.h"

/* Means under processor sharing and preempting LCFS hang on the mean of
 * service only; each job's is in proportion to its own. */
static void test_insensitive(void **state)
{
	static const char *const policy[] = { "ps", "ps", "ps-part",
					      "lcfs-pr" };
	static const uint32_t workers[] = { 1, 4, 4, 1 };

	(void)state;
	for (size_t i = 0; i < 4 * LAWS; i++) {
		const char *how = policy[i % 4], *law = laws[i / 4];
		uint32_t k = workers[i % 4];
		double stretch = figure("M", "exp", how, k, 0.8, "mean") /
				 figure("M", "exp", "fcfs", 1, 1e-9, "mean");
		struct setting s;

		set_up(&s, "M", law, how, k, 0.8);
		near(ask(&s, "mean_slowdown"), stretch, 1e-6);
		near(ask(&s, "mean_sojourn"),
		     stretch * workload_moment(&s.workload, 1), 1e-6);
		near(ask(&s, "mean_sojourn_given_x=7"), 7 * stretch, 1e-6);
		near(ask(&s, "mean_in_system"), 0.8 * k * stretch, 1e-6);
		near(ask(&s, "p_wait"), 0, 0);
		arena_fini(&s.arena);
	}
	near(figure("M", "exp", "ps-part", 4, 0.8, "mean"),
	     figure("M", "exp", "ps", 1, 0.8, "mean"), 1e-12);
}

/* P(N > n) = rho^(n + 1) in M/M/1; the mean is the sum of these in any. */
static void test_number_in_system(void **state)
{
	double sum = 0, last = 0;

	(void)state;
	near(figure("M", "det", "ps", 1, 0.9, "p99_in_system"), 43, 0);
	near(markov_number_quantile(1, 0.9, 1 - 0.9 * 0.9), 1, 0);
	for (double q = 0.0005; q < 1; q += 0.001) {
		double n = markov_number_quantile(16, 12, q);

		assert_true(n >= last);
		last = n;
		sum += 0.001 * n;
	}
	near(sum, figure("M", "exp", "fcfs", 16, 0.75, "mean_in_system"), 2e-3);
	near(markov_number_quantile(4096, 3000, 0.5), 3000, 0);
}

/* Two classes of their own laws. */
static void set_up_classes(struct setting *s, const char *policy, double load,
			   const char *high, double share, const char *low)
{
	struct class_law *class;

	set_up(s, "M", low, policy, 1, load);
	class = arena_array(&s->arena, 2, sizeof(*class));
	class[0] = class[1] = s->workload.class[0];
	class[0].name = "high";
	class[1].name = "low";
	class[0].weight = share;
	class[1].weight = 1 - share;
	class[0].service = test_dist(high, &s->arena);
	s->workload.class = class;
	s->workload.nclasses = 2;
	s->query.rate = load / workload_moment(&s->workload, 1);
}

/*
 * Kleinrock's conservation law (1965): orders that preempt nobody and do not
 * look at sizes share out one sum of r_c E[W_c]; the high class gains.
 */
static void test_priorities_conserve_work(void **state)
{
	static const char *const low[] = { "exp:3us", "det:0.2us", "h2:9" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		double share = 0.3, high_load, low_load, first, second, fcfs;
		struct setting s;

		set_up_classes(&s, "prio-np", 0.7, "det:2us", share, low[i]);
		high_load = s.query.rate * share * 2000;
		low_load = 0.7 - high_load;
		first = ask(&s, "mean_wait_class1");
		second = ask(&s, "mean_wait_class2");
		near(share * first + (1 - share) * second, ask(&s, "mean_wait"),
		     1e-12);
		s.query.policy = test_choice(KIND_POLICY, "fcfs", &s.arena);
		fcfs = ask(&s, "mean_wait");
		assert_true(first < fcfs && fcfs < second);
		near(high_load * first + low_load * second, 0.7 * fcfs, 1e-12);
		arena_fini(&s.arena);
	}
}

/* The high class of a preempting order knows of no other; classes of one
 * exponential law together have M/M/1's number. */
static void test_priorities_preempt(void **state)
{
	double alone = figure("M", "exp:2us", "fcfs", 1, 0.4, "mean_sojourn");
	struct setting s;

	(void)state;
	set_up_classes(&s, "prio-pr", 0.8, "exp:2us", 0.5, "exp:2us");
	near(ask(&s, "mean_sojourn_class1"), alone, 1e-12);
	near(ask(&s, "p_wait_class1"), 0.4, 1e-12);
	near(ask(&s, "mean_in_system"), 4, 1e-12);
	near(ask(&s, "mean_sojourn_class1") + ask(&s, "mean_sojourn_class2"),
	     2 * ask(&s, "mean_sojourn"), 1e-12);
	arena_fini(&s.arena);
}

/* Stages add up, in whatever order they stand. */
static void test_jackson(void **state)
{
	static const char *const order[] = {
		"{tandem: {stages: [1, 3], later: [{exp: {mean: 2us}}]}}",
		"{tandem: {stages: [3, 1], later: [{exp: {mean: 1us}}]}}",
	};
	struct setting s;
	double sum;

	(void)state;
	set_up(&s, "M", "exp:1us", order[0], 1, 0.6);
	sum = ask(&s, "mean_sojourn");
	near(ask(&s, "mean_sojourn_stage1"),
	     figure("M", "exp:1us", "fcfs", 1, 0.6, "mean_sojourn"), 1e-12);
	near(ask(&s, "mean_sojourn_stage2"),
	     figure("M", "exp:2us", "fcfs", 3, 0.4, "mean_sojourn"), 1e-12);
	near(ask(&s, "mean_sojourn_stage1") + ask(&s, "mean_sojourn_stage2"),
	     sum, 1e-12);
	near(ask(&s, "mean_in_system"), sum * s.query.rate, 1e-12);
	assert_true(isnan(ask(&s, "mean_sojourn_stage3")));
	arena_fini(&s.arena);
	set_up(&s, "M", "exp:2us", order[1], 3, 0.4);
	near(ask(&s, "mean_sojourn"), sum, 1e-12);
	arena_fini(&s.arena);
	/* One service for all stages is another queue. */
	assert_true(isnan(figure("M", "exp", "tandem:1,1", 1, 0.5, "mean")));
}

/* Kendall's waits of any gaps lie in the bands of all approximations, which
 * know Poisson arrivals exactly. */
static void test_approximations_hold_their_band(void **state)
{
	static const char *const formula[] = { "kingman", "heavy-traffic",
					       "kraemer-langenbach-belz" };
	static const char *const gaps[] = { "D", "E4", "M", "H2:4", "H2:90" };
	const struct predict_ask question = { .of = METRIC_WAIT };

	(void)state;
	for (size_t i = 0; i < 3 * 5 * LOADS; i++) {
		double exact = figure(gaps[i / 3 % 5], "exp", "fcfs", 1,
				      loads[i / 15], "mean_wait");
		struct predict_result result;
		struct predict_value *v;
		struct err err = { 0 };
		struct setting s;

		set_up(&s, gaps[i / 3 % 5], "exp", "fcfs", 1, loads[i / 15]);
		s.query.method = PREDICT_APPROX;
		s.query.formula = formula[i % 3];
		s.query.ask = &question;
		s.query.nask = 1;
		if (predict(&s.query, &result, &s.arena, &err))
			fail_msg("%s", err.text);
		v = &result.answer[0].value;
		assert_true(v->lo <= exact && exact <= v->hi * (1 + 1e-9));
		assert_true(v->lo <= v->value && v->value <= v->hi);
		assert_memory_equal(result.method, "approximation: G/G/1", 20);
		if (i % 3 && i / 3 % 5 == 2)
			near(v->value, exact, 1e-9);
		arena_fini(&s.arena);
	}
}

/* With equal rates there are no bursts: M/M/1. */
static void test_mmpp_of_one_rate(void **state)
{
	static const char *const metric[] = {
		"mean_wait",	"var_wait",	  "var_sojourn",
		"p99_wait",	"p50_sojourn",	  "p99.9_sojourn",
		"p99_slowdown", "mean_in_system", "p_wait",
	};

	(void)state;
	for (size_t i = 0; i < 9; i++)
		near(figure("MMPP2:r1=3:r2=3:q12=0.2:q21=0.01", "exp", "fcfs",
			    1, 0.9, metric[i]),
		     figure("M", "exp", "fcfs", 1, 0.9, metric[i]), 1e-9);
}

/* Slow bursts: most of the time the queue is that of the state. */
static void test_mmpp_of_slow_bursts(void **state)
{
	double wait = figure("MMPP2:r1=3:r2=1:q12=1e-7:q21=1e-7", "exp", "fcfs",
			     1, 0.5, "mean_wait");

	(void)state;
	near(wait, 0.75 * 0.75 / 0.25 + 0.25 * 0.25 / 0.75, 1e-4);
}

static void test_many_places_are_no_bound(void **state)
{
	static const char *const metric[] = {
		"mean_wait",	  "mean_sojourn",  "p50_sojourn",
		"p99_wait",	  "p99.9_sojourn", "p99_slowdown",
		"mean_in_system", "p99_in_system", "p_wait",
	};

	(void)state;
	for (size_t i = 0; i < 9 * 3; i++) {
		uint32_t k = (uint32_t)i / 9 * 7 + 1;

		near(figure("M", "exp", "bounded:2000", k, 0.9, metric[i % 9]),
		     i % 9 == 7 ? markov_number_quantile(k, 0.9 * k, 0.99)
				: figure("M", "exp", "fcfs", k, 0.9,
					 metric[i % 9]),
		     1e-9);
	}
}

/* Erlang's loss hangs on the mean of service only; nobody waits. */
static void test_loss_without_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAWS; i++) {
		struct setting s;

		set_up(&s, "M", laws[i], "bounded:0", 10, 1.3);
		near(ask(&s, "loss_prob"), markov_erlang_b(10, 13), 1e-12);
		near(ask(&s, "mean_in_system"), 13 * (1 - ask(&s, "loss_prob")),
		     1e-12);
		near(ask(&s, "mean_sojourn"), workload_moment(&s.workload, 1),
		     1e-12);
		near(ask(&s, "p99_slowdown"), 1, 0);
		near(ask(&s, "p_wait"), 0, 0);
		arena_fini(&s.arena);
	}
}

/* The least queue: one served, one waits. By hand: P(N) = 1, a, a^2. */
static void test_loss_by_hand(void **state)
{
	double a = 0.8, all = 1 + a + a * a, w = a / (1 + a), t;
	struct setting s;

	(void)state;
	set_up(&s, "M", "exp", "bounded:1", 1, a);
	near(ask(&s, "loss_prob"), a * a / all, 1e-12);
	near(ask(&s, "mean_in_system"), (a + 2 * a * a) / all, 1e-12);
	near(ask(&s, "p_wait"), w, 1e-12);
	near(ask(&s, "p90_wait"), log(w / 0.1), 1e-9);
	/* Less than a service. */
	near(ask(&s, "p60_wait"), log(w / 0.4), 1e-9);
	t = ask(&s, "p20_sojourn");
	near(exp(-t) * (1 + w * t), 0.8, 1e-9);
	t = ask(&s, "p99_sojourn");
	near(exp(-t) * (1 + w * t), 0.01, 1e-9);
	t = ask(&s, "p90_slowdown");
	near(w / t, 0.1, 1e-9);
	arena_fini(&s.arena);
}

static void test_infinite(void **state)
{
	(void)state;
	near(figure("M", "h2:4", "inf", 1, 50, "mean_in_system"), 50, 1e-12);
	near(figure("M", "h2:4", "inf", 1, 50, "var_in_system"), 50, 1e-12);
	near(figure("M", "exp", "inf", 1, 1e6, "p50_in_system"), 1e6, 0);
	near(figure("M", "exp", "inf", 1, 50, "p99_sojourn"), log(100), 1e-12);
	near(figure("M", "det", "inf", 4, 50, "p99_slowdown"), 1, 0);
}

/* What the simulator makes of policies whose formula is one of here: figures
 * within 5 half-widths of a 95% interval, beyond 1e-9. */
static void test_simulated(void **state)
{
	static const char *const policy[] = { "inf", "bounded:3", "lcfs-pr",
					      "ps" };
	static const char *const metric[] = { "mean_sojourn", "p99_sojourn",
					      "mean_in_system", "p_wait" };

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		struct predict_ask question;
		struct predict_result result;
		struct predict_value v;
		struct err err = { 0 };
		struct setting s;
		double exact;

		set_up(&s, "M", "exp", policy[i / 4], 1, 0.7);
		exact = ask(&s, metric[i % 4]);
		assert_int_equal(metric_parse(metric[i % 4], &s.workload,
					      &question, &err),
				 0);
		s.query.ask = &question;
		s.query.nask = 1;
		s.query.method = PREDICT_SIMULATE;
		s.query.seed = test_seed();
		s.query.relative = 0.03;
		s.query.time_limit_s = 5;
		if (!isnan(exact) && predict(&s.query, &result, &s.arena, &err))
			fail_msg("%s", err.text);
		if (!isnan(exact)) {
			v = result.answer[0].value;

			if (!(fabs(v.value - exact) <=
			      5 * (v.hi - v.value) + 1e-3))
				fail_msg("%s of %s: %g+-%g, not %g",
					 metric[i % 4], policy[i / 4], v.value,
					 v.hi - v.value, exact);
		}
		arena_fini(&s.arena);
	}
}

/*
 * By size: preempting with the true remaining time is the least of all in
 * the mean (Schrage 1968); not preempting, and not knowing, cost. A given
 * size's means add up to that of all.
 */
static void test_orders_by_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < LAWS * LOADS; i++) {
		const char *law = laws[i / LOADS];
		double load = loads[i % LOADS], srpt, slow;

		srpt = mg1(law, "srpt", load, "mean");
		assert_true(srpt <= mg1(law, "sjf", load, "mean") + 1e-9);
		assert_true(srpt <= mg1(law, "las", load, "mean") + 1e-9);
		assert_true(srpt <= mg1(law, "ps", load, "mean") + 1e-9);
		assert_true(srpt <= mg1(law, "fcfs", load, "mean") + 1e-9);
		assert_true(mg1(law, "sjf", load, "mean") <=
			    mg1(law, "fcfs", load, "mean") + 1e-9);
		slow = mg1(law, "srpt", load, "mean_slowdown");
		assert_true(slow >= 1 &&
			    slow <= mg1(law, "las", load, "mean_slowdown"));
		/* The hazard falls, is even, or rises (Righter 1989). */
		if (!strncmp(law, "h2", 2))
			assert_true(mg1(law, "las", load, "mean") <
				    mg1(law, "ps", load, "mean"));
		if (!strncmp(law, "erlang", 6))
			assert_true(mg1(law, "las", load, "mean") >
				    mg1(law, "ps", load, "mean"));
	}
	for (size_t i = 0; i < LOADS; i++)
		near(mg1("exp", "las", loads[i], "mean"),
		     mg1("exp", "ps", loads[i], "mean"), 1e-8);
}

/* Of one size, the two that preempt by size differ as much as can be. */
static void test_sizes_all_equal(void **state)
{
	double fcfs = mg1("det", "fcfs", 0.8, "mean");

	(void)state;
	near(mg1("det", "srpt", 0.8, "mean"), fcfs, 1e-12);
	near(mg1("det", "sjf", 0.8, "mean"), fcfs, 1e-12);
	/* All that come in a busy period end with it. */
	near(mg1("det", "las", 0.8, "mean"), 1 / 0.2 + 0.8 / (2 * 0.04), 1e-12);
}

/* A density that is nearly atoms, against those atoms; and what a size is
 * promised, against the mean over two. */
static void test_sizes_with_and_without_density(void **state)
{
	static const char *const policy[] = { "sjf", "srpt", "las" };
	static const char *const two = "disc:0.5:1,0.5:7";

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct setting s;

		near(mg1("lognormal:1e-6", policy[i], 0.6, "mean"),
		     mg1("lognormal:4e-6", policy[i], 0.6, "mean"), 2e-3);
		near(mg1(two, policy[i], 0.7, "mean_sojourn_given_x=1") +
			     mg1(two, policy[i], 0.7, "mean_sojourn_given_x=7"),
		     2 * mg1(two, policy[i], 0.7, "mean"), 1e-12);
		set_up_classes(&s, policy[i], 0.7, "det:1us", 0.5, "det:7us");
		near(ask(&s, "mean_sojourn_class2") / 1000,
		     mg1(two, policy[i], 0.7, "mean_sojourn_given_x=7"), 1e-9);
		arena_fini(&s.arena);
		near(mg1("exp", policy[i], 0.7, "mean_sojourn_given_x=30"),
		     mg1("exp", policy[i], 0.7, "mean_sojourn_given_x=30.001"),
		     1e-3);
	}
}

/* Two thirds of a mean are no mean: a tail like x^-1.8 has no variance. */
static void test_infinite_moments(void **state)
{
	(void)state;
	assert_true(isnan(mg1("pareto:1.8", "fcfs", 0.5, "mean_wait")));
	assert_true(isnan(mg1("pareto:1.8", "sjf", 0.5, "mean_sojourn")));
	assert_true(isnan(mg1("pareto:2.5", "fcfs", 0.5, "var_wait")));
	assert_true(mg1("pareto:2.5", "fcfs", 0.5, "mean_wait") > 0);
	assert_true(mg1("pareto:1.8", "ps", 0.5, "mean_sojourn") > 0);
	assert_true(mg1("pareto:1.8", "srpt", 0.5, "mean_sojourn") > 0);
	near(mg1("erlang:2", "fcfs", 0.5, "mean_slowdown"), 2.5, 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_insensitive),
		cmocka_unit_test(test_number_in_system),
		cmocka_unit_test(test_priorities_conserve_work),
		cmocka_unit_test(test_priorities_preempt),
		cmocka_unit_test(test_jackson),
		cmocka_unit_test(test_mmpp_of_one_rate),
		cmocka_unit_test(test_mmpp_of_slow_bursts),
		cmocka_unit_test(test_many_places_are_no_bound),
		cmocka_unit_test(test_loss_without_places),
		cmocka_unit_test(test_loss_by_hand),
		cmocka_unit_test(test_infinite),
		cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_orders_by_size),
		cmocka_unit_test(test_sizes_all_equal),
		cmocka_unit_test(test_sizes_with_and_without_density),
		cmocka_unit_test(test_infinite_moments),
		cmocka_unit_test(test_approximations_hold_their_band),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
