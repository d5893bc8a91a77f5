/* nearest.c - the known word that a misspelt one probably means */
#include "lancet/core/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* No word we know is longer; a longer one is far from all of them. */
#define NEAREST_MAX 48

/* So many letters of a beginning say which word is meant. */
#define BEGINNING 3

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool differ(char a, char b)
{
	return tolower((unsigned char)a) != tolower((unsigned char)b);
}

/* Optimal string alignment, three rows of Wagner and Fischer's table. */
size_t nearest_distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	size_t table[3][NEAREST_MAX + 1];
	size_t *two = table[0], *one = table[1], *row = table[2], *spare;

	if (n > NEAREST_MAX || m > NEAREST_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		spare = two;
		two = one;
		one = row;
		row = spare;
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t swap = i > 1 && j > 1 &&
				      !differ(a[i - 1], b[j - 2]) &&
				      !differ(a[i - 2], b[j - 1]);

			row[j] = least(least(one[j], row[j - 1]) + 1,
				       one[j - 1] + differ(a[i - 1], b[j - 1]));
			if (swap)
				row[j] = least(row[j], two[j - 2] + 1);
		}
	}
	return row[m];
}

void nearest_start(struct nearest *nearest, const char *word)
{
	size_t len = strlen(word);

	nearest->word = word;
	nearest->best = NULL;
	nearest->distance = (len < 6 ? 1 : len / 3) + 1;
}

void nearest_try(struct nearest *nearest, const char *known)
{
	size_t distance = nearest_distance(nearest->word, known);
	size_t len = strlen(nearest->word);

	if (len >= BEGINNING && !strncasecmp(nearest->word, known, len))
		distance = least(distance, 1);
	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->best = known;
	}
}
