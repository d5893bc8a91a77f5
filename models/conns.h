/* conns.h - connections of which something is known, by their number */
#ifndef MODELS_CONNS_H
#define MODELS_CONNS_H

#include <stdbool.h>
#include <stdint.h>

#include "lancet/core/arena.h"
#include "lancet/core/rng.h"

/*
 * An open hash table with linear probes; what is taken out leaves no mark
 * (Knuth, The Art of Computer Programming 3, 6.4, algorithm R). At most half
 * of the places are taken.
 */
struct conn {
	uint32_t number;
	bool used;
	uint32_t head, tail, n; /* what the owner chains to it */
};

struct conns {
	uint32_t mask;
	struct conn *place;
};

static inline void conns_init(struct conns *c, uint32_t most,
			      struct arena *arena)
{
	uint64_t places = 2;

	while (places < 2 * (uint64_t)most)
		places *= 2;
	c->mask = (uint32_t)(places - 1);
	c->place = arena_array(arena, places, sizeof(*c->place));
}

static inline uint32_t conns_home(const struct conns *c, uint32_t number)
{
	return (uint32_t)rng_mix(number) & c->mask;
}

/* Where it is; else a free place, which a write to `used` takes. */
static inline struct conn *conns_find(const struct conns *c, uint32_t number)
{
	uint32_t at = conns_home(c, number);

	while (c->place[at].used && c->place[at].number != number)
		at = (at + 1) & c->mask;
	return &c->place[at];
}

/* Others move up: pointers to places are good until then. */
static inline void conns_remove(struct conns *c, struct conn *conn)
{
	uint32_t hole = (uint32_t)(conn - c->place), at = hole;

	for (;;) {
		at = (at + 1) & c->mask;
		if (!c->place[at].used)
			break;
		/* Does its way from home lead over the hole? */
		if (((at - conns_home(c, c->place[at].number)) & c->mask) <
		    ((at - hole) & c->mask))
			continue;
		c->place[hole] = c->place[at];
		hole = at;
	}
	c->place[hole] = (struct conn){ 0 };
}

#endif
