/* pool.h - the connections of one thread, and requests that wait for one */
#ifndef AGENTS_POOL_H
#define AGENTS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/schedule.h"

#define POOL_NONE UINT32_MAX

/* A connection, numbered from 0 within its thread. */
struct pool_conn {
	uint32_t in_flight;	/* requests it owes an answer for */
	uint32_t first, last;	/* of the FIFO of numbers, free running */
	bool queued;		/* stands in the line of those with room */
	bool held;		/* the transport has no room for it now */
	bool down;		/* broken; to be opened again at retry_ns */
	bool fresh;		/* opened again, and no reply since */
	int64_t retry_ns;
};

/*
 * Requests go round robin over the connections with room: those stand in a
 * line, and what is picked goes to its end while it still has room. Where
 * replies carry no number, each connection has a FIFO of those it owes.
 * Requests that found no connection wait in a bounded FIFO.
 */
struct pool {
	struct pool_conn *conn;
	uint32_t n;
	uint32_t limit;		/* requests in flight on one connection */
	uint32_t down;		/* connections that are broken */

	uint32_t *line;		/* of connections with room */
	uint32_t line_mask, line_first, line_last;

	uint32_t *fifo;		/* fifo_size numbers each; or NULL */
	uint32_t fifo_size;

	struct intent *waiting;
	uint32_t waiting_room, waiting_first, waiting_n;
};

/* in_order: replies carry no number. -ENOMEM. */
int pool_init(struct pool *pool, uint32_t connections, uint32_t limit,
	      uint32_t queue, bool in_order);
void pool_fini(struct pool *pool);

static inline bool pool_usable(const struct pool *pool,
			       const struct pool_conn *c)
{
	return c->in_flight < pool->limit && !c->held && !c->down;
}

/* Has room again, perhaps: let it stand in the line. */
static inline void pool_offer(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	if (c->queued || !pool_usable(pool, c))
		return;
	c->queued = true;
	pool->line[pool->line_last++ & pool->line_mask] = conn;
}

/* The connection whose turn it is, or POOL_NONE. One more is in flight. */
static inline uint32_t pool_pick(struct pool *pool)
{
	while (pool->line_first != pool->line_last) {
		uint32_t conn = pool->line[pool->line_first++ & pool->line_mask];
		struct pool_conn *c = &pool->conn[conn];

		c->queued = false;
		if (!pool_usable(pool, c))
			continue;
		c->in_flight++;
		pool_offer(pool, conn);
		return conn;
	}
	return POOL_NONE;
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

static inline const struct intent *pool_waiting(const struct pool *pool)
{
	return pool->waiting_n ? &pool->waiting[pool->waiting_first] : NULL;
}

static inline void pool_unwait(struct pool *pool)
{
	pool->waiting_n--;
	if (++pool->waiting_first == pool->waiting_room)
		pool->waiting_first = 0;
}

/* False when the queue is full. */
bool pool_wait(struct pool *pool, const struct intent *intent);

#endif
