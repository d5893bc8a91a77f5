/* fanout_test.c - requests of several parts: drawn, joined, and ideal */
#include "tests/unit/models.h"

#include <errno.h>
#include <math.h>

#include "agents/join.h"
#include "lancet/core/sample.h"
#include "models/fanout.h"

#define PARTS 3u
#define N 900u

/* Parts of a request share its instant and class, and nothing else. */
static void test_schedule(void **state)
{
	static struct intent whole[N / PARTS], part[N];
	const struct rng_key key = { .seed = test_seed() };
	const struct arrival_share share = { .rate_rps = 20e3, .of = 1 };
	struct workload w;
	struct schedule s;
	struct arena arena;
	struct err err;
	size_t n = 0, same = 0;

	(void)state;
	arena_init(&arena);
	w = test_workload("poisson", "exp:100us", &arena);
	assert_int_equal(schedule_init(&s, &w, &key, &share, &arena, &err), 0);
	schedule_next(&s, whole, N / PARTS);
	w.fanout = PARTS;
	assert_int_equal(schedule_init(&s, &w, &key, &share, &arena, &err), 0);
	for (size_t burst = 1; n < N; burst = burst * 3 % 101) {
		size_t m = N - n < burst ? N - n : burst;

		assert_int_equal(schedule_next(&s, part + n, m), m);
		n += m;
	}
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(part[i].seq, i);
		assert_int_equal(part[i].intended_ns,
				 whole[i / PARTS].intended_ns);
		assert_int_equal(part[i].class, whole[i / PARTS].class);
		if (i % PARTS)
			same += part[i].service_ns == part[i - 1].service_ns ||
				part[i].draw == part[i - 1].draw;
	}
	/* Two exponentials of 100 us in the same ns: 600 pairs, 0.003. */
	assert_true(same < 5);
	arena_fini(&arena);
}

/* ---- joined ---- */

static struct sample part_of(uint32_t request, uint32_t j, uint8_t thread)
{
	return (struct sample){
		.intended_ns = 1000 * request, .seq = request * PARTS + j,
		.sent_ns = 1000 * request + 10 * j + 1, .thread = thread,
		.received_ns = 1000 * request + 500 + 100 * ((j + 1) % PARTS),
		.service_ns = 100 + j, .conn = j,
	};
}

static void shuffle(struct sample *s, size_t n, struct rng *rng)
{
	while (n > 1) {
		size_t i = rng_below(rng, n--);
		struct sample swap = s[i];

		s[i] = s[n];
		s[n] = swap;
	}
}

/* Whatever the order, each request comes out once, with the last of all. */
static void test_join(void **state)
{
	enum { REQUESTS = 20000, ALL = REQUESTS * PARTS * 2 };
	struct sample *part = calloc(ALL, sizeof(*part)), whole;
	uint8_t *seen = calloc(REQUESTS * 2, 1);
	struct rng_key key = { .seed = test_seed() };
	bool failed = false;
	struct join join;
	struct rng rng;
	size_t n = 0;

	(void)state;
	rng_init(&rng, &key);
	for (uint32_t i = 0; i < ALL; i++)
		part[i] = part_of(i / PARTS / 2, i % PARTS, i / PARTS % 2);
	shuffle(part, ALL, &rng);
	assert_int_equal(join_init(&join, PARTS), 0);
	for (uint32_t i = 0; i < ALL; i++) {
		if (!join_add(&join, &part[i], &whole, &failed))
			continue;
		assert_false(seen[whole.seq * 2 + whole.thread]++);
		assert_int_equal(whole.intended_ns, 1000 * whole.seq);
		assert_int_equal(whole.sent_ns, 1000 * whole.seq + 21);
		assert_int_equal(whole.received_ns, 1000 * whole.seq + 700);
		assert_int_equal(whole.service_ns, 102);
		assert_int_equal(whole.conn, 1);
		assert_int_equal(whole.outcome, OUTCOME_RECEIVED);
		n++;
	}
	assert_false(failed);
	assert_int_equal(n, REQUESTS * 2);
	assert_false(join_rest(&join, &whole));
	join_fini(&join);
	free(seen);
	free(part);
}

static void test_outcomes(void **state)
{
	static const struct {
		uint8_t part[PARTS], whole;
	} row[] = {
		{ { OUTCOME_RECEIVED, OUTCOME_NACKED, OUTCOME_RECEIVED },
		  OUTCOME_NACKED },
		{ { OUTCOME_ERROR, OUTCOME_NACKED, OUTCOME_RECEIVED },
		  OUTCOME_ERROR },
		{ { OUTCOME_RECEIVED, OUTCOME_LOST, OUTCOME_TIMEOUT },
		  OUTCOME_LOST },
		{ { OUTCOME_UNSENT, OUTCOME_RECEIVED, OUTCOME_LOST },
		  OUTCOME_UNSENT },
	};
	struct sample whole;
	struct join join;
	bool failed = false;

	(void)state;
	assert_int_equal(join_init(&join, PARTS), 0);
	for (uint32_t i = 0; i < 4; i++) {
		for (uint32_t j = 0; j < PARTS; j++) {
			struct sample s = part_of(i, j, 0);

			s.outcome = row[i].part[j];
			if (s.outcome == OUTCOME_UNSENT)
				s.sent_ns = s.received_ns = 0;
			assert_int_equal(join_add(&join, &s, &whole, &failed),
					 j == PARTS - 1);
		}
		assert_int_equal(whole.outcome, row[i].whole);
		assert_true(sample_fine(&whole));
	}
	/* A part whose record was dropped: the request is lost. */
	for (uint32_t i = 0; i < 2; i++)
		join_add(&join, &(struct sample){ .seq = i * PARTS }, &whole,
			 &failed);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(join_rest(&join, &whole));
		assert_int_equal(whole.outcome, OUTCOME_LOST);
	}
	assert_false(join_rest(&join, &whole));
	join_fini(&join);
}

/* ---- ideal ---- */

static void predict_fanout(const char *service, const char *policy,
			   uint32_t workers, uint32_t parts, uint32_t servers,
			   double load, const struct predict_ask *ask,
			   size_t nask, struct predict_result *found)
{
	static struct arena arena;
	static struct workload w;
	static struct predict_query query;
	const struct fanout fanout = { &query, servers, 4 * parts };
	struct err err = { 0 };

	arena_fini(&arena);
	arena_init(&arena);
	w = test_workload("M", service, &arena);
	w.fanout = parts;
	query = (struct predict_query){
		.workload = &w,
		.policy = test_choice(KIND_POLICY, policy, &arena),
		.workers = workers,
		.rate = load * workers * servers / parts /
			workload_moment(&w, 1),
		.ask = ask, .nask = nask,
		.seed = test_seed(),
		.time_limit_s = 10,
	};
	if (fanout_predict(&fanout, found, &arena, &err) < 0)
		fail_msg("%s", err.text);
}

/* Of a 95% interval by t with 19 degrees: 3.6 half-widths are 1e-6. */
static void check_near(const char *what, const struct predict_value *v,
		       double exact)
{
	double half = fmax(v->hi - v->value, v->value - v->lo);

	printf("%s: %.4g +- %.2g, exactly %.4g\n", what, v->value, half,
	       exact);
	assert_true(fabs(v->value - exact) <= 3.6 * half + 1);
}

/*
 * Two M/M/1: the mean is (12 - rho) / 8 of one queue's (Flatto and Hahn 1984;
 * Nelson and Tantawi 1988). Hardly loaded: the maximum of n exponentials.
 */
static void test_exact(void **state)
{
	const struct predict_ask mean = { .figure = FIGURE_MEAN };
	const struct predict_ask p[] = {
		{ .figure = FIGURE_QUANTILE, .q = .5 },
		{ .figure = FIGURE_QUANTILE, .q = .99 },
	};
	struct predict_result r;

	(void)state;
	for (double rho = .3; rho < .8; rho += .4) {
		predict_fanout("exp:100us", "fcfs", 1, 2, 2, rho, &mean, 1,
			       &r);
		check_near("two M/M/1", &r.answer[0].value,
			   (12 - rho) / 8 * 1e5 / (1 - rho));
	}
	/* In one process, each connection's queue by itself, it is the same. */
	predict_fanout("exp:100us", "part:hash", 2, 2, 1, .5, &mean, 1, &r);
	check_near(r.model, &r.answer[0].value, 11.5 / 8 * 2e5);
	predict_fanout("exp:100us", "fcfs", 1, 8, 8, .0005, p, 2, &r);
	for (size_t i = 0; i < 2; i++)
		check_near("eight idle", &r.answer[i].value,
			   -1e5 * log(1 - pow(p[i].q, 1 / 8.)));
	/* Before one worker they are as one request, of work four times. */
	predict_fanout("det:100us", "fcfs", 1, 4, 1, .5, &mean, 1, &r);
	check_near("four in one", &r.answer[0].value,
		   4e5 * (1 + .5 / (2 * .5)));
	assert_string_equal(r.model, "maximum of 4 in one M/D/1 fcfs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schedule),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
