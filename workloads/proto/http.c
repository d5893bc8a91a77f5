/* http.c - requests of HTTP/1.1 on connections that are kept */
#include <errno.h>
#include <http_parser.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/bytes.h"
#include "workloads/proto.h"

/*
 * Replies come in the order of the requests of a connection (pipelining, RFC
 * 9112 section 9.3.2), in any framing that tells where they end: a length,
 * chunks, or a status without a body. 2xx and 3xx are fine, 429 and 503 say
 * "later" and nack, all else is an error. A reply that ends with its
 * connection cannot be told from one that was cut, and counts as rubbish.
 */
#define HTTP_FRAME 256	    /* what stands around path, host and headers */
#define HTTP_BODY_MAX (1 << 20)
#define HTTP_PLACE "{key}"

struct http_options {
	const char *path, *host;
	int method;
	int64_t keys, body, reply;
	struct option_list headers;
};

struct http {
	const char *head; /* up to the key, and from there to the body */
	size_t head_len;
	const char *tail;
	size_t tail_len;
	bool keyed;	  /* a number stands between them */
	bool bodyless;	  /* replies to HEAD */
	uint64_t keys;
	size_t body, reply;
	size_t out;	  /* the most bytes of a message */
};

/* What one call parses into; the parsers' callbacks find it here. */
struct http_call {
	struct proto_done *done;
	struct proto_served *req;
	size_t n, max;
};

struct http_conn {
	http_parser parser;
	bool begun, bodyless;
	struct http_call *call;
};

static const char *const methods[] = { "GET",  "HEAD",	 "POST",
				       "PUT", "DELETE", NULL };

/* --- opening --- */

/* Words of the configuration that end up in lines of the request. */
static int check_line(const char *what, const char *text, struct err *err)
{
	if (!text || !strpbrk(text, "\r\n"))
		return 0;
	return err_set(err, -EINVAL, "%s has a line break; remove it", what);
}

static char *header_lines(const struct http_options *o, struct arena *arena)
{
	const char *const *header = o->headers.items;
	char *lines = arena_strdup(arena, "");

	for (size_t i = 0; i < o->headers.n; i++)
		lines = arena_printf(arena, "%s%s\r\n", lines, header[i]);
	return lines;
}

/* The request in two parts, with the key between them if there is one. */
static void init_request(struct http *s, const struct http_options *o,
			 struct arena *arena)
{
	const char *place = strstr(o->path, HTTP_PLACE);
	size_t before = place ? (size_t)(place - o->path) : strlen(o->path);
	const char *after = place ? place + strlen(HTTP_PLACE) : "";
	char body[64] = "";

	if (s->body > 0 || o->method >= 2)
		snprintf(body, sizeof(body), "Content-Length: %zu\r\n",
			 s->body);
	s->keyed = place;
	s->head = arena_printf(arena, "%s %.*s", methods[o->method],
			       (int)before, o->path);
	s->tail = arena_printf(arena, "%s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n",
			       after, o->host, header_lines(o, arena), body);
	s->head_len = strlen(s->head);
	s->tail_len = strlen(s->tail);
}

static int http_init(void *ps, const void *options, struct arena *arena,
		     size_t *max_out, struct err *err)
{
	const struct http_options *o = options;
	const char *const *header = o->headers.items;
	struct http *s = ps;
	int rc = check_line("path", o->path, err);

	if (!rc)
		rc = check_line("host", o->host, err);
	for (size_t i = 0; !rc && i < o->headers.n; i++) {
		rc = check_line("a header", header[i], err);
		if (!rc && !strchr(header[i], ':'))
			rc = err_set(err, -EINVAL,
				     "header '%.64s' has no colon; write "
				     "NAME: VALUE", header[i]);
	}
	if (!rc && (o->path[0] != '/' || strchr(o->path, ' ')))
		rc = err_set(err, -EINVAL,
			     "path '%.64s': begin it with /, without blanks",
			     o->path);
	s->keys = (uint64_t)o->keys;
	s->bodyless = o->method == 1;
	s->body = (size_t)o->body;
	s->reply = (size_t)o->reply;
	if (!rc)
		init_request(s, o, arena);
	s->out = HTTP_FRAME + s->head_len + s->tail_len;
	s->out += s->body > s->reply ? s->body : s->reply;
	*max_out = s->out;
	return rc;
}

/* --- client --- */

static uint64_t http_key(const void *ps, const struct proto_request *req)
{
	const struct http *s = ps;

	return (req->draw >> 32) * s->keys >> 32;
}

static size_t http_build(void *ps, void *cs, const struct proto_request *req,
			 unsigned char *out, size_t room)
{
	const struct http *s = ps;
	size_t at = s->head_len;

	(void)cs;
	if (room < s->out)
		return 0;
	memcpy(out, s->head, s->head_len);
	if (s->keyed)
		at += put_decimal((char *)out + at, http_key(s, req));
	memcpy(out + at, s->tail, s->tail_len);
	at += s->tail_len;
	memset(out + at, 'x', s->body);
	return at + s->body;
}

static enum proto_status status_of(unsigned code)
{
	if (code >= 200 && code < 400)
		return PROTO_OK;
	return code == 429 || code == 503 ? PROTO_NACK : PROTO_ERROR;
}

/* Its body ends with the connection. */
static bool is_endless(const http_parser *parser)
{
	unsigned code = parser->status_code;

	return code >= 200 && code != 204 && code != 304 &&
	       !(parser->flags & F_CHUNKED) &&
	       parser->content_length == UINT64_MAX;
}

/* For the parser: 1 where no body follows, more is an error. */
static int on_headers(http_parser *parser)
{
	const struct http_conn *c = parser->data;

	if (c->bodyless)
		return 1;
	return is_endless(parser) ? 3 : 0;
}

static int on_reply(http_parser *parser)
{
	struct http_call *call = ((struct http_conn *)parser->data)->call;

	/* 100 Continue, 103 Early Hints: the reply is still to come. */
	if (parser->status_code < 200)
		return parser->status_code == 101;
	call->done[call->n++] = (struct proto_done){
		.id = PROTO_OLDEST,
		.status = (uint8_t)status_of(parser->status_code),
		.code = (uint16_t)parser->status_code,
	};
	if (call->n == call->max)
		http_parser_pause(parser, 1);
	return 0;
}

/* At most call->max messages: the last one pauses the parser. */
static long parse(struct http_conn *c, const http_parser_settings *settings,
		  struct http_call *call, const unsigned char *in, size_t len)
{
	size_t used;

	if (HTTP_PARSER_ERRNO(&c->parser) != HPE_OK &&
	    HTTP_PARSER_ERRNO(&c->parser) != HPE_PAUSED)
		return -EBADMSG; /* as it was before */
	c->parser.data = c;
	c->call = call;
	http_parser_pause(&c->parser, 0);
	used = http_parser_execute(&c->parser, settings, (const char *)in, len);
	c->call = NULL;
	if (HTTP_PARSER_ERRNO(&c->parser) == HPE_PAUSED)
		return (long)used;
	if (HTTP_PARSER_ERRNO(&c->parser) != HPE_OK || c->parser.upgrade)
		return call->n ? (long)used : -EBADMSG;
	return (long)used;
}

static long http_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		      struct proto_done *done, size_t max, size_t *ndone)
{
	static const http_parser_settings settings = {
		.on_headers_complete = on_headers,
		.on_message_complete = on_reply,
	};
	struct http_call call = { .done = done, .max = max };
	const struct http *s = ps;
	struct http_conn *c = cs;
	long used;

	if (!c->begun)
		http_parser_init(&c->parser, HTTP_RESPONSE);
	c->begun = true;
	c->bodyless = s->bodyless;
	used = parse(c, &settings, &call, in, len);
	*ndone = call.n;
	return used;
}

/* --- target --- */

static int on_request(http_parser *parser)
{
	struct http_call *call = ((struct http_conn *)parser->data)->call;

	call->req[call->n++] = (struct proto_served){
		.req = { .id = PROTO_OLDEST, .conn = PROTO_NO_CONN },
		.echo = { parser->method == HTTP_HEAD },
	};
	if (call->n == call->max)
		http_parser_pause(parser, 1);
	return 0;
}

static long http_serve(void *ps, void *cs, const unsigned char *in, size_t len,
		       struct proto_served *req, size_t max, size_t *nreq)
{
	static const http_parser_settings settings = {
		.on_message_complete = on_request,
	};
	struct http_call call = { .req = req, .max = max };
	struct http_conn *c = cs;
	long used;

	(void)ps;
	if (!c->begun)
		http_parser_init(&c->parser, HTTP_REQUEST);
	c->begun = true;
	used = parse(c, &settings, &call, in, len);
	*nreq = call.n;
	return used;
}

static size_t http_reply(void *ps, void *cs, const struct proto_served *req,
			 const struct proto_trailer *trailer,
			 enum proto_status status, unsigned char *out,
			 size_t room)
{
	static const char *const line[] = {
		[PROTO_OK] = "200 OK",
		[PROTO_NACK] = "503 Service Unavailable",
		[PROTO_ERROR] = "500 Internal Server Error",
	};
	const struct http *s = ps;
	size_t body = status == PROTO_OK ? s->reply : 0;
	size_t at;

	(void)cs, (void)trailer;
	if (room < s->out)
		return 0;
	at = (size_t)sprintf((char *)out,
			     "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n",
			     line[status], body);
	if (req->echo[0])
		return at;
	memset(out + at, 'x', body);
	return at + body;
}

static const struct option_row http_rows[] = {
	{ .key = "method", .type = OPTION_TYPE_ENUM,
	  .offset = offsetof(struct http_options, method), .preset = "GET",
	  .names = methods, .help = "method of all requests" },
	OPTION(STRING, struct http_options, path, 0, "/", 0, 0,
	       "path that is requested; " HTTP_PLACE " becomes a number"),
	OPTION(INT, struct http_options, keys, 0, "1", 1, 1e9,
	       "number of keys, from 0, all equally likely"),
	OPTION(STRING, struct http_options, host, 0, "localhost", 0, 0,
	       "value of the Host header"),
	OPTION(STRINGS, struct http_options, headers, 0, NULL, 0, 0,
	       "further header lines, each NAME: VALUE"),
	OPTION(SIZE, struct http_options, body, 0, "0B", 0, HTTP_BODY_MAX,
	       "length of a request's body"),
	OPTION(SIZE, struct http_options, reply, 0, "100B", 0, HTTP_BODY_MAX,
	       "length of a reply's body from the built-in target"),
	{ 0 },
};

const struct proto_ops proto_http = {
	.kind = {
		.name = "http",
		.help = "HTTP/1.1 over persistent connections",
		.options = http_rows,
		.options_size = sizeof(struct http_options),
	},
	.flags = PROTO_STREAM | PROTO_IN_ORDER | PROTO_CODES,
	.state_size = sizeof(struct http),
	.conn_size = sizeof(struct http_conn),
	.init = http_init,
	.build = http_build,
	.key = http_key,
	.feed = http_feed,
	.serve = http_serve,
	.reply = http_reply,
};
