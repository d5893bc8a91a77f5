/* copies.c - is a stretch of a file a copy of another, or of one line? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "lancet/core/sort.h"
#include "workloads/arrival.h"

#define TOGETHER 32	/* values in a row that stand elsewhere, too */
#define FRESH 16	/* and so many steps between them, or it is a pattern */

struct copies {
	double share;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct copies, share, 0, "1%", 0, 1,
	       "allowed share of latencies, or of gaps between sends, that "
	       "occur again in a stretch of 32, or of latencies that are the "
	       "same for 32 requests: as many change p99"),
	{ 0 },
};

/* Is the step to x[i] none of those before it, in one run? */
static bool fresh_at(const int64_t *x, size_t i)
{
	for (size_t k = i; k-- > 1 && i - k < TOGETHER;)
		if (x[k] - x[k - 1] == x[i] - x[i - 1])
			return false;
	return i > 0;
}

/*
 * Of each run that is no pattern: coarse values, batches that a constant
 * service takes one by one, and short loops have few steps, and meet
 * themselves.
 */
static size_t hashes(const int64_t *x, size_t n, int64_t *to)
{
	const uint64_t by = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = 0, past = 1;
	bool is_fresh[TOGETHER] = { false };
	size_t fresh = 0, runs = 0;

	for (int k = 0; k < TOGETHER; k++)
		past *= by;
	for (size_t i = 0; i < n; i++) {
		bool *at = &is_fresh[i % TOGETHER];

		fresh -= *at;
		*at = fresh_at(x, i);
		fresh += *at;
		hash = hash * by + rng_mix((uint64_t)x[i]);
		if (i >= TOGETHER)
			hash -= past * rng_mix((uint64_t)x[i - TOGETHER]);
		if (i + 1 >= TOGETHER && fresh >= FRESH)
			to[runs++] = (int64_t)hash;
	}
	return runs;
}

/* The share of values with which a run begins that stands elsewhere, too. */
static double copied(const int64_t *x, size_t n, struct arena *arena)
{
	int64_t *hash = arena_array(arena, n, sizeof(*hash));
	size_t runs = hashes(x, n, hash), copies = 0;

	sort_i64(hash, runs);
	for (size_t i = 0, k; i < runs; i = k) {
		for (k = i + 1; k < runs && hash[k] == hash[i];)
			k++;
		copies += k > i + 1 ? k - i : 0;
	}
	return n ? (double)copies / (double)n : 0;
}

/* Many values that differ by ever other steps: not one, nor a coarse unit. */
static bool many(const int64_t *value, size_t n)
{
	size_t fresh = 0;

	for (size_t i = 0; i < n; i++)
		fresh += fresh_at(value, i);
	return n >= TOGETHER && 2 * fresh > n;
}

/*
 * The share of values in runs of one value: a gauge that stuck, or gaps that
 * were filled, where most values are in none and hardly any of these like that
 * before it; or a gauge that is seldom refreshed, where the runs have many
 * values. A server that takes as long for each has one, or few. Leaves the
 * runs' values in x.
 */
static double stuck(int64_t *x, size_t n)
{
	size_t in = 0, alike = 0, here = 1, runs = 0;

	for (size_t i = 1; i <= n; i++, here++) {
		if (i < n && x[i] == x[i - 1])
			continue;
		if (here >= TOGETHER) {
			in += here;
			x[runs++] = x[i - 1];
		} else {
			alike += here - 1;
		}
		here = 0;
	}
	if (many(x, runs) || (2 * in < n && 100 * alike < n - in))
		return (double)in / (double)n;
	return 0;
}

/* Without those sent at once: their replies may be taken at once, too. */
static double stuck_lines(const struct point_samples *from, int64_t *x)
{
	const struct sample *s = from->sample;
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++)
		if (s[i].outcome == OUTCOME_RECEIVED &&
		    !(i && s[i].sent_ns == s[i - 1].sent_ns))
			x[n++] = s[i].received_ns - s[i].sent_ns;
	return stuck(x, n);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct copies *levels = options;
	const struct arrival_ops *ops =
		(const void *)data->plan->workload.arrival.kind;
	bool given = ops->flags & ARRIVAL_FINITE;
	double latencies = 0, gaps = 0, same = 0;

	/* The agents' names may have come after the copying. */
	for (size_t i = 0; i <= data->nsamples; i++) {
		const struct point_samples *from =
			i < data->nsamples ? &data->samples[i]
					   : &data->together;
		int64_t *x = arena_array(arena, from->n, sizeof(*x));
		size_t n = 0;

		same = fmax(same, stuck_lines(from, x));
		for (size_t k = 0; k < from->n; k++)
			if (from->sample[k].outcome == OUTCOME_RECEIVED)
				x[n++] = from->sample[k].received_ns -
					 from->sample[k].sent_ns;
		latencies = fmax(latencies, copied(x, n, arena));
		/* Of a trace that was asked for, gaps may be its own again. */
		for (n = 0; !given && n + 1 < from->n; n++)
			x[n] = from->sample[n + 1].intended_ns -
			       from->sample[n].intended_ns;
		gaps = fmax(gaps, copied(x, n, arena));
	}
	out->effect = fmax(fmax(latencies, gaps), same);
	out->threshold = levels->share;
	out->status = out->effect <= out->threshold ? CHECK_PASS : CHECK_FAIL;
	out->reason = arena_printf(arena,
		"%.1f%% of latencies and %.1f%% of gaps between sends occur "
		"again elsewhere, %d in a row; %.1f%% of latencies are the "
		"same for as many requests (%.0f%% allowed)%s",
		100 * latencies, 100 * gaps, TOGETHER, 100 * same,
		100 * out->threshold,
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
