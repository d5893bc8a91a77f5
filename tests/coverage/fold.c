/* fold.c - response times of a window as an agent folds them */
#include "tests/coverage/fold.h"

#define WORD 64

/* Dense, empty between calls; a bit a bin says which are in use. */
struct dense {
	uint32_t count[HIST_BINS], lo[HIST_BINS], hi[HIST_BINS];
	uint64_t used[HIST_BINS / WORD + 1];
	uint32_t first, last, n;
};

static void take(struct dense *d, int64_t value)
{
	uint32_t b = hist_index(value);
	uint32_t at = (uint32_t)(value - hist_low(b));

	if (!d->count[b]++) {
		d->n++;
		d->lo[b] = d->hi[b] = at;
		d->used[b / WORD] |= UINT64_C(1) << b % WORD;
		d->first = b < d->first ? b : d->first;
		d->last = b > d->last ? b : d->last;
		return;
	}
	d->lo[b] = at < d->lo[b] ? at : d->lo[b];
	d->hi[b] = at > d->hi[b] ? at : d->hi[b];
}

static void hand_over(struct dense *d, struct hist_sparse *to)
{
	for (uint32_t w = d->first / WORD; w <= d->last / WORD; w++)
		for (; d->used[w]; d->used[w] &= d->used[w] - 1) {
			uint32_t b = w * WORD +
				     (uint32_t)__builtin_ctzll(d->used[w]);

			to->cell[to->n++] = (struct hist_cell){
				b, d->lo[b], d->hi[b], d->count[b],
			};
			d->count[b] = 0;
		}
}

void fold(const double *response_ns, size_t n, struct hist_sparse *to,
	  struct arena *arena)
{
	static struct dense dense;

	dense.first = HIST_BINS;
	dense.last = dense.n = 0;
	for (size_t i = 0; i < n; i++) {
		int64_t value = (int64_t)(response_ns[i] + .5);

		take(&dense, value);
		to->sum += (double)value;
	}
	to->total = n;
	to->cell = arena_array(arena, dense.n, sizeof(*to->cell));
	if (n)
		hand_over(&dense, to);
}
