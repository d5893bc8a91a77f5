/* least.h - the least of some values that change: a winner tree */
#ifndef MODELS_LEAST_H
#define MODELS_LEAST_H

#include <math.h>
#include <stdint.h>

#include "lancet/core/arena.h"

/*
 * Knuth, The Art of Computer Programming 3, 5.4.1: a change costs one
 * comparison for each level above the leaf, whatever its outcome. Among equal
 * values the lowest index wins.
 */
struct least {
	uint32_t leaves;  /* a power of two; those without index are INFINITY */
	double *value;	  /* of each index */
	uint32_t *winner; /* of each node; [1]: of all; [leaves + i]: i */
};

static inline void least_init(struct least *l, uint32_t n, double value,
			      struct arena *arena)
{
	for (l->leaves = 1; l->leaves < n;)
		l->leaves *= 2;
	l->value = arena_array(arena, l->leaves, sizeof(*l->value));
	l->winner =
		arena_array(arena, 2 * (size_t)l->leaves, sizeof(*l->winner));
	for (uint32_t i = 0; i < l->leaves; i++) {
		l->value[i] = i < n ? value : INFINITY;
		l->winner[l->leaves + i] = i;
	}
	for (uint32_t node = l->leaves - 1; node; node--)
		l->winner[node] = l->winner[2 * node];
}

static inline void least_set(struct least *l, uint32_t i, double value)
{
	uint32_t winner = i;

	l->value[i] = value;
	for (uint32_t node = l->leaves + i; node > 1; node /= 2) {
		uint32_t other = l->winner[node ^ 1];
		double than = l->value[other];

		/* A right child loses ties. */
		if (than < value || (than == value && (node & 1))) {
			winner = other;
			value = than;
		}
		l->winner[node / 2] = winner;
	}
}

static inline uint32_t least_index(const struct least *l)
{
	return l->winner[1];
}

static inline double least_value(const struct least *l)
{
	return l->value[l->winner[1]];
}

#endif
