/* mix.h - of each class of requests: how they ended, and what they asked for */
#ifndef COORDINATOR_MIX_H
#define COORDINATOR_MIX_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct point_data;
struct result_point;
struct wire_report;

/* What a point's agents tell besides response times. */
struct point_mix {
	struct hist **requested, **served; /* of each class; NULL: none yet */
	struct point_code *code;	   /* by window */
	size_t ncodes, room;
};

/* One agent's report of the segment that was added last. */
void mix_add(struct point_data *data, const struct wire_report *report);

/*
 * Counts of the time after the warm-up, of classes and of codes; service
 * times of whole segments.
 */
void mix_account(const struct point_data *data, struct result_point *to,
		 struct arena *arena);

#endif
