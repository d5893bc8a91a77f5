/* least.h - the least of some times that change: a winner tree */
#ifndef MODELS_LEAST_H
#define MODELS_LEAST_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lancet/core/arena.h"

/*
 * Knuth, The Art of Computer Programming 3, 5.4.1: a change costs one
 * comparison for each level above the leaf, whatever its outcome. Among equal
 * times the lowest index wins. Times are kept as whole numbers of the same
 * order, which are compared without a branch that could be mispredicted.
 */
struct least {
	uint32_t leaves;  /* a power of two; those without index are INFINITY */
	int64_t *key;	  /* of each index */
	uint32_t *winner; /* of each node; [1]: of all; [leaves + i]: i */
};

/* The bits of a negative number fall where it rises: turn all but the sign.
 * The same way leads back. */
static inline int64_t least_turn(int64_t bits)
{
	return bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
}

static inline int64_t least_key(double value)
{
	int64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return least_turn(bits);
}

/* The time of an index. */
static inline double least_of(const struct least *l, uint32_t i)
{
	int64_t bits = least_turn(l->key[i]);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* All at INFINITY. */
static inline void least_init(struct least *l, uint32_t n, struct arena *arena)
{
	for (l->leaves = 1; l->leaves < n;)
		l->leaves *= 2;
	l->key = arena_array(arena, l->leaves, sizeof(*l->key));
	l->winner =
		arena_array(arena, 2 * (size_t)l->leaves, sizeof(*l->winner));
	for (uint32_t i = 0; i < l->leaves; i++) {
		l->key[i] = least_key(INFINITY);
		l->winner[l->leaves + i] = i;
	}
	for (uint32_t node = l->leaves - 1; node; node--)
		l->winner[node] = l->winner[2 * node];
}

static inline void least_set(struct least *l, uint32_t i, double value)
{
	int64_t key = least_key(value);
	uint32_t winner = i;

	l->key[i] = key;
	for (uint32_t node = l->leaves + i; node > 1; node /= 2) {
		uint32_t other = l->winner[node ^ 1];
		int64_t than = l->key[other];
		/* A right child, whose number is odd, loses ties. */
		int64_t loses = -(int64_t)(than < key + (int64_t)(node & 1));

		winner ^= (winner ^ other) & (uint32_t)loses;
		key ^= (key ^ than) & loses;
		l->winner[node / 2] = winner;
	}
}

static inline uint32_t least_index(const struct least *l)
{
	return l->winner[1];
}

static inline double least_value(const struct least *l)
{
	return least_of(l, l->winner[1]);
}

#endif
