/* ring.c - single-writer single-reader ring of fixed-size records */
#include "lancet/core/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int ring_init(struct ring *ring, size_t slots, size_t size)
{
	size_t n = 1;

	memset(ring, 0, sizeof(*ring));
	while (n < slots)
		n *= 2;
	if (n > SIZE_MAX / size)
		return -ENOMEM;
	ring->slots = aligned_alloc(64, (n * size + 63) / 64 * 64);
	if (!ring->slots)
		return -ENOMEM;
	/* Touched now, so that the writer never meets a page fault. */
	memset(ring->slots, 0, n * size);
	ring->mask = n - 1;
	ring->size = size;
	return 0;
}

void ring_fini(struct ring *ring)
{
	free(ring->slots);
	ring->slots = NULL;
}
