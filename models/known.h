/* known.h - departures that are known ahead, of FCFS servers one by one */
#ifndef MODELS_KNOWN_H
#define MODELS_KNOWN_H

#include <math.h>
#include <stdint.h>

#include "lancet/core/arena.h"
#include "models/policy.h"

/*
 * Of each server the times at which its jobs leave, first in first out; there
 * is room for any number. For simulations: it takes memory as it needs it.
 */
struct known {
	struct known_job {
		sim_time leaves;
		uint32_t next;
	} * job;
	size_t n, room;
	uint32_t nfree, free; /* of the n, a list */
	struct known_server {
		uint32_t first, last, n;
	} * server;
	struct arena *arena;
};

static inline void known_init(struct known *k, uint32_t servers,
			      struct arena *arena)
{
	k->arena = arena;
	k->server = arena_array(arena, servers, sizeof(*k->server));
}

static inline uint32_t known_place(struct known *k)
{
	uint32_t place = k->free;

	if (k->nfree) {
		k->nfree--;
		k->free = k->job[place].next;
		return place;
	}
	k->job = arena_grow(k->arena, k->job, k->n, &k->room, sizeof(*k->job));
	return (uint32_t)k->n++;
}

static inline void known_push(struct known *k, uint32_t server, sim_time leaves)
{
	struct known_server *s = &k->server[server];
	uint32_t place = known_place(k);

	k->job[place].leaves = leaves;
	if (s->n++)
		k->job[s->last].next = place;
	else
		s->first = place;
	s->last = place;
}

/* The first departure; INFINITY where there is none. */
static inline sim_time known_first(const struct known *k, uint32_t server)
{
	const struct known_server *s = &k->server[server];

	return s->n ? k->job[s->first].leaves : INFINITY;
}

static inline void known_pop(struct known *k, uint32_t server)
{
	struct known_server *s = &k->server[server];
	uint32_t place = s->first;

	s->first = k->job[place].next;
	s->n--;
	k->job[place].next = k->free;
	k->free = place;
	k->nfree++;
}

static inline void known_rebase(struct known *k, sim_time by)
{
	for (size_t i = 0; i < k->n; i++)
		k->job[i].leaves -= by;
}

#endif
