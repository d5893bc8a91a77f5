/* recorder_table.c - one metric of an agent's requests, in windows */
#include "agents/recorder_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agents/recorder.h"
#include "lancet/core/wire.h"

/*
 * One bin of one window and class. The key is in the order in which a report
 * is written: window << 32 | class << 16 | bin; an outcome other than
 * received has one bin, HIST_BINS + outcome. A count of 0: the place is free.
 */
struct recorder_cell {
	uint64_t key;
	uint32_t count, lo, hi;
	double sum;
};

#define CELLS_FIRST 65536u

_Static_assert(HIST_BINS + WIRE_UNSTAMPED < 65536, "a bin has 16 bits");

int recorder_table_init(struct recorder_table *t)
{
	*t = (struct recorder_table){ .mask = CELLS_FIRST - 1 };
	t->cell = calloc(CELLS_FIRST, sizeof(*t->cell));
	return t->cell ? 0 : -ENOMEM;
}

void recorder_table_fini(struct recorder_table *t)
{
	free(t->cell);
	t->cell = NULL;
}

void recorder_table_reset(struct recorder_table *t)
{
	memset(t->cell, 0, (t->mask + 1) * sizeof(*t->cell));
	t->cells = 0;
	t->window = 0;
	t->from_ns = 0;
}

/* --- one request ---------------------------------------------------------- */

/*
 * Multiplied by 2^64 over the golden ratio (Knuth 1973, 6.4); not the highest
 * bits, but those from 32 on: bin, class and the window's low bits reach them
 * all. Keys are counted up, not chosen by anybody, so that this is enough.
 */
static struct recorder_cell *place(struct recorder_table *t, uint64_t key)
{
	size_t i = (key * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & t->mask;

	while (t->cell[i].count && t->cell[i].key != key)
		i = (i + 1) & t->mask;
	return &t->cell[i];
}

/* Twice the room. */
static bool grow(struct recorder_table *t)
{
	struct recorder_cell *old = t->cell;
	size_t n = t->mask + 1;

	t->cell = calloc(2 * n, sizeof(*t->cell));
	if (!t->cell) {
		t->cell = old;
		return false;
	}
	t->mask = 2 * n - 1;
	for (size_t i = 0; i < n; i++)
		if (old[i].count)
			*place(t, old[i].key) = old[i];
	free(old);
	return true;
}

static bool count(struct recorder_table *t, uint64_t key, uint32_t offset,
		  double x)
{
	struct recorder_cell *c;

	if (t->cells > t->mask / 4 * 3 && !grow(t))
		return false;
	c = place(t, key);
	if (!c->count) {
		t->cells++;
		c->key = key;
		c->lo = c->hi = offset;
	}
	if (offset < c->lo)
		c->lo = offset;
	if (offset > c->hi)
		c->hi = offset;
	c->count++;
	c->sum += x;
	return true;
}

/* Most are of the same window as the one before: no need to divide. */
static uint64_t window_of(struct recorder_table *t, int64_t at_ns,
			  int64_t window_ns)
{
	if (at_ns < t->from_ns || at_ns - t->from_ns >= window_ns) {
		t->window = (uint64_t)(at_ns / window_ns);
		t->from_ns = (int64_t)t->window * window_ns;
	}
	return t->window;
}

bool recorder_table_add(struct recorder_table *t, const struct recorder *r,
			const struct sample *s, int64_t value_ns)
{
	int64_t at = s->intended_ns - r->base_ns;
	uint64_t key = window_of(t, at, r->window_ns) << 32 |
		       (uint64_t)s->class << 16;
	uint32_t bin;

	if (s->outcome != OUTCOME_RECEIVED)
		return count(t, key | (HIST_BINS + s->outcome), 0, 0);
	if (value_ns > HIST_MAX)
		value_ns = HIST_MAX;
	if (value_ns < 0)
		value_ns = 0;
	bin = hist_index(value_ns);
	return count(t, key | bin, (uint32_t)(value_ns - hist_low(bin)),
		     (double)value_ns);
}

bool recorder_table_count(struct recorder_table *t, uint32_t index,
			  uint16_t class, int64_t value, uint32_t n)
{
	uint32_t bin = hist_index(value);
	uint64_t key = (uint64_t)index << 32 | (uint64_t)class << 16 | bin;
	struct recorder_cell *c;

	if (!count(t, key, (uint32_t)(value - hist_low(bin)), (double)value))
		return false;
	c = place(t, key);
	c->count += n - 1;
	c->sum += (n - 1) * (double)value;
	return true;
}

/* --- the report ----------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct recorder_cell *)a)->key;
	uint64_t y = ((const struct recorder_cell *)b)->key;

	return x < y ? -1 : x > y;
}

/* The hash table becomes a sorted array; a reset makes it a table again. */
static void sort_cells(struct recorder_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i <= t->mask; i++)
		if (t->cell[i].count)
			t->cell[n++] = t->cell[i];
	qsort(t->cell, n, sizeof(*t->cell), by_key);
}

static uint8_t cell_outcome(const struct recorder_cell *c)
{
	uint32_t bin = c->key & 0xffff;

	return bin < HIST_BINS ? OUTCOME_RECEIVED : (uint8_t)(bin - HIST_BINS);
}

static bool same_window(const struct recorder_cell *a,
			const struct recorder_cell *b)
{
	return a->key >> 16 == b->key >> 16 &&
	       cell_outcome(a) == cell_outcome(b);
}

static void fill_window(struct wire_window *w, const struct recorder_cell *c,
			size_t n, struct hist_cell *cell)
{
	w->index = (uint32_t)(c->key >> 32);
	w->class = (uint16_t)(c->key >> 16);
	w->outcome = cell_outcome(c);
	w->response.cell = cell;
	w->response.n = w->outcome == OUTCOME_RECEIVED ? (uint32_t)n : 0;
	for (size_t i = 0; i < n; i++) {
		cell[i] = (struct hist_cell){ c[i].key & 0xffff, c[i].lo,
					      c[i].hi, c[i].count };
		w->response.total += c[i].count;
		w->response.sum += c[i].sum;
	}
}

size_t recorder_table_report(struct recorder_table *t,
			     struct wire_window **window, struct arena *arena)
{
	struct hist_cell *cell = arena_array(arena, t->cells, sizeof(*cell));
	const struct recorder_cell *c = t->cell;
	size_t n = 0, windows = 0;

	sort_cells(t);
	for (size_t i = 0; i < t->cells; i++)
		windows += i == 0 || !same_window(&c[i - 1], &c[i]);
	*window = arena_array(arena, windows, sizeof(**window));
	windows = 0;
	for (size_t i = 0; i < t->cells; i += n) {
		n = 1;
		while (i + n < t->cells && same_window(&c[i], &c[i + n]))
			n++;
		fill_window(&(*window)[windows++], &c[i], n, cell + i);
	}
	return windows;
}
