/* estimate.c - figures and their intervals from independent replications */
#include "models/estimate.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

/* One term of a ratio of sums, from a replication. */
struct term {
	double y, n;
};

typedef struct term (*term_of)(const struct tally *t, double about);

/*
 * How far the interval reaches below and above, from n terms of which these
 * are the sums of squared and cubed deviations. A queue's tail comes in
 * bursts, and the replications lean to the side of the rare long ones; on
 * that side Student's t is too short. Johnson's (1978) correction, skewness /
 * (6 sqrt n) (1 + 2 t^2) standard errors, makes it longer there, never shorter
 * on the other: of 30 replications the skewness is too rough for that.
 */
static void reach(double sum2, double sum3, uint32_t n, double *below,
		  double *above)
{
	double t = gsl_cdf_tdist_Pinv(0.975, n - 1);
	double error = sqrt(sum2 * n / (n - 1));
	double skewness = sum2 > 0 ? sum3 / n / pow(sum2 / n, 1.5) : 0;
	double lean = skewness / (6 * sqrt(n)) * (1 + 2 * t * t);

	*below = error * (t + fmax(0, -lean));
	*above = error * (t + fmax(0, lean));
}

/* sum y / sum n, from the replications' terms. */
static struct predict_value ratio(const struct term *term, uint32_t n)
{
	double y = 0, of = 0, sum2 = 0, sum3 = 0, below, above;

	for (uint32_t i = 0; i < n; i++) {
		y += term[i].y;
		of += term[i].n;
	}
	for (uint32_t i = 0; i < n; i++) {
		double d = term[i].y - y / of * term[i].n;

		sum2 += d * d;
		sum3 += d * d * d;
	}
	reach(sum2, sum3, n, &below, &above);
	return (struct predict_value){ y / of, fmax(0, y - below) / of,
				       (y + above) / of };
}

static struct predict_value ratio_of(const struct tally *t, uint32_t n,
				     term_of term_from, double about)
{
	struct term term[ESTIMATE_MOST];

	for (uint32_t i = 0; i < n; i++)
		term[i] = term_from(&t[i], about);
	return ratio(term, n);
}

static struct term term_mean(const struct tally *t, double about)
{
	(void)about;
	return (struct term){ t->sum, (double)t->n };
}

/* Squares of the distance from the mean of all. */
static struct term term_square(const struct tally *t, double mean)
{
	return (struct term){ t->sum2 - 2 * mean * t->sum +
				      mean * mean * (double)t->n,
			      (double)t->n };
}

static struct term term_waited(const struct tally *t, double about)
{
	(void)about;
	return (struct term){ (double)t->waited, (double)t->n };
}

static struct term term_refused(const struct tally *t, double about)
{
	(void)about;
	return (struct term){ (double)t->refused, (double)(t->n + t->refused) };
}

static struct term term_of_all(const struct tally *t, double about)
{
	(void)about;
	return (struct term){ t->sum, (double)(t->n + t->refused) };
}

struct predict_value estimate_mean(const struct tally *t, uint32_t n)
{
	return ratio_of(t, n, term_mean, 0);
}

struct predict_value estimate_variance(const struct tally *t, uint32_t n)
{
	return ratio_of(t, n, term_square, estimate_mean(t, n).value);
}

struct predict_value estimate_waited(const struct tally *t, uint32_t n)
{
	return ratio_of(t, n, term_waited, 0);
}

struct predict_value estimate_refused(const struct tally *t, uint32_t n)
{
	return ratio_of(t, n, term_refused, 0);
}

struct predict_value estimate_mean_of_all(const struct tally *t, uint32_t n)
{
	return ratio_of(t, n, term_of_all, 0);
}

struct predict_value estimate_values(const double *x, uint32_t n)
{
	struct term term[ESTIMATE_MOST];

	for (uint32_t i = 0; i < n; i++)
		term[i] = (struct term){ x[i], 1 };
	return ratio(term, n);
}

struct estimate_pool {
	uint64_t total;
	uint32_t last; /* bin in use */
	uint64_t count[TALLY_BINS];
	uint16_t depth[TALLY_BINS], height[TALLY_BINS];
};

static void pool_bin(struct estimate_pool *p, uint32_t b,
		     const struct tally_bin *bin)
{
	p->count[b] += bin->count;
	if (bin->depth > p->depth[b])
		p->depth[b] = bin->depth;
	if (bin->height > p->height[b])
		p->height[b] = bin->height;
	if (b > p->last)
		p->last = b;
}

struct estimate_pool *estimate_pool(const struct tally *t, uint32_t n)
{
	struct estimate_pool *p = calloc(1, sizeof(*p));

	for (uint32_t i = 0; p && i < n; i++) {
		uint32_t last;

		p->total += t[i].n;
		if (!t[i].n)
			continue;
		last = tally_bin_of(&t[i], t[i].most);
		for (uint32_t b = tally_bin_of(&t[i], t[i].least); b <= last;
		     b++)
			if (t[i].bin[b].count)
				pool_bin(p, b, &t[i].bin[b]);
	}
	return p;
}

/* Where a share of the values ends: so many of a bin's. */
struct place {
	uint32_t bin;
	double rank;
};

static struct place place_of(const struct estimate_pool *p, double q)
{
	/* Not one more where q n is whole but for rounding. */
	double rank = fmax(1, ceil(q * (double)p->total * (1 - 0x1p-50)));

	for (uint32_t b = 0; b < p->last; b++) {
		if (rank <= (double)p->count[b])
			return (struct place){ b, rank };
		rank -= (double)p->count[b];
	}
	return (struct place){ p->last, fmin(rank, (double)p->count[p->last]) };
}

/* A bin's values as if they stood evenly from its least to its greatest. */
static double value_at(const struct estimate_pool *p, struct place at)
{
	double low = tally_value(at.bin, 65535u - p->depth[at.bin]);
	double high = tally_value(at.bin, p->height[at.bin]);
	double between = (double)p->count[at.bin] - 1;

	return between > 0 ? low + (high - low) * (at.rank - 1) / between : low;
}

/* Values of a replication above the place; the tail is the shorter side. */
static double above(const struct estimate_pool *p, const struct tally *t,
		    struct place at)
{
	double part = at.rank / (double)p->count[at.bin];
	double sum = (1 - part) * t->bin[at.bin].count;

	for (uint32_t b = at.bin + 1; b <= p->last; b++)
		sum += t->bin[b].count;
	return sum;
}

struct predict_value estimate_quantile(const struct estimate_pool *p,
				       const struct tally *t, uint32_t n,
				       double q, struct predict_value *tail)
{
	struct place at = place_of(p, q);
	struct term term[ESTIMATE_MOST];
	double down, up;

	for (uint32_t i = 0; i < n; i++)
		term[i] = (struct term){ above(p, &t[i], at), (double)t[i].n };
	*tail = ratio(term, n);
	down = fmax(0, q - (tail->value - tail->lo));
	up = fmin(1, q + (tail->hi - tail->value));
	return (struct predict_value){
		.value = value_at(p, at) / t->scale,
		.lo = value_at(p, place_of(p, down)) / t->scale,
		.hi = value_at(p, place_of(p, up)) / t->scale,
	};
}
