/* pacer.h - which intended requests are due, by a schedule that never slips */
#ifndef AGENTS_PACER_H
#define AGENTS_PACER_H

#include <stdbool.h>
#include <stdint.h>

#include "workloads/schedule.h"

/*
 * One thread's requests of one segment. They are drawn in batches before
 * they are due; what is taken late keeps its intended instant. Owned by the
 * measuring thread while a segment runs, by the control thread else.
 */
#define PACER_AHEAD 256u	/* drawn and not yet taken, at most */
#define PACER_BATCH 32u		/* drawn at once: about 1 us of work */

struct pacer {
	struct schedule schedule;
	int64_t base_ns;	/* CLOCK_MONOTONIC of schedule time 0 */
	int64_t due_ns;		/* the same, and what is sent late on purpose */
	int64_t until_ns;	/* nothing is intended from here on */
	uint32_t head, tail;	/* free running */
	struct intent ahead[PACER_AHEAD];
};

/* Cold: start a sequence from its beginning. 0 or -errno. */
int pacer_init(struct pacer *p, const struct workload *workload,
	       const struct rng_key *key, const struct arrival_share *share,
	       struct arena *arena, struct err *err);

/*
 * Cold: go on with the sequence at from_ns, which is due at at_ns; earlier
 * requests that were not taken are skipped.
 */
void pacer_begin(struct pacer *p, int64_t at_ns, int64_t from_ns,
		 int64_t until_ns);

/* Draw ahead, where there is room. */
void pacer_refill(struct pacer *p);

/* The next request; NULL when the segment has no more. Draws if it must. */
static inline const struct intent *pacer_next(struct pacer *p)
{
	const struct intent *next;

	if (p->head == p->tail) {
		pacer_refill(p);
		if (p->head == p->tail)
			return NULL;
	}
	next = &p->ahead[p->head % PACER_AHEAD];
	return next->intended_ns < p->until_ns ? next : NULL;
}

/* The next request whose time has come, or NULL. */
static inline const struct intent *pacer_due(struct pacer *p, int64_t now_ns)
{
	const struct intent *next = pacer_next(p);

	return next && next->intended_ns <= now_ns - p->due_ns ? next : NULL;
}

/* What pacer_next() gave is taken; it stays readable until a refill. */
static inline void pacer_pop(struct pacer *p)
{
	p->head++;
}

/* CLOCK_MONOTONIC of the next request; INT64_MAX when there is none. */
static inline int64_t pacer_next_ns(struct pacer *p)
{
	const struct intent *next = pacer_next(p);

	return next ? p->due_ns + next->intended_ns : INT64_MAX;
}

/*
 * The time, as it was just now; or, where a request is due within so long, of
 * that: what is looked for meanwhile would make it late by the look.
 */
int64_t pacer_await(struct pacer *p, int64_t now_ns, int64_t within_ns);

static inline bool pacer_low(const struct pacer *p)
{
	return p->tail - p->head <= PACER_AHEAD - PACER_BATCH;
}

#endif
