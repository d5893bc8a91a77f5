/* interval.c - quantiles and means of a correlated series, with intervals */
#include "coordinator/interval.h"

#include <math.h>
#include <stdbool.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/vector.h"

/*
 * Most and fewest batches. Of 256 the variance is known to 15%, which costs
 * a 40th of the requests; 8 leave room to double the length five times.
 */
#define BATCHES_MOST 256
#define BATCHES_LEAST 8

/* A batch's effective number of independent requests is at least this. */
#define BATCH_WORTH 20.

/*
 * A quantile needs at least so many requests beyond it, counted as the
 * independent ones that they are worth: with fewer, which come in a handful
 * of bursts, neither estimate nor variance means much. Less will do where the
 * level says so beyond which there are ten times as many requests and where
 * bursts are better known; nothing is known of them by a tenth of theirs.
 */
#define BEYOND_LEAST 20.
#define BEYOND_INDEPENDENT 10.
#define BEYOND_DECADE 25.
#define BEYOND_ITSELF 12.
#define DECADE 10.
#define LIKE_MOST 10.

/*
 * A short run that missed the congested periods underestimates the correlation
 * in its tail. Requests near the median see many more such periods: so those of
 * the tail count for at most so many times as much, unless they count for
 * LIKE_MOST times as much and are thus of another kind. The variance of a run
 * is off by the root of its number of bursts: where as many requests as the
 * median's worth leaves beyond the quantile are more than ENOUGH, the tail is
 * believed by as much more.
 */
#define LUCK_MOST 1.5
#define ENOUGH 90.

/*
 * A run that stops when its interval is narrow tends to stop after few bursts:
 * the end towards the tail is moved out by so many independent requests.
 */
#define LEAN 1.

struct batches {
	double x[BATCHES_MOST], n[BATCHES_MOST];
	size_t count;
};

/* What the batches say: the error of sum(x) / sum(n), and its freedom. */
struct ratio {
	double value, error;
	double correlation;	/* left between batches, beyond what is in it */
	size_t batches;
	double spread;		/* squared relative error of its variance */
};

/* --- batches -------------------------------------------------------------- */

static void batches_fill(struct batches *batches, const double *x,
			 const double *n, size_t pairs, size_t count)
{
	batches->count = count;
	for (size_t b = 0; b < count; b++) {
		batches->x[b] = 0;
		batches->n[b] = 0;
		for (size_t i = b * pairs / count;
		     i < (b + 1) * pairs / count; i++) {
			batches->x[b] += x[i];
			batches->n[b] += n[i];
		}
	}
}

/*
 * The ratio estimator: residuals x - R n have mean 0 and carry its error. A
 * share of rare requests forgets more slowly than it looks: they are thinned
 * out of spells that last longer. Bartlett's covariance of neighbours makes
 * up for batches no longer than a spell.
 */
static struct ratio batches_ratio(const struct batches *batches)
{
	struct ratio ratio = { .batches = batches->count };
	double x = 0, n = 0, product[3] = { 0 }, before[2] = { 0 }, variance;
	double count = (double)batches->count;

	for (size_t b = 0; b < batches->count; b++) {
		x += batches->x[b];
		n += batches->n[b];
	}
	if (n <= 0)
		return ratio;
	ratio.value = x / n;
	for (size_t b = 0; b < batches->count; b++) {
		double r = batches->x[b] - ratio.value * batches->n[b];

		product[0] += r * r;
		product[1] += r * before[0];
		product[2] += r * before[1];
		before[1] = before[0];
		before[0] = r;
	}
	ratio.correlation = product[0] > 0 ? product[2] / product[0] : 0;
	variance = product[0] + 2 * product[1];
	ratio.error = sqrt(fmax(variance, product[0] / 2) * count /
			   (count - 1)) / n;
	ratio.spread = 6 / (count - 1);
	return ratio;
}

/* Are batches too short, of a series worth so many requests in all? */
static bool too_short(const struct ratio *ratio, double worth)
{
	double b = (double)ratio->batches;

	return ratio->correlation > 1.645 / sqrt(b) || worth < BATCH_WORTH * b;
}

/* Independent requests whose share p would vary as much; NAN: no matter. */
static double worth_of(const struct ratio *ratio, bool share)
{
	double p = ratio->value;

	if (!share || !(ratio->error > 0))
		return (double)INFINITY;
	return p * (1 - p) / (ratio->error * ratio->error);
}

/*
 * Longer batches until those look independent whose correlation is not in the
 * error: one-sided, at the 5% level, that of b independent batches being about
 * normal with deviation 1/sqrt(b); and, of a share, until each is worth
 * enough. A correlation that is left with the fewest batches widens the error
 * as it would that of an AR(1) mean.
 */
static struct ratio ratio_of(const double *x, const double *n, size_t pairs,
			     bool share)
{
	struct batches batches;
	struct ratio ratio = { .error = (double)NAN };
	size_t count = BATCHES_MOST;

	while (count > pairs && count > BATCHES_LEAST)
		count /= 2;
	if (pairs < count)
		return ratio;
	for (;; count /= 2) {
		batches_fill(&batches, x, n, pairs, count);
		ratio = batches_ratio(&batches);
		if (!too_short(&ratio, worth_of(&ratio, share)))
			return ratio;
		if (count / 2 < BATCHES_LEAST)
			break;
	}
	if (ratio.correlation > 0)
		ratio.error *= sqrt((1 + ratio.correlation) /
				    (1 - fmin(ratio.correlation, .9)));
	return ratio;
}

double interval_ratio(const double *x, const double *n, size_t pairs,
		      double confidence)
{
	struct ratio ratio = ratio_of(x, n, pairs, false);

	return isnan(ratio.error) ? ratio.error
				  : ratio.error *
		quantile_student(1 - confidence, 2 / ratio.spread);
}

/* --- series --------------------------------------------------------------- */

uint64_t series_merge(const struct series *series, struct hist *into)
{
	uint64_t later = 0;

	for (size_t i = 0; i < series->n; i++) {
		hist_add_sparse(into, &series->window[i].response);
		later += series->window[i].later;
	}
	return later;
}

/* Share of a cell at or below x; its values lie between lo and hi. */
static double cell_below(const struct hist_cell *cell, double x)
{
	double low = (double)hist_low(cell->index);
	double least = low + cell->lo, most = low + cell->hi;

	if (x >= most)
		return 1;
	if (x < least)
		return 0;
	return (x - least) / (most - least);
}

/* How many of a window are later than x; cells are in rising order. */
static double window_above(const struct series_window *window, double x)
{
	const struct hist_sparse *h = &window->response;
	uint32_t at = hist_index((int64_t)x), i = h->n;
	uint64_t above = window->later;

	while (i && h->cell[i - 1].index > at)
		above += h->cell[--i].count;
	if (!i || h->cell[i - 1].index < at)
		return (double)above;
	return (double)above + (double)h->cell[i - 1].count *
			       (1 - cell_below(&h->cell[i - 1], x));
}

/* So many windows ahead the tail is fetched: it is cold, and all that is read
 * of the most. */
#define AHEAD 8

static void windows_above(const struct series *series, double at, double *above)
{
	const struct series_window *window = series->window;

	for (size_t i = 0; i < series->n; i++) {
		if (i + AHEAD < series->n && window[i + AHEAD].response.n)
			__builtin_prefetch(window[i + AHEAD].response.cell +
					   window[i + AHEAD].response.n);
		above[i] = window_above(&window[i], at);
	}
}

/* What the quantiles of one series share. */
struct work {
	const struct series *series;
	const struct hist *all;
	uint64_t later;
	double *x, *n;		/* a pair a window */
	double confidence;
	double median;		/* what requests are worth there */
};

/* What is known of a share: how far it may be off, and of how many. */
struct share {
	double worth;		/* independent requests */
	double below, above;	/* shares that the interval reaches to */
	bool few, slow;		/* too few beyond; too long dependent */
};

static void share_ranks(const struct work *work, double q, double total,
			struct share *share)
{
	struct order_ranks ranks;
	struct err err;

	share->worth = total;
	if (order_ranks((uint64_t)total, q, work->confidence, &ranks, &err) < 0)
		return;
	share->below = (double)ranks.lower / total;
	share->above = (double)ranks.upper / total;
}

static double total_of(const struct work *work)
{
	return (double)(work->all->total + work->later);
}

/* The ratio of requests later than `at`, and what they are worth. */
static struct ratio later_than(const struct work *work, double at,
			       double *worth)
{
	struct ratio ratio;

	windows_above(work->series, at, work->x);
	ratio = ratio_of(work->x, work->n, work->series->n, true);
	*worth = isnan(ratio.error) ? 0 : fmin(worth_of(&ratio, true),
					       total_of(work));
	return ratio;
}

/*
 * How much the variance of requests beyond a level varies with the bursts in
 * which they come, times the number of independent ones: the fourth moment of
 * a burst, less what its third explains, which moves the level as well. Bursts
 * are as many as the requests of a busy period of M/M/1, an inverse Gaussian
 * law of mean mu and squared coefficient of variation m - 1: those of any one
 * queue are in heavy traffic. `each` requests are worth one: mu m.
 */
static double bursts_spread(double each)
{
	double mu = (1 + sqrt(2 * each - 1)) / 2, m = each / mu;
	double third = (3 * m * m - 3 * m + 1) / (m * m);
	double fourth = (15 * m * m * m - 30 * m * m + 21 * m - 5) /
			(m * m * m);

	return fourth - third * third;
}

/*
 * The half-width in shares, by Student's quantile of Satterthwaite's (1946)
 * freedom: 2 over the squared relative error of the variance, which is of the
 * number of batches and of that of bursts.
 */
static double half_of(const struct work *work, double q, double worth,
		      double spread)
{
	double beyond = worth * fmin(q, 1 - q);
	double bursts = bursts_spread(total_of(work) / worth) / beyond;

	return sqrt(q * (1 - q) / worth) *
	       quantile_student(1 - work->confidence, 2 / (spread + bursts));
}

/*
 * An end is where the share of requests beyond it is just bearable for a
 * quantile. How long bursts last at that level counts as well, where it is
 * longer than at the estimate: a low estimate next to an atom of the law would
 * take its short ones for those of the tail.
 */
static double half_at(const struct work *work, double q, double share,
		      double half)
{
	struct ratio ratio;
	double worth;

	if (share <= 0 || share >= 1)
		return half;
	ratio = later_than(work, hist_quantile(work->all, share), &worth);
	if (!(worth > 0))
		return half;
	return fmax(half, half_of(work, q, worth, ratio.spread));
}

static void share_batches(const struct work *work, double q, double spread,
			  struct share *share)
{
	double half = half_of(work, q, share->worth, spread);

	double lean = LEAN / share->worth;
	double below = half_at(work, q, q - half, half);
	double above = half_at(work, q, q + half, half);

	share->below = fmax(q - below - (q < .5 ? lean : 0), 0);
	share->above = fmin(q + above + (q < .5 ? 0 : lean), 1);
}

/* What requests of a tail are worth, unless by luck. */
static double sober(const struct work *work, double q, double worth)
{
	double beyond = work->median * fmin(q, 1 - q);
	double luck = LUCK_MOST * fmax(sqrt(beyond / ENOUGH), 1);

	return worth < LIKE_MOST * work->median
		       ? fmin(worth, luck * work->median) : worth;
}

/* Independent requests by a level beyond which there are ten times as many. */
static double decade_of(const struct work *work, double q)
{
	double before = 1 - DECADE * (1 - q), worth;

	if (before < .5)
		return (double)NAN;
	later_than(work, hist_quantile(work->all, before), &worth);
	return sober(work, q, worth);
}

/*
 * Too few beyond q? Where a decade before is known, it decides: what the few
 * bursts beyond q say themselves is mostly luck, and who chose by it would
 * choose the intervals that are too narrow. Bursts of quite another kind,
 * service times that are long by themselves, are known by their own number,
 * unless too few were seen even there: spells may come that were not seen yet.
 */
static bool too_few(const struct share *share, double decade, double q)
{
	double beyond = share->worth * fmin(q, 1 - q);

	if (decade * (1 - q) * DECADE < BEYOND_LEAST)
		return true;
	if (isnan(decade) || share->worth > LIKE_MOST * decade)
		return beyond < BEYOND_LEAST;
	return decade * (1 - q) < BEYOND_DECADE || beyond < BEYOND_ITSELF;
}

/* Of batches that vary no more than independent requests, which a few far out
 * seem to be whatever they are, binomial ranks are exact. */
static struct share share_of(const struct work *work, double q, double at)
{
	double total = total_of(work), decade;
	struct share share = { .worth = 0 };
	struct ratio ratio = later_than(work, at, &share.worth);

	if (!(share.worth > 0))
		return share;
	share.worth = sober(work, q, share.worth);
	decade = decade_of(work, q);
	if (share.worth >= total && !(decade < total)) {
		share_ranks(work, q, total, &share);
		share.few = total * fmin(q, 1 - q) < BEYOND_INDEPENDENT;
		return share;
	}
	share_batches(work, q, ratio.spread, &share);
	share.few = too_few(&share, decade, q);
	share.slow = share.worth < BATCH_WORTH * (double)BATCHES_LEAST;
	return share;
}

static void unresolved(struct result_quantile *out, const char *why)
{
	out->hi = (double)INFINITY;
	out->status = "unresolved";
	out->reason = why;
}

/* Where in its bin of the histogram an end lies is not known. */
static void interval_ends(const struct work *work, const struct share *share,
			  struct result_quantile *out)
{
	double other;

	out->lo = 0;
	out->hi = (double)INFINITY;
	if (share->below > 0)
		hist_quantile_within(work->all, share->below, 0, &out->lo,
				     &other);
	if (share->above < 1)
		hist_quantile_within(work->all, share->above, work->later,
				     &other, &out->hi);
}

static void interval_quantile(const struct work *work, double q,
			      struct result_quantile *out)
{
	double replied = hist_quantile(work->all, q);
	struct share share = share_of(work, q, replied);

	*out = (struct result_quantile){ .q = q, .status = "resolved" };
	out->value = hist_quantile_of(work->all, q, work->later);
	if (!(share.worth > 0)) {
		out->lo = 0;
		unresolved(out, "too few windows for an interval");
		return;
	}
	out->worth = share.worth;
	interval_ends(work, &share, out);
	if (share.few)
		unresolved(out, "too few independent requests beyond it");
	else if (share.slow)
		unresolved(out, "response times are correlated for too long");
	else if (!isfinite(out->hi))
		unresolved(out, "requests without a reply may be beyond it");
	if (!isfinite(out->value))
		out->value = (double)NAN;
}

static void interval_mean(const struct work *work, struct result_interval *mean)
{
	double *n = work->x;	/* free until the quantiles */
	double half;

	for (size_t i = 0; i < work->series->n; i++)
		n[i] = work->series->window[i].response.sum;
	mean->value = hist_mean(work->all);
	half = interval_ratio(n, work->n, work->series->n, work->confidence);
	mean->lo = mean->value - half;
	mean->hi = mean->value + half;
}

static void interval_empty(const double *q, size_t nq,
			   struct result_metric *metric)
{
	metric->mean = (struct result_interval){ NAN, NAN, NAN };
	for (size_t i = 0; i < nq; i++) {
		metric->quantiles[i] = (struct result_quantile){
			.q = q[i], .value = NAN, .lo = NAN
		};
		unresolved(&metric->quantiles[i],
			   "no request was answered in the remaining windows");
	}
}

static void metric_of(const struct series *series, double confidence,
		      const double *q, size_t nq, struct arena *arena,
		      struct result_metric *metric)
{
	struct hist *all = hist_create();
	struct work work = {
		.series = series,
		.all = all,
		.later = series_merge(series, all),
		.x = arena_array(arena, series->n + 1, sizeof(double)),
		.n = arena_array(arena, series->n + 1, sizeof(double)),
		.confidence = confidence,
	};

	metric->quantiles = arena_array(arena, nq, sizeof(*metric->quantiles));
	metric->nquantiles = nq;
	if (all->total == 0) {
		interval_empty(q, nq, metric);
		hist_destroy(all);
		return;
	}
	for (size_t i = 0; i < series->n; i++)
		work.n[i] = (double)series->window[i].response.total;
	interval_mean(&work, &metric->mean);
	for (size_t i = 0; i < series->n; i++)
		work.n[i] += (double)series->window[i].later;
	later_than(&work, hist_quantile(all, .5), &work.median);
	for (size_t i = 0; i < nq; i++)
		interval_quantile(&work, q[i], &metric->quantiles[i]);
	hist_destroy(all);
}

static bool any_unstamped(const struct series *series)
{
	for (size_t i = 0; i < series->n; i++)
		if (series->window[i].unstamped)
			return true;
	return false;
}

/* The same requests, all unstamped ones later than every reply. */
static struct series latest_of(const struct series *series, struct arena *arena)
{
	size_t size = series->n * sizeof(*series->window);
	struct series latest = { arena_copy(arena, series->window, size),
				 series->n };

	for (size_t i = 0; i < latest.n; i++)
		latest.window[i].later += latest.window[i].unstamped;
	return latest;
}

/* Upper ends as high as they are of the latest that requests may have been. */
static void raise_ends(struct result_metric *metric,
		       const struct result_metric *at_worst)
{
	for (size_t i = 0; i < metric->nquantiles; i++) {
		struct result_quantile *to = &metric->quantiles[i];
		double hi = at_worst->quantiles[i].hi;

		if (!(hi > to->hi))
			continue;
		to->hi = hi;
		if (!isfinite(hi))
			unresolved(to, "requests that lost a stamp may be "
				       "beyond it");
	}
}

void interval_metric(const struct series *series, double confidence,
		     const double *q, size_t nq, struct arena *arena,
		     struct result_metric *metric)
{
	struct result_metric at_worst;
	struct series latest;

	metric_of(series, confidence, q, nq, arena, metric);
	if (!any_unstamped(series))
		return;
	latest = latest_of(series, arena);
	metric_of(&latest, confidence, q, nq, arena, &at_worst);
	raise_ends(metric, &at_worst);
}
