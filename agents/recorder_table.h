/* recorder_table.h - one metric of an agent's requests, in windows */
#ifndef AGENTS_RECORDER_TABLE_H
#define AGENTS_RECORDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct recorder;
struct sample;
struct wire_window;

/* A hash table of the bins of all windows, classes and outcomes. */
struct recorder_table {
	struct recorder_cell *cell;
	size_t cells, mask;
	uint64_t window;	/* of the last request, */
	int64_t from_ns;	/* and when that began */
};

/* -ENOMEM. */
int recorder_table_init(struct recorder_table *t);
void recorder_table_fini(struct recorder_table *t);
void recorder_table_reset(struct recorder_table *t);

/* A request and, where it was received, its value. False: no memory. */
bool recorder_table_add(struct recorder_table *t, const struct recorder *r,
			const struct sample *s, int64_t value_ns);

/* n of one value, at most HIST_MAX, of a window and class of the caller's own. */
bool recorder_table_count(struct recorder_table *t, uint32_t index,
			  uint16_t class, int64_t value, uint32_t n);

/* All windows in order, in the arena; reset the table before it is filled again. */
size_t recorder_table_report(struct recorder_table *t,
			     struct wire_window **window,
			     struct arena *arena);

#endif
