/* nearest.h - the known word that a misspelt one probably means */
#ifndef LANCET_CORE_NEAREST_H
#define LANCET_CORE_NEAREST_H

#include <stddef.h>

/* Start with a word, try the known ones, take `best`: NULL when none is near. */
struct nearest {
	const char *word;
	const char *best;
	size_t distance;	/* of best, or the limit, exclusive */
};

/*
 * Near is at most max(1, length / 3) edits (Damerau 1964), or the beginning of
 * a known word. Upper and lower case are the same.
 */
void nearest_start(struct nearest *nearest, const char *word);
void nearest_try(struct nearest *nearest, const char *known);

/* Edits from a to b: insert, delete, replace, swap two neighbours. */
size_t nearest_distance(const char *a, const char *b);

#endif
