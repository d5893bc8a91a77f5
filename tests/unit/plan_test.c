/* plan_test.c - points, shares and CPUs; what is refused before a run */
#include "coordinator/search.h"
#include "tests/unit/point_data.h"
#include "tests/unit/arena.h"

static struct option_problems problems;

/* A configuration with the given agents, load and further keys. */
static struct plan *make(size_t ncpus, const char *target, const char *agents,
			 const char *load, const char *more)
{
	char text[2048];

	memset(&problems, 0, sizeof(problems));
	snprintf(text, sizeof(text),
		 "name: t\nseed: 9\ntarget: {%s}\n"
		 "workload: {protocol: spin, transport: udp, arrival: poisson, "
		 "service: {exponential: {mean: 100us}}}\n"
		 "agents: [%s]\nload: {%s}\n%s\n", target, agents, load, more);
	return plan_of(text, ncpus, &arena, &problems);
}

#define REMOTE "address: '10.0.0.7:99', workers: 4, capacity: 40krps"
#define LOCAL "address: '127.0.0.1:99', workers: 4"
#define ONE "{launch: local, count: 1, threads: 1, connections: 4}"
#define SWEEP "sweep: {from: 10%, to: 80%, steps: 8}"

static void test_sweep(void **state)
{
	struct plan *plan = make(4, REMOTE, ONE, SWEEP, "");

	(void)state;
	assert_non_null(plan);
	assert_int_equal(plan->npoints, 8);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(plan->point[i].index, i);
		assert_near(plan->point[i].utilisation, (i + 1) / 10., 1e-9);
		assert_near(plan->point[i].rate_rps, 4000. * (i + 1), 1e-9);
	}
}

static void test_one_step(void **state)
{
	struct plan *plan = make(4, REMOTE, ONE,
				 "sweep: {from: 3krps, to: 9krps, steps: 1}",
				 "");

	(void)state;
	assert_int_equal(plan->npoints, 1);
	assert_near(plan->point[0].rate_rps, 3000, 1e-9);
}

static void test_unknown_capacity(void **state)
{
	(void)state;
	assert_null(make(4, "address: '10.0.0.7:99'", ONE, SWEEP, ""));
	assert_non_null(strstr(problems.problem[0].text, "capacity"));
	assert_int_not_equal(problems.problem[0].mark.line, 0);
	assert_non_null(make(4, "address: '10.0.0.7:99'", ONE,
			     "rate: 5krps", ""));
}

static void test_shares(void **state)
{
	struct plan *plan = make(8, REMOTE,
		"{launch: local, count: 2, threads: 2, connections: 6}, "
		"{launch: local, count: 1, threads: 3, connections: 5}",
		"rate: 5krps", "");

	(void)state;
	assert_int_equal(plan->nagents, 3);
	assert_int_equal(plan->threads, 7);
	assert_int_equal(plan->connections, 17);
	assert_int_equal(plan->agent[1].first_thread, 2);
	assert_int_equal(plan->agent[1].first_conn, 6);
	assert_int_equal(plan->agent[2].first_thread, 4);
	assert_int_equal(plan->agent[2].first_conn, 12);
	for (int32_t i = 0; i < 3; i++)
		assert_int_equal(plan->agent[2].cpu[i], 4 + i);
}

/* Two CPUs bear one agent thread and whatever answers it, no more. */
static void test_modes(void **state)
{
	const char *two = "{launch: local, count: 1, threads: 2, "
			  "connections: 4}";
	struct plan *plan = make(2, LOCAL, ONE, "rate: 5krps", "");

	(void)state;
	assert_true(plan->agent[0].poll);
	assert_int_equal(plan->agent[0].cpu[0], 0);
	/* A server beside it had better keep off that CPU. */
	assert_int_equal(plan->nwarnings, 1);
	assert_non_null(strstr(plan->warning[0], "taskset"));
	plan = make(2, LOCAL, two, "rate: 5krps", "");
	assert_false(plan->agent[0].poll);
	assert_int_equal(plan->agent[0].cpu[1], -1);
	assert_int_equal(plan->nwarnings, 1);
	plan = make(2, REMOTE, two, "rate: 5krps", "");
	assert_true(plan->agent[0].poll);
	assert_int_equal(plan->nwarnings, 0);
	assert_int_equal(plan->agent[0].cpu[1], 1);
	plan = make(1, LOCAL, ONE, "rate: 5krps", "");
	assert_false(plan->agent[0].poll);
}

static void test_explicit_poll(void **state)
{
	const char *poll = "{launch: local, count: 1, threads: 2, "
			   "connections: 4, mode: poll}";
	const char *force = "{launch: local, count: 1, threads: 2, "
			    "connections: 4, mode: poll, force: true}";
	struct plan *plan;

	(void)state;
	assert_null(make(2, LOCAL, poll, "rate: 5krps", ""));
	assert_non_null(strstr(problems.problem[0].text, "force"));
	plan = make(2, LOCAL, force, "rate: 5krps", "");
	assert_true(plan->agent[0].poll);
	assert_int_equal(plan->nwarnings, 2);
	assert_non_null(strstr(plan->warning[0], "force"));
}

/* 2000 requests in 2 s. */
static size_t trace_warnings(const char *rate, const char *limit)
{
	char text[1024];
	struct plan *plan;

	memset(&problems, 0, sizeof(problems));
	snprintf(text, sizeof(text),
		 "name: t\ntarget: {" REMOTE "}\n"
		 "workload: {protocol: spin, transport: udp, arrival: "
		 "{trace: {file: configs/bursts.csv}}, service: "
		 "{exponential: {mean: 100us}}}\n"
		 "agents: [" ONE "]\nload: {rate: %s}\n"
		 "measure: {time_limit: %s}\n", rate, limit);
	plan = plan_of(text, 4, &arena, &problems);
	assert_non_null(plan);
	if (plan->nwarnings)
		assert_non_null(strstr(plan->warning[0], "the trace ends"));
	return plan->nwarnings;
}

static void test_short_trace(void **state)
{
	(void)state;
	assert_int_equal(trace_warnings("1krps", "2s"), 0);
	assert_int_equal(trace_warnings("1krps", "3s"), 1);
	assert_int_equal(trace_warnings("500rps", "3s"), 0);
}

static void test_stamps(void **state)
{
	static const char *const none[] = { "hardware", "xdp", "kernel",
					    "pcap" };
	char more[64];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		snprintf(more, sizeof(more), "timestamps: %s", none[i]);
		assert_null(make(4, REMOTE, ONE, "rate: 5krps", more));
		assert_int_equal(problems.n, 1);
		assert_non_null(strstr(problems.problem[0].text, none[i]));
	}
	assert_non_null(make(4, REMOTE, ONE, "rate: 5krps",
			     "timestamps: user"));
}

/* At 80%: 10 x 2 x 100 us / (4 x .04) = 12.5 ms, so the least, 100 ms. */
static void test_warmup(void **state)
{
	struct plan *plan = make(4, REMOTE, ONE, "rate: 80%", "");

	(void)state;
	assert_int_equal(plan->point[0].warmup_ns, 100000000);
	plan = make(4, REMOTE, ONE, "rate: 99%", "");	/* 5 s: a quarter */
	assert_int_equal(plan->point[0].warmup_ns,
			 plan->config->measure.time_limit_ns / 4);
	plan = make(4, REMOTE, ONE, "rate: 50%", "measure: {warmup: 333ms}");
	assert_int_equal(plan->point[0].warmup_ns, 340000000);
}

static void test_quantiles(void **state)
{
	struct plan *plan = make(4, REMOTE, ONE, "rate: 50%",
		"slo: p97 <= 10x and p99.5 <= 5ms\n"
		"measure: {precision: {quantile: p99.5, relative: 5%, "
		"confidence: 95%}}");

	(void)state;
	assert_int_equal(plan->nq, RESULT_QUANTILES + 2);
	for (size_t i = 1; i < plan->nq; i++)
		assert_true(plan->q[i - 1] < plan->q[i]);
}

/* The first n lines, for one seed always the same, in order of time. */
static char *schedule(struct plan *plan, uint64_t n)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct err err;

	assert_int_equal(plan_print_schedule(plan, n, out, &err), 0);
	fclose(out);
	return text;
}

static void test_schedule(void **state)
{
	struct plan *plan = make(4, REMOTE,
		"{launch: local, count: 2, threads: 2, connections: 4}",
		"rate: 5krps", "");
	char *some = schedule(plan, 300), *more = schedule(plan, 500);
	long long last = 0;
	char *line, *rest = more;
	int lines = 0;

	(void)state;
	assert_memory_equal(some, more, strlen(some));
	while ((line = strsep(&rest, "\n")) && *line) {
		unsigned point, agent, thread;
		unsigned long long service;
		long long at;

		assert_int_equal(sscanf(line, "%u %u %u %lld - %llu", &point,
					&agent, &thread, &at, &service), 5);
		assert_true(agent < 2 && thread < 2 && point == 0);
		assert_true(at >= last);
		last = at;
		lines++;
	}
	assert_int_equal(lines, 500);
	free(some);
	free(more);
}

/* Eight times the connections, at most 256 a thread; the rest stays. */
static void test_more_connections(void **state)
{
	struct plan *plan = make(4, REMOTE, ONE ", {threads: 2, connections: "
				 "300}", SWEEP, "");
	const struct plan *more = plan_respread(plan, true, false, &arena);

	(void)state;
	assert_non_null(more);
	assert_int_equal(more->agent[0].connections, 32);
	assert_int_equal(more->agent[0].threads, 1);
	assert_int_equal(more->agent[1].connections, 512);
	assert_int_equal(more->agent[1].first_conn, 32);
	assert_int_equal(more->connections, 544);
	assert_int_equal(more->threads, plan->threads);
	assert_int_equal(more->agent[1].cpu[1], plan->agent[1].cpu[1]);
	assert_int_equal(plan->agent[0].connections, 4);
	/* And no more than that. */
	for (int i = 0; i < 4 && more; i++)
		more = plan_respread(more, true, false, &arena);
	assert_null(more);
}

/* Twice the threads, each on a CPU of its own, or none. */
static void test_more_threads(void **state)
{
	struct plan *plan = make(4, REMOTE, ONE, SWEEP, "");
	const struct plan *more = plan_respread(plan, false, true, &arena);

	(void)state;
	assert_non_null(more);
	assert_int_equal(more->agent[0].threads, 2);
	assert_int_equal(more->agent[0].connections, 4);
	assert_int_equal(more->threads, 2);
	assert_int_equal(more->agent[0].cpu[1], 1);
	more = plan_respread(more, false, true, &arena);
	assert_non_null(more);
	/* As many as there are CPUs, and connections. */
	assert_int_equal(more->threads, 4);
	assert_null(plan_respread(more, false, true, &arena));
	/* One of the CPUs is the target's. */
	plan = make(2, LOCAL, ONE, "rate: 1krps", "");
	assert_null(plan_respread(plan, false, true, &arena));
	assert_null(plan_respread(plan, false, false, &arena));
}

static void test_search(void **state)
{
	struct plan *plan = make(4, REMOTE, ONE,
				 "search: {from: 20%, to: 80%, resolution: "
				 "10%}", "slo: p99 <= 1ms");

	(void)state;
	assert_non_null(plan);
	assert_int_equal(plan->npoints, 1);
	assert_near(plan->point[0].utilisation, .5, 1e-9);
	assert_near(plan->to_rps, 32000, 1e-9);
	assert_int_equal(plan->most, 8 + SEARCH_VOIDS);
	assert_near(plan->trial_confidence, 1 - .1 / 24, 1e-9);
	assert_null(make(4, REMOTE, ONE, "search: {}", ""));
	assert_null(make(4, LOCAL, ONE, "search: {}", "slo: p99 <= 1ms"));
	assert_null(make(4, REMOTE, ONE, "search: {from: 1krps}",
			 "slo: p99 <= 1ms"));
}

static void test_adaptive(void **state)
{
	struct plan *plan = make(4, REMOTE, ONE,
				 "sweep: {from: 10%, to: 80%, steps: 15, "
				 "adaptive: true}", "");

	(void)state;
	assert_non_null(plan);
	assert_int_equal(plan->npoints, 8);
	assert_int_equal(plan->most, 15);
	assert_near(plan->point[7].utilisation, .8, 1e-9);
	assert_true(isnan(plan->trial_confidence));
}

/* Sizes that a protocol would not look at; NULL: it does. */
static const char *refused_size(const char *workload)
{
	char text[600];

	memset(&problems, 0, sizeof(problems));
	snprintf(text, sizeof(text),
		 "name: t\ntarget: {address: '10.0.0.7:99'}\n"
		 "load: {rate: 5krps}\nworkload: {transport: udp, %s}\n",
		 workload);
	if (plan_of(text, 4, &arena, &problems))
		return NULL;
	assert_int_equal(problems.n, 1);
	assert_int_not_equal(problems.problem[0].mark.line, 0);
	return problems.problem[0].text;
}

static void test_sizes(void **state)
{
	(void)state;
	assert_null(refused_size("protocol: echo, request_size: 100B"));
	assert_null(refused_size("protocol: spin, service: 1us, "
				 "request_size: 100B, reply_size: 100B"));
	assert_non_null(strstr(refused_size("protocol: echo, request_size: "
					    "100B, reply_size: 100B"),
			       "reply_size: protocol echo has"));
	assert_non_null(strstr(refused_size("protocol: memcached-udp, "
					    "request_size: 100B"),
			       "request_size: protocol memcached-udp has"));
	assert_non_null(strstr(refused_size("protocol: echo, classes: "
					    "[{name: a, reply_size: 9B}]"),
			       "reply_size"));
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH(test_sweep), WITH(test_one_step),
		WITH(test_unknown_capacity), WITH(test_shares),
		WITH(test_modes), WITH(test_explicit_poll),
		WITH(test_short_trace), WITH(test_stamps),
		WITH(test_warmup), WITH(test_quantiles), WITH(test_schedule),
		WITH(test_more_connections), WITH(test_more_threads),
		WITH(test_search), WITH(test_adaptive), WITH(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
