/* spin.c - requests that say how long to serve them: synthetic work */
#include "workloads/proto.h"

#include <errno.h>
#include <string.h>

#include "lancet/core/option.h"
#include "workloads/bytes.h"

/*
 * Both ways the same header, little endian:
 *	 0 magic u32 "Spin"	 4 version u16	 6 flags u16
 *	 8 id u64
 *	16 service u64: ns asked for; in a reply, ns served
 *	24 connection u32, counted over all agents
 *	28 request size u32	32 reply size u32
 *	36 class u16		38 zero u16
 * A request is filled up with zeros to its request size, a reply to its
 * reply size, behind which stands the trailer where it was asked for. Sizes
 * below the header's 40 bytes become 40.
 *
 * A request that comes back as it is (no SPIN_REPLY) counts as its reply:
 * servers that repeat bytes will do as a target, and so does `loop`.
 */
#define SPIN_MAGIC 0x6e697053u
#define SPIN_VERSION 1
#define SPIN_HEADER 40
#define SPIN_MAX (PROTO_MESSAGE_MAX - PROTO_TRAILER_SIZE)
#define SPIN_SERVICE_MAX UINT64_C(3600000000000)

enum spin_flag {
	SPIN_REPLY = 1,
	SPIN_TRAILER = 2,	/* asked for; in a reply, there */
	SPIN_NACK = 4,		/* refused */
	SPIN_ERROR = 8,
};

struct spin_options {
	int64_t request_size, reply_size;
};

struct spin {
	uint32_t request_size, reply_size;
};

static int spin_init(void *ps, const void *options, struct arena *arena,
		     size_t *max_out, struct err *err)
{
	const struct spin_options *o = options;
	struct spin *s = ps;

	(void)arena, (void)err;
	s->request_size = (uint32_t)o->request_size;
	s->reply_size = (uint32_t)o->reply_size;
	*max_out = PROTO_MESSAGE_MAX;
	return 0;
}

static uint32_t spin_size(uint32_t asked, uint32_t usual)
{
	uint32_t size = asked ? asked : usual;

	return size < SPIN_HEADER ? SPIN_HEADER : size;
}

static size_t spin_build(void *ps, void *cs, const struct proto_request *req,
			 unsigned char *out, size_t room)
{
	struct spin *s = ps;
	uint32_t size = spin_size(req->request_size, s->request_size);
	uint32_t reply = spin_size(req->reply_size, s->reply_size);

	(void)cs;
	if (size > room || size > SPIN_MAX || reply > SPIN_MAX)
		return 0;
	put_le32(out, SPIN_MAGIC);
	put_le16(out + 4, SPIN_VERSION);
	put_le16(out + 6, req->trailer ? SPIN_TRAILER : 0);
	put_le64(out + 8, req->id);
	put_le64(out + 16, req->service_ns);
	put_le32(out + 24, req->conn);
	put_le32(out + 28, size);
	put_le32(out + 32, reply);
	put_le16(out + 36, req->class);
	put_le16(out + 38, 0);
	memset(out + SPIN_HEADER, 0, size - SPIN_HEADER);
	return size;
}

static int spin_header_valid(const unsigned char *in)
{
	uint32_t request = get_le32(in + 28), reply = get_le32(in + 32);

	return get_le32(in) == SPIN_MAGIC &&
	       get_le16(in + 4) == SPIN_VERSION && request >= SPIN_HEADER &&
	       request <= SPIN_MAX && reply >= SPIN_HEADER &&
	       reply <= SPIN_MAX;
}

/* Length of the message in front; 0: more is needed; -EBADMSG. */
static long spin_length(const unsigned char *in, size_t len)
{
	uint32_t length;
	unsigned flags;

	if (len < SPIN_HEADER)
		return 0;
	if (!spin_header_valid(in))
		return -EBADMSG;
	flags = get_le16(in + 6);
	length = get_le32(in + (flags & SPIN_REPLY ? 32 : 28));
	if ((flags & SPIN_REPLY) && (flags & SPIN_TRAILER))
		length += PROTO_TRAILER_SIZE;
	return length <= len ? (long)length : 0;
}

static enum proto_status spin_status(unsigned flags)
{
	if (flags & SPIN_ERROR)
		return PROTO_ERROR;
	return flags & SPIN_NACK ? PROTO_NACK : PROTO_OK;
}

static int spin_done(const unsigned char *in, struct proto_done *done)
{
	unsigned flags = get_le16(in + 6);

	*done = (struct proto_done){ .id = get_le64(in + 8) };
	if (!(flags & SPIN_REPLY))
		return 0;
	done->served_ns = get_le64(in + 16);
	done->status = (uint8_t)spin_status(flags);
	if (!(flags & SPIN_TRAILER))
		return 0;
	done->has_trailer = 1;
	return proto_trailer_read(in + get_le32(in + 32), &done->trailer);
}

static long spin_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		      struct proto_done *done, size_t max, size_t *ndone)
{
	size_t used = 0;

	(void)ps, (void)cs;
	for (*ndone = 0; *ndone < max && used < len; ++*ndone) {
		long length = spin_length(in + used, len - used);

		if (length < 0 && used == 0)
			return length;
		if (length <= 0)
			break;
		if (spin_done(in + used, &done[*ndone]) != 0)
			return used ? (long)used : -EBADMSG;
		used += (size_t)length;
	}
	return (long)used;
}

static int spin_read(const unsigned char *in, struct proto_served *req)
{
	unsigned flags = get_le16(in + 6);

	*req = (struct proto_served){
		.req = {
			.id = get_le64(in + 8),
			.service_ns = get_le64(in + 16),
			.conn = get_le32(in + 24),
			.request_size = get_le32(in + 28),
			.reply_size = get_le32(in + 32),
			.class = get_le16(in + 36),
			.trailer = (flags & SPIN_TRAILER) != 0,
		},
	};
	memcpy(req->echo, in, SPIN_HEADER);
	return !(flags & SPIN_REPLY) &&
	       req->req.service_ns <= SPIN_SERVICE_MAX;
}

static long spin_serve(void *ps, void *cs, const unsigned char *in, size_t len,
		       struct proto_served *req, size_t max, size_t *nreq)
{
	size_t used = 0;

	(void)ps, (void)cs;
	for (*nreq = 0; *nreq < max && used < len; ++*nreq) {
		long length = spin_length(in + used, len - used);

		if (length < 0 && used == 0)
			return length;
		if (length <= 0)
			break;
		if (!spin_read(in + used, &req[*nreq]))
			return used ? (long)used : -EBADMSG;
		used += (size_t)length;
	}
	return (long)used;
}

static size_t spin_reply(void *ps, void *cs, const struct proto_served *req,
			 const struct proto_trailer *trailer,
			 enum proto_status status, unsigned char *out,
			 size_t room)
{
	size_t size = req->req.reply_size;
	size_t all = size + (trailer ? PROTO_TRAILER_SIZE : 0);
	unsigned flags = SPIN_REPLY;

	(void)ps, (void)cs;
	if (all > room)
		return 0;
	if (trailer)
		flags |= SPIN_TRAILER;
	if (status != PROTO_OK)
		flags |= status == PROTO_NACK ? SPIN_NACK : SPIN_ERROR;
	memcpy(out, req->echo, SPIN_HEADER);
	put_le16(out + 6, (uint16_t)flags);
	put_le64(out + 16, req->req.service_ns);
	memset(out + SPIN_HEADER, 0, size - SPIN_HEADER);
	if (trailer)
		proto_trailer_write(out + size, trailer);
	return all;
}

static const struct option_row spin_rows[] = {
	OPTION(SIZE, struct spin_options, request_size, 0, "40B", SPIN_HEADER,
	       SPIN_MAX, "length of a request, if the workload does not set "
			 "it"),
	OPTION(SIZE, struct spin_options, reply_size, 0, "40B", SPIN_HEADER,
	       SPIN_MAX, "length of a reply, if the workload does not set it"),
	{ 0 },
};

const struct proto_ops proto_spin = {
	.kind = {
		.name = "spin",
		.help = "synthetic work: a request says how long to serve it",
		.options = spin_rows,
		.options_size = sizeof(struct spin_options),
	},
	.flags = PROTO_STREAM | PROTO_DATAGRAM | PROTO_SERVICE | PROTO_TRAILER |
		 PROTO_SIZES | PROTO_REPLY_SIZES,
	.state_size = sizeof(struct spin),
	.init = spin_init,
	.build = spin_build,
	.feed = spin_feed,
	.serve = spin_serve,
	.reply = spin_reply,
};
