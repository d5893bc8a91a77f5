/* pool.c - the connections of one thread */
#include "agents/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t power_of_two(uint32_t least)
{
	uint32_t n = 1;

	while (n < least)
		n *= 2;
	return n;
}

int pool_init(struct pool *pool, uint32_t connections, uint32_t limit,
	      uint32_t queue, bool in_order)
{
	uint32_t line = power_of_two(connections);

	memset(pool, 0, sizeof(*pool));
	pool->n = connections;
	pool->limit = limit;
	pool->line_mask = line - 1;
	pool->waiting_room = queue;
	pool->conn = calloc(connections, sizeof(*pool->conn));
	pool->line = calloc(line, sizeof(*pool->line));
	pool->waiting = calloc(queue + 1, sizeof(*pool->waiting));
	if (in_order) {
		pool->fifo_size = power_of_two(limit);
		pool->fifo = calloc((size_t)connections * pool->fifo_size,
				    sizeof(*pool->fifo));
	}
	if (!pool->conn || !pool->line || !pool->waiting ||
	    (in_order && !pool->fifo)) {
		pool_fini(pool);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < connections; i++)
		pool_offer(pool, i);
	return 0;
}

void pool_fini(struct pool *pool)
{
	free(pool->conn);
	free(pool->line);
	free(pool->waiting);
	free(pool->fifo);
	memset(pool, 0, sizeof(*pool));
}

void pool_break(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	if (!c->down)
		pool->down++;
	c->down = true;
	c->held = false;
	c->in_flight = 0;
	c->first = c->last;
}

void pool_mend(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	if (c->down)
		pool->down--;
	c->down = false;
	pool_offer(pool, conn);
}

bool pool_wait(struct pool *pool, const struct intent *intent)
{
	uint32_t at = pool->waiting_first + pool->waiting_n;

	if (pool->waiting_n == pool->waiting_room)
		return false;
	if (at >= pool->waiting_room)
		at -= pool->waiting_room;
	pool->waiting[at] = *intent;
	pool->waiting_n++;
	return true;
}
