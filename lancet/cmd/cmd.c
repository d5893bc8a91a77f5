/* cmd.c - what all commands share: messages, options, the nearest word */
#include "lancet/cmd/cmd.h"

#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 64
#define OPTIONS_MAX 64

int cmd_fail(const char *command, int status, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "lancet%s%s: ", command ? " " : "",
		command ? command : "");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Damerau (1964) and Levenshtein (1966), restricted: a swap of neighbours
 * counts one. Three rows of the table are kept; words are cut to WORD_MAX.
 */
static size_t distance(const char *a, const char *b)
{
	size_t row[3][WORD_MAX + 1];
	size_t *before = row[0], *last = row[1], *now = row[2];
	size_t na = strnlen(a, WORD_MAX), nb = strnlen(b, WORD_MAX);

	for (size_t j = 0; j <= nb; j++)
		last[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			now[j] = smaller(smaller(last[j], now[j - 1]) + 1,
					 last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = smaller(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

const char *cmd_nearest(const char *text, const char *const *candidates)
{
	size_t best = strlen(text) < 6 ? 2 : strlen(text) / 3 + 1;
	const char *found = NULL;

	for (; *candidates; candidates++) {
		size_t d = distance(text, *candidates);

		if (d < best) {
			best = d;
			found = *candidates;
		}
	}
	return found;
}

static void unknown_option(char **argv, const struct option *longs)
{
	const char *names[OPTIONS_MAX + 1] = { NULL };
	const char *text = argv[optind - 1], *nearest;
	char word[WORD_MAX];
	size_t n = 0;

	if (strncmp(text, "--", 2)) {
		cmd_fail(argv[0], 0,
			 "unknown option -%c; `lancet %s --help` lists them",
			 optopt, argv[0]);
		return;
	}
	snprintf(word, sizeof word, "%.*s", (int)strcspn(text + 2, "="),
		 text + 2);
	for (; longs->name && n < OPTIONS_MAX; longs++)
		names[n++] = longs->name;
	nearest = cmd_nearest(word, names);
	if (nearest)
		cmd_fail(argv[0], 0, "unknown option --%s; did you mean --%s?",
			 word, nearest);
	else
		cmd_fail(argv[0], 0,
			 "unknown option --%s; `lancet %s --help` lists them",
			 word, argv[0]);
}

int cmd_getopt(int argc, char **argv, const char *shorts,
	       const struct option *longs)
{
	char quiet[WORD_MAX];
	int c;

	/* The leading ':' makes getopt tell a missing argument apart. */
	snprintf(quiet, sizeof quiet, ":%s", shorts);
	opterr = 0;
	c = getopt_long(argc, argv, quiet, longs, NULL);
	if (c == ':') {
		cmd_fail(argv[0], 0, "%s needs an argument", argv[optind - 1]);
		return '?';
	}
	if (c == '?' && optopt > 255)
		cmd_fail(argv[0], 0, "%s takes no argument", argv[optind - 1]);
	else if (c == '?')
		unknown_option(argv, longs);
	return c;
}
