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

/* What only this kind of pick needs. */
static int init_pick(struct pool *pool)
{
	if (pool->pick == PICK_ROUND_ROBIN || pool->pick == PICK_RANDOM)
		return 0;
	pool->link = calloc(pool->n, sizeof(*pool->link));
	if (!pool->link)
		return -ENOMEM;
	for (uint32_t i = 0; i < pool->n; i++)
		pool->link[i].first = pool->link[i].level = POOL_NONE;
	if (pool->pick == PICK_LEAST_LOADED) {
		pool->level = malloc(pool->limit * sizeof(*pool->level));
		for (uint32_t i = 0; pool->level && i < pool->limit; i++)
			pool->level[i] = POOL_NONE;
		return pool->level ? 0 : -ENOMEM;
	}
	pool->place_next = malloc((pool->waiting_room + 1) *
				  sizeof(*pool->place_next));
	pool->place_free = POOL_NONE;
	for (uint32_t i = pool->waiting_room; pool->place_next && i-- > 0;) {
		pool->place_next[i] = pool->place_free;
		pool->place_free = i;
	}
	return pool->place_next ? 0 : -ENOMEM;
}

/* Touched now, so that nothing meets a page fault when the queue grows. */
static struct intent *waiting_room(size_t places)
{
	size_t size = places * sizeof(struct intent);
	struct intent *room = aligned_alloc(64, (size + 63) / 64 * 64);

	if (room)
		memset(room, 0, size);
	return room;
}

int pool_init(struct pool *pool, const struct pool_params *p)
{
	uint32_t line = power_of_two(p->connections);
	struct rng_key key = p->key;

	memset(pool, 0, sizeof(*pool));
	key.purpose = RNG_PICK;
	rng_init(&pool->rng, &key);
	pool->n = p->connections;
	pool->limit = p->limit;
	pool->uses = p->uses;
	pool->pick = p->pick;
	pool->line_mask = line - 1;
	pool->waiting_room = p->queue;
	pool->conn = calloc(p->connections, sizeof(*pool->conn));
	pool->line = calloc(line, sizeof(*pool->line));
	pool->spent = calloc(line, sizeof(*pool->spent));
	pool->waiting = waiting_room(p->queue + 1);
	if (p->in_order) {
		pool->fifo_size = power_of_two(p->limit);
		pool->fifo = calloc((size_t)p->connections * pool->fifo_size,
				    sizeof(*pool->fifo));
	}
	if (!pool->conn || !pool->line || !pool->spent || !pool->waiting ||
	    (p->in_order && !pool->fifo) || init_pick(pool)) {
		pool_fini(pool);
		return -ENOMEM;
	}
	pool->opened = p->open ? p->open : p->connections;
	for (uint32_t i = 0; i < p->connections; i++) {
		pool->conn[i].left = p->uses;
		if (i >= pool->opened)
			pool->conn[i].barred = POOL_SPARE;
		pool_offer(pool, i);
	}
	return 0;
}

void pool_fini(struct pool *pool)
{
	free(pool->conn);
	free(pool->line);
	free(pool->spent);
	free(pool->waiting);
	free(pool->fifo);
	free(pool->link);
	free(pool->level);
	free(pool->place_next);
	memset(pool, 0, sizeof(*pool));
}

/* --- connections that end ------------------------------------------------- */

void pool_break(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	if (!(c->barred & (POOL_DOWN | POOL_WORN)))
		pool->down++;
	c->barred = POOL_DOWN;
	c->opening = false;
	c->in_flight = 0;
	c->first = c->last;
}

void pool_mend(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	if (c->barred & (POOL_DOWN | POOL_WORN))
		pool->down--;
	c->barred = 0;
	c->opening = false;
	c->left = pool->uses;
	pool_offer(pool, conn);
}

uint32_t pool_grow(struct pool *pool)
{
	uint32_t conn = pool->opened++;

	pool_break(pool, conn);
	pool->conn[conn].growing = true;
	pool->growing++;
	return conn;
}

/* A count without a bound comes round to 0, too. */
void pool_wear(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	if (!pool->uses)
		return;
	c->barred |= POOL_WORN;
	c->retry_ns = 0;
	pool->down++;
}

void pool_spend(struct pool *pool, uint32_t conn)
{
	struct pool_conn *c = &pool->conn[conn];

	if (c->barred & POOL_SPENT)
		return;
	c->barred |= POOL_SPENT;
	pool->spent[pool->spent_last++ & pool->line_mask] = conn;
}

uint32_t pool_spent(struct pool *pool)
{
	while (pool->spent_first != pool->spent_last) {
		uint32_t conn = pool->spent[pool->spent_first++ &
					    pool->line_mask];

		/* It may have broken since. */
		if (pool->conn[conn].barred & POOL_SPENT)
			return conn;
	}
	return POOL_NONE;
}

/* --- random --------------------------------------------------------------- */

/* The line is a set: the last fills the place of what is taken out. */
static uint32_t pick_random(struct pool *pool)
{
	while (pool->line_last > 0) {
		uint32_t at = (uint32_t)rng_below(&pool->rng, pool->line_last);
		uint32_t conn = pool->line[at];

		pool->line[at] = pool->line[--pool->line_last];
		pool->conn[conn].queued = false;
		if (!pool_usable(pool, &pool->conn[conn]))
			continue;
		pool_load(pool, conn);
		return conn;
	}
	return POOL_NONE;
}

static void offer_random(struct pool *pool, uint32_t conn)
{
	pool->conn[conn].queued = true;
	pool->line[pool->line_last++] = conn;
}

/* --- least loaded --------------------------------------------------------- */

/*
 * A circular list for each number in flight, from whose front is taken and
 * to whose end is put: round robin among equals. A pick raises the lowest
 * level by one at most and an answer lowers it by one, so that the search
 * for the lowest list costs a step for each, on average.
 */
static void level_leave(struct pool *pool, uint32_t conn)
{
	struct pool_link *l = &pool->link[conn];

	if (l->next == conn) {
		pool->level[l->level] = POOL_NONE;
	} else {
		pool->link[l->prev].next = l->next;
		pool->link[l->next].prev = l->prev;
		if (pool->level[l->level] == conn)
			pool->level[l->level] = l->next;
	}
	l->level = POOL_NONE;
}

static void level_join(struct pool *pool, uint32_t conn, uint32_t level)
{
	struct pool_link *l = &pool->link[conn];
	uint32_t first = pool->level[level];

	l->level = level;
	l->prev = l->next = conn;
	if (first == POOL_NONE) {
		pool->level[level] = conn;
	} else {
		l->prev = pool->link[first].prev;
		l->next = first;
		pool->link[l->prev].next = pool->link[first].prev = conn;
	}
	if (level < pool->lowest)
		pool->lowest = level;
}

static void offer_least(struct pool *pool, uint32_t conn)
{
	if (pool->link[conn].level != POOL_NONE)
		level_leave(pool, conn);
	level_join(pool, conn, pool->conn[conn].in_flight);
}

static uint32_t pick_least(struct pool *pool)
{
	for (; pool->lowest < pool->limit; pool->lowest++) {
		uint32_t conn;

		while ((conn = pool->level[pool->lowest]) != POOL_NONE) {
			if (pool_usable(pool, &pool->conn[conn])) {
				pool_load(pool, conn);
				return conn;
			}
			level_leave(pool, conn);
		}
	}
	return POOL_NONE;
}

/* --- sticky --------------------------------------------------------------- */

/* Those with room that somebody waits for stand in the line. */
static void offer_sticky(struct pool *pool, uint32_t conn)
{
	if (pool->link[conn].first == POOL_NONE)
		return;
	pool->conn[conn].queued = true;
	pool->line[pool->line_last++ & pool->line_mask] = conn;
}

uint32_t pool_own(const struct pool *pool, uint64_t key)
{
	return (uint32_t)(rng_mix(key) % pool->n);
}

bool pool_take(struct pool *pool, uint32_t own)
{
	if (pool->link[own].first != POOL_NONE ||
	    !pool_usable(pool, &pool->conn[own]))
		return false;
	pool_load(pool, own);
	return true;
}

bool pool_wait_own(struct pool *pool, uint32_t own,
		   const struct intent *intent)
{
	struct pool_link *l = &pool->link[own];
	uint32_t place = pool->place_free;

	if (place == POOL_NONE)
		return false;
	pool->place_free = pool->place_next[place];
	pool->waiting[place] = *intent;
	pool->place_next[place] = POOL_NONE;
	if (l->first == POOL_NONE)
		l->first = place;
	else
		pool->place_next[l->last] = place;
	l->last = place;
	pool->waiting_n++;
	pool_offer(pool, own);
	return true;
}

static void leave_place(struct pool *pool, uint32_t own, struct intent *intent)
{
	struct pool_link *l = &pool->link[own];
	uint32_t place = l->first;

	*intent = pool->waiting[place];
	l->first = pool->place_next[place];
	pool->place_next[place] = pool->place_free;
	pool->place_free = place;
	pool->waiting_n--;
}

bool pool_wake(struct pool *pool, struct intent *intent, uint32_t *conn)
{
	while (pool->line_first != pool->line_last) {
		*conn = pool->line[pool->line_first++ & pool->line_mask];
		pool->conn[*conn].queued = false;
		if (pool->link[*conn].first == POOL_NONE ||
		    !pool_usable(pool, &pool->conn[*conn]))
			continue;
		leave_place(pool, *conn, intent);
		pool_load(pool, *conn);
		return true;
	}
	return false;
}

static bool evict_sticky(struct pool *pool, struct intent *intent)
{
	for (uint32_t i = 0; i < pool->n; i++) {
		if (pool->evicted == pool->n)
			pool->evicted = 0;
		if (pool->link[pool->evicted].first != POOL_NONE) {
			leave_place(pool, pool->evicted, intent);
			return true;
		}
		pool->evicted++;
	}
	return false;
}

/* --- all of them ---------------------------------------------------------- */

uint32_t pool_pick_other(struct pool *pool)
{
	return pool->pick == PICK_RANDOM ? pick_random(pool)
					 : pick_least(pool);
}

void pool_offer_other(struct pool *pool, uint32_t conn)
{
	if (pool->pick == PICK_RANDOM)
		offer_random(pool, conn);
	else if (pool->pick == PICK_LEAST_LOADED)
		offer_least(pool, conn);
	else
		offer_sticky(pool, conn);
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

bool pool_evict(struct pool *pool, struct intent *intent)
{
	const struct intent *next = pool_waiting(pool);

	if (!next)
		return false;
	if (pool->pick == PICK_STICKY)
		return evict_sticky(pool, intent);
	*intent = *next;
	pool_unwait(pool);
	return true;
}
