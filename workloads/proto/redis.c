/* redis.c - gets, sets and scans of a Redis, in both versions of its protocol */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/bytes.h"
#include "workloads/keyspace.h"
#include "workloads/redis_target.h"
#include "workloads/resp.h"

/*
 * Key and operation come from the request's draw. The loader stores every
 * key first, so a get that misses is an error, as is every error reply; a
 * server that is busy or loading nacks. Replies come in the order of the
 * requests of a connection. HELLO and AUTH, where they are needed, go in
 * front of a connection's first request.
 *
 * As a target it has no store: every get hits.
 */
#define REDIS_OUT 512	/* what may stand around key and value */
#define SECRET_MAX 256

struct redis_options {
	struct keyspace_options keyspace; /* first */
	int64_t version, scan_count;
	const char *user, *password_file;
};

struct redis {
	struct keyspace keyspace;
	uint32_t out; /* the most bytes of a message */
	int scan_count;
	uint32_t length; /* that was last written, as text: most often again */
	uint32_t length_size;
	char length_text[16];
	char hello[SECRET_MAX + 256]; /* said first; or empty */
};

struct redis_conn {
	struct resp resp;
	struct redis_request request; /* target */
	bool greeted;
	uint8_t greetings; /* replies to them still to come */
};

/* --- opening --- */

/* The first line of a file that only its owner should read. */
static int read_secret(const char *file, char *secret, struct err *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, secret, SECRET_MAX - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return err_set(err, -EINVAL, "password_file %s: %s", file,
			       strerror(errno));
	secret[n] = '\0';
	secret[strcspn(secret, "\r\n")] = '\0';
	if (!*secret)
		return err_set(err, -EINVAL,
			       "password_file %s: its first line is empty",
			       file);
	return 0;
}

static int add_word(char *to, size_t room, const char *word)
{
	return snprintf(to, room, "$%zu\r\n%s\r\n", strlen(word), word);
}

/* HELLO 3 [AUTH user secret], or AUTH user secret, as an array. */
static int init_hello(struct redis *s, const struct redis_options *o,
		      struct err *err)
{
	const char *word[5];
	char secret[SECRET_MAX];
	size_t n = 0, at;
	int rc = 0;

	if (o->version == 3) {
		word[n++] = "HELLO";
		word[n++] = "3";
	}
	if (o->password_file) {
		rc = read_secret(o->password_file, secret, err);
		word[n++] = "AUTH";
		word[n++] = o->user;
		word[n++] = secret;
	}
	if (rc || !n)
		return rc;
	at = (size_t)snprintf(s->hello, sizeof(s->hello), "*%zu\r\n", n);
	for (size_t i = 0; i < n && at < sizeof(s->hello); i++)
		at += (size_t)add_word(s->hello + at, sizeof(s->hello) - at,
				       word[i]);
	explicit_bzero(secret, sizeof(secret));
	if (at < sizeof(s->hello))
		return 0;
	return err_set(err, -EINVAL, "user or password is too long");
}

static int redis_init(void *ps, const void *options, struct arena *arena,
		      size_t *max_out, struct err *err)
{
	const struct redis_options *o = options;
	struct redis *s = ps;
	int rc = keyspace_init(&s->keyspace, &o->keyspace, true, arena, err);

	if (!rc)
		rc = init_hello(s, o, err);
	s->scan_count = (int)o->scan_count;
	s->out = REDIS_OUT + (uint32_t)sizeof(s->hello) +
		 s->keyspace.key.most + s->keyspace.value.most;
	*max_out = s->out;
	return rc;
}

/* --- client --- */

static size_t greet(const struct redis *s, struct redis_conn *c, char *out)
{
	size_t n = strlen(s->hello);

	if (c->greeted || !n)
		return 0;
	c->greeted = true;
	c->greetings = 1;
	memcpy(out, s->hello, n);
	return n;
}

static size_t put_end(char *out)
{
	memcpy(out, "\r\n", 2);
	return 2;
}

/* $LENGTH\r\n, and what may be overwritten, up to 16 bytes. */
static size_t put_length(struct redis *s, uint32_t len, char *out)
{
	if (len != s->length || !s->length_size) {
		size_t at = 1;

		s->length_text[0] = '$';
		at += put_decimal(s->length_text + at, len);
		at += put_end(s->length_text + at);
		s->length_size = (uint32_t)at;
		s->length = len;
	}
	memcpy(out, s->length_text, sizeof(s->length_text));
	return s->length_size;
}

/* The same and KEY\r\n. */
static size_t put_key(struct redis *s, uint64_t key, char *out)
{
	uint32_t len = keyspace_key_size(&s->keyspace, key);
	size_t at = put_length(s, len, out);

	keyspace_key_text(key, len, (unsigned char *)out + at);
	at += len;
	return at + put_end(out + at);
}

static size_t put_set(struct redis *s, uint64_t key, char *out)
{
	uint32_t value = keyspace_value_size(&s->keyspace, key);
	size_t at = 13;

	memcpy(out, "*3\r\n$3\r\nSET\r\n", 13);
	at += put_key(s, key, out + at);
	at += put_length(s, value, out + at);
	memset(out + at, 'v', value);
	at += value;
	return at + put_end(out + at);
}

static size_t put_get(struct redis *s, uint64_t key, char *out)
{
	memcpy(out, "*2\r\n$3\r\nGET\r\n", 13);
	return 13 + put_key(s, key, out + 13);
}

static size_t put_scan(const struct redis *s, char *out)
{
	char count[12];
	int n = sprintf(count, "%d", s->scan_count);

	return (size_t)sprintf(out,
			       "*4\r\n$4\r\nSCAN\r\n$1\r\n0\r\n"
			       "$5\r\nCOUNT\r\n$%d\r\n%s\r\n", n, count);
}

static size_t redis_build(void *ps, void *cs, const struct proto_request *req,
			  unsigned char *out, size_t room)
{
	char *text = (char *)out;
	struct keyspace_ask ask;
	struct redis *s = ps;
	size_t at;

	if (room < s->out)
		return 0;
	at = greet(s, cs, text);
	keyspace_draw(&s->keyspace, req, &ask);
	switch (ask.operation) {
	case KEYSPACE_GET:
		return at + put_get(s, ask.key, text + at);
	case KEYSPACE_SCAN:
		return at + put_scan(s, text + at);
	default:
		return at + put_set(s, ask.key, text + at);
	}
}

static uint64_t redis_key(const void *ps, const struct proto_request *req)
{
	const struct redis *s = ps;
	struct keyspace_ask ask;

	keyspace_draw(&s->keyspace, req, &ask);
	return ask.key;
}

static size_t redis_populate(void *ps, void *cs, uint64_t i, unsigned char *out,
			     size_t room)
{
	struct redis *s = ps;
	size_t at;

	if (i >= s->keyspace.keys || room < s->out)
		return 0;
	at = greet(s, cs, (char *)out);
	return at + put_set(s, i, (char *)out + at);
}

static enum proto_status status_of(enum resp_reply reply)
{
	if (reply == RESP_FINE)
		return PROTO_OK;
	return reply == RESP_BUSY ? PROTO_NACK : PROTO_ERROR;
}

static long redis_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		       struct proto_done *done, size_t max, size_t *ndone)
{
	struct redis_conn *c = cs;
	size_t used = 0;
	bool whole = true;

	(void)ps;
	*ndone = 0;
	while (*ndone < max && whole && used < len) {
		long n = resp_read(&c->resp, in + used, len - used, &whole);

		if (n < 0)
			return used ? (long)used : n;
		used += (size_t)n;
		if (!whole || c->resp.reply == RESP_PUSH)
			continue;
		if (!c->greetings)
			done[(*ndone)++] = (struct proto_done){
				.id = PROTO_OLDEST,
				.status = (uint8_t)status_of(c->resp.reply),
			};
		else if (--c->greetings == 0 && c->resp.reply != RESP_FINE)
			return -EBADMSG; /* not let in */
	}
	return (long)used;
}

/* --- target --- */

static long redis_serve(void *ps, void *cs, const unsigned char *in, size_t len,
			struct proto_served *req, size_t max, size_t *nreq)
{
	struct redis_conn *c = cs;
	size_t used = 0;
	bool whole = true;

	(void)ps;
	*nreq = 0;
	while (*nreq < max && whole) {
		long n = redis_request_read(&c->request, in + used, len - used,
					    &whole);

		if (n < 0)
			return used ? (long)used : n;
		used += (size_t)n;
		if (whole)
			redis_request_take(&c->request, &req[(*nreq)++]);
	}
	return (long)used;
}

static size_t redis_reply(void *ps, void *cs, const struct proto_served *req,
			  const struct proto_trailer *trailer,
			  enum proto_status status, unsigned char *out,
			  size_t room)
{
	struct redis *s = ps;

	(void)cs, (void)trailer;
	if (room < s->out)
		return 0;
	return redis_request_answer(req, &s->keyspace, status, (char *)out);
}

static const struct option_row redis_rows[] = {
	KEYSPACE_ROWS("200B"),
	OPTION(PERCENT, struct keyspace_options, scan_ratio, 0, "0%", 0, 1,
	       "share of scans; the rest of gets and scans are sets"),
	OPTION(INT, struct redis_options, scan_count, 0, "10", 1, 1e6,
	       "number of keys that a scan asks for"),
	OPTION(INT, struct redis_options, version, 0, "2", 2, 3,
	       "version of the protocol (RESP)"),
	OPTION(STRING, struct redis_options, user, 0, "default", 0, 0,
	       "user name, if the server requires a password"),
	OPTION(STRING, struct redis_options, password_file, OPTION_FILE, NULL,
	       0, 0, "a file whose first line is the password"),
	{ 0 },
};

const struct proto_ops proto_redis = {
	.kind = {
		.name = "redis",
		.help = "gets, sets and scans; the store is filled first",
		.options = redis_rows,
		.options_size = sizeof(struct redis_options),
	},
	.flags = PROTO_STREAM | PROTO_IN_ORDER | PROTO_LOADER,
	.state_size = sizeof(struct redis),
	.conn_size = sizeof(struct redis_conn),
	.init = redis_init,
	.build = redis_build,
	.key = redis_key,
	.feed = redis_feed,
	.serve = redis_serve,
	.reply = redis_reply,
	.populate = redis_populate,
};
