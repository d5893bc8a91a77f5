/* echo.c - messages of any size that come back as they are */
#include "workloads/proto.h"

#include <errno.h>
#include <string.h>

#include "lancet/core/option.h"
#include "workloads/bytes.h"

/*
 * A message, little endian; the length makes it fit for streams, and
 * whatever server repeats bytes or datagrams will do as a target:
 *	 0 magic u32 EC "cho"	 4 length u32, of all	 8 id u64
 *	16 zeros up to the length
 * A size below 16 bytes becomes 16.
 *
 * As a target it also repeats what is no such message, as it came: a
 * datagram, or the bytes of a stream that came in together.
 */
#define ECHO_MAGIC 0x6f6863ecu
#define ECHO_HEADER 16

struct echo_options {
	int64_t request_size;
};

struct echo {
	uint32_t size;
};

static int echo_init(void *ps, const void *options, struct arena *arena,
		     size_t *max_out, struct err *err)
{
	const struct echo_options *o = options;
	struct echo *s = ps;

	(void)arena, (void)err;
	s->size = (uint32_t)o->request_size;
	*max_out = PROTO_MESSAGE_MAX;
	return 0;
}

static size_t echo_build(void *ps, void *cs, const struct proto_request *req,
			 unsigned char *out, size_t room)
{
	struct echo *s = ps;
	size_t size = req->request_size ? req->request_size : s->size;

	(void)cs;
	if (size < ECHO_HEADER)
		size = ECHO_HEADER;
	if (size > room || size > PROTO_MESSAGE_MAX)
		return 0;
	put_le32(out, ECHO_MAGIC);
	put_le32(out + 4, (uint32_t)size);
	put_le64(out + 8, req->id);
	memset(out + ECHO_HEADER, 0, size - ECHO_HEADER);
	return size;
}

/* Length of the message in front; 0: more is needed; -EBADMSG. */
static long echo_length(const unsigned char *in, size_t len)
{
	unsigned char magic[4];
	uint32_t length;

	if (len < ECHO_HEADER) {
		put_le32(magic, ECHO_MAGIC);
		return memcmp(in, magic, len < 4 ? len : 4) ? -EBADMSG : 0;
	}
	if (get_le32(in) != ECHO_MAGIC)
		return -EBADMSG;
	length = get_le32(in + 4);
	if (length < ECHO_HEADER || length > PROTO_MESSAGE_MAX)
		return -EBADMSG;
	return length <= len ? (long)length : 0;
}

static long echo_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		      struct proto_done *done, size_t max, size_t *ndone)
{
	size_t used = 0;

	(void)ps, (void)cs;
	for (*ndone = 0; *ndone < max && used < len; ++*ndone) {
		long length = echo_length(in + used, len - used);

		if (length < 0 && used == 0)
			return length;
		if (length <= 0)
			break;
		done[*ndone] = (struct proto_done){
			.id = get_le64(in + used + 8),
		};
		used += (size_t)length;
	}
	return (long)used;
}

static void echo_keep(struct proto_served *req, const unsigned char *in,
		      size_t len)
{
	req->body_len = (uint32_t)len;
	req->body = in;
	req->req.conn = PROTO_NO_CONN;
	if (len <= sizeof(req->echo)) {
		memcpy(req->echo, in, len);
		req->body = NULL;
	}
}

static long echo_serve(void *ps, void *cs, const unsigned char *in, size_t len,
		       struct proto_served *req, size_t max, size_t *nreq)
{
	size_t used = 0;

	(void)ps, (void)cs;
	for (*nreq = 0; *nreq < max && used < len; ++*nreq) {
		long length = echo_length(in + used, len - used);
		uint64_t id = PROTO_OLDEST;

		if (length == 0)
			break;
		if (length > 0)
			id = get_le64(in + used + 8);
		else
			length = (long)(len - used);
		if (length > PROTO_MESSAGE_MAX)
			length = PROTO_MESSAGE_MAX;
		req[*nreq] = (struct proto_served){ .req.id = id };
		echo_keep(&req[*nreq], in + used, (size_t)length);
		used += (size_t)length;
	}
	return (long)used;
}

static size_t echo_reply(void *ps, void *cs, const struct proto_served *req,
			 const struct proto_trailer *trailer,
			 enum proto_status status, unsigned char *out,
			 size_t room)
{
	(void)ps, (void)cs, (void)trailer;
	if (status != PROTO_OK || req->body_len > room)
		return 0; /* an echo cannot say no */
	memcpy(out, req->body ? req->body : req->echo, req->body_len);
	return req->body_len;
}

static const struct option_row echo_rows[] = {
	OPTION(SIZE, struct echo_options, request_size, 0, "64B", ECHO_HEADER,
	       PROTO_MESSAGE_MAX, "length of a message and its reply"),
	{ 0 },
};

const struct proto_ops proto_echo = {
	.kind = {
		.name = "echo",
		.help = "messages that are returned unchanged",
		.options = echo_rows,
		.options_size = sizeof(struct echo_options),
	},
	.flags = PROTO_STREAM | PROTO_DATAGRAM | PROTO_SIZES,
	.state_size = sizeof(struct echo),
	.init = echo_init,
	.build = echo_build,
	.feed = echo_feed,
	.serve = echo_serve,
	.reply = echo_reply,
};
