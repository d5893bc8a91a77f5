/* line.c - an example of a protocol for lancet: numbered lines
 *
 * A request is the line "ask NUMBER", a reply "NUMBER ok", "NUMBER later" or
 * "NUMBER" and anything else, which is an error. A server that sends requests
 * back is served too: what begins with "ask " counts as fine.
 *
 *	cc -shared -fPIC -O2 -I../../workloads -o line.so line.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

#define LINE_MOST 64

/* Nothing to remember; a word of its own would go into *state. */
static int line_open(const char *options, void **state, size_t *most,
		     char *error, size_t room)
{
	*state = NULL;
	*most = LINE_MOST;
	if (!*options)
		return 0;
	snprintf(error, room, "no options are known, not '%s'", options);
	return -1;
}

static size_t line_build(void *state, void *conn,
			 const struct lancet_request *request,
			 unsigned char *out, size_t room)
{
	(void)state, (void)conn;
	return (size_t)snprintf((char *)out, room, "ask %llu\n",
				(unsigned long long)request->id);
}

static uint32_t status_of(const char *word)
{
	if (!*word || !strcmp(word, " ok"))
		return LANCET_OK;
	return strcmp(word, " later") ? LANCET_ERROR : LANCET_NACK;
}

/* One line without its end, which is a NUL now; 0 or -1. */
static int take_line(char *line, struct lancet_done *done)
{
	int echoed = !strncmp(line, "ask ", 4);
	char *end;

	*done = (struct lancet_done){ 0 };
	line += echoed ? 4 : 0;
	done->id = strtoull(line, &end, 10);
	if (end == line || (echoed != !*end))
		return -1;
	done->status = status_of(end);
	return 0;
}

static long line_feed(void *state, void *conn, const unsigned char *in,
		      size_t len, struct lancet_done *done, size_t max,
		      size_t *n)
{
	size_t used = 0;

	(void)state, (void)conn;
	for (*n = 0; *n < max; ++*n) {
		const unsigned char *end = memchr(in + used, '\n', len - used);
		size_t length = end ? (size_t)(end - in) - used : len - used;
		char line[LINE_MOST];

		if (length >= sizeof(line))
			return -1; /* no line of ours is that long */
		if (!end)
			break;
		memcpy(line, in + used, length);
		line[length] = '\0';
		if (take_line(line, &done[*n]))
			return -1;
		used += length + 1;
	}
	return (long)used;
}

const struct lancet_plugin lancet_plugin = {
	.version = LANCET_PLUGIN_VERSION,
	.flags = LANCET_STREAM | LANCET_DATAGRAM,
	.open = line_open,
	.build = line_build,
	.feed = line_feed,
};
