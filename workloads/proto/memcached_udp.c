/* memcached_udp.c - memcached's languages in datagrams, behind a frame header */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "workloads/bytes.h"
#include "workloads/memcached.h"

/*
 * Each datagram begins with a frame, big endian (memcached's protocol.txt):
 *	0 request id u16	2 sequence number u16, from 0
 *	4 datagrams of this message u16		6 zero u16
 * A request is one datagram. A reply may be several, in any order; it is done
 * when all of them are there and are as long as its first one says.
 *
 * Ids are a connection's own count of requests, so that each of the last
 * RECENT is found again; replies to older ones are late.
 *
 * As a target it answers in one datagram, whatever the length.
 */
#define FRAME 8
#define RECENT 1024u		/* requests of a connection whose ids are known */
#define PARTIAL 8u		/* replies of several datagrams at a time */
#define PIECES 1024u		/* datagrams of a reply: 1.4 MB */
#define NOBODY (UINT64_MAX - 1)	/* no request has this id */

struct mcu_partial {
	uint16_t id, total, have;	/* total 0: free */
	uint8_t status;
	uint32_t asked;			/* when it began */
	int64_t length;			/* of the reply; 0: not known yet */
	uint64_t bytes;
	uint64_t seen[PIECES / 64];
};

struct mcu_conn {
	uint32_t asked;
	uint32_t turn;			/* of partial ones, to be given up */
	uint64_t recent[RECENT];	/* by the id's low bits */
	struct mcu_partial partial[PARTIAL];
};

struct mcu_frame {
	uint16_t id, sequence, total;
};

static int mcu_init(void *ps, const void *options, struct arena *arena,
		    size_t *max_out, struct err *err)
{
	int rc = mc_init(ps, options, arena, max_out, err);

	*max_out += FRAME;
	return rc;
}

static void write_frame(unsigned char *out, uint16_t id)
{
	put_be16(out, id);
	put_be16(out + 2, 0);
	put_be16(out + 4, 1);
	put_be16(out + 6, 0);
}

static bool read_frame(const unsigned char *in, size_t len,
		       struct mcu_frame *frame)
{
	if (len <= FRAME)
		return false;
	frame->id = get_be16(in);
	frame->sequence = get_be16(in + 2);
	frame->total = get_be16(in + 4);
	return frame->sequence < frame->total && frame->total <= PIECES;
}

/* --- client --- */

static size_t build(const struct mc *s, struct mcu_conn *c,
		    struct mc_ask *ask, uint64_t id, unsigned char *out)
{
	uint16_t number = (uint16_t)c->asked++;

	c->recent[number % RECENT] = id;
	ask->opaque = number;
	write_frame(out, number);
	return FRAME + mc_language(s)->build(s, ask, out + FRAME);
}

static size_t mcu_build(void *ps, void *cs, const struct proto_request *req,
			unsigned char *out, size_t room)
{
	struct mc_ask ask = mc_draw(ps, req);
	const struct mc *s = ps;

	return room < s->out + FRAME ? 0 : build(s, cs, &ask, req->id, out);
}

static size_t mcu_populate(void *ps, void *cs, uint64_t i, unsigned char *out,
			   size_t room)
{
	struct mc_ask ask = { .key = i };
	const struct mc *s = ps;

	if (i >= s->keyspace.keys || room < s->out + FRAME)
		return 0;
	return build(s, cs, &ask, i, out);
}

/*
 * The request that the id means: one of the last that were asked. Who never
 * asks reads along with others, and their ids are all there is.
 */
static uint64_t id_of(const struct mcu_conn *c, uint16_t id)
{
	uint16_t age = (uint16_t)(c->asked - 1 - id);

	if (c->asked == 0)
		return id;
	return age < RECENT && age < c->asked ? c->recent[id % RECENT] : NOBODY;
}

/* Its pieces so far; else a free place, or that of the one in turn. */
static struct mcu_partial *partial_of(struct mcu_conn *c,
				      const struct mcu_frame *frame)
{
	struct mcu_partial *p = NULL;

	for (uint32_t i = 0; i < PARTIAL; i++) {
		/* Not one that lacks a piece since the ids came round. */
		if (c->partial[i].total == frame->total &&
		    c->partial[i].id == frame->id &&
		    c->asked - c->partial[i].asked < RECENT)
			return &c->partial[i];
		if (!c->partial[i].total)
			p = &c->partial[i];
	}
	if (!p)
		p = &c->partial[c->turn++ % PARTIAL];
	*p = (struct mcu_partial){ .id = frame->id, .total = frame->total,
				   .asked = c->asked };
	return p;
}

/* True with the last piece; one that came twice counts once. */
static bool add_piece(const struct mc *s, struct mcu_partial *p,
		      const struct mcu_frame *frame, const unsigned char *in,
		      size_t len)
{
	uint64_t bit = UINT64_C(1) << frame->sequence % 64;
	enum proto_status status = PROTO_ERROR;

	if (p->seen[frame->sequence / 64] & bit)
		return false;
	p->seen[frame->sequence / 64] |= bit;
	p->bytes += len;
	if (frame->sequence == 0) {
		p->length = mc_language(s)->length(in, len, &status);
		p->status = (uint8_t)status;
	}
	if (++p->have < p->total)
		return false;
	p->total = 0;
	if (p->length != (int64_t)p->bytes)
		p->status = PROTO_ERROR;
	return true;
}

static long mcu_feed(void *ps, void *cs, const unsigned char *in, size_t len,
		     struct proto_done *done, size_t max, size_t *ndone)
{
	struct mcu_partial one = { .total = 1 }, *p = &one;
	struct mcu_conn *c = cs;
	struct mcu_frame frame;

	(void)max; /* a datagram is of one reply */
	*ndone = 0;
	if (!read_frame(in, len, &frame))
		return -EBADMSG;
	if (frame.total > 1)
		p = partial_of(c, &frame);
	if (!add_piece(ps, p, &frame, in + FRAME, len - FRAME))
		return (long)len;
	done[0] = (struct proto_done){ .id = id_of(c, frame.id),
				       .status = p->status };
	*ndone = 1;
	return (long)len;
}

/* --- target --- */

#define ECHO_ID 62	/* the frame's, behind what the language keeps */

static long mcu_serve(void *ps, void *cs, const unsigned char *in, size_t len,
		      struct proto_served *req, size_t max, size_t *nreq)
{
	const struct mc_language *l = &mc_ascii;
	struct mc_conn conn = { 0 };
	struct mcu_frame frame;
	long used;

	(void)ps, (void)cs, (void)max;
	*nreq = 0;
	if (!read_frame(in, len, &frame) || frame.total != 1)
		return -EBADMSG;
	if (in[FRAME] == MC_BINARY)
		l = &mc_binary;
	used = l->serve(&conn, in + FRAME, len - FRAME, req, nreq);
	if (used != (long)(len - FRAME) || *nreq != 1) {
		*nreq = 0;
		return -EBADMSG;
	}
	req->req.id = frame.id;
	put_be16(req->echo + ECHO_ID, frame.id);
	return (long)len;
}

static size_t mcu_reply(void *ps, void *cs, const struct proto_served *req,
			const struct proto_trailer *trailer,
			enum proto_status status, unsigned char *out,
			size_t room)
{
	const struct mc *s = ps;
	const struct mc_language *l = &mc_ascii;

	(void)cs, (void)trailer;
	if (room < s->out + FRAME)
		return 0;
	if (req->echo[0] == MC_BINARY)
		l = &mc_binary;
	write_frame(out, get_be16(req->echo + ECHO_ID));
	return FRAME + l->reply(s, req, status, out + FRAME);
}

const struct proto_ops proto_memcached_udp = {
	.kind = {
		.name = "memcached-udp",
		.help = "memcached over UDP (memcached -U); a set must fit "
			"into one datagram",
		.options = mc_rows,
		.options_size = sizeof(struct mc_options),
	},
	.flags = PROTO_DATAGRAM | PROTO_LOADER,
	.state_size = sizeof(struct mc),
	.conn_size = sizeof(struct mcu_conn),
	.init = mcu_init,
	.build = mcu_build,
	.key = mc_key,
	.feed = mcu_feed,
	.serve = mcu_serve,
	.reply = mcu_reply,
	.populate = mcu_populate,
};
