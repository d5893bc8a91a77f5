/* batch.c - means and quantiles of a correlated series, with intervals */
#include "models/batch.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

int batch_init(struct batch *b, uint64_t size, double scale)
{
	memset(b, 0, sizeof(*b));
	b->size = b->left = size;
	b->scale = scale;
	b->all = hist_create();
	for (size_t i = 0; b->all && i < BATCH_MOST; i++)
		if (!(b->hist[i] = hist_create()))
			break;
	if (b->all && b->hist[BATCH_MOST - 1])
		return 0;
	batch_fini(b);
	return -ENOMEM;
}

void batch_fini(struct batch *b)
{
	for (size_t i = 0; i < BATCH_MOST; i++)
		hist_destroy(b->hist[i]);
	hist_destroy(b->all);
	memset(b, 0, sizeof(*b));
}

static void merge_pairs(struct batch *b)
{
	for (size_t i = 0; i < BATCH_MOST / 2; i++) {
		struct hist *into = b->hist[2 * i];

		hist_merge(into, b->hist[2 * i + 1]);
		b->marked[i] = b->marked[2 * i] + b->marked[2 * i + 1];
		b->hist[2 * i] = b->hist[i];
		b->hist[i] = into;
	}
	for (size_t i = BATCH_MOST / 2; i < BATCH_MOST; i++) {
		hist_reset(b->hist[i]);
		b->marked[i] = 0;
	}
	b->n = BATCH_MOST / 2;
	b->size *= 2;
}

void batch_close(struct batch *b)
{
	if (++b->n == BATCH_MOST)
		merge_pairs(b);
	b->left = b->size;
}

/* The interval of x[n], one figure a batch, around the value of them all. */
static struct predict_value interval(const double *x, uint32_t n, double value,
				     double scale)
{
	double mean = 0, sum2 = 0, half;

	for (uint32_t i = 0; i < n; i++)
		mean += x[i] / n;
	for (uint32_t i = 0; i < n; i++)
		sum2 += (x[i] - mean) * (x[i] - mean);
	half = gsl_cdf_tdist_Pinv(0.975, n - 1) * sqrt(sum2 / (n - 1) / n);
	return (struct predict_value){
		.value = value / scale,
		.lo = fmax(0, value - half) / scale,
		.hi = (value + half) / scale,
	};
}

struct predict_value batch_mean(struct batch *b)
{
	double x[BATCH_MOST], mean = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		x[i] = hist_mean(b->hist[i]);
		mean += x[i] / b->n;
	}
	return interval(x, b->n, mean, b->scale);
}

static void sum_up(struct batch *b)
{
	hist_reset(b->all);
	for (uint32_t i = 0; i < b->n; i++)
		hist_merge(b->all, b->hist[i]);
}

/*
 * The share at or below the quantile is a mean, and batch means bound it; the
 * quantiles at the ends of that bound are the interval (Heidelberger and
 * Lewis 1984). Unlike the spread of the batches' own quantiles it holds where
 * the law has atoms, or next to nothing between two of them.
 */
struct predict_value batch_quantile(struct batch *b, double q)
{
	struct predict_value share, v;
	double x[BATCH_MOST], value, half;

	if (b->all->total != batch_total(b))
		sum_up(b);
	value = hist_quantile(b->all, q);
	for (uint32_t i = 0; i < b->n; i++)
		x[i] = hist_cdf(b->hist[i], value);
	share = interval(x, b->n, 1, 1);
	half = share.hi - share.value;
	v.value = value / b->scale;
	v.lo = (q > half ? hist_quantile(b->all, q - half) :
			   (double)b->all->min) / b->scale;
	v.hi = (q + half < 1 ? hist_quantile(b->all, q + half) :
			       (double)b->all->max) / b->scale;
	return v;
}

struct predict_value batch_share(const struct batch *b)
{
	double x[BATCH_MOST], mean = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		x[i] = (double)b->marked[i] / (double)b->size;
		mean += x[i] / b->n;
	}
	return interval(x, b->n, mean, 1);
}

uint64_t batch_total(const struct batch *b)
{
	return b->n * b->size;
}
