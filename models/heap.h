/* heap.h - binary min-heap of keys, and the slots that they stand for */
#ifndef MODELS_HEAP_H
#define MODELS_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "lancet/core/arena.h"
#include "models/policy.h"

/*
 * Least key first, among equal keys the least tie: an id's lower half, which
 * orders what is no 2^31 ids apart. 16 bytes are one move.
 */
struct heap_entry {
	double key;
	uint32_t tie;
	uint32_t slot;
};

struct heap {
	struct heap_entry *entry;
	uint32_t n; /* the caller knows its room */
};

static inline bool heap_before(const struct heap_entry *a,
			       const struct heap_entry *b)
{
	/* No branches: in a heap they cannot be guessed. */
	return (a->key < b->key) |
	       ((a->key == b->key) & ((int32_t)(a->tie - b->tie) < 0));
}

/* Put e where there is a hole. */
static inline void heap_rise(struct heap *h, uint32_t at, struct heap_entry e)
{
	while (at && heap_before(&e, &h->entry[(at - 1) / 2])) {
		h->entry[at] = h->entry[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	h->entry[at] = e;
}

static inline void heap_push(struct heap *h, double key, uint64_t tie,
			     uint32_t slot)
{
	heap_rise(h, h->n++, (struct heap_entry){ key, (uint32_t)tie, slot });
}

/*
 * Take the least out; the heap is not empty. The hole sinks to a leaf first,
 * and the last entry rises from there (Wegener 1993): it seldom has to.
 */
static inline uint32_t heap_pop(struct heap *h)
{
	uint32_t slot = h->entry[0].slot, at = 0, kid;
	struct heap_entry e = h->entry[--h->n];

	for (kid = 1; kid + 1 < h->n; kid = 2 * at + 1) {
		kid += heap_before(&h->entry[kid + 1], &h->entry[kid]);
		h->entry[at] = h->entry[kid];
		at = kid;
	}
	if (kid < h->n) {
		h->entry[at] = h->entry[kid];
		at = kid;
	}
	heap_rise(h, at, e);
	return slot;
}

/* Jobs in the system, in slots that are taken and put back. */
struct pool {
	struct done *slot;
	uint32_t *free;
	uint32_t nfree;
};

static inline void pool_init(struct pool *p, uint32_t slots,
			     struct arena *arena)
{
	p->slot = arena_array(arena, slots, sizeof(*p->slot));
	p->free = arena_array(arena, slots, sizeof(*p->free));
	for (p->nfree = 0; p->nfree < slots; p->nfree++)
		p->free[p->nfree] = slots - 1 - p->nfree;
}

/* A slot for a job; the pool is not empty. */
static inline uint32_t pool_take(struct pool *p, const struct job *job)
{
	uint32_t slot = p->free[--p->nfree];

	p->slot[slot] = (struct done){ .job = *job };
	return slot;
}

static inline const struct done *pool_put(struct pool *p, uint32_t slot)
{
	p->free[p->nfree++] = slot;
	return &p->slot[slot];
}

#endif
