/* schedule_test.c - one key, one sequence; shares of a whole */
#include "tests/unit/models.h"

#include <math.h>
#include <unistd.h>

#include "agents/pacer.h"
#include "lancet/core/clock.h"

static struct schedule schedule_of(const struct workload *w, uint64_t seed,
				   uint32_t thread, uint32_t threads,
				   double rate_rps, struct arena *arena)
{
	struct rng_key key = { .seed = seed, .point = 2, .thread = thread };
	struct arrival_share share = {
		.rate_rps = rate_rps, .index = thread, .of = threads,
	};
	struct schedule s;
	struct err err = { 0 };

	if (schedule_init(&s, w, &key, &share, arena, &err))
		fail_msg("%s", err.text);
	return s;
}

#define N 5000

/* Whatever the bursts, the sequence is the same: a run uses a prefix. */
static void test_prefix(void **state)
{
	static struct intent a[N], b[N], c[N];
	struct arena arena;
	struct workload w;
	struct schedule s;
	size_t n = 0, differ = 0;

	(void)state;
	arena_init(&arena);
	w = test_workload("poisson", "exp:100us", &arena);
	s = schedule_of(&w, 5, 0, 1, 20e3, &arena);
	assert_int_equal(schedule_next(&s, a, N), N);
	s = schedule_of(&w, 5, 0, 1, 20e3, &arena);
	for (size_t burst = 1; n < N; burst = burst * 3 % 101) {
		size_t m = N - n < burst ? N - n : burst;

		assert_int_equal(schedule_next(&s, b + n, m), m);
		n += m;
	}
	assert_memory_equal(a, b, sizeof(a));
	s = schedule_of(&w, 6, 0, 1, 20e3, &arena);
	assert_int_equal(schedule_next(&s, c, N), N);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(a[i].seq, i);
		differ += a[i].intended_ns != c[i].intended_ns &&
			  a[i].service_ns != c[i].service_ns &&
			  a[i].draw != c[i].draw;
	}
	assert_true(differ > N * 99 / 100);
	arena_fini(&arena);
}

/*
 * Drawn ahead as often as there is a moment, each request comes once, when it
 * is due; a segment begins with the first from then on.
 */
static void test_pacer(void **state)
{
	const struct rng_key key = { .seed = 5, .point = 2 };
	const struct arrival_share share = { .rate_rps = 20e3, .of = 1 };
	const int64_t hour = INT64_C(3600000000000);
	static struct intent a[N];
	static struct pacer p;
	struct schedule s;
	struct arena arena;
	struct workload w;
	struct err err;
	int64_t at;

	(void)state;
	arena_init(&arena);
	w = test_workload("poisson", "exp:100us", &arena);
	s = schedule_of(&w, 5, 0, 1, 20e3, &arena);
	assert_int_equal(schedule_next(&s, a, N), N);
	assert_int_equal(pacer_init(&p, &w, &key, &share, &arena, &err), 0);
	pacer_begin(&p, 5000, a[300].intended_ns + 1, a[2000].intended_ns);
	for (size_t i = 301; i < 2000; i++) {
		at = 5000 + a[i].intended_ns - (a[300].intended_ns + 1);
		pacer_refill(&p);
		pacer_refill(&p);
		assert_int_equal(pacer_next_ns(&p), at);
		assert_null(pacer_due(&p, at - 1));
		assert_non_null(pacer_due(&p, at));
		assert_memory_equal(pacer_next(&p), &a[i], sizeof(*a));
		pacer_pop(&p);
	}
	assert_null(pacer_next(&p));
	assert_int_equal(pacer_next_ns(&p), INT64_MAX);
	at = clock_now_ns() + 1000000;
	pacer_begin(&p, at, a[2000].intended_ns, INT64_MAX);
	assert_memory_equal(pacer_next(&p), &a[2000], sizeof(*a));
	assert_true(pacer_await(&p, clock_now_ns(), hour) >= at);
	at += hour;
	pacer_begin(&p, at, a[2000].intended_ns, INT64_MAX);
	assert_true(pacer_await(&p, clock_now_ns(), 1000) < at);
	arena_fini(&arena);
}

/* Streams are apart by purpose: another law leaves the instants alone. */
static void test_purposes(void **state)
{
	static struct intent a[N], b[N];
	struct arena arena;
	struct workload v, w;
	struct schedule s;

	(void)state;
	arena_init(&arena);
	v = test_workload("poisson", "exp:100us", &arena);
	w = test_workload("poisson", "lognormal:4", &arena);
	w.class[0].reply_size = test_dist("exp:300", &arena);
	s = schedule_of(&v, 5, 0, 1, 20e3, &arena);
	schedule_next(&s, a, N);
	s = schedule_of(&w, 5, 0, 1, 20e3, &arena);
	schedule_next(&s, b, N);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(a[i].intended_ns, b[i].intended_ns);
		assert_int_equal(a[i].draw, b[i].draw);
		assert_true(a[i].service_ns >= 1 && !a[i].reply_size &&
			    !a[i].request_size && b[i].reply_size >= 1);
	}
	arena_fini(&arena);
}

/* No two streams of a thread are one, nor those of two threads or agents. */
static void test_streams(void **state)
{
	struct rng stream[4][6];
	struct arena arena;
	struct workload w;

	(void)state;
	arena_init(&arena);
	w = test_workload("poisson", "exp", &arena);
	for (uint32_t i = 0; i < 4; i++) {
		struct rng_key key = { .seed = 1,
				       .thread = i / 2,
				       .agent = i % 2 };
		struct arrival_share share = {
			.rate_rps = 1e3, .index = i, .of = 4,
		};
		struct schedule s;
		struct err err = { 0 };

		assert_int_equal(
			schedule_init(&s, &w, &key, &share, &arena, &err), 0);
		stream[i][0] = s.gap;
		stream[i][1] = s.class;
		stream[i][2] = s.service;
		stream[i][3] = s.request_size;
		stream[i][4] = s.reply_size;
		stream[i][5] = s.draw;
	}
	for (size_t i = 0; i < 24; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(&stream[i / 6][i % 6],
						&stream[j / 6][j % 6],
						sizeof(struct rng));
	arena_fini(&arena);
}

/* sqrt(n) D > 2.9: 1e-7 (see dist_test). */
static void test_poisson(void **state)
{
	const size_t n = 100000;
	struct arena arena;
	struct workload w;

	(void)state;
	arena_init(&arena);
	w = test_workload("poisson", "exp", &arena);
	for (uint32_t thread = 0; thread < 3; thread++) {
		struct schedule s =
			schedule_of(&w, test_seed(), thread, 3, 30e3, &arena);
		double *gap = malloc(n * sizeof(*gap)), most = 0;

		s.arrival->gaps(s.arrival_state, &s.gap, gap, n);
		/* The cdf makes them uniform. */
		for (size_t i = 0; i < n; i++)
			gap[i] = s.arrival->cdf(s.arrival_state, gap[i]);
		for (double u = 0.01; u < 1; u += 0.01) {
			size_t below = 0;

			for (size_t i = 0; i < n; i++)
				below += gap[i] <= u;
			most = fmax(most, fabs((double)below / (double)n - u));
		}
		assert_true(sqrt((double)n) * most < 2.9);
		assert_true(fabs(s.arrival->cdf(s.arrival_state, 1e5) -
				 (1 - exp(-1))) < 1e-12);
		free(gap);
	}
	arena_fini(&arena);
}

static void test_fixed(void **state)
{
	struct arena arena;
	struct workload w;
	struct intent out[100];

	(void)state;
	arena_init(&arena);
	w = test_workload("D", "det:50us", &arena);
	/* 30,000/s over three threads: one each 100 us, in turns. */
	for (uint32_t thread = 0; thread < 3; thread++) {
		struct schedule s = schedule_of(&w, 1, thread, 3, 30e3, &arena);

		assert_int_equal(schedule_next(&s, out, 100), 100);
		for (int64_t i = 0; i < 100; i++) {
			double due = (double)(3 * i + thread + 1) / 30e3 * 1e9;

			assert_true(fabs((double)out[i].intended_ns - due) <=
				    0.51);
			assert_int_equal(out[i].service_ns, 50000);
		}
		assert_true(s.arrival->cdf(s.arrival_state, 99999) == 0);
		assert_true(s.arrival->cdf(s.arrival_state, 100001) == 1);
	}
	arena_fini(&arena);
}

/* Classes come by weight; 5.5 deviations: 4e-8. */
static void test_classes(void **state)
{
	static const double weight[] = { 0.7, 0, 0.2, 0.1 };
	static struct intent out[N];
	size_t count[4] = { 0 };
	struct arena arena;
	struct workload w;
	struct schedule s;

	(void)state;
	arena_init(&arena);
	w = test_workload("poisson", "exp", &arena);
	w.class = arena_array(&arena, 4, sizeof(*w.class));
	w.nclasses = 4;
	for (size_t i = 0; i < 4; i++) {
		w.class[i].weight = weight[i];
		w.class[i].service =
			test_dist(i == 3 ? "det:9" : "det:3", &arena);
	}
	assert_true(fabs(workload_mean_service_ns(&w) - 3.6) < 1e-12);
	assert_true(fabs(workload_moment(&w, 2) - 16.2) < 1e-12);
	s = schedule_of(&w, test_seed(), 0, 1, 1e5, &arena);
	schedule_next(&s, out, N);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(out[i].service_ns, out[i].class == 3 ? 9 : 3);
		count[out[i].class]++;
	}
	for (size_t i = 0; i < 4; i++)
		assert_true(fabs((double)count[i] - N * weight[i]) <=
			    5.5 * sqrt(N * weight[i] * (1 - weight[i])));
	arena_fini(&arena);
}

static struct workload trace_workload(const char *text, const char *scale,
				      struct arena *arena)
{
	char arrival[160];
	const char *file = test_file(text, strlen(text));

	snprintf(arrival, sizeof(arrival), "{trace: {file: %s%s}}", file,
		 scale);
	return test_workload(arrival, "det:7", arena);
}

static void remove_file(const struct workload *w)
{
	const char *const *file = w->arrival.options;

	unlink(*file);
}

static const char lines[] =
	"time_ns,class,service_ns\n1000,0,5\n2000\n2000,1\n3500,0,0\n6us\n";

static void check_trace(const struct workload *w, struct arena *arena)
{
	static const int64_t at[] = { 1000, 2000, 2000, 3500, 6000 };
	static const uint64_t service[] = { 5, 7, 7, 7, 7 };
	struct intent out[10];

	for (uint32_t thread = 0; thread < 2; thread++) {
		struct schedule s = schedule_of(w, 1, thread, 2, 1e6, arena);
		size_t n = schedule_next(&s, out, 2);

		n += schedule_next(&s, out + n, 10 - n);
		assert_int_equal(n, thread ? 2 : 3);
		assert_int_equal(schedule_next(&s, out + n, 1), 0);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(out[i].intended_ns,
					 2 * at[2 * i + thread]);
			assert_int_equal(out[i].service_ns,
					 service[2 * i + thread]);
			assert_int_equal(out[i].class,
					 !thread && i == 1 ? 1 : 0);
		}
	}
}

static void test_trace(void **state)
{
	const struct arrival_ops *ops;
	struct arena arena;
	struct workload w;
	struct err err;

	(void)state;
	arena_init(&arena);
	w = trace_workload(lines, ", scale: 2", &arena);
	w.class = arena_array(&arena, 2, sizeof(*w.class));
	w.nclasses = 2;
	w.class[0].weight = 1;
	w.class[0].service = w.class[1].service = test_dist("det:7", &arena);
	check_trace(&w, &arena);
	/* Once it was read, nobody needs the file. */
	ops = (const void *)w.arrival.kind;
	assert_int_equal(ops->load(w.arrival.options, &w.arrival_file, &arena,
				   &err), 0);
	remove_file(&w);
	check_trace(&w, &arena);
	arena_fini(&arena);
}

/* Without scale: the load's rate, but the file's own instants if they have
 * that rate. */
static void test_trace_rate(void **state)
{
	char text[N * 8];
	size_t len = 0;
	struct arena arena;
	struct intent out[300];
	struct workload w;
	struct schedule s;

	(void)state;
	arena_init(&arena);
	for (int i = 1; i <= 300; i++)
		len += (size_t)sprintf(text + len, "%d\n", 1000 * i);
	w = trace_workload(text, "", &arena);
	s = schedule_of(&w, 1, 0, 1, 1.005e6, &arena);
	assert_int_equal(schedule_next(&s, out, 300), 300);
	assert_int_equal(out[299].intended_ns, 300000);
	s = schedule_of(&w, 1, 0, 1, 0.5e6, &arena);
	assert_int_equal(schedule_next(&s, out, 300), 300);
	assert_int_equal(out[299].intended_ns, 600000);
	remove_file(&w);
	arena_fini(&arena);
}

static void test_trace_refusals(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "5\n4\n", ":2: time 4 is before that of the line above; "
			    "sort the file" },
		{ "5,1,2,3\n", ":1: more than three fields; write "
			       "time_ns[,class[,service_ns]]" },
		{ "5,0.5\n", ":1: class 0.5 is no number of a class; count "
			     "them from 0" },
		{ "1700000000000000000\n",
		  ":1: the first request is 1.7e+09 s after the start; count "
		  "times from the first one" },
		{ "", " has no requests; give one a line" },
		{ "5\nx\n", ":2: 'x' is not a number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arrival_share share = {
			.rate_rps = 1, .of = 1,
		};
		struct rng_key key = { .seed = 1 };
		struct arena arena;
		struct workload w;
		struct schedule s;
		struct err err = { 0 };
		const char *says;

		arena_init(&arena);
		w = trace_workload(bad[i].text, "", &arena);
		assert_true(schedule_init(&s, &w, &key, &share, &arena, &err));
		says = strstr(err.text, bad[i].says);
		if (!says || strlen(says) != strlen(bad[i].says))
			fail_msg("%s", err.text);
		remove_file(&w);
		arena_fini(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_pacer),
		cmocka_unit_test(test_purposes),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_poisson),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_trace_rate),
		cmocka_unit_test(test_trace_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
