/* copies.c - is a stretch of a file a copy of another? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "lancet/core/sort.h"

#define TOGETHER 4	/* values in a row; by chance 1e-12 meet of 20000 */

struct copies {
	double share;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct copies, share, 0, "1%", 0, 1,
	       "share of latencies, or of gaps between sends, that may stand "
	       "elsewhere, too, four in a row: as many change p99"),
	{ 0 },
};

/* Of each run of four, in rising order; step -1 reads them backwards. */
static int64_t *hashes(const int64_t *x, size_t runs, int step,
			struct arena *arena)
{
	int64_t *to = arena_array(arena, runs, sizeof(*to));

	for (size_t i = 0; i < runs; i++) {
		const int64_t *at = &x[step < 0 ? i + TOGETHER - 1 : i];
		uint64_t hash = 0;

		for (int k = 0; k < TOGETHER; k++)
			hash = rng_mix(hash ^ (uint64_t)at[k * step]);
		to[i] = (int64_t)hash;
	}
	sort_i64(to, runs);
	return to;
}

/*
 * The share of runs that stand elsewhere, too. Coarse values meet by chance,
 * and then as often with a run that is read backwards, which no copy does:
 * four times those are taken off.
 */
static double copied(const int64_t *x, size_t n, struct arena *arena)
{
	size_t runs = n < TOGETHER ? 0 : n - TOGETHER + 1;
	int64_t *ahead = hashes(x, runs, 1, arena);
	int64_t *back = hashes(x, runs, -1, arena);
	double copies = 0, chance = 0;

	for (size_t i = 0, j = 0, k; i < runs; i = k) {
		for (k = i + 1; k < runs && ahead[k] == ahead[i];)
			k++;
		while (j < runs && back[j] < ahead[i])
			j++;
		if (j < runs && back[j] == ahead[i])
			chance += (double)(k - i);
		if (k > i + 1)
			copies += (double)(k - i);
	}
	return runs ? fmax(copies - 4 * chance, 0) / (double)runs : 0;
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct copies *levels = options;
	double latencies = 0, gaps = 0;

	for (size_t i = 0; i < data->nsamples; i++) {
		const struct point_samples *from = &data->samples[i];
		int64_t *x = arena_array(arena, from->n, sizeof(*x));
		size_t n = 0;

		for (size_t k = 0; k < from->n; k++)
			if (from->sample[k].outcome == OUTCOME_RECEIVED)
				x[n++] = from->sample[k].received_ns -
					 from->sample[k].sent_ns;
		latencies = fmax(latencies, copied(x, n, arena));
		for (n = 0; n + 1 < from->n; n++)
			x[n] = from->sample[n + 1].intended_ns -
			       from->sample[n].intended_ns;
		gaps = fmax(gaps, copied(x, n, arena));
	}
	out->effect = fmax(latencies, gaps);
	out->threshold = levels->share;
	out->status = out->effect <= out->threshold ? CHECK_PASS : CHECK_FAIL;
	out->reason = arena_printf(arena,
		"%.1f%% of latencies and %.1f%% of gaps between sends stand "
		"elsewhere, too, four in a row (%.0f%% allowed)%s",
		100 * latencies, 100 * gaps, 100 * out->threshold,
		out->status == CHECK_PASS ? "" : ": they were copied");
}

const struct check_ops check_copies = {
	.kind = {
		.name = "copies",
		.help = "no stretch of a file is a copy of another",
		.options = rows,
		.options_size = sizeof(struct copies),
	},
	.of = CHECK_FILES,
	.run = run,
};
