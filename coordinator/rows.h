/* rows.h - requests one by one, made into what an agent would report */
#ifndef COORDINATOR_ROWS_H
#define COORDINATOR_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/sample.h"
#include "lancet/core/wire.h"

struct arena;

/* Where windows lie: schedule time 0 was at base_ns. */
struct rows_frame {
	int64_t base_ns, window_ns;
	size_t gaps;		/* the last so many are told */
};

/*
 * The report of an agent with one thread that recorded sample[n], in order
 * of intended_ns. Its send cost is 0, as are its stalls: samples do not tell
 * of them. What it points to lives in the arena. O(n log n).
 */
void rows_report(const struct sample *sample, size_t n,
		 const struct rows_frame *frame, struct wire_report *report,
		 struct arena *arena);

#endif
