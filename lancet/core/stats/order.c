/* order.c - quantiles of a sample, and exact ranks for their intervals */
#include "lancet/core/stats/order.h"

#include <errno.h>
#include <float.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "lancet/core/err.h"

/* Binomial probabilities below this share of the largest are not summed. */
#define NEGLIGIBLE 1e-25

/* Probabilities of B = k relative to that of the mode. */
struct binomial {
	double n, q, mode;
};

/* P(B = k + 1) / P(B = k) */
static double rise(const struct binomial *b, double k)
{
	return (b->n - k) / (k + 1) * (b->q / (1 - b->q));
}

/*
 * Walks from the mode outwards (step 1 or -1) until nothing is left. Returns
 * the sum beyond the mode; *end is where it stopped, *weight what is there.
 */
static double walk(const struct binomial *b, int step, double *end,
		   double *weight)
{
	double sum = 0, w = 1, k = b->mode;

	while (w > NEGLIGIBLE && k + step >= 0 && k + step <= b->n) {
		w = step > 0 ? w * rise(b, k) : w / rise(b, k - 1);
		k += step;
		sum += w;
	}
	*end = k;
	*weight = w;
	return sum;
}

/*
 * From the end that walk() reached back inwards: how many values (counted
 * from that end, those beyond included) have at most this much probability.
 */
static double tail_within(const struct binomial *b, int step, double end,
			  double weight, double most, double *sum)
{
	double k = end, w = weight;

	*sum = 0;
	while (k >= 0 && k <= b->n && *sum + w <= most) {
		*sum += w;
		w = step > 0 ? w / rise(b, k - 1) : w * rise(b, k);
		k -= step;
	}
	return k;
}

int order_ranks(uint64_t n, double q, double confidence,
		struct order_ranks *out, struct err *err)
{
	struct binomial b = { .n = (double)n, .q = q };
	double low, high, w_low, w_high, total, most, below, above;

	if (n < 1 || n > 1000000000000000)
		return err_set(err, -EINVAL, "%llu values; give 1 to 1e15",
			       (unsigned long long)n);
	if (!(q > 0 && q < 1) || !(confidence > 0 && confidence < 1))
		return err_set(err, -EINVAL,
			       "quantile %g with confidence %g; "
			       "both must lie between 0 and 1",
			       q, confidence);
	b.mode = fmin(floor((b.n + 1) * q), b.n);
	total = 1 + walk(&b, -1, &low, &w_low) + walk(&b, 1, &high, &w_high);
	most = (1 - confidence) / 2 * total;
	/* The first value with more probability at or below it than a / 2. */
	low = tail_within(&b, -1, low, w_low, most, &below);
	high = tail_within(&b, 1, high, w_high, most, &above);
	out->lower = (uint64_t)low;
	out->upper = (uint64_t)high + 1;
	out->coverage = 1 - (below + above) / total;
	return 0;
}

uint64_t order_least(double q, double confidence)
{
	double log_tail = log((1 - confidence) / 2);
	double n = ceil(log_tail / log(q) * (1 - 4 * DBL_EPSILON));

	if (!(q > 0 && q < 1 && confidence > 0 && confidence < 1) || n > 9e18)
		return 0;
	return (uint64_t)fmax(n, 1);
}

double order_quantile(const double *x, size_t n, double q)
{
	/* n q may be off by its rounding where it is a whole number. */
	double rank = ceil((double)n * q * (1 - 2 * DBL_EPSILON));

	return x[(size_t)fmin(fmax(rank, 1), (double)n) - 1];
}

double order_quantile_linear(const double *x, size_t n, double q)
{
	return gsl_stats_quantile_from_sorted_data(x, 1, n, q);
}
