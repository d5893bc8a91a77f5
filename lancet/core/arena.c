/* arena.c - memory that is given back all at once */
#include "lancet/core/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK 65536
#define ARENA_ALIGN 16

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ARENA_ALIGN) unsigned char data[];
};

static void arena_exhausted(size_t size)
{
	fprintf(stderr, "lancet: out of memory (%zu bytes asked)\n", size);
	exit(4);
}

void arena_init(struct arena *arena)
{
	arena->head = NULL;
}

void arena_fini(struct arena *arena)
{
	struct arena_block *next;

	for (struct arena_block *b = arena->head; b; b = next) {
		next = b->next;
		free(b);
	}
	arena->head = NULL;
}

/*
 * A large request gets a block of its own behind the head, so that the rest
 * of the head's room is not lost.
 */
static struct arena_block *arena_block_add(struct arena *arena, size_t size)
{
	size_t room = size > ARENA_BLOCK / 4 ? size : ARENA_BLOCK;
	struct arena_block *b = calloc(1, sizeof(*b) + room);

	if (!b)
		arena_exhausted(size);
	b->size = room;
	if (room != ARENA_BLOCK && arena->head) {
		b->next = arena->head->next;
		arena->head->next = b;
	} else {
		b->next = arena->head;
		arena->head = b;
	}
	return b;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *b = arena->head;
	void *at;

	if (size > SIZE_MAX / 2)
		arena_exhausted(size);
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!b || b->size - b->used < size)
		b = arena_block_add(arena, size);
	at = b->data + b->used;
	b->used += size;
	return at;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		arena_exhausted(SIZE_MAX);
	return arena_alloc(arena, bytes);
}

void *arena_copy(struct arena *arena, const void *from, size_t size)
{
	void *to = arena_alloc(arena, size);

	if (size)
		memcpy(to, from, size);
	return to;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text) + 1);
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	size_t size;
	char *text;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	size = n < 0 ? 1 : (size_t)n + 1;
	text = arena_alloc(arena, size);
	vsnprintf(text, size, fmt, again);
	va_end(again);
	return text;
}

void *arena_grow(struct arena *arena, void *items, size_t n, size_t *room,
		 size_t size)
{
	void *more;

	if (n < *room)
		return items;
	*room = *room < 8 ? 8 : *room * 2;
	more = arena_array(arena, *room, size);
	if (n)
		memcpy(more, items, n * size);
	return more;
}
