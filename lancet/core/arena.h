/* arena.h - memory that is given back all at once */
#ifndef LANCET_CORE_ARENA_H
#define LANCET_CORE_ARENA_H

#include <stddef.h>

/*
 * For the control path: one arena a run, a configuration, a result. Never
 * used once a point is armed. Not thread safe. Running out of memory ends
 * the program with a line, so callers need no NULL checks.
 */
struct arena {
	struct arena_block *head;
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);

/* Zeroed, aligned to 16 bytes. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t n, size_t size);
void *arena_copy(struct arena *arena, const void *from, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A growing array in an arena: doubles, and leaves the old copy behind. */
void *arena_grow(struct arena *arena, void *items, size_t n, size_t *room,
		 size_t size);

#endif
