/* waiting.h - connections that wait for their turn, each once, in order */
#ifndef AGENTS_WAITING_H
#define AGENTS_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "lancet/core/arena.h"

struct waiting {
	uint32_t *conn;		/* a ring, with room for all there are */
	bool *in;		/* by connection */
	uint32_t first, n, size;
};

static inline void waiting_init(struct waiting *w, uint32_t size,
				struct arena *arena)
{
	*w = (struct waiting){
		.conn = arena_array(arena, size, sizeof(*w->conn)),
		.in = arena_array(arena, size, sizeof(*w->in)),
		.size = size,
	};
}

/* Hot. At the end, unless it waits already. */
static inline void waiting_put(struct waiting *w, uint32_t conn)
{
	uint32_t at = w->first + w->n;

	if (w->in[conn])
		return;
	w->in[conn] = true;
	w->conn[at < w->size ? at : at - w->size] = conn;
	w->n++;
}

/* Hot. The first; there has to be one. */
static inline uint32_t waiting_take(struct waiting *w)
{
	uint32_t conn = w->conn[w->first];

	w->first = w->first + 1 < w->size ? w->first + 1 : 0;
	w->n--;
	w->in[conn] = false;
	return conn;
}

#endif
