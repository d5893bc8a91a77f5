/* custom.c - a protocol that the configuration describes */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/proto.h"
#include "workloads/template.h"

/*
 * Requests are written from a template. A reply ends after a fixed length, a
 * length that stands in it, or certain bytes; a datagram may leave that open.
 * Where it repeats the request's id, replies may come in any order.
 */
#define CUSTOM_REPLY_MAX (1 << 20)

struct custom_options {
	const char *request;
	int64_t keys, reply_size;
	const char *reply_length, *reply_end, *reply_id, *reply_ok, *reply_nack;
};

/* A number at an offset of the reply, and what to add to it. */
struct custom_field {
	struct number_format format; /* bytes 0: there is none */
	size_t at;
	int64_t add;
};

/* Bytes at an offset of the reply. */
struct custom_mark {
	size_t at, len; /* len 0: there is none */
	unsigned char bytes[16];
};

struct custom {
	struct template request;
	size_t reply_size;
	struct custom_field length, id;
	const char *end;
	size_t end_len;
	struct custom_mark ok, nack;
	size_t least;	  /* bytes of a reply that all of that needs */
	uint64_t last_id; /* of the requests built */
};

/* How far the end was looked for in what is there. */
struct custom_conn {
	size_t looked;
};

/* --- opening --- */

static int field_wrong(const char *key, const char *text, struct err *err)
{
	return err_set(err, -EINVAL,
		       "%s '%.64s': write a format and where it stands, "
		       "u32be@0, or u16be@2+4 to add 4", key, text);
}

/* FORMAT@OFFSET[+N|-N] */
static int parse_field(const char *key, const char *text,
		       struct custom_field *f, struct err *err)
{
	const char *at = text ? strchr(text, '@') : NULL;
	char *end;

	if (!text)
		return 0;
	if (!at || number_format_parse(&f->format, text, (size_t)(at - text)) ||
	    !f->format.bytes || at[1] < '0' || at[1] > '9')
		return field_wrong(key, text, err);
	f->at = strtoul(at + 1, &end, 10);
	if (*end == '+' || *end == '-')
		f->add = strtol(end, &end, 10);
	return *end || f->at > CUSTOM_REPLY_MAX ||
			       llabs(f->add) > CUSTOM_REPLY_MAX
		       ? field_wrong(key, text, err)
		       : 0;
}

/* HEX@OFFSET */
static int parse_mark(const char *key, const char *text, struct custom_mark *m,
		      struct err *err)
{
	const char *at = text ? strchr(text, '@') : NULL;
	size_t len = at ? (size_t)(at - text) : 0;
	char pair[3] = "";
	char *end = NULL;

	if (!text)
		return 0;
	for (size_t i = 0; i + 1 < len && i / 2 < sizeof(m->bytes); i += 2) {
		memcpy(pair, text + i, 2);
		m->bytes[i / 2] = (unsigned char)strtoul(pair, &end, 16);
		if (end != pair + 2)
			len = 0;
	}
	m->len = len / 2;
	if (at && at[1] >= '0' && at[1] <= '9')
		m->at = strtoul(at + 1, &end, 10);
	if (len && len % 2 == 0 && m->len <= sizeof(m->bytes) && end && !*end &&
	    m->at <= CUSTOM_REPLY_MAX)
		return 0;
	return err_set(err, -EINVAL,
		       "%s '%.64s': write at most %zu bytes as hexadecimal "
		       "digits and where they stand, 00@4", key, text,
		       sizeof(m->bytes));
}

static void need(struct custom *s, size_t bytes)
{
	if (bytes > s->least)
		s->least = bytes;
}

static int check_reply(struct custom *s, const struct custom_options *o,
		       struct err *err)
{
	int ends = (o->reply_size > 0) + (o->reply_length != NULL) +
		   (o->reply_end != NULL);

	if (ends > 1)
		return err_set(err, -EINVAL,
			       "reply_size, reply_length and reply_end each "
			       "say where a reply ends; keep one");
	if (o->reply_end && !*o->reply_end)
		return err_set(err, -EINVAL, "reply_end is empty");
	if (s->id.format.bytes && !s->request.has_id)
		return err_set(err, -EINVAL,
			       "reply_id, but no {id:...} in the request");
	if (s->length.format.bytes)
		need(s, s->length.at + s->length.format.bytes);
	if (s->id.format.bytes)
		need(s, s->id.at + s->id.format.bytes);
	need(s, s->ok.at + s->ok.len);
	need(s, s->nack.at + s->nack.len);
	if (s->reply_size && s->reply_size < s->least)
		return err_set(err, -EINVAL,
			       "a reply of %zuB ends before what is looked at "
			       "in it, %zuB; correct one", s->reply_size,
			       s->least);
	return 0;
}

static int custom_init(void *ps, const void *options, struct arena *arena,
		       size_t *max_out, struct err *err)
{
	const struct custom_options *o = options;
	struct custom *s = ps;

	if (template_parse(&s->request, o->request, (uint64_t)o->keys, arena,
			   err))
		return err_wrap(err, "request");
	s->reply_size = (size_t)o->reply_size;
	s->end = o->reply_end;
	s->end_len = o->reply_end ? strlen(o->reply_end) : 0;
	if (parse_field("reply_length", o->reply_length, &s->length, err) ||
	    parse_field("reply_id", o->reply_id, &s->id, err) ||
	    parse_mark("reply_ok", o->reply_ok, &s->ok, err) ||
	    parse_mark("reply_nack", o->reply_nack, &s->nack, err) ||
	    check_reply(s, o, err))
		return err->code;
	*max_out = s->request.most;
	return 0;
}

static unsigned custom_flags(const void *options)
{
	const struct custom_options *o = options;
	bool ends = o->reply_size > 0 || o->reply_length || o->reply_end;
	unsigned flags = PROTO_DATAGRAM;

	if (ends)
		flags |= PROTO_STREAM;
	if (!o->reply_id)
		flags |= PROTO_IN_ORDER;
	if (o->request && strstr(o->request, "{service"))
		flags |= PROTO_SERVICE;
	return flags;
}

/* --- client --- */

static uint64_t custom_key(const void *ps, const struct proto_request *req)
{
	return template_key(&((const struct custom *)ps)->request, req);
}

static size_t custom_build(void *ps, void *cs, const struct proto_request *req,
			   unsigned char *out, size_t room)
{
	struct custom *s = ps;

	(void)cs;
	if (room < s->request.most)
		return 0;
	s->last_id = req->id;
	return template_write(&s->request, req, out);
}

/*
 * Where the wire has room for a part of the id only, the latest one built that
 * ends so: what is under way spans less than that part can tell apart.
 */
static uint64_t whole_id(const struct custom *s, uint64_t part)
{
	unsigned bits = 8u * s->id.format.bytes;
	uint64_t span = UINT64_C(1) << (bits & 63), id;

	if (bits == 64)
		return part;
	id = (s->last_id & ~(span - 1)) | part;
	return id > s->last_id ? id - span : id;
}

/* Of the reply in front: its length; 0: not known yet; -EBADMSG. */
static long reply_length(const struct custom *s, struct custom_conn *c,
			 const unsigned char *in, size_t len)
{
	const unsigned char *end;
	int64_t length;

	if (s->reply_size)
		return (long)s->reply_size;
	if (s->length.format.bytes) {
		if (len < s->least)
			return 0;
		length = (int64_t)number_read(&s->length.format,
					      in + s->length.at);
		if (length < 0 || length > CUSTOM_REPLY_MAX)
			return -EBADMSG;
		length += s->length.add;
		return length < (int64_t)s->least || length > CUSTOM_REPLY_MAX
			       ? -EBADMSG
			       : (long)length;
	}
	if (!s->end)
		return len >= s->least ? (long)len : -EBADMSG;
	end = memmem(in + c->looked, len - c->looked, s->end, s->end_len);
	if (!end) {
		c->looked = len < s->end_len ? 0 : len - s->end_len + 1;
		return len > CUSTOM_REPLY_MAX ? -EBADMSG : 0;
	}
	c->looked = 0;
	length = end - in + (long)s->end_len;
	return length < (int64_t)s->least ? -EBADMSG : (long)length;
}

static bool marked(const struct custom_mark *m, const unsigned char *in)
{
	return m->len && !memcmp(in + m->at, m->bytes, m->len);
}

static void take_reply(const struct custom *s, const unsigned char *in,
		       struct proto_done *done)
{
	*done = (struct proto_done){ .id = PROTO_OLDEST };
	if (s->id.format.bytes)
		done->id = whole_id(s, number_read(&s->id.format,
						   in + s->id.at));
	if (marked(&s->nack, in))
		done->status = PROTO_NACK;
	else if (s->ok.len && !marked(&s->ok, in))
		done->status = PROTO_ERROR;
}

static long custom_feed(void *ps, void *cs, const unsigned char *in, size_t len,
			struct proto_done *done, size_t max, size_t *ndone)
{
	struct custom *s = ps;
	size_t used = 0;

	for (*ndone = 0; *ndone < max && used < len; ++*ndone) {
		long n = reply_length(s, cs, in + used, len - used);

		if (n < 0)
			return used ? (long)used : n;
		if (n == 0 || (size_t)n > len - used)
			break;
		take_reply(s, in + used, &done[*ndone]);
		used += (size_t)n;
	}
	return (long)used;
}

static const struct option_row custom_rows[] = {
	OPTION(STRING, struct custom_options, request, 0, "ping {id:text}", 0,
	       0, "the request: text with fields, \"get {key:text}\\r\\n\""),
	OPTION(INT, struct custom_options, keys, 0, "10000", 1, 1e9,
	       "number of keys for {key:...}, all equally likely"),
	OPTION(SIZE, struct custom_options, reply_size, 0, "0B", 0,
	       CUSTOM_REPLY_MAX, "length of every reply, if all have the same"),
	OPTION(STRING, struct custom_options, reply_length, 0, NULL, 0, 0,
	       "else where a reply has its length, and what to add: u16be@2+4"),
	OPTION(STRING, struct custom_options, reply_end, 0, NULL, 0, 0,
	       "else the bytes that end a reply: \"END\\r\\n\""),
	OPTION(STRING, struct custom_options, reply_id, 0, NULL, 0, 0,
	       "where a reply repeats the request's id: u32be@0; default: "
	       "replies are in order"),
	OPTION(STRING, struct custom_options, reply_ok, 0, NULL, 0, 0,
	       "bytes that mark a good reply, and where: 00@4"),
	OPTION(STRING, struct custom_options, reply_nack, 0, NULL, 0, 0,
	       "bytes that mark a refusal (nack), and where"),
	{ 0 },
};

const struct proto_ops proto_custom = {
	.kind = {
		.name = "custom",
		.help = "requests and replies as described in the "
			"configuration",
		.options = custom_rows,
		.options_size = sizeof(struct custom_options),
	},
	.flags = PROTO_STREAM | PROTO_DATAGRAM,
	.flags_of = custom_flags,
	.state_size = sizeof(struct custom),
	.conn_size = sizeof(struct custom_conn),
	.init = custom_init,
	.build = custom_build,
	.key = custom_key,
	.feed = custom_feed,
};
