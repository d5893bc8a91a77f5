/* exchange_flow.c - one connection of a capture: its bytes become messages */
#include "agents/exchange_flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES 64		/* of one call of a parser */
#define REST_MOST (4u << 20)	/* bytes of one message */

/* --- parsing -------------------------------------------------------------- */

/* Nobody can read them: what a client sends at once is one. */
static long take_request(struct exchanges *x, struct exchange_flow *f,
			 size_t len, int64_t at_ns)
{
	const struct proto_served req = { .req.id = PROTO_OLDEST };

	return exchange_request(x, f, &req, at_ns) < 0 ? -ENOMEM : (long)len;
}

static long parse_requests(struct exchanges *x, struct exchange_flow *f,
			   const unsigned char *in, size_t len, int64_t at_ns)
{
	struct proto_served req[MESSAGES];
	size_t n = 0;
	long used;

	if (!x->proto.ops->serve)
		return take_request(x, f, len, at_ns);
	used = x->proto.ops->serve(x->proto.state, f->side[EXCHANGE_IN].conn,
				   in, len, req, MESSAGES, &n);
	for (size_t i = 0; i < n; i++)
		if (exchange_request(x, f, &req[i], at_ns) < 0)
			return -ENOMEM;
	return used;
}

static long parse_replies(struct exchanges *x, struct exchange_flow *f,
			  const unsigned char *in, size_t len, int64_t at_ns)
{
	struct proto_done done[MESSAGES];
	size_t n = 0;
	long used = x->proto.ops->feed(x->proto.state,
				       f->side[EXCHANGE_OUT].conn, in, len,
				       done, MESSAGES, &n);

	for (size_t i = 0; i < n; i++)
		exchange_reply(x, f, &done[i], at_ns);
	return used;
}

/* How many bytes were messages; -EBADMSG where the next ones are none. */
static long parse(struct exchanges *x, struct exchange_flow *f, int side,
		  const unsigned char *in, size_t len, int64_t at_ns)
{
	size_t used = 0;
	long n = 1;

	while (used < len && n > 0) {
		n = (side == EXCHANGE_IN ? parse_requests : parse_replies)(
			x, f, in + used, len - used, at_ns);
		if (n > 0)
			used += (size_t)n;
	}
	return n < 0 ? n : (long)used;
}

static void count_bad(struct exchanges *x, int side)
{
	if (side == EXCHANGE_IN)
		x->count.bad_requests++;
	else
		x->count.bad_replies++;
}

/* --- datagrams ------------------------------------------------------------ */

int exchange_datagram(struct exchanges *x, struct exchange_flow *f, int side,
		      const struct dissected *d, int64_t at_ns)
{
	const unsigned char *in = d->payload;
	uint32_t len = d->full;
	long used;

	if (len > PROTO_MESSAGE_MAX)
		len = d->len < PROTO_MESSAGE_MAX ? d->len : PROTO_MESSAGE_MAX;
	if (d->len < len) {
		memcpy(x->scratch, d->payload, d->len);
		memset(x->scratch + d->len, 0, len - d->len);
		in = x->scratch;
	}
	used = parse(x, f, side, in, len, at_ns);
	if (used == -ENOMEM)
		return -ENOMEM;
	if (used < (long)len)
		count_bad(x, side);
	return 0;
}

/* --- streams -------------------------------------------------------------- */

/* What a side has said so far is not understood any more. */
static void part(struct exchanges *x, struct exchange_flow *f)
{
	for (int side = 0; side < 2; side++) {
		f->side[side].rest.len = 0;
		memset(f->side[side].conn, 0, x->conn_size);
	}
	f->joined = false;
	exchange_forget(x, f);
}

static int append(struct exchange_rest *rest,
		  const struct reassembly_piece *piece)
{
	size_t len = rest->len + piece->full;

	if (piece->full == 0)
		return 0;
	if (len > REST_MOST)
		return -EMSGSIZE;
	if (len > rest->room) {
		size_t room = rest->room ? rest->room : 2048;
		unsigned char *data;

		while (room < len)
			room *= 2;
		data = realloc(rest->data, room);
		if (!data)
			return -ENOMEM;
		rest->data = data;
		rest->room = room;
	}
	memcpy(rest->data + rest->len, piece->data, piece->len);
	memset(rest->data + rest->len + piece->len, 0,
	       piece->full - piece->len);
	rest->len = len;
	return 0;
}

/* The next bytes of a side, in order. */
static int take_piece(struct exchanges *x, struct exchange_flow *f, int side,
		      const struct reassembly_piece *piece)
{
	struct exchange_rest *rest = &f->side[side].rest;
	const unsigned char *in = piece->data;
	size_t len = piece->len;
	int64_t *at_ns = &f->side[side].at_ns;
	int rc = 0;
	long used;

	/*
	 * A request has left when its last byte has; a reply is there when
	 * the last of its bytes is, whichever that was.
	 */
	if (side == EXCHANGE_IN || piece->at_ns > *at_ns ||
	    f->side[side].set != x->count.set_back)
		*at_ns = piece->at_ns;
	f->side[side].set = x->count.set_back;

	/* Most messages are one whole segment: no need to copy them. */
	if (rest->len > 0 || piece->len < piece->full) {
		rc = append(rest, piece);
		in = rest->data;
		len = rest->len;
	}
	used = rc ? rc : parse(x, f, side, in, len, *at_ns);
	if (used == -ENOMEM)
		return -ENOMEM;
	if (used < 0) {
		count_bad(x, side);
		part(x, f);
		return 0;
	}
	if (in == rest->data && rest->len > 0) {
		memmove(rest->data, in + used, len - (size_t)used);
		rest->len = len - (size_t)used;
		return 0;
	}
	return append(rest, &(struct reassembly_piece){
		.data = in + used, .len = (uint32_t)(len - (size_t)used),
		.full = (uint32_t)(len - (size_t)used) });
}

static int take_pieces(struct exchanges *x, struct exchange_flow *f, int side)
{
	struct reassembly_piece piece;
	int rc = 0;

	while (!rc && reassembly_take(&f->side[side].bytes, &piece)) {
		if (piece.gap && f->joined)
			part(x, f);
		if (f->joined)
			rc = take_piece(x, f, side, &piece);
	}
	return rc;
}

/* Is it new, where it is known what the client said before? */
static bool is_new(const struct reassembly *r, const struct dissected *d)
{
	return !r->begun || (int32_t)(d->seq - r->next) >= 0;
}

/*
 * A client that speaks after it has heard all so far begins a request: where
 * a connection is joined that had begun before, or after a gap.
 */
static void join(struct exchanges *x, struct exchange_flow *f,
		 const struct dissected *d)
{
	reassembly_begin(&f->side[EXCHANGE_IN].bytes, d->seq);
	reassembly_begin(&f->side[EXCHANGE_OUT].bytes, d->ack);
	f->side[EXCHANGE_IN].bytes.gap = f->side[EXCHANGE_OUT].bytes.gap =
		false;
	f->joined = true;
	x->count.midway++;
}

/* Another connection of the same two ends, or the other half's hello. */
static void open_side(struct exchanges *x, struct exchange_flow *f, int side,
		      const struct dissected *d)
{
	struct reassembly *r = &f->side[side].bytes;

	if (r->begun && r->next == d->seq + 1)
		return; /* sent again */
	if (side == EXCHANGE_IN) {
		part(x, f);
		reassembly_fini(&f->side[EXCHANGE_OUT].bytes);
		f->joined = true;
	}
	reassembly_fini(r);
	reassembly_begin(r, d->seq + 1);
}

static void count_segments(struct exchange_counts *c, struct reassembly *r)
{
	c->retransmitted += r->retransmitted;
	c->early += r->early;
	c->gaps += r->gaps;
	r->retransmitted = r->early = r->gaps = 0;
}

static int put(struct exchanges *x, struct exchange_flow *f, int side,
	       const struct dissected *d, int64_t at_ns)
{
	const struct reassembly_piece segment = {
		.at_ns = at_ns, .data = d->payload, .len = d->len,
		.full = d->full,
	};

	if (!f->joined && side == EXCHANGE_IN && d->flags & DISSECT_ACK &&
	    is_new(&f->side[EXCHANGE_IN].bytes, d))
		join(x, f, d);
	if (reassembly_put(&f->side[side].bytes, d->seq, &segment) < 0)
		return -ENOMEM;
	return take_pieces(x, f, side);
}

/* What the other side has heard, and the capture has not, is a gap. */
static int acked(struct exchanges *x, struct exchange_flow *f, int side,
		 uint32_t ack)
{
	struct reassembly *r = &f->side[side].bytes;

	reassembly_acked(r, ack);
	if (r->gap)
		part(x, f);
	r->gap = false;
	return take_pieces(x, f, side);
}

int exchange_segment(struct exchanges *x, struct exchange_flow *f, int side,
		     const struct dissected *d, int64_t at_ns)
{
	int rc = 0;

	if (d->flags & DISSECT_ACK && f->joined)
		rc = acked(x, f, !side, d->ack);
	if (d->flags & DISSECT_SYN)
		open_side(x, f, side, d);
	else if (!rc && d->full > 0)
		rc = put(x, f, side, d, at_ns);
	if (d->flags & DISSECT_FIN)
		reassembly_end(&f->side[side].bytes, d->seq + d->full);
	for (int i = 0; i < 2; i++)
		count_segments(&x->count, &f->side[i].bytes);
	return rc;
}
