/* sends.h - the gaps between sends, as the checks of arrivals read them */
#ifndef COORDINATOR_SENDS_H
#define COORDINATOR_SENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct point_data;

/*
 * Gaps of one thread in one segment, in order: those that no agent's stall
 * spoilt and that are past the warm-up. Gaps carry no instants: the last one
 * is taken to end with the segment, and the intended gaps lead back from
 * there. Of a pattern, gaps of its operational time, as pattern.h calls it.
 */
struct sends {
	uint32_t agent, thread;
	size_t n;
	int32_t *gap_ns, *intended_gap_ns;
	bool *follows;		/* the gap before it was kept, too */
};

/* Of all threads and segments, *n of them, in the arena. */
struct sends *sends_of(const struct point_data *data, size_t *n,
		       struct arena *arena);

/* All gaps in rising order, as sent or as intended. */
int32_t *sends_sorted(const struct sends *sends, size_t nsends, bool intended,
		      size_t *n, struct arena *arena);

#endif
