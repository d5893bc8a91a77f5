/* hist.h - log-linear histogram of nanoseconds that merges exactly */
#ifndef LANCET_CORE_HIST_H
#define LANCET_CORE_HIST_H

#include <stddef.h>
#include <stdint.h>

/*
 * HdrHistogram's geometry for 1 ns .. 1 h at three digits: exact below 2048,
 * above that 1024 bins an octave, so a bin is at most 1/1024 wide. Larger
 * values are counted in the last bin. Each bin also keeps the least and the
 * greatest value it saw; a quantile interpolates between those two and never
 * leaves them, so an atom stays an atom.
 */
#define HIST_BINS 33792
#define HIST_MAX INT64_C(3600000000000)

uint32_t hist_index(int64_t value);	/* negative counts as 0 */
int64_t hist_low(uint32_t index);	/* least value of the bin */
int64_t hist_width(uint32_t index);	/* values in the bin */

/* One bin of a sparse histogram; lo and hi are offsets from hist_low(). */
struct hist_cell {
	uint32_t index;
	uint32_t lo, hi;
	uint32_t count;
};

/* Dense, for totals: about 540 KB. Sums are exact in int64 up to 292 years. */
struct hist {
	uint64_t total;
	int64_t min, max;	/* valid when total > 0 */
	double sum, sum2;
	uint64_t count[HIST_BINS];
	uint32_t lo[HIST_BINS], hi[HIST_BINS];
};

/* Sparse, for windows: cells in rising order of index. */
struct hist_sparse {
	struct hist_cell *cell;
	uint32_t n;
	uint64_t total;
	double sum;
};

struct hist *hist_create(void);
void hist_destroy(struct hist *hist);
void hist_reset(struct hist *hist);

void hist_record(struct hist *hist, int64_t value);	/* allocates nothing */
void hist_merge(struct hist *into, const struct hist *from);
void hist_add_sparse(struct hist *into, const struct hist_sparse *from);

/* Values come in rising order; cell[] has room. */
void hist_sparse_append(struct hist_sparse *to, int64_t value);

/* How many distinct bins are used, and their cells; cell[] has room for n. */
uint32_t hist_used(const struct hist *hist);
uint32_t hist_cells(const struct hist *hist, struct hist_cell *cell,
		    uint32_t n);

/*
 * Smallest value with at least a share q of the total at or below it, inside
 * the bin as said above; 0 < q < 1. 0 when the histogram is empty.
 */
double hist_quantile(const struct hist *hist, double q);

/*
 * The same over total + later observations, of which `later` are known only
 * to exceed everything: INFINITY where the quantile falls among them.
 */
double hist_quantile_of(const struct hist *hist, double q, uint64_t later);

/*
 * Least and greatest value that the bin of that quantile saw: between them it
 * may lie anywhere.
 */
void hist_quantile_within(const struct hist *hist, double q, uint64_t later,
			  double *least, double *most);

double hist_sparse_quantile(const struct hist_sparse *hist, double q,
			    uint64_t later);

/* Share of the total at or below x, interpolated inside the bin. */
double hist_cdf(const struct hist *hist, double x);
double hist_mean(const struct hist *hist);

#endif
