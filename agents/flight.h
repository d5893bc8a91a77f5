/* flight.h - requests on their way, found by the number that they carry */
#ifndef AGENTS_FLIGHT_H
#define AGENTS_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/sample.h"

/*
 * A request's record is begun in slot seq & mask and leaves it when the
 * request is finished; a reply whose slot holds another number, or none, is
 * a late one. Where requests are sent in order of seq and time out alike, the
 * oldest open slot is the next to time out; else the first of a line is, of
 * those with its timeout. Owned by one measuring thread.
 *
 * The table holds what a thread sends within its timeout, so that no two
 * requests need the same slot; at rates beyond FLIGHT_MOST the older of them
 * has to end.
 */
#define FLIGHT_SLOTS 65536u
#define FLIGHT_MOST (1u << 19)	/* 32 MiB, touched within the lead */

#define FLIGHT_STEPS 64u	/* finished requests passed over in a turn */

/* What stands in sample.outcome of a slot beside the outcomes. */
enum flight_state {
	FLIGHT_FREE = 253,
	FLIGHT_BUILT,		/* written, not yet taken by the transport */
	FLIGHT_SENT,
};

_Static_assert((int)OUTCOMES < (int)FLIGHT_FREE, "states and outcomes share a byte");

/* Numbers in order of sending, some of them finished since. */
struct flight_line {
	uint32_t *seq;
	uint32_t first, last;	/* free running */
};

struct flight {
	struct sample *slot;
	uint32_t mask;
	uint32_t oldest;	/* all before it are finished */
	uint32_t next;		/* one past the newest */
	uint32_t open;		/* BUILT or SENT */
	uint32_t lines;		/* 0: sent in order of seq, with one timeout */
	struct flight_line *line;
};

/* slots: a power of two; lines: one for each timeout, or 0. -ENOMEM. */
int flight_init(struct flight *f, uint32_t slots, uint32_t lines);
void flight_fini(struct flight *f);

static inline bool flight_is_free(const struct flight *f, uint32_t seq)
{
	return f->slot[seq & f->mask].outcome == FLIGHT_FREE;
}

/* The slot of a request to come; it must be free. */
static inline struct sample *flight_take(struct flight *f, uint32_t seq)
{
	struct sample *s = &f->slot[seq & f->mask];

	if (f->open == 0)
		f->oldest = seq;
	f->open++;
	f->next = seq + 1;
	s->seq = seq;
	s->outcome = FLIGHT_BUILT;
	return s;
}

/* The same, in any order, at the end of a line. */
struct sample *flight_take_lined(struct flight *f, uint32_t line, uint32_t seq);

/* The first of a line that is open, or NULL. */
struct sample *flight_first(struct flight *f, uint32_t line);

static inline bool flight_line_full(const struct flight *f, uint32_t line)
{
	return f->line[line].last - f->line[line].first > f->mask;
}

/* The request that was sent with this number; NULL when it is finished. */
static inline struct sample *flight_find(struct flight *f, uint32_t seq)
{
	struct sample *s = &f->slot[seq & f->mask];

	return s->seq == seq && s->outcome == FLIGHT_SENT ? s : NULL;
}

/* After its record was copied away. */
static inline void flight_free(struct flight *f, struct sample *s)
{
	s->outcome = FLIGHT_FREE;
	f->open--;
}

/*
 * The oldest request that is open, looking over at most `steps` finished
 * ones; NULL when none was found so far.
 */
static inline struct sample *flight_oldest(struct flight *f, uint32_t steps)
{
	for (; f->open > 0 && steps > 0; steps--) {
		struct sample *s = &f->slot[f->oldest & f->mask];

		if (s->outcome != FLIGHT_FREE && s->seq == f->oldest)
			return s;
		f->oldest++;
	}
	return NULL;
}

#endif
