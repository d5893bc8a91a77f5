/* paired.c - the paired estimate beside the plain one, of one simulated point */
#include "tests/coverage/paired.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/interval.h"
#include "coordinator/pairs.h"
#include "lancet/core/arena.h"
#include "tests/coverage/fold.h"
#include "tests/coverage/simulated.h"

/* What is added: constant, exponential, and a rare hiccup; ns. */
#define PATH 6e3
#define NOISE 2e3
#define HICCUP 100e3
#define RARE 1e-3

struct run {
	struct pair *pair;
	double *at;
	uint64_t skip;		/* until the queue is warm */
	size_t n, room;
	struct rng rng;
};

static void take(void *ctx, const struct stream_request *request, size_t n)
{
	struct run *run = ctx;

	for (size_t i = 0; i < n; i++) {
		double added = PATH + NOISE * rng_exponential(&run->rng);

		if (rng_uniform(&run->rng) < RARE)
			added += HICCUP;
		if (request[i].id < run->skip || run->n == run->room)
			continue;
		run->pair[run->n] = (struct pair){
			.measured_ns = request[i].response + added,
			.replayed_ns = request[i].response,
		};
		run->at[run->n++] = request[i].at;
	}
}

/* Of an exponential law with rate theta: as x is far above what is added,
 * P(T + O > x) = e^(-theta x) E[e^(theta O)]. */
static double shift(double theta)
{
	double hiccup = 1 - RARE + RARE * exp(theta * HICCUP);

	return PATH + log(hiccup / (1 - theta * NOISE)) / theta;
}

static void plain(const struct plan *plan, const struct run *run,
		  const double *truth, struct paired *out, struct arena *arena)
{
	double window = (double)plan->config->measure.window_ns;
	double *x = arena_array(arena, run->n, sizeof(*x));
	struct series series = { 0 };
	struct result_metric metric = { 0 };

	series.window = arena_array(arena, run->n, sizeof(*series.window));
	for (size_t i = 0, end; i < run->n; i = end) {
		for (end = i; end < run->n && floor(run->at[end] / window) ==
				      floor(run->at[i] / window); end++)
			x[end] = run->pair[end].measured_ns;
		fold(&x[i], end - i, &series.window[series.n++].response,
		     arena);
	}
	interval_metric(&series, .95, truth_q, TRUTHS, arena, &metric);
	for (int i = 0; i < TRUTHS; i++) {
		const struct result_quantile *q = &metric.quantiles[i];

		out->plain[i] = strcmp(q->status, "resolved") ? (double)NAN
					: (q->hi - q->lo) / 2 / truth[i];
		out->plain_holds[i] = q->lo <= truth[i] && truth[i] <= q->hi;
	}
}

static void adjusted(const struct run *run, const double *ideal,
		     const double *truth, struct paired *out,
		     struct arena *arena)
{
	struct pair_quantile at[TRUTHS] = { { 0 } };

	for (int i = 0; i < TRUTHS; i++)
		at[i].q = truth_q[i];
	pairs_quantile(run->pair, run->n, .95, at, TRUTHS, arena);
	for (int i = 0; i < TRUTHS; i++) {
		double value = ideal[i] + at[i].measured_ns -
			       at[i].replayed_ns;

		out->adjusted[i] = at[i].half_ns / truth[i];
		out->adjusted_holds[i] = fabs(value - truth[i]) <=
					 at[i].half_ns;
	}
}

void paired_run(const struct plan *plan, double requests, uint64_t seed,
		struct paired *out)
{
	const struct stream_stalls none = { .every_ns = (double)INFINITY };
	struct stream_queue queue = simulated_queue(plan);
	struct rng_key key = { .seed = seed, .purpose = RNG_TARGET };
	double theta = 1 / plan->mean_service_ns - queue.rate;
	double ideal[TRUTHS], truth[TRUTHS];
	struct run run = { .room = (size_t)requests };
	struct stream stream;
	struct arena arena;

	for (int i = 0; i < TRUTHS; i++) {
		ideal[i] = -log(1 - truth_q[i]) / theta;
		truth[i] = ideal[i] + shift(theta);
	}
	arena_init(&arena);
	run.skip = (uint64_t)(queue.rate * (double)plan->point->warmup_ns);
	run.pair = arena_array(&arena, run.room, sizeof(*run.pair));
	run.at = arena_array(&arena, run.room, sizeof(*run.at));
	rng_init(&run.rng, &key);
	stream_init(&stream, &queue, &none, seed);
	stream_run(&stream, 1.05 * ((double)run.skip + requests) / queue.rate,
		   take, NULL, &run);
	stream_fini(&stream);
	plain(plan, &run, truth, out, &arena);
	adjusted(&run, ideal, truth, out, &arena);
	arena_fini(&arena);
}
