/* truth.c - what the intervals of a cell should hold, by a long simulation */
#include "tests/coverage/truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/hist.h"
#include "models/predict.h"

#define Z 1.959964
#define FINE (1 << 24)	/* 17 ms */
#define BATCHES 2000	/* their variance is known to 3% */

const double truth_q[TRUTHS] = { .5, .9, .99, .999 };

struct row {
	const char *cell;
	double load;
	struct truth truth[TRUTHS];
};

/* Printed by `coverage --truth`. */
static const struct row rows[] = {
#include "tests/coverage/truth.inc"
};

const struct truth *truth_of(const char *cell, double load)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].cell, cell) && rows[i].load == load)
			return rows[i].truth;
	fprintf(stderr, "coverage: no truth of %s at %g\n", cell, load);
	exit(2);
}

/* What a run leaves: the law, and per batch how many are above the levels. */
struct seen {
	struct hist *hist;
	uint32_t *fine;		/* of each ns below FINE: an atom is one */
	uint64_t skip, batch;	/* requests of the warm-up; of a batch */
	int64_t level[TRUTHS];
	uint32_t (*above)[TRUTHS];
};

static void see(void *ctx, const struct stream_request *request, size_t n)
{
	struct seen *seen = ctx;

	for (size_t i = 0; i < n; i++) {
		int64_t value = (int64_t)(request[i].response + .5);
		uint64_t b;

		if (request[i].id < seen->skip)
			continue;
		hist_record(seen->hist, value);
		if (value < FINE)
			seen->fine[value]++;
		b = (request[i].id - seen->skip) / seen->batch;
		if (b >= BATCHES)
			continue;
		for (int q = 0; q < TRUTHS; q++)
			seen->above[b][q] += value > seen->level[q];
	}
}

static void run(const struct stream_queue *queue, double requests,
		uint64_t seed, struct seen *seen)
{
	const struct stream_stalls none = { .every_ns = (double)INFINITY };
	struct stream stream;

	hist_reset(seen->hist);
	memset(seen->fine, 0, FINE * sizeof(*seen->fine));
	memset(seen->above, 0, BATCHES * sizeof(*seen->above));
	seen->skip = (uint64_t)(requests / 50);
	seen->batch = (uint64_t)(requests / BATCHES);
	stream_init(&stream, queue, &none, seed);
	stream_run(&stream, 1.02 * requests / queue->rate, see, NULL, seen);
	stream_fini(&stream);
}

/* Variance of a batch's count over its length: the constant of the mean. */
static double constant(const struct seen *seen, int q)
{
	double mean = 0, square = 0;

	for (int b = 0; b < BATCHES; b++)
		mean += seen->above[b][q] / (double)BATCHES;
	for (int b = 0; b < BATCHES; b++)
		square += pow(seen->above[b][q] - mean, 2);
	return square / (BATCHES - 1) / (double)seen->batch;
}

/* To the ns where it is below FINE. */
static double quantile(const struct seen *seen, double q)
{
	double left = q * (double)seen->hist->total;

	for (size_t i = 0; i < FINE; i++) {
		left -= seen->fine[i];
		if (left <= 0)
			return (double)i;
	}
	return hist_quantile(seen->hist, q);
}

/* Half of what the values at shares q +- off are apart, of the value at q. */
static double half(const struct hist *hist, double q, double off)
{
	double lo = hist_quantile(hist, fmax(q - off, 1e-9));
	double hi = hist_quantile(hist, fmin(q + off, 1 - 1e-9));

	return (hi - lo) / 2 / hist_quantile(hist, q);
}

/* The share to either side that makes a half-width. */
static double spanned(const struct hist *hist, double q, double relative)
{
	double lo = 0, hi = fmin(q, 1 - q);

	for (int i = 0; i < 60; i++) {
		double mid = (lo + hi) / 2;

		if (half(hist, q, mid) < relative)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* The quantile by formula, where there is one. */
static void exact(const struct stream_queue *queue, double q,
		  struct truth *truth)
{
	const struct predict_ask ask = { .figure = FIGURE_QUANTILE, .q = q };
	const struct predict_query query = {
		.workload = queue->workload,
		.policy = queue->policy,
		.workers = queue->workers,
		.rate = queue->rate,
		.method = PREDICT_EXACT,
		.ask = &ask,
		.nask = 1,
	};
	struct predict_result result = { 0 };
	struct arena arena;
	struct err err;

	arena_init(&arena);
	if (!predict(&query, &result, &arena, &err) &&
	    !result.answer[0].refused) {
		truth->ns = result.answer[0].value.value;
		truth->error = 0;
	}
	arena_fini(&arena);
}

void truth_find(const struct stream_queue *queue, double relative,
		double requests, uint64_t seed, struct truth *truth)
{
	struct seen seen = {
		.hist = hist_create(),
		.fine = calloc(FINE, sizeof(*seen.fine)),
		.above = calloc(BATCHES, sizeof(*seen.above)),
	};

	run(queue, requests / 20, seed + 1, &seen);
	for (int q = 0; q < TRUTHS; q++)
		seen.level[q] = (int64_t)quantile(&seen, truth_q[q]);
	run(queue, requests, seed, &seen);
	for (int i = 0; i < TRUTHS; i++) {
		double s = constant(&seen, i), q = truth_q[i];
		double off = spanned(seen.hist, q, relative);

		truth[i] = (struct truth){
			.ns = quantile(&seen, q),
			.error = half(seen.hist, q,
				      Z * sqrt(s / requests)),
			.needed = Z * Z * s / (off * off),
			.worth_one = s / (q * (1 - q)),
		};
		exact(queue, q, &truth[i]);
	}
	free(seen.above);
	free(seen.fine);
	hist_destroy(seen.hist);
}
