/* levels.h - who has the least count, where counts change by one */
#ifndef MODELS_LEVELS_H
#define MODELS_LEVELS_H

#include <stdint.h>
#include <string.h>

#include "lancet/core/arena.h"

/*
 * For each count a set of those that have it, as bits: a change moves one
 * bit, and the least is the first of the lowest set that is not empty.
 */
struct levels {
	uint32_t words;		   /* of a set */
	uint32_t low;		   /* the least count of all */
	uint32_t *count, *members; /* of each index; of each level */
	uint64_t *bits;
	size_t n, room; /* levels */
	struct arena *arena;
};

static inline uint64_t *levels_set(const struct levels *l, uint32_t level)
{
	return l->bits + (size_t)level * l->words;
}

/* One more level, empty. */
static inline void levels_add(struct levels *l)
{
	size_t room = l->room;

	l->members = arena_grow(l->arena, l->members, l->n, &room,
				sizeof(*l->members));
	l->bits = arena_grow(l->arena, l->bits, l->n, &l->room,
			     l->words * sizeof(*l->bits));
	l->n++;
}

/* All counts 0. */
static inline void levels_init(struct levels *l, uint32_t n,
			       struct arena *arena)
{
	l->words = (n + 63) / 64;
	l->arena = arena;
	l->count = arena_array(arena, n, sizeof(*l->count));
	levels_add(l);
	l->members[0] = n;
	for (uint32_t i = 0; i < n; i++)
		l->bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void levels_move(struct levels *l, uint32_t i, uint32_t to)
{
	uint32_t from = l->count[i];
	uint64_t bit = UINT64_C(1) << (i % 64);

	levels_set(l, from)[i / 64] &= ~bit;
	levels_set(l, to)[i / 64] |= bit;
	l->members[from]--;
	l->members[to]++;
	l->count[i] = to;
}

static inline void levels_up(struct levels *l, uint32_t i)
{
	uint32_t to = l->count[i] + 1;

	if (to == l->n)
		levels_add(l);
	levels_move(l, i, to);
	while (!l->members[l->low])
		l->low++;
}

static inline void levels_down(struct levels *l, uint32_t i)
{
	uint32_t to = l->count[i] - 1;

	levels_move(l, i, to);
	if (to < l->low)
		l->low = to;
}

/* The lowest index of those with the least count. */
static inline uint32_t levels_least(const struct levels *l)
{
	const uint64_t *set = levels_set(l, l->low);
	uint32_t word = 0;

	while (!set[word])
		word++;
	return word * 64 + (uint32_t)__builtin_ctzll(set[word]);
}

/* One of those, each as likely, from 64 random bits. */
static inline uint32_t levels_any(const struct levels *l, uint64_t draw)
{
	const uint64_t *set = levels_set(l, l->low);
	uint32_t n =
		(uint32_t)(((unsigned __int128)draw * l->members[l->low]) >>
			   64);
	uint32_t word = 0, here;
	uint64_t bits;

	while ((here = (uint32_t)__builtin_popcountll(set[word])) <= n) {
		n -= here;
		word++;
	}
	for (bits = set[word]; n; n--)
		bits &= bits - 1;
	return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

#endif
