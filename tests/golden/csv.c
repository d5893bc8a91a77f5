/* csv.c - a line of comma separated values, with quotes */
#include "tests/golden/csv.h"

#include <string.h>

/* Takes the quotes off in place; what stands behind them, NULL: not closed. */
static char *unquote(char *at, char **field)
{
	char *to = ++at;

	*field = to;
	for (; *at; at++) {
		if (*at == '"' && *++at != '"') {
			*to = 0;
			return at;
		}
		*to++ = *at;
	}
	return NULL;
}

size_t csv_split(char *line, char **field, size_t most)
{
	size_t n = 0;
	char *at = line;

	line[strcspn(line, "\r\n")] = 0;
	for (;; at++) {
		char *end = at, *start = at;
		char stop;

		if (*at == '"')
			end = unquote(at, &start);
		if (!end)
			return 0;
		end += strcspn(end, ",");
		stop = *end;
		*end = 0;
		if (n < most)
			field[n++] = start;
		if (!stop)
			return n;
		at = end;
	}
}
