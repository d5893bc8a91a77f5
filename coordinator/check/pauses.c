/* pauses.c - did the sender stop now and then, whatever its law? */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/sends.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "lancet/core/sample.h"
#include "lancet/core/sort.h"
#include "workloads/arrival.h"

/*
 * Of two sets of as many gaps of one law, the file's and drawn ones, the file
 * has the so many longest with probability 2^-MORE.
 */
#define MORE 20
/* So much later than intended a send may be (check/lateness.c). */
#define LATE_NS 50e3

/*
 * Requests missing in a row leave gaps that a law has, too, but fewer: beyond
 * so many means, beside DRAWS times as many that it draws. Laws of a greater
 * scv have a mean that 1e5 gaps do not tell to 1%.
 */
static const double means[] = { 5, 6, 8, 10, 14, 20 };
#define MEANS (sizeof(means) / sizeof(*means))
#define DRAWS 8
#define SCV_MOST 10
#define LUCK 1e-4	/* of a file; they also have to take some time */
/*
 * If nobody says when they were due: by as much of a mean gap they may be
 * late. Shorter mean gaps are no longer than a busy machine's hiccups.
 */
#define LATE_SHARE .1
#define GAP_LEAST_NS 20e3

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

/* What the asked law draws: some ask for pauses. */
struct drawn {
	double longest;		/* of as many; 0: no law was asked for */
	bool tails;		/* of DRAWS times as many, beyond means: */
	double beyond[MEANS], time[MEANS];	/* how many, and their sum */
};

static void add_beyond(const double *gap, size_t n, double mean,
		       struct drawn *to)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < MEANS && gap[i] > means[k] * mean; k++) {
			to->beyond[k]++;
			to->time[k] += gap[i] / mean;
		}
}

static struct drawn drawn(const struct point_data *data, uint32_t agent,
			  uint32_t agents, size_t n, struct arena *arena)
{
	const struct workload *w = &data->plan->workload;
	const struct arrival_ops *ops = (const void *)w->arrival.kind;
	struct arrival_share share = {
		.rate_rps = data->point->rate_rps,
		.index = agent, .of = agents,
		.file = w->arrival_file,
	};
	struct rng_key key = { .agent = agent, .purpose = RNG_CHECK };
	double mean = 1e9 * share.of / share.rate_rps, *gap;
	struct drawn to = { 0 };
	struct err err;
	struct rng rng;
	void *state;

	if (data->any_arrival)
		return to;
	state = arena_alloc(arena, ops->state_size);
	if (ops->init(state, w->arrival.options, &share, arena, &err) < 0)
		return to;
	rng_init(&rng, &key);
	gap = arena_array(arena, n, sizeof(*gap));
	to.tails = ops->flags & ARRIVAL_RENEWAL && ops->scv &&
		   ops->scv(state) <= SCV_MOST;
	for (int draw = 0; draw < (to.tails ? DRAWS : 1); draw++) {
		size_t got = ops->gaps(state, &rng, gap, n);

		for (size_t i = 0; !draw && i < got; i++)
			to.longest = fmax(to.longest, gap[i]);
		add_beyond(gap, got, mean, &to);
	}
	return to;
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

/*
 * Many that are long, though none longer than the law's. Where there are too
 * many the fewest are asked, how much time they take where the most are.
 */
static void find_more(const int32_t *gap, size_t n, bool due,
		      const struct drawn *law, struct found *to)
{
	double late_ns = due ? 0 : fmin(LATE_SHARE * to->mean, LATE_NS);
	double least = 1;
	struct found more = *to;

	for (size_t k = 0; k < MEANS; k++) {
		double limit = means[k] * to->mean, time = 0, sure = 0, still;
		size_t beyond = 0;

		for (size_t i = n; i-- > 0 && gap[i] > limit; beyond++) {
			time += gap[i];
			sure += gap[i] > limit + late_ns;
		}
		if (sure < 1)
			break;
		least = fmin(least, MEANS * gsl_cdf_binomial_Q(
			(unsigned)sure - 1, 1. / (DRAWS + 1),
			(unsigned)(sure + law->beyond[k])));
		still = time - law->time[k] * to->mean / DRAWS;
		if (still <= more.still)
			continue;
		more.still = still;
		more.n = beyond - (size_t)fmin(law->beyond[k] / DRAWS,
					       (double)beyond);
	}
	if (least <= LUCK)
		*to = more;
}

static struct found pauses_of(const struct pauses *levels, const int32_t *gap,
			      size_t n, const struct drawn *law, bool renewal)
{
	struct found found = { .longest = gap[n - 1] };

	for (size_t i = 0; i < n; i++)
		found.all += gap[i];
	found.mean = found.all / (double)n;
	find_holes(levels, gap, n, law->longest, &found);
	if (renewal && law->longest > 0)
		find_longer(gap, n, law->longest, &found);
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
		"pauses, more or longer than such gaps are, take %.1f%% of the "
		"time (%.1f%% allowed)", found->longest / 1e6,
		found->longest / found->mean, found->n, 100 * out->effect,
		100 * out->threshold);
}

/* Is what was due then in a window of a file that was left out? */
static bool left_out(const struct point_data *data, int64_t due_ns)
{
	const struct point_segment *all = &data->segment[0];
	size_t w = (size_t)(due_ns / data->plan->config->measure.window_ns);

	return w >= all->nwindows || all->window[w].out & WINDOW_HEADLINE;
}

/*
 * Of all agents, in rising order: where lines are missing, their neighbours
 * are other agents' ones. Only Poisson processes make one of their own kind.
 */
static int32_t *together(const struct point_data *data, bool due, size_t *n,
			 struct arena *arena)
{
	const struct arrival_ops *ops =
		(const void *)data->plan->workload.arrival.kind;
	const struct point_samples *all = &data->together;
	int64_t *due_ns = arena_array(arena, all->n, sizeof(*due_ns));
	int64_t *at_ns = arena_array(arena, all->n, sizeof(*at_ns));
	int32_t *gap = arena_array(arena, all->n, sizeof(*gap));
	size_t sends = 0;

	*n = 0;
	if (data->any_arrival || !(ops->flags & ARRIVAL_POISSON))
		return gap;
	for (size_t i = 0; i < all->n; i++) {
		if (all->sample[i].outcome == OUTCOME_UNSENT)
			continue;
		due_ns[sends] = all->sample[i].intended_ns;
		at_ns[sends++] = all->sample[i].sent_ns;
	}
	if (due) {
		sort_i64(due_ns, sends);
		at_ns = due_ns;
	}
	for (size_t i = 1; i < sends; i++)
		if (!left_out(data, due_ns[i]))
			gap[(*n)++] = (int32_t)fmin(
				(double)(at_ns[i] - at_ns[i - 1]), INT32_MAX);
	sort_i32(gap, *n);
	return gap;
}

/* In rising order, as sent or as due; NULL: of all agents together. */
static int32_t *gaps_of(const struct point_data *data, const struct sends *one,
			bool due, size_t *n, struct arena *arena)
{
	return one ? sends_sorted(one, 1, due, n, arena)
		   : together(data, due, n, arena);
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

	for (size_t i = 0; i <= nsends; i++) {
		bool one = i < nsends;
		int32_t *gap = gaps_of(data, one ? &sends[i] : NULL, false,
				       &n, arena);
		struct drawn law;
		struct found of;

		if (n < 100)
			continue;
		law = drawn(data, one ? sends[i].agent : 0,
			    one ? (uint32_t)data->plan->nagents : 1, n, arena);
		of = pauses_of(levels, gap, n, &law,
			       ops->flags & ARRIVAL_RENEWAL);
		if (law.tails && !(data->sent_only && of.mean < GAP_LEAST_NS)) {
			gap = gaps_of(data, one ? &sends[i] : NULL,
				      !data->sent_only, &n, arena);
			find_more(gap, n, !data->sent_only, &law, &of);
		}
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
