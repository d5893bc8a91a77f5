/* pauses.c - did the sender stop now and then, whatever its law? */
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/sends.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "workloads/arrival.h"

/*
 * Of two sets of as many gaps of one law, the file's and drawn ones, the file
 * has the so many longest with probability 2^-MORE.
 */
#define MORE 20
/* So much later than intended a send may be (check/lateness.c). */
#define LATE_NS 50e3

struct pauses {
	double hole;
	double length;
	double share;
};

static const struct option_row rows[] = {
	OPTION(REAL, struct pauses, hole, 0, "4", 1, 1000,
	       "a pause is so many times longer than the longest other gap "
	       "(the square of it, if there is only one pause): of a Pareto "
	       "law with variance, once in 256"),
	OPTION(REAL, struct pauses, length, 0, "30", 1, 1e9,
	       "and longer than so many mean gaps: of a Poisson process, once "
	       "in 1e13"),
	OPTION(PERCENT, struct pauses, share, 0, "0.5%", 0, 1,
	       "allowed share of time in pauses"),
	{ 0 },
};

/* Of one agent's sends. */
struct found {
	size_t n;
	double still, all;
	double longest, mean;
};

/*
 * The longest of n gaps that the asked law draws: some ask for pauses. 0
 * where no law was asked for.
 */
static double drawn(const struct point_data *data, uint32_t agent, size_t n,
		    struct arena *arena)
{
	const struct workload *w = &data->plan->workload;
	const struct arrival_ops *ops = (const void *)w->arrival.kind;
	struct arrival_share share = {
		.rate_rps = data->point->rate_rps,
		.index = agent, .of = (uint32_t)data->plan->nagents,
		.file = w->arrival_file,
	};
	struct rng_key key = { .agent = agent, .purpose = RNG_CHECK };
	double *gap, longest = 0;
	struct err err;
	struct rng rng;
	void *state;

	if (data->any_arrival)
		return 0;
	state = arena_alloc(arena, ops->state_size);
	if (ops->init(state, w->arrival.options, &share, arena, &err) < 0)
		return 0;
	rng_init(&rng, &key);
	gap = arena_array(arena, n, sizeof(*gap));
	n = ops->gaps(state, &rng, gap, n);
	for (size_t i = 0; i < n; i++)
		longest = fmax(longest, gap[i]);
	return longest;
}

/*
 * Gaps of one law have no hole between the many and some that are far
 * longer, and a sender that stands still makes one.
 */
static void find_holes(const struct pauses *levels, const int32_t *gap,
		       size_t n, double natural, struct found *to)
{
	for (size_t i = n; i-- > 1 && n - i <= n / 100;) {
		double hole = i == n - 1 ? levels->hole * levels->hole
					 : levels->hole;

		if (gap[i] > levels->length * to->mean &&
		    gap[i] > hole * fmax(gap[i - 1], natural))
			to->n = n - i;
	}
	for (size_t i = n - to->n; i < n; i++)
		to->still += gap[i];
}

/* Short pauses leave no hole, nor do requests that were not written down. */
static void find_longer(const int32_t *gap, size_t n, double natural,
			struct found *to)
{
	double still = 0;
	size_t longer = 0;

	for (size_t i = n; i-- > 0 && gap[i] > natural + LATE_NS; longer++)
		still += gap[i] - natural;
	if (longer < MORE || still <= to->still)
		return;
	to->n = longer;
	to->still = still;
}

static struct found pauses_of(const struct pauses *levels, const int32_t *gap,
			      size_t n, double natural, bool renewal)
{
	struct found found = { .longest = gap[n - 1] };

	for (size_t i = 0; i < n; i++)
		found.all += gap[i];
	found.mean = found.all / (double)n;
	find_holes(levels, gap, n, natural, &found);
	if (renewal && natural > 0)
		find_longer(gap, n, natural, &found);
	return found;
}

static void tell(const struct found *found, struct arena *arena,
		 struct check_result *out)
{
	out->statistic = (double)found->n;
	out->effect = found->still / found->all;
	out->status = out->effect > out->threshold ? CHECK_FAIL : CHECK_PASS;
	out->reason = arena_printf(arena,
		"the longest gap between sends is %.3g ms, %.0f mean gaps; %zu "
		"pauses, longer than such gaps are, take %.1f%% of the "
		"time (%.1f%% allowed)", found->longest / 1e6,
		found->longest / found->mean, found->n, 100 * out->effect,
		100 * out->threshold);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct pauses *levels = options;
	const struct arrival_ops *ops =
		(const void *)data->plan->workload.arrival.kind;
	struct found worst = { .all = 0 };
	size_t nsends, n;
	struct sends *sends = sends_of(data, &nsends, arena);

	for (size_t i = 0; i < nsends; i++) {
		int32_t *gap = sends_sorted(&sends[i], 1, false, &n, arena);
		struct found of;

		if (n < 100)
			continue;
		of = pauses_of(levels, gap, n,
			       drawn(data, sends[i].agent, n, arena),
			       ops->flags & ARRIVAL_RENEWAL);
		if (!(worst.all > 0) ||
		    of.still * worst.all > worst.still * of.all)
			worst = of;
	}
	if (!(worst.all > 0)) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = "too few send gaps";
		return;
	}
	out->threshold = levels->share;
	tell(&worst, arena, out);
}

const struct check_ops check_pauses = {
	.kind = {
		.name = "pauses",
		.help = "the sender of a file did not stop now and then",
		.options = rows,
		.options_size = sizeof(struct pauses),
	},
	.of = CHECK_FILES,
	.run = run,
};
