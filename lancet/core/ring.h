/* ring.h - single-writer, single-reader ring of fixed-size records */
#ifndef LANCET_CORE_RING_H
#define LANCET_CORE_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The writer is a hot loop: it never waits, and a full ring is counted, not
 * overwritten. Positions only grow; head and tail are a cache line apart,
 * wherever the ring lies, and each side keeps a copy of the other's position
 * so that it rarely touches that line.
 */
struct ring {
	_Atomic uint64_t head;			/* writer's */
	uint64_t tail_seen;
	uint64_t full;				/* records refused */
	unsigned char apart[64];
	_Atomic uint64_t tail;			/* reader's */
	uint64_t head_seen;
	unsigned char apart_too[64];
	unsigned char *slots;
	size_t mask;				/* slots - 1 */
	size_t size;				/* bytes a slot */
};

/* slots is rounded up to a power of two; memory is touched once. -ENOMEM. */
int ring_init(struct ring *ring, size_t slots, size_t size);
void ring_fini(struct ring *ring);

/* Writer: the next free slot, or NULL (counted); then publish it. */
static inline void *ring_reserve(struct ring *r)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (head - r->tail_seen > r->mask) {
		r->tail_seen = atomic_load_explicit(&r->tail,
						    memory_order_acquire);
		if (head - r->tail_seen > r->mask) {
			r->full++;
			return NULL;
		}
	}
	return r->slots + (head & r->mask) * r->size;
}

static inline void ring_publish(struct ring *r)
{
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	atomic_store_explicit(&r->head, head + 1, memory_order_release);
}

/* Reader: how many records stand from the oldest on; then give n back. */
static inline size_t ring_ready(struct ring *r)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
	return r->head_seen - tail;
}

static inline void *ring_at(struct ring *r, size_t i)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	return r->slots + ((tail + i) & r->mask) * r->size;
}

static inline void ring_release(struct ring *r, size_t n)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	atomic_store_explicit(&r->tail, tail + n, memory_order_release);
}

#endif
