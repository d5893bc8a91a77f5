/* arena.h - an arena for each test of a file, as cmocka's set-up and end */
#ifndef TESTS_UNIT_ARENA_H
#define TESTS_UNIT_ARENA_H

#include "lancet/core/arena.h"

/* Include this last: parameters of others are called so, too. */
static struct arena arena;

static inline int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

#endif
