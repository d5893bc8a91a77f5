/* memcached_ascii.c - memcached's language of lines */
#include "workloads/memcached.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workloads/bytes.h"

/*
 *	get KEY\r\n			VALUE KEY FLAGS BYTES\r\n
 *					data \r\n END\r\n; or END\r\n: a miss
 *	set KEY FLAGS EXPIRY BYTES\r\n	STORED\r\n, NOT_STORED\r\n
 *	data \r\n
 * and for both ERROR, CLIENT_ERROR text, SERVER_ERROR text.
 */
#define LINE_MAX_BYTES 2048

enum ascii_state {
	ASCII_LINE,		/* the first line of a reply or request */
	ASCII_DATA,		/* in the data, and the empty line behind it */
	ASCII_END,		/* client: END has to follow */
};

struct line {
	const unsigned char *text;
	size_t len;		/* without its end */
	size_t used;		/* with it */
};

/* The line in front: 1; 0: it is not whole yet; -EBADMSG: it never ends. */
static int take_line(const unsigned char *in, size_t len, struct line *line)
{
	size_t look = len < LINE_MAX_BYTES ? len : LINE_MAX_BYTES;
	const unsigned char *end = look ? memchr(in, '\n', look) : NULL;

	if (!end)
		return look == LINE_MAX_BYTES ? -EBADMSG : 0;
	line->text = in;
	line->used = (size_t)(end - in) + 1;
	line->len = line->used - 1;
	if (line->len > 0 && in[line->len - 1] == '\r')
		line->len--;
	return 1;
}

static bool is(const struct line *line, const char *word)
{
	return line->len == strlen(word) &&
	       memcmp(line->text, word, line->len) == 0;
}

static bool begins(const struct line *line, const char *word)
{
	size_t len = strlen(word);

	return line->len >= len && memcmp(line->text, word, len) == 0;
}

/* The next word from *at on; its length, 0 when there is none. */
static size_t word(const struct line *line, size_t *at)
{
	size_t from;

	while (*at < line->len && line->text[*at] == ' ')
		++*at;
	from = *at;
	while (*at < line->len && line->text[*at] != ' ')
		++*at;
	return *at - from;
}

/* The number that the word before `at` is; -1 when it is none we believe. */
static int64_t number(const struct line *line, size_t at, size_t len)
{
	int64_t n = 0;

	if (len == 0 || len > 10)
		return -1;
	for (size_t i = at - len; i < at; i++) {
		if (line->text[i] < '0' || line->text[i] > '9')
			return -1;
		n = 10 * n + line->text[i] - '0';
	}
	return n <= MC_VALUE_MAX ? n : -1;
}

/* The count of bytes: word number `nth` from 0; -1. */
static int64_t bytes_of(const struct line *line, int nth)
{
	size_t at = 0, len = 0;

	for (int i = 0; i <= nth; i++)
		len = word(line, &at);
	return number(line, at, len);
}

/* --- client --- */

static size_t ascii_build(const struct mc *s, const struct mc_ask *ask,
			  unsigned char *out)
{
	char *text = (char *)out;
	size_t at = 4 + keyspace_key(&s->keyspace, ask->key, out + 4);
	uint32_t value;

	memcpy(text, ask->get ? "get " : "set ", 4);
	if (ask->get) {
		memcpy(text + at, "\r\n", 2);
		return at + 2;
	}
	value = keyspace_value_size(&s->keyspace, ask->key);
	memcpy(text + at, " 0 0 ", 5);
	at += 5;
	at += put_decimal(text + at, value);
	memcpy(text + at, "\r\n", 2);
	at += 2;
	memset(text + at, 'v', value);
	at += value;
	memcpy(text + at, "\r\n", 2);
	return at + 2;
}

/* A whole reply in one line: its status; -EBADMSG: no such reply. */
static int simple_reply(const struct line *line)
{
	if (is(line, "STORED"))
		return PROTO_OK;
	if (is(line, "END") || is(line, "NOT_STORED") || is(line, "ERROR") ||
	    begins(line, "CLIENT_ERROR") || begins(line, "SERVER_ERROR"))
		return PROTO_ERROR;
	return -EBADMSG;
}

/* One line of a reply; 1 when it ends the reply. */
static int reply_line(struct mc_conn *c, const struct line *line)
{
	int64_t bytes;
	int status;

	switch (c->state) {
	case ASCII_DATA:
		c->state = ASCII_END;
		return line->len == 0 ? 0 : -EBADMSG;
	case ASCII_END:
		c->status = PROTO_OK;
		c->state = ASCII_LINE;
		return is(line, "END") ? 1 : -EBADMSG;
	}
	if (begins(line, "VALUE ")) {
		bytes = bytes_of(line, 3);
		c->skip = bytes < 0 ? 0 : (uint32_t)bytes;
		c->state = ASCII_DATA;
		return bytes < 0 ? -EBADMSG : 0;
	}
	status = simple_reply(line);
	c->status = (uint8_t)status;
	return status < 0 ? status : 1;
}

static int request_line(struct mc_conn *c, const struct line *line,
			struct proto_served *req);

/*
 * Lines and the data behind them, until one request is whole or, without req,
 * one reply (*n = 1), or the bytes end (0). How many bytes; -EBADMSG.
 */
static long take_lines(struct mc_conn *c, const unsigned char *in, size_t len,
		       struct proto_served *req, size_t *n)
{
	size_t used = mc_skip(c, len);
	struct line line;
	int ret = 0;

	while (c->skip == 0 && ret == 0) {
		ret = take_line(in + used, len - used, &line);
		if (ret == 0)
			break;
		if (ret > 0) {
			used += line.used;
			ret = req ? request_line(c, &line, req)
				  : reply_line(c, &line);
		}
		used += ret < 0 ? 0 : mc_skip(c, len - used);
	}
	*n = ret > 0;
	return ret < 0 ? ret : (long)used;
}

static long ascii_feed(struct mc_conn *c, const unsigned char *in, size_t len,
		       struct proto_done *done, size_t *n)
{
	long used = take_lines(c, in, len, NULL, n);

	if (used >= 0 && *n > 0)
		done[0] = (struct proto_done){ .id = PROTO_OLDEST,
					       .status = c->status };
	return used;
}

static int64_t ascii_length(const unsigned char *in, size_t len,
			    enum proto_status *status)
{
	static const char end[] = "\r\nEND\r\n";
	struct line line;
	int64_t bytes;
	int simple;

	if (take_line(in, len, &line) <= 0)
		return -EBADMSG;
	if (begins(&line, "VALUE ")) {
		bytes = bytes_of(&line, 3);
		*status = PROTO_OK;
		return bytes < 0 ? -EBADMSG : (int64_t)line.used + bytes +
						      (int64_t)strlen(end);
	}
	simple = simple_reply(&line);
	*status = simple < 0 ? PROTO_ERROR : (enum proto_status)simple;
	return simple < 0 ? simple : (int64_t)line.used;
}

/* --- target --- */

/* "get KEY": the key goes with the request, for the reply says it again. */
static int read_get(const struct line *line, struct proto_served *req)
{
	size_t at = 4, key = word(line, &at);

	if (key == 0 || key > KEYSPACE_KEY_MAX || at != line->len)
		return -EBADMSG;
	req->echo[0] = MC_ASCII_GET;
	req->body = line->text + at - key;
	req->body_len = (uint32_t)key;
	return 1;
}

static int request_line(struct mc_conn *c, const struct line *line,
			struct proto_served *req)
{
	int64_t bytes;

	*req = (struct proto_served){
		.req = { .id = PROTO_OLDEST, .conn = PROTO_NO_CONN },
		.echo = { MC_ASCII_SET },
	};
	if (c->state == ASCII_DATA) {
		c->state = ASCII_LINE;
		return line->len == 0 ? 1 : -EBADMSG;
	}
	if (begins(line, "get "))
		return read_get(line, req);
	bytes = begins(line, "set ") ? bytes_of(line, 4) : -1;
	if (bytes < 0)
		return -EBADMSG;
	c->skip = (uint32_t)bytes;
	c->state = ASCII_DATA;
	return 0;
}

static long ascii_serve(struct mc_conn *c, const unsigned char *in, size_t len,
			struct proto_served *req, size_t *n)
{
	return take_lines(c, in, len, req, n);
}

/* The value that the key's number would have; another's is as good. */
static uint32_t value_of(const struct mc *s, const struct proto_served *req)
{
	uint64_t key = 0;

	for (uint32_t i = 1; i < req->body_len; i++)
		key = 10 * key + (uint64_t)(req->body[i] - '0');
	return keyspace_value_size(&s->keyspace, key);
}

static size_t ascii_reply(const struct mc *s, const struct proto_served *req,
			  enum proto_status status, unsigned char *out)
{
	uint32_t value;
	char *text = (char *)out;
	size_t at;

	if (status != PROTO_OK)
		return (size_t)sprintf(text, "SERVER_ERROR %s\r\n",
				       status == PROTO_NACK ? "busy" :
							      "failed");
	if (req->echo[0] == MC_ASCII_SET)
		return (size_t)sprintf(text, "STORED\r\n");
	value = value_of(s, req);
	at = (size_t)sprintf(text, "VALUE %.*s 0 %u\r\n", (int)req->body_len,
			     (const char *)req->body, value);
	memset(text + at, 'v', value);
	at += value;
	memcpy(text + at, "\r\nEND\r\n", 7);
	return at + 7;
}

const struct mc_language mc_ascii = {
	ascii_build, ascii_feed, ascii_serve, ascii_reply, ascii_length,
};
