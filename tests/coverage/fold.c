/* fold.c - response times of a window as an agent folds them */
#include "tests/coverage/fold.h"

void fold(const double *response_ns, size_t n, struct hist_sparse *to,
	  struct arena *arena)
{
	static struct hist dense;	/* empty between calls */
	uint32_t first = HIST_BINS, last = 0, used = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t value = (int64_t)(response_ns[i] + .5);
		uint32_t b = hist_index(value);
		uint32_t at = (uint32_t)(value - hist_low(b));

		if (!dense.count[b]++) {
			used++;
			dense.lo[b] = dense.hi[b] = at;
		}
		dense.lo[b] = at < dense.lo[b] ? at : dense.lo[b];
		dense.hi[b] = at > dense.hi[b] ? at : dense.hi[b];
		first = b < first ? b : first;
		last = b > last ? b : last;
		to->sum += (double)value;
	}
	to->total = n;
	to->cell = arena_array(arena, used, sizeof(*to->cell));
	for (uint32_t b = first; b <= last && to->n < used; b++) {
		if (!dense.count[b])
			continue;
		to->cell[to->n++] = (struct hist_cell){
			b, dense.lo[b], dense.hi[b],
			(uint32_t)dense.count[b],
		};
		dense.count[b] = 0;
	}
}
