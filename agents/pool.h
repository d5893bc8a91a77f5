/* pool.h - the connections of one thread, and requests that wait for one */
#ifndef AGENTS_POOL_H
#define AGENTS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/config.h"
#include "lancet/core/rng.h"
#include "workloads/schedule.h"

#define POOL_NONE UINT32_MAX

/* Why a connection is given nothing, however little it owes. */
enum pool_bar {
	POOL_HELD = 1,	/* the transport has no room for it now */
	POOL_DOWN = 2,	/* does not stand: to be opened again at retry_ns */
	POOL_WORN = 4,	/* had its requests: closed once it owes nothing */
	POOL_SPENT = 8,	/* and it owes nothing */
	POOL_SPARE = 16, /* was never opened */
};

/* A connection, numbered from 0 within its thread. */
struct pool_conn {
	uint32_t in_flight;	/* requests it owes an answer for */
	uint32_t first, last;	/* of the FIFO of numbers, free running */
	uint32_t left;		/* requests until it is worn; 0: no bound */
	uint8_t barred;		/* enum pool_bar */
	bool queued;		/* stands in the line of those with room; of
				 * least_loaded: never, they have lists */
	bool fresh;		/* opened again, and no reply since */
	bool opening;		/* down, and on its way to stand */
	bool growing;		/* for the first time */
	bool cut;		/* down, for it broke: mend.c */
	bool cut_off;		/* sticky: why those wait that do for it */
	uint32_t tries;		/* openings since the last reply */
	int64_t retry_ns;	/* down: the next; opening: when it began;
				 * worn: when mend.c saw it; 0: not yet */
};

/* Where a connection stands among the others, as `pick` needs it. */
struct pool_link {
	uint32_t prev, next;	/* least_loaded: of the same level */
	uint32_t level;		/* or POOL_NONE */
	uint32_t first, last;	/* sticky: places of those that wait for it */
};

struct pool_params {
	uint32_t connections;
	uint32_t open;		/* of them at first; 0: all */
	uint32_t limit;		/* requests in flight on one connection */
	uint32_t queue;		/* requests that may wait */
	uint32_t uses;		/* requests until it is worn; 0: no bound */
	enum config_pick pick;
	bool in_order;		/* replies carry no number */
	struct rng_key key;	/* of random picks; purpose is ignored */
};

/*
 * Round robin: the connections with room stand in a line, and what is picked
 * goes to its end while it still has room. Random: the same line is a set.
 * Least loaded: they stand in lists by what they owe. Sticky: the key says
 * which, and what finds it without room waits for that one alone.
 *
 * Where replies carry no number, each connection has a FIFO of those it
 * owes. Requests that found no connection wait in a bounded FIFO.
 */
struct pool {
	struct pool_conn *conn;
	uint32_t *line;		/* of connections with room */
	uint32_t line_mask, line_first, line_last;
	uint32_t limit;		/* requests in flight on one connection */
	enum config_pick pick;
	uint32_t down;		/* connections that mend.c has to look at */

	uint32_t *fifo;		/* fifo_size numbers each; or NULL */
	uint32_t fifo_size;
	uint32_t n;
	uint32_t opened;	/* the first so many; the others are spare */
	uint32_t growing;	/* of those, on their way to stand at first */

	struct intent *waiting;
	uint32_t waiting_room, waiting_first, waiting_n;

	uint32_t uses;
	uint32_t *spent;	/* a FIFO of worn ones that owe nothing */
	uint32_t spent_first, spent_last;

	struct rng rng;
	struct pool_link *link;	/* of each connection */
	uint32_t *level;	/* least_loaded: heads of the lists */
	uint32_t lowest;	/* none below it has one */
	uint32_t *place_next;	/* sticky: of places in `waiting` */
	uint32_t place_free, evicted;
};

/* -ENOMEM. */
int pool_init(struct pool *pool, const struct pool_params *params);
void pool_fini(struct pool *pool);

/* The slow halves, of the other kinds of pick. */
uint32_t pool_pick_other(struct pool *pool);
void pool_offer_other(struct pool *pool, uint32_t conn);
void pool_wear(struct pool *pool, uint32_t conn);
void pool_spend(struct pool *pool, uint32_t conn);

static inline bool pool_usable(const struct pool *pool,
			       const struct pool_conn *c)
{
	return c->in_flight < pool->limit && !c->barred;
}

/* Has room again, perhaps: let it stand in the line. */
static inline void pool_offer(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	if (c->queued)
		return;
	if (!pool_usable(pool, c)) {
		if (c->barred & POOL_WORN && c->in_flight == 0)
			pool_spend(pool, conn);
		return;
	}
	if (pool->pick != PICK_ROUND_ROBIN) {
		pool_offer_other(pool, conn);
		return;
	}
	c->queued = true;
	pool->line[pool->line_last++ & pool->line_mask] = conn;
}

/* It has one more in flight, maybe its last. */
static inline void pool_load(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	c->in_flight++;
	if (--c->left == 0)
		pool_wear(pool, conn);
	pool_offer(pool, conn);
}

/* The connection whose turn it is, or POOL_NONE. One more is in flight. */
static inline uint32_t pool_pick(struct pool *pool)
{
	if (pool->pick != PICK_ROUND_ROBIN)
		return pool_pick_other(pool);
	while (pool->line_first != pool->line_last) {
		uint32_t conn =
			pool->line[pool->line_first++ & pool->line_mask];
		struct pool_conn *c = &pool->conn[conn];

		c->queued = false;
		if (!pool_usable(pool, c))
			continue;
		pool_load(pool, conn);
		return conn;
	}
	return POOL_NONE;
}

/* The same one again, picked in this turn, if it has room; a line's kinds. */
static inline bool pool_again(struct pool *pool, uint32_t conn)
{
	if (!pool_usable(pool, &pool->conn[conn]))
		return false;
	pool_load(pool, conn);
	return true;
}

/* One answer less to wait for. */
static inline void pool_answered(struct pool *pool, uint32_t conn)
{
	pool->conn[conn].in_flight--;
	pool_offer(pool, conn);
}

/* In order of their building: numbers whose reply this connection owes. */
static inline void pool_owe(struct pool *pool, uint32_t conn, uint32_t seq)
{
	struct pool_conn *c = &pool->conn[conn];

	pool->fifo[(size_t)conn * pool->fifo_size +
		   (c->last++ & (pool->fifo_size - 1))] = seq;
}

/* The oldest number that is owed; false when nothing is. */
static inline bool pool_paid(struct pool *pool, uint32_t conn, uint32_t *seq)
{
	struct pool_conn *c = &pool->conn[conn];

	if (c->first == c->last)
		return false;
	*seq = pool->fifo[(size_t)conn * pool->fifo_size +
			  (c->first++ & (pool->fifo_size - 1))];
	return true;
}

/* Broken: it owes nothing any more and gets nothing until it is mended. */
void pool_break(struct pool *pool, uint32_t conn);
void pool_mend(struct pool *pool, uint32_t conn);

/* A spare one, which is then down; there is one. */
uint32_t pool_grow(struct pool *pool);

/* A worn one that owes nothing, or POOL_NONE. */
uint32_t pool_spent(struct pool *pool);

static inline const struct intent *pool_waiting(const struct pool *pool)
{
	return pool->waiting_n ? &pool->waiting[pool->waiting_first] : NULL;
}

static inline void pool_unwait(struct pool *pool)
{
	/* Empty, it starts over: a short queue stays in the cache. */
	if (--pool->waiting_n == 0 ||
	    ++pool->waiting_first == pool->waiting_room)
		pool->waiting_first = 0;
}

/* False when the queue is full. */
bool pool_wait(struct pool *pool, const struct intent *intent);

/*
 * Sticky. pool_own: the connection of a key. pool_take: one more is in
 * flight there, unless it has no room, or others wait for it. pool_wake: a
 * request whose own connection has room again, and now one more in flight.
 */
uint32_t pool_own(const struct pool *pool, uint64_t key);
bool pool_take(struct pool *pool, uint32_t own);
bool pool_wait_own(struct pool *pool, uint32_t own,
		   const struct intent *intent);
bool pool_wake(struct pool *pool, struct intent *intent, uint32_t *conn);

/* Cold: takes a request out that waits, of any kind; false when none does. */
bool pool_evict(struct pool *pool, struct intent *intent);

#endif
