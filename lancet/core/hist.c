/* hist.c - log-linear histogram of nanoseconds that merges exactly */
#include "lancet/core/hist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUB_BITS 10			/* 1024 bins an octave */
#define SUB (1u << SUB_BITS)

_Static_assert(HIST_BINS == 33 * SUB, "32 octaves above the exact part");

/*
 * With b = the octave above the exact part, 0 for values below 2048,
 *	index = (b + 1) 1024 + (value >> b) - 1024
 * as HdrHistogram counts (Tene 2012), subBucketCount 2048, unit 1 ns.
 */
uint32_t hist_index(int64_t value)
{
	uint64_t v = value < 0 ? 0 : value > HIST_MAX ? (uint64_t)HIST_MAX :
							(uint64_t)value;
	uint32_t b = 63u - (uint32_t)__builtin_clzll(v | (2 * SUB - 1)) -
		     SUB_BITS;

	return b * SUB + (uint32_t)(v >> b);
}

static uint32_t hist_octave(uint32_t index)
{
	return index < 2 * SUB ? 0 : index / SUB - 1;
}

int64_t hist_low(uint32_t index)
{
	uint32_t b = hist_octave(index);

	return (int64_t)((uint64_t)(index - b * SUB) << b);
}

int64_t hist_width(uint32_t index)
{
	return INT64_C(1) << hist_octave(index);
}

struct hist *hist_create(void)
{
	return calloc(1, sizeof(struct hist));
}

void hist_destroy(struct hist *hist)
{
	free(hist);
}

void hist_reset(struct hist *hist)
{
	memset(hist, 0, sizeof(*hist));
}

/* lo and hi mean nothing before the first count, so none is compared. */
static void hist_add(struct hist *hist, uint32_t index, uint64_t count,
		     uint32_t lo, uint32_t hi)
{
	if (!hist->count[index]) {
		hist->lo[index] = lo;
		hist->hi[index] = hi;
	} else {
		if (lo < hist->lo[index])
			hist->lo[index] = lo;
		if (hi > hist->hi[index])
			hist->hi[index] = hi;
	}
	hist->count[index] += count;
}

static void hist_range(struct hist *hist, int64_t min, int64_t max)
{
	if (!hist->total || min < hist->min)
		hist->min = min;
	if (!hist->total || max > hist->max)
		hist->max = max;
}

void hist_record(struct hist *hist, int64_t value)
{
	int64_t v = value < 0 ? 0 : value > HIST_MAX ? HIST_MAX : value;
	uint32_t index = hist_index(v);
	uint32_t offset = (uint32_t)(v - hist_low(index));
	double x = (double)v;

	hist_add(hist, index, 1, offset, offset);
	hist_range(hist, v, v);
	hist->total++;
	hist->sum += x;
	hist->sum2 += x * x;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	if (!from->total)
		return;
	hist_range(into, from->min, from->max);
	for (uint32_t i = hist_index(from->min); i <= hist_index(from->max);
	     i++)
		if (from->count[i])
			hist_add(into, i, from->count[i], from->lo[i],
				 from->hi[i]);
	into->total += from->total;
	into->sum += from->sum;
	into->sum2 += from->sum2;
}

/* sum2 is by the middle of what each cell saw: within 1/1024 of the truth. */
void hist_add_sparse(struct hist *into, const struct hist_sparse *from)
{
	for (uint32_t i = 0; i < from->n; i++) {
		const struct hist_cell *c = &from->cell[i];
		int64_t low = hist_low(c->index);
		double mid = (double)low + ((double)c->lo + c->hi) / 2;

		if (!c->count)
			continue;
		hist_range(into, low + c->lo, low + c->hi);
		hist_add(into, c->index, c->count, c->lo, c->hi);
		into->total += c->count;
		into->sum2 += mid * mid * c->count;
	}
	into->sum += from->sum;
}

void hist_sparse_append(struct hist_sparse *to, int64_t value)
{
	int64_t ns = value < HIST_MAX ? value : HIST_MAX;
	uint32_t index = hist_index(ns), at = (uint32_t)(ns - hist_low(index));
	struct hist_cell *cell;

	if (!to->n || to->cell[to->n - 1].index != index)
		to->cell[to->n++] = (struct hist_cell){ index, at, at, 0 };
	cell = &to->cell[to->n - 1];
	cell->hi = at;
	cell->count++;
	to->total++;
	to->sum += (double)ns;
}

uint32_t hist_used(const struct hist *hist)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < HIST_BINS; i++)
		used += hist->count[i] != 0;
	return used;
}

/* A window is far from 2^32 observations; a total of a run may not be. */
uint32_t hist_cells(const struct hist *hist, struct hist_cell *cell,
		    uint32_t n)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < HIST_BINS; i++) {
		if (!hist->count[i])
			continue;
		if (used == n)
			break;
		cell[used++] = (struct hist_cell){
			.index = i,
			.lo = hist->lo[i],
			.hi = hist->hi[i],
			.count = (uint32_t)hist->count[i],
		};
	}
	return used;
}

/*
 * ceil(q n), but not one more where the product is a whole number but for
 * the rounding of q: 0.07 * 100 is 7.000000000000001 in doubles.
 */
static uint64_t hist_rank(double q, uint64_t n)
{
	double rank = ceil(q * (double)n * (1 - 0x1p-51));

	if (rank < 1)
		return 1;
	return rank > (double)n ? n : (uint64_t)rank;
}

/* The rank-th observation (from 1) of a bin, as if they all stood evenly from
 * its least to its greatest. */
static double hist_inside(uint32_t index, uint32_t lo, uint32_t hi,
			  uint64_t count, uint64_t rank)
{
	double least = (double)hist_low(index) + lo;

	if (count < 2)
		return least;
	return least + ((double)hi - (double)lo) *
		       ((double)(rank - 1) / (double)(count - 1));
}

/* The bin of the rank-th observation of all; rank becomes that within it. */
static uint32_t hist_bin(const struct hist *hist, uint64_t *rank)
{
	uint32_t i = 0;

	while (i < HIST_BINS - 1 && hist->count[i] < *rank)
		*rank -= hist->count[i++];
	return i;
}

/* The value of the rank-th observation of all. */
static double hist_at(const struct hist *hist, uint64_t rank)
{
	uint32_t i = hist_bin(hist, &rank);

	return hist_inside(i, hist->lo[i], hist->hi[i], hist->count[i], rank);
}

double hist_quantile_of(const struct hist *hist, double q, uint64_t later)
{
	uint64_t rank = hist_rank(q, hist->total + later);

	if (!hist->total && !later)
		return 0;
	return rank > hist->total ? (double)INFINITY : hist_at(hist, rank);
}

void hist_quantile_within(const struct hist *hist, double q, uint64_t later,
			  double *least, double *most)
{
	uint64_t rank = hist_rank(q, hist->total + later);
	uint32_t i;

	*least = *most = hist->total ? (double)INFINITY : 0;
	if (rank > hist->total)
		return;
	i = hist_bin(hist, &rank);
	*least = (double)hist_low(i) + hist->lo[i];
	*most = (double)hist_low(i) + hist->hi[i];
}

double hist_sparse_quantile(const struct hist_sparse *hist, double q,
			    uint64_t later)
{
	uint64_t rank = hist_rank(q, hist->total + later), below = 0;

	for (uint32_t i = 0; i < hist->n; i++) {
		const struct hist_cell *c = &hist->cell[i];

		if (below + c->count >= rank)
			return hist_inside(c->index, c->lo, c->hi, c->count,
					   rank - below);
		below += c->count;
	}
	return later ? (double)INFINITY : 0;
}

double hist_quantile(const struct hist *hist, double q)
{
	return hist_quantile_of(hist, q, 0);
}

double hist_cdf(const struct hist *hist, double x)
{
	uint32_t at;
	double sum = 0, low;

	if (!hist->total || x < (double)hist->min)
		return 0;
	if (x >= (double)hist->max)
		return 1;
	at = hist_index((int64_t)x);
	for (uint32_t i = 0; i < at; i++)
		sum += (double)hist->count[i];
	low = (double)hist_low(at) + hist->lo[at];
	if (hist->count[at] && x >= low) {
		double span = (double)hist->hi[at] - (double)hist->lo[at];
		double part = x >= low + span ? 1 : (x - low) / span;

		sum += 1 + part * ((double)hist->count[at] - 1);
	}
	return sum / (double)hist->total;
}

double hist_mean(const struct hist *hist)
{
	return hist->total ? hist->sum / (double)hist->total : 0;
}
