/* resp.c - the replies of Redis, in both versions of its protocol */
#include "workloads/resp.h"

#include <errno.h>
#include <string.h>

/*
 *	+text  -error  :number  ,double  #boolean  (big number  _ (null)
 *	$length\r\nbytes\r\n	!length\r\nerror\r\n	=length\r\nverbatim\r\n
 *	*items  ~items  >items (pushed)  %pairs  |pairs (about what follows)
 * A length of -1 is RESP2's null. Each line ends with \r\n.
 */
struct line {
	unsigned char type;
	const unsigned char *text; /* behind the type */
	size_t len;
	size_t used;		   /* with its end */
};

/* 1; 0: it is not whole yet; -EBADMSG: it never ends. */
static int take_line(const unsigned char *in, size_t len, struct line *line)
{
	size_t look = len < RESP_LINE_MAX ? len : RESP_LINE_MAX;
	const unsigned char *end = look ? memchr(in, '\n', look) : NULL;

	if (!end)
		return look == RESP_LINE_MAX ? -EBADMSG : 0;
	if (end < in + 2 || end[-1] != '\r')
		return -EBADMSG;
	line->type = in[0];
	line->text = in + 1;
	line->len = (size_t)(end - in) - 2;
	line->used = (size_t)(end - in) + 1;
	return 1;
}

/* A count of at most `most`, -1 for the null of RESP2; -EBADMSG. */
static int64_t count_of(const struct line *line, int64_t most)
{
	int64_t n = 0;

	if (line->len == 2 && !memcmp(line->text, "-1", 2))
		return -1;
	if (line->len == 0 || line->len > 10)
		return -EBADMSG;
	for (size_t i = 0; i < line->len; i++) {
		if (line->text[i] < '0' || line->text[i] > '9')
			return -EBADMSG;
		n = 10 * n + line->text[i] - '0';
	}
	return n <= most ? n : -EBADMSG;
}

/* Errors by which a server says that it will serve later. */
static bool means_later(const struct line *line)
{
	static const char *const words[] = { "BUSY ", "LOADING ", "TRYAGAIN " };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (line->len >= strlen(words[i]) &&
		    !memcmp(line->text, words[i], strlen(words[i])))
			return true;
	return false;
}

/* What the outermost value says of the whole reply. */
static void note(struct resp *s, enum resp_reply reply)
{
	if (s->depth == 0)
		s->reply = (uint8_t)reply;
}

static int open_items(struct resp *s, int64_t n, bool attribute)
{
	if (n <= 0)
		return 0;
	if (s->depth == RESP_DEPTH)
		return -EBADMSG;
	s->left[s->depth] = (uint32_t)n;
	s->attribute[s->depth++] = attribute;
	return 0;
}

static int read_items(struct resp *s, const struct line *line)
{
	bool pairs = line->type == '%' || line->type == '|';
	int64_t n = count_of(line, RESP_ITEMS_MAX);

	if (n < -1)
		return -EBADMSG;
	if (line->type != '|')
		note(s, n < 0		    ? RESP_NULL
			: line->type == '>' ? RESP_PUSH
					    : RESP_FINE);
	return open_items(s, pairs ? 2 * n : n, line->type == '|');
}

static int read_bulk(struct resp *s, const struct line *line)
{
	int64_t n = count_of(line, RESP_BULK_MAX);

	if (n < -1)
		return -EBADMSG;
	note(s, n < 0		    ? RESP_NULL
		: line->type == '!' ? RESP_ERROR
				    : RESP_FINE);
	if (n >= 0)
		s->skip = (uint32_t)n + 2;
	return 0;
}

/* The first line of a value. 0 or -EBADMSG. */
static int read_line(struct resp *s, const struct line *line)
{
	switch (line->type) {
	case '+':
	case ':':
	case ',':
	case '#':
	case '(':
		note(s, RESP_FINE);
		return 0;
	case '_':
		note(s, RESP_NULL);
		return 0;
	case '-':
		note(s, means_later(line) ? RESP_BUSY : RESP_ERROR);
		return 0;
	case '$':
	case '!':
	case '=':
		return read_bulk(s, line);
	case '*':
	case '~':
	case '>':
	case '%':
	case '|':
		return read_items(s, line);
	default:
		return -EBADMSG;
	}
}

/* A value has ended: so have those whose last item it was. An attribute is
 * no value: what it is about is still to come. */
static bool close_items(struct resp *s)
{
	while (s->depth > 0) {
		if (--s->left[s->depth - 1] > 0)
			return false;
		s->depth--;
		if (s->attribute[s->depth])
			return false;
	}
	return true;
}

/* The \r\n behind a string, as far as it is in sight. */
static bool ends_well(const struct resp *s, const unsigned char *in, size_t len)
{
	if (s->skip >= 2 && len >= s->skip - 1 && in[s->skip - 2] != '\r')
		return false;
	return len < s->skip || in[s->skip - 1] == '\n';
}

/* Past the bytes of a string; how many there were, or -EBADMSG. */
static long pass(struct resp *s, const unsigned char *in, size_t len)
{
	if (!s->skip)
		return 0;
	if (!ends_well(s, in, len))
		return -EBADMSG;
	if (len > s->skip)
		len = s->skip;
	s->skip -= (uint32_t)len;
	return (long)len;
}

/* One line; *more: what it began is not done with it. As resp_read(). */
static long read_value(struct resp *s, const unsigned char *in, size_t len,
		       bool *more)
{
	uint32_t depth = s->depth;
	struct line line;
	int ret = take_line(in, len, &line);

	*more = true;
	if (ret <= 0)
		return ret;
	if (read_line(s, &line))
		return -EBADMSG;
	*more = s->depth > depth || line.type == '|';
	return (long)line.used;
}

/* As resp_read(), but what was read of a broken reply is lost. */
static long read_reply(struct resp *s, const unsigned char *in, size_t len,
		       bool *whole)
{
	size_t used = 0;

	while (!*whole) {
		bool more = false;
		long n = 0;

		if (!s->skip) {
			n = read_value(s, in + used, len - used, &more);
			if (n <= 0)
				return n < 0 ? n : (long)used;
			used += (size_t)n;
		}
		if (more)
			continue;
		n = pass(s, in + used, len - used);
		if (n < 0)
			return n;
		used += (size_t)n;
		if (s->skip)
			return (long)used;
		*whole = close_items(s);
	}
	return (long)used;
}

long resp_read_any(struct resp *s, const unsigned char *in, size_t len,
		   bool *whole)
{
	long used = -EBADMSG;

	*whole = false;
	if (!s->broken)
		used = read_reply(s, in, len, whole);
	s->broken = used < 0;
	return used;
}
