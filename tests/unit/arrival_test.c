/* arrival_test.c - every arrival process against its law and its shares */
#include "tests/unit/models.h"

#include <math.h>

#define RATE 1e6 /* so that the mean gap is 1000 ns */

static const char *const processes[] = {
	"D",
	"M",
	"E1",
	"E2",
	"E7",
	"H2:4",
	"h2:1",
	"{hyperexponential: {scv: 9}}",
	"MMPP2:r1=4:r2=1:q12=2e-5:q21=1e-5",
	"uniform",
	"gamma:0.2",
	"{gamma: {scv: 7}}",
	"lognormal:3",
	"weibull:0.6",
	"weibull:3",
	"pareto:4",
	"{renewal: {gpareto: {location: 1us, scale: 16us, shape: 0.15}}}",
	"{renewal: {disc: [{p: 0.5, value: 1us}, {p: 0.5, value: 2us}]}}",
	"{renewal: exp}",
	"onoff:30us:70us",
	"{onoff: {on: {exponential: {mean: 20us}}, off: {erlang: {mean: "
	"5us}}}}",
	"batch:1",
	"batch:4",
	"batch:2.5:geometric",
	"batch:1:geometric",
	"{mmpp: {rates: [0, 5, 1], switches: [10us, 3us, 7us]}}",
};
#define PROCESSES (sizeof(processes) / sizeof(processes[0]))

static struct schedule process(const char *text, uint32_t index, uint32_t of,
			       uint64_t seed, struct arena *arena)
{
	struct workload *w = arena_alloc(arena, sizeof(*w));
	struct arrival_share share = {
		.rate_rps = RATE, .index = index, .of = of,
	};
	struct rng_key key = { .seed = seed, .thread = index };
	struct err err = { 0 };
	struct schedule s;

	*w = test_workload(text, "det", arena);
	if (schedule_init(&s, w, &key, &share, arena, &err))
		fail_msg("%s: %s", text, err.text);
	return s;
}

static double *gaps_of(struct schedule *s, size_t n, struct arena *arena)
{
	double *gap = arena_array(arena, n, sizeof(*gap));

	assert_int_equal(s->arrival->gaps(s->arrival_state, &s->gap, gap, n),
			 n);
	return gap;
}

/*
 * The asked rate: a mean of batches within 6 of its standard errors, with
 * batches long against every correlation here; 1e-8 a process (Student with
 * 399 degrees).
 */
static void test_rate(void **state)
{
	enum { BATCHES = 400, BATCH = 1000 };

	(void)state;
	for (size_t i = 0; i < PROCESSES; i++) {
		double sum = 0, square = 0, mean, error;
		struct arena arena;
		struct schedule s;
		double *gap;

		arena_init(&arena);
		s = process(processes[i], 0, 1, test_seed(), &arena);
		gap = gaps_of(&s, BATCHES * BATCH, &arena);
		for (size_t j = 0; j < BATCHES; j++) {
			double batch = 0;

			for (size_t k = 0; k < BATCH; k++) {
				assert_true(*gap >= 0 && isfinite(*gap));
				batch += *gap++ / BATCH;
			}
			sum += batch;
			square += batch * batch;
		}
		mean = sum / BATCHES;
		error = sqrt(fmax(square / BATCHES - mean * mean, 0) / BATCHES);
		if (fabs(mean - 1e9 / RATE) > 6 * error + 1e-6)
			fail_msg("%s: mean gap %g +- %g", processes[i], mean,
				 error);
		arena_fini(&arena);
	}
}

/*
 * sqrt(n) D > 2.9: 1e-7 (see dist_test); with several shares too, where the
 * law is known.
 */
static void check_cdf(const char *text, uint32_t of)
{
	const size_t n = 50000;
	struct arena arena;
	struct schedule s;
	double *gap, most = 0;

	arena_init(&arena);
	s = process(text, 0, of, test_seed() + of, &arena);
	gap = gaps_of(&s, n, &arena);
	if (!(s.arrival->flags & ARRIVAL_RENEWAL) ||
	    s.arrival->flags & ARRIVAL_CONSTANT ||
	    isnan(s.arrival->cdf(s.arrival_state, 0)))
		goto out;
	/* The first is another share's length. */
	for (size_t i = 1; i < n; i++)
		gap[i] = s.arrival->cdf(s.arrival_state, gap[i]);
	for (double u = 0.01; u < 1; u += 0.01) {
		size_t below = 0;

		for (size_t i = 1; i < n; i++)
			below += gap[i] <= u;
		most = fmax(most, fabs((double)below / (double)(n - 1) - u));
	}
	if (sqrt((double)n) * most > 2.9)
		fail_msg("%s of %u: gaps are not from its cdf", text, of);
out:
	arena_fini(&arena);
}

static void test_cdf(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROCESSES; i++) {
		check_cdf(processes[i], 1);
		check_cdf(processes[i], 3);
	}
}

/*
 * The transform of a share's gap is the mean of exp(-s gap), which lies in
 * 0..1: 4 / sqrt(n) away has probability 2 exp(-2 * 16) = 3e-14 (Hoeffding
 * 1963).
 */
static void test_laplace(void **state)
{
	const size_t n = 50000;

	(void)state;
	for (size_t i = 0; i < 2 * PROCESSES; i++) {
		const char *text = processes[i / 2];
		struct arena arena;
		struct schedule s;
		double *gap, mean = 0;

		arena_init(&arena);
		s = process(text, 0, i % 2 ? 3 : 1, test_seed(), &arena);
		gap = gaps_of(&s, n, &arena);
		for (size_t j = 1; j < n; j++)
			mean += exp(-gap[j] / 1000) / (double)(n - 1);
		if (s.arrival->laplace &&
		    !(cabs(s.arrival->laplace(s.arrival_state, 1e-3) - mean) <
		      4 / sqrt((double)n)))
			fail_msg("%s: transform", text);
		arena_fini(&arena);
	}
}

/* What the shares send together is what one alone would. */
static void test_turns(void **state)
{
	enum { OF = 3, N = 3000 };

	(void)state;
	for (size_t i = 0; i < PROCESSES; i++) {
		struct arena arena;
		struct schedule whole, share[OF];
		double at[OF] = { 0 }, now = 0;
		double *gap;

		arena_init(&arena);
		whole = process(processes[i], 0, 1, 7, &arena);
		for (uint32_t j = 0; j < OF; j++)
			share[j] = process(processes[i], j, OF, 7, &arena);
		gap = gaps_of(&whole, N, &arena);
		for (size_t j = 0; j < N; j++) {
			struct schedule *s = &share[j % OF];

			now += gap[j];
			at[j % OF] += *gaps_of(s, 1, &arena);
			if (s->arrival->flags & ARRIVAL_POISSON)
				break;
			if (fabs(at[j % OF] - now) > 1e-6 * now)
				fail_msg("%s: request %zu of the whole",
					 processes[i], j);
		}
		arena_fini(&arena);
	}
}

/* A run uses a prefix of the sequence, in whatever bursts. */
static void test_bursts(void **state)
{
	enum { N = 500 };

	(void)state;
	for (size_t i = 0; i < 2 * PROCESSES; i++) {
		uint32_t of = i % 2 ? 5 : 1;
		struct arena arena;
		struct schedule a, b;
		double *gap;

		arena_init(&arena);
		a = process(processes[i / 2], of - 1, of, 3, &arena);
		b = process(processes[i / 2], of - 1, of, 3, &arena);
		gap = gaps_of(&a, N, &arena);
		for (size_t at = 0, burst = 1; at < N;
		     burst = burst * 3 % 101) {
			size_t n = N - at < burst ? N - at : burst;
			double *same = gaps_of(&b, n, &arena);

			assert_memory_equal(gap + at, same, n * sizeof(*gap));
			at += n;
		}
		arena_fini(&arena);
	}
}

/*
 * MMPP2: E[X^2] = 2 phi (L - Q)^-2 1 over the states as a request finds them
 * (Fischer and Meier-Hellstern 1993, eq. 5). Gaps are correlated over some
 * 20 requests; 6 standard errors of batches as above.
 */
static void test_mmpp(void **state)
{
	enum { BATCHES = 400, BATCH = 5000 };
	const struct arrival_mmpp *m;
	double l1, l2, q1, q2, phi[2], det, x[2], y[2];
	double sum = 0, square = 0, mean, want;
	struct arena arena;
	struct schedule s;

	(void)state;
	arena_init(&arena);
	s = process("MMPP2:r1=10:r2=1:q12=5e-5:q21=20us", 0, 1, test_seed(),
		    &arena);
	m = s.arrival->mmpp(s.arrival_state);
	assert_int_equal(m->n, 2);
	l1 = m->rate[0], l2 = m->rate[1], q1 = m->leave[0], q2 = m->leave[1];
	assert_true(fabs(q1 - 5e-5) < 1e-18 && fabs(q2 - 5e-5) < 1e-18);
	assert_true(fabs(l1 / l2 - 10) < 1e-9);
	assert_true(fabs((l1 + l2) / 2 - RATE / 1e9) < 1e-15);
	phi[0] = l1 * q2 / (l1 * q2 + l2 * q1);
	phi[1] = 1 - phi[0];
	/* x = (L - Q)^-1 1, y = (L - Q)^-1 x */
	det = (l1 + q1) * (l2 + q2) - q1 * q2;
	x[0] = (l2 + q2 + q1) / det;
	x[1] = (l1 + q1 + q2) / det;
	y[0] = ((l2 + q2) * x[0] + q1 * x[1]) / det;
	y[1] = (q2 * x[0] + (l1 + q1) * x[1]) / det;
	want = 2 * (phi[0] * y[0] + phi[1] * y[1]);
	for (size_t j = 0; j < BATCHES; j++) {
		double gap[BATCH], batch = 0;

		s.arrival->gaps(s.arrival_state, &s.gap, gap, BATCH);
		for (size_t k = 0; k < BATCH; k++)
			batch += gap[k] * gap[k] / BATCH;
		sum += batch;
		square += batch * batch;
	}
	mean = sum / BATCHES;
	assert_true(fabs(mean - want) <
		    6 * sqrt((square / BATCHES - mean * mean) / BATCHES));
	arena_fini(&arena);
}

/* It starts in each state as often as it is there: 5.5 deviations, 4e-8. */
static void test_mmpp_start(void **state)
{
	const double runs = 4000;
	size_t fast = 0;

	(void)state;
	for (uint64_t i = 0; i < (uint64_t)runs; i++) {
		struct arena arena;
		struct schedule s;

		arena_init(&arena);
		/* Requests in the first state only, at 4 times the rate. */
		s = process("{mmpp: {rates: [1, 0], switches: [1s, 3s]}}", 0, 1,
			    test_seed() + i, &arena);
		fast += *gaps_of(&s, 1, &arena) < 1e5;
		arena_fini(&arena);
	}
	assert_true(fabs((double)fast - runs / 4) < 5.5 * sqrt(runs * 3 / 16));
}

static void test_batch(void **state)
{
	enum { N = 40000 };
	struct arena arena;
	struct schedule s;
	double *gap, same = 0;

	(void)state;
	arena_init(&arena);
	s = process("batch:4", 0, 1, test_seed(), &arena);
	gap = gaps_of(&s, N, &arena);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(gap[i] == 0, i % 4 != 0);
	/* 5.5 deviations: 4e-8 */
	s = process("batch:2.5:geometric", 0, 1, test_seed(), &arena);
	gap = gaps_of(&s, N, &arena);
	for (size_t i = 0; i < N; i++)
		same += gap[i] == 0;
	assert_true(fabs(same - 0.6 * N) < 5.5 * sqrt(0.24 * N));
	arena_fini(&arena);
}

static void test_onoff(void **state)
{
	enum { N = 40000 };
	struct arena arena;
	struct schedule s;
	double *gap, now = 0;

	(void)state;
	arena_init(&arena);
	s = process("onoff:30us:70us", 0, 1, test_seed(), &arena);
	gap = gaps_of(&s, N, &arena);
	for (size_t i = 0; i < N; i++) {
		now += gap[i];
		assert_true(fmod(now, 1e5) < 3e4 + 1e-3);
	}
	arena_fini(&arena);
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
		"E0",
		"E",
		"E2:3",
		"E2x",
		"erlang:1.5",
		"H2:0.5",
		"uniform:1",
		"gamma:0",
		"lognormal:0",
		"weibull:0",
		"pareto",
		"pareto:1",
		"renewal",
		"{renewal: {pareto: {alpha: 1, min: 1us}}}",
		"{renewal: {constant: {value: 0us}}}",
		"onoff",
		"onoff:0:5us",
		"onoff:5us",
		"{onoff: {on: 1us, off: {pareto: {alpha: 0.5, min: 1us}}}}",
		"batch",
		"batch:2.5",
		"batch:0",
		"batch:2:poisson",
		"H2:4:5",
		"MMPP2",
		"MMPP2:r1=1:r2=2:q12=1",
		"MMPP2:r1=1:r2=2:q12=1:q21=0",
		"MMPP2:r1=0:r2=0:q12=1:q21=1",
		"MMPP2:r1=1:r2=2:q12=1:q21=1:r1=3",
		"MMPP2:r1=1:r2=-2:q12=1:q21=1",
		"MMPP2:r1=1:r2=2:q12=1:q22=1",
		"MMPP2:r1=1:r2=2:q12=1:q21",
		"{mmpp: {rates: [1, 2], switches: [1us]}}",
		"{mmpp: {rates: [1], switches: [1us]}}",
		"{mmpp: {rates: [1, 2], switches: [1us, 0us]}}",
		"{mmpp: {rates: [1, 1, 1, 1, 1, 1, 1, 1, 1], switches: "
		"[1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct arrival_share whole = {
			.rate_rps = RATE, .of = 1,
		};
		const struct arrival_ops *ops;
		struct err err = { 0 };
		struct choice choice;
		struct arena arena;
		int rc;

		arena_init(&arena);
		rc = option_parse_choice(KIND_ARRIVAL, OPTION_UNIT_TIME, bad[i],
					 &choice, &arena, &err);
		ops = (const void *)choice.kind;
		if (!rc)
			rc = ops->init(arena_alloc(&arena, ops->state_size),
				       choice.options, &whole, &arena, &err);
		if (!rc)
			fail_msg("%s is taken", bad[i]);
		assert_true(err.text[0] && !strchr(err.text, '\n'));
		arena_fini(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_cdf),
		cmocka_unit_test(test_laplace),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_mmpp),
		cmocka_unit_test(test_mmpp_start),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_onoff),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
