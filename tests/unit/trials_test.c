/* trials_test.c - a search among simulated queues whose limit is known */
#include "tests/unit/point_data.h"

#include <stdio.h>

#include "coordinator/decide.h"
#include "coordinator/interval.h"
#include "coordinator/search.h"
#include "coordinator/trial.h"

/*
 * M/M/1, mean service 1/100 of a window: a sojourn's p99 is ln 100 /
 * (1 - load) services (Little's and Erlang's formulas agree), so that the
 * promise p99 <= 20 services is kept up to a load of 0.7697. Trials of 5 s
 * are judged by the intervals and looked at by the rule of a real run.
 */
#define SERVICES 100.		/* in a window, at load 1 */
#define BOUND 20.
#define TRUTH (1 - 4.605170185988092 / BOUND)
#define WINDOWS 500
#define SERVICE ((double)WINDOW / SERVICES)

struct queue {
	struct rng *rng;
	double load;
	double wait, due;	/* of the next arrival; in its window */
	struct series series;
	struct arena arena;
};

/* From its stationary state: the warm-up was cut. */
static void queue_open(struct queue *q, double load, struct rng *rng)
{
	*q = (struct queue){ .rng = rng, .load = load };
	arena_init(&q->arena);
	if (rng_uniform(rng) < load)
		q->wait = SERVICE / (1 - load) * rng_exponential(rng);
	q->due = SERVICE / load * rng_exponential(rng);
	q->series.window = arena_array(&q->arena, WINDOWS,
				       sizeof(*q->series.window));
}

static void queue_window(struct queue *q)
{
	int64_t value[8 * (int)SERVICES];
	size_t n = 0;

	for (; q->due < (double)WINDOW && n < 8 * SERVICES; n++) {
		double own = SERVICE * rng_exponential(q->rng);
		double gap = SERVICE / q->load * rng_exponential(q->rng);

		value[n] = (int64_t)(q->wait + own);
		q->wait = fmax(q->wait + own - gap, 0);
		q->due += gap;
	}
	q->due -= (double)WINDOW;
	q->series.window[q->series.n++].response =
		made_sparse(&q->arena, value, n);
}

/* Over the bound: the estimate, and both ends. */
static struct result_interval look(struct queue *q, double confidence)
{
	static const double p99 = .99;
	struct result_metric metric = { 0 };
	const struct result_quantile *at;

	interval_metric(&q->series, confidence, &p99, 1, &q->arena, &metric);
	at = &metric.quantiles[0];
	return (struct result_interval){
		at->value / (BOUND * SERVICE), at->lo / (BOUND * SERVICE),
		at->hi / (BOUND * SERVICE)
	};
}

static enum search_found try(double load, double confidence, struct rng *rng)
{
	struct decide_state s = {
		.window_ns = WINDOW, .shrink = (double)INFINITY, .attempts = 1,
		.few = true,
	};
	struct queue q;
	enum search_found found = SEARCH_OPEN;

	queue_open(&q, load, rng);
	for (int looks = 1; found == SEARCH_OPEN; looks++) {
		struct result_interval p;
		int64_t length;

		s.left_ns = (WINDOWS - (int64_t)q.series.n) * WINDOW;
		s.last = looks >= SEARCH_LOOKS;
		length = decide_length(&s, NULL);
		if (length <= 0)
			break;
		for (; length > 0; length -= WINDOW)
			queue_window(&q);
		p = look(&q, confidence);
		found = p.hi <= 1 ? SEARCH_KEPT
			: p.lo > 1 ? SEARCH_MISSED : SEARCH_OPEN;
		s.begun = true;
		s.measured_s = (double)q.series.n * (double)WINDOW / 1e9;
		s.shrink = trial_width(&(struct trial){ .promise = p });
	}
	arena_fini(&q.arena);
	return found;
}

/* `wrong` of `seeds` at 5% each: more have a chance below 1e-6. */
static void test_known_limit(void **state)
{
	bool all = getenv("LANCET_LONG");
	int seeds = all ? 300 : 12, most = all ? 37 : 7, wrong = 0;
	double width = 0, trials = 0;
	struct rng rng;

	(void)state;
	test_rng(&rng, 51);
	for (int i = 0; i < seeds; i++) {
		struct search s;
		double load, confidence;

		search_init(&s, .1, .95, .05);
		confidence = search_confidence(&s, .95);
		while (!isnan(load = search_next(&s)))
			search_tell(&s, load, try(load, confidence, &rng));
		wrong += s.lo > TRUTH || s.hi <= TRUTH;
		trials += (double)s.n / seeds;
		width += ((isnan(s.hi) ? s.to : s.hi) -
			  (isnan(s.lo) ? s.from : s.lo)) / TRUTH / seeds;
	}
	print_message("%d of %d wrong; %.1f trials, width %.3f of the load\n",
		      wrong, seeds, trials, width);
	assert_true(wrong <= most);
	assert_true(width < .5);
}

static double width(double lo, double value, double hi)
{
	return trial_width(&(struct trial){ .promise = { value, lo, hi } });
}

/* On the side of the promise: told apart is 0, half of the way is 1/2. */
static void test_width(void **state)
{
	(void)state;
	assert_near(width(.4, .8, 1), 0, 0);
	assert_near(width(1.01, 1.2, 2), 0, 0);
	assert_near(width(.1, .5, 1.25), 1.5, 1e-12);
	assert_near(width(.5, 2, 9), 1.5, 1e-12);
	assert_near(width(1, 2, 9), 1, 1e-12);
	assert_true(isinf(width(.9, 1, 1.1)));
	assert_true(isinf(width(.9, (double)NAN, (double)INFINITY)));
	assert_true(isinf(width(0, .5, (double)INFINITY)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_known_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
