/* seeds.c - do threads and agents draw sequences of their own? */
#include <math.h>
#include <stdlib.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/sends.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "workloads/arrival.h"

#define TOGETHER 4	/* gaps in a row; by chance 1e-12 meet of 20000 */

struct seeds {
	double shared;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct seeds, shared, 0, "1%", 0, 1,
	       "allowed share of intended gaps that another thread has, too, "
	       "four in a row, to the nanosecond"),
	{ 0 },
};

struct run {
	uint64_t hash;
	size_t thread;
};

static int order(const void *left, const void *right)
{
	const struct run *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->thread < b->thread ? -1 : a->thread > b->thread;
}

static size_t runs_of(const struct sends *s, size_t thread, struct run *to)
{
	size_t n = 0;

	for (size_t i = TOGETHER - 1; i < s->n; i++) {
		uint64_t hash = 0;

		for (size_t k = 0; k < TOGETHER; k++)
			hash = rng_mix(hash ^ (uint32_t)
				       s->intended_gap_ns[i - k]);
		to[n++] = (struct run){ hash, thread };
	}
	return n;
}

/* Runs that two threads have; and those that one thread has twice. */
static size_t shared_of(const struct run *run, size_t n, size_t *own)
{
	size_t shared = 0;

	for (size_t i = 0, j; i < n; i = j) {
		size_t again = 0;

		for (j = i + 1; j < n && run[j].hash == run[i].hash; j++)
			again += run[j].thread == run[j - 1].thread;
		*own += again;
		if (again < j - i - 1)	/* other threads have it, too */
			shared += j - i;
	}
	return shared;
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct seeds *levels = options;
	const struct arrival_ops *ops =
		(const void *)data->plan->workload.arrival.kind;
	size_t nsends, room = 0, n = 0, own = 0, shared;
	struct sends *sends = sends_of(data, &nsends, arena);
	struct run *runs;

	out->status = CHECK_NOT_APPLICABLE;
	if (data->plan->threads < 2 && data->plan->nagents < 2) {
		out->reason = "there is only one sequence of requests";
		return;
	}
	if (ops->flags & (ARRIVAL_CONSTANT | ARRIVAL_FINITE)) {
		out->reason = "these arrivals are not random";
		return;
	}
	for (size_t i = 0; i < nsends; i++)
		room += sends[i].n;
	runs = arena_array(arena, room, sizeof(*runs));
	for (size_t i = 0; i < nsends; i++)
		n += runs_of(&sends[i], (size_t)sends[i].agent << 16 |
					sends[i].thread, runs + n);
	qsort(runs, n, sizeof(*runs), order);
	shared = shared_of(runs, n, &own);
	if (n < 100 || own > n / 10) {
		out->reason = n < 100 ? "too few send gaps"
				      : "the law of gaps has too few different "
					"values";
		return;
	}
	out->statistic = (double)shared;
	/* Coarse instants meet by chance, a sequence's own as well. */
	out->effect = fmax((double)shared - 4 * (double)own, 0) / (double)n;
	out->threshold = levels->shared;
	out->status = out->effect <= out->threshold ? CHECK_PASS : CHECK_FAIL;
	out->reason = arena_printf(arena,
		"%zu of %zu runs of four intended gaps occur in more than one "
		"thread's sequence (%.1f%% allowed)%s", shared, n,
		100 * out->threshold, out->status == CHECK_PASS ? "" :
		": threads share a seed");
}

const struct check_ops check_seeds = {
	.kind = {
		.name = "seeds",
		.help = "all agents and threads have different random "
			"sequences",
		.options = rows,
		.options_size = sizeof(struct seeds),
	},
	.blind = true,
	.client = true,
	.run = run,
};
