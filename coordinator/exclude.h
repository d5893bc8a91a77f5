/* exclude.h - which windows a stall spoils */
#ifndef COORDINATOR_EXCLUDE_H
#define COORDINATOR_EXCLUDE_H

#include <stdint.h>

struct plan;
struct plan_point;
struct point_segment;
struct point_stall;

/*
 * Windows are left out on evidence that never looks at their latency. A stall
 * of length L spoils, in schedule time,
 *	[start - guard, start + L + L / (1 - load))
 * the guard for the requests that were in flight when it began, the last
 * part for the backlog it left, which a server with spare capacity 1 - load
 * clears no slower. A stall that begins inside another's drain starts its
 * own where that one ends. Stalls of one side that overlap, of several
 * threads or agents, are one: the time in which any of them stood still.
 */
struct exclude_rule {
	int64_t window_ns;
	int64_t guard_ns;
	int64_t typical_ns;	/* median response of the segment; 0: unknown */
	double load;		/* utilisation; at most 0.95 is believed */
};

/*
 * Guard: 2 ms (NOISE measurements on a small virtual machine), or ten mean
 * services where those are longer. Before an agent's stall it is three median
 * response times where those are longer still, for what it took in late, but
 * no more than five times the stall: what was under way for longer is at most
 * a fifth longer. An unknown load counts as 0.8.
 */
struct exclude_rule exclude_rule(const struct plan *plan,
				 const struct plan_point *point);

/* Mark the windows of one segment; stalls in order of start. */
void exclude_segment(struct point_segment *segment,
		     const struct point_stall *stall, uint32_t n,
		     const struct exclude_rule *rule);

/* The first windows, until the queue is warm. */
void exclude_warmup(struct point_segment *segment, int64_t warmup_ns);

#endif
