/* interval.c - quantiles and means of a correlated series, with intervals */
#include "coordinator/interval.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "lancet/core/arena.h"

/*
 * Most and fewest batches. Beyond about 30 Student's quantile gains nothing
 * (Schmeiser 1982), 64 leave room to double the length three times.
 */
#define BATCHES_MOST 64
#define BATCHES_LEAST 8

/*
 * A quantile needs at least so many requests beyond it, counted as the
 * independent ones that they are worth: with fewer, which come in a handful
 * of bursts, neither estimate nor variance means much.
 */
#define BEYOND_LEAST 10.

struct batches {
	double x[BATCHES_MOST], n[BATCHES_MOST];
	size_t count;
};

/* What the batches say: the error of sum(x) / sum(n), and its freedom. */
struct ratio {
	double value, error;
	double correlation;	/* of neighbouring batches */
	size_t batches;
};

/* --- batches ------------------------------------------------------------------ */

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

/* The ratio estimator: residuals x - R n have mean 0 and carry its error. */
static struct ratio batches_ratio(const struct batches *batches)
{
	struct ratio ratio = { .batches = batches->count };
	double x = 0, n = 0, square = 0, cross = 0, before = 0;

	for (size_t b = 0; b < batches->count; b++) {
		x += batches->x[b];
		n += batches->n[b];
	}
	if (n <= 0)
		return ratio;
	ratio.value = x / n;
	for (size_t b = 0; b < batches->count; b++) {
		double r = batches->x[b] - ratio.value * batches->n[b];

		square += r * r;
		cross += b ? r * before : 0;
		before = r;
	}
	ratio.correlation = square > 0 ? cross / square : 0;
	ratio.error = sqrt(square * (double)batches->count /
			   (double)(batches->count - 1)) / n;
	return ratio;
}

/*
 * Longer batches until neighbours look independent: one-sided, at the 5%
 * level, a lag-1 correlation of b independent batches being about normal
 * with deviation 1/sqrt(b). A first-order correlation that is left with the
 * fewest batches widens the error as it would that of an AR(1) mean.
 */
static struct ratio ratio_of(const double *x, const double *n, size_t pairs)
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
		if (ratio.correlation < 1.645 / sqrt((double)count))
			return ratio;
		if (count / 2 < BATCHES_LEAST)
			break;
	}
	ratio.error *= sqrt((1 + ratio.correlation) /
			    (1 - fmin(ratio.correlation, .9)));
	return ratio;
}

static double student(double confidence, size_t batches)
{
	return gsl_cdf_tdist_Pinv((1 + confidence) / 2, (double)(batches - 1));
}

double interval_ratio(const double *x, const double *n, size_t pairs,
		      double confidence)
{
	struct ratio ratio = ratio_of(x, n, pairs);

	return isnan(ratio.error) ? ratio.error
				  : ratio.error *
					    student(confidence, ratio.batches);
}

/* --- series --------------------------------------------------------------------- */

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

/* How many of a window are later than x. */
static double window_above(const struct series_window *window, double x)
{
	double above = (double)window->later;
	const struct hist_sparse *h = &window->response;

	for (uint32_t i = 0; i < h->n; i++)
		above += (double)h->cell[i].count *
			 (1 - cell_below(&h->cell[i], x));
	return above;
}

/* What the quantiles of one series share. */
struct work {
	const struct series *series;
	const struct hist *all;
	uint64_t later;
	double *x, *n;		/* a pair a window */
	double confidence;
};

/* Wilson's interval for the share q among n_eff, into [0, 1]. */
static void wilson(double q, double n_eff, double t, double *lo, double *hi)
{
	double t2 = t * t / n_eff;
	double centre = (q + t2 / 2) / (1 + t2);
	double half = t / (1 + t2) *
		      sqrt((q * (1 - q) + t2 / 4) / n_eff);

	*lo = fmax(centre - half, 0);
	*hi = fmin(centre + half, 1);
}

/* Independent requests that would be worth as much as these. */
static double worth(const struct work *work, double at, double *t)
{
	double total = (double)(work->all->total + work->later);
	double p, n_eff = total;
	struct ratio ratio;

	for (size_t i = 0; i < work->series->n; i++)
		work->x[i] = window_above(&work->series->window[i], at);
	ratio = ratio_of(work->x, work->n, work->series->n);
	p = ratio.value;
	if (isnan(ratio.error)) {
		*t = (double)NAN;
		return 0;
	}
	*t = student(work->confidence, ratio.batches);
	if (ratio.error > 0 && p > 0 && p < 1)
		n_eff = p * (1 - p) / (ratio.error * ratio.error);
	return fmin(n_eff, total);
}

static void unresolved(struct result_quantile *out, const char *why)
{
	out->hi = (double)INFINITY;
	out->status = "unresolved";
	out->reason = why;
}

static void interval_quantile(const struct work *work, double q,
			      struct result_quantile *out)
{
	double replied = hist_quantile(work->all, q);
	double t, lo, hi, n_eff;

	*out = (struct result_quantile){ .q = q, .status = "resolved" };
	out->value = hist_quantile_of(work->all, q, work->later);
	n_eff = worth(work, replied, &t);
	if (!(n_eff > 0)) {
		out->lo = 0;
		unresolved(out, "too few windows for an interval");
		return;
	}
	wilson(q, n_eff, t, &lo, &hi);
	out->lo = lo > 0 ? hist_quantile(work->all, lo) : 0;
	out->hi = hi < 1 ? hist_quantile_of(work->all, hi, work->later)
			 : (double)INFINITY;
	if (n_eff * (1 - q) < BEYOND_LEAST)
		unresolved(out, "too few independent requests beyond it");
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
		unresolved(&metric->quantiles[i], "no request was answered");
	}
}

void interval_metric(const struct series *series, double confidence,
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
	for (size_t i = 0; i < nq; i++)
		interval_quantile(&work, q[i], &metric->quantiles[i]);
	hist_destroy(all);
}
