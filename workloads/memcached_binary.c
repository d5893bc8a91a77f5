/* memcached_binary.c - memcached's binary language */
#include "workloads/memcached.h"

#include <errno.h>
#include <string.h>

#include "workloads/bytes.h"

/*
 * Big endian, 24 bytes of header each way, then extras, key and value, which
 * are `body length` bytes together:
 *	 0 magic u8: 0x80 request, 0x81 reply	 1 opcode u8: 0 get, 1 set
 *	 2 key length u16	 4 extras length u8	 5 data type u8
 *	 6 virtual bucket u16; in a reply, status u16
 *	 8 body length u32	12 opaque u32, comes back	16 cas u64
 * Some servers leave the lengths of key and extras in a reply as they stood
 * in the request, so only the body's length counts.
 *
 * The opaque is the request's place in its connection: replies come in order
 * and must say so.
 */
#define HEADER 24
#define REQUEST 0x80
#define REPLY 0x81
#define GET 0
#define SET 1

enum mc_status {
	MC_OK = 0x00,
	MC_INTERNAL = 0x84,
	MC_BUSY = 0x85,
	MC_LATER = 0x86,
};

static size_t binary_build(const struct mc *s, const struct mc_ask *ask,
			   unsigned char *out)
{
	const struct keyspace *k = &s->keyspace;
	size_t extras = ask->get ? 0 : 8;
	size_t value = ask->get ? 0 : keyspace_value_size(k, ask->key);
	size_t key = keyspace_key(k, ask->key, out + HEADER + extras);
	size_t body = extras + key + value;

	memset(out, 0, HEADER + extras);
	out[0] = REQUEST;
	out[1] = ask->get ? GET : SET;
	put_be16(out + 2, (uint16_t)key);
	out[4] = (unsigned char)extras;
	put_be32(out + 8, (uint32_t)body);
	put_be32(out + 12, ask->opaque);
	memset(out + HEADER + extras + key, 'v', value);
	return HEADER + body;
}

/* A miss is an error: whoever measures gets has filled the store first. */
static enum proto_status status_of(unsigned status)
{
	if (status == MC_OK)
		return PROTO_OK;
	return status == MC_BUSY || status == MC_LATER ? PROTO_NACK :
							 PROTO_ERROR;
}

static long read_header(struct mc_conn *c, const unsigned char *in)
{
	uint32_t body = get_be32(in + 8);

	if (in[0] != REPLY || in[1] > SET || body > MC_VALUE_MAX)
		return -EBADMSG;
	c->opaque = get_be32(in + 12);
	if (!(c->opaque & MC_LOADER)) {
		if (c->opaque != (c->answered & ~MC_LOADER))
			return -EBADMSG;
		c->answered++;
	}
	c->status = (uint8_t)status_of(get_be16(in + 6));
	c->skip = body;
	c->state = 1;
	return HEADER;
}

static long binary_feed(struct mc_conn *c, const unsigned char *in, size_t len,
			struct proto_done *done, size_t *n)
{
	long used = 0;

	if (c->state == 0) {
		if (len > 0 && in[0] != REPLY)
			return -EBADMSG;
		if (len < HEADER)
			return 0;
		used = read_header(c, in);
		if (used < 0)
			return used;
	}
	used += (long)mc_skip(c, len - (size_t)used);
	if (c->skip > 0)
		return used;
	c->state = 0;
	done[0] = (struct proto_done){ .id = PROTO_OLDEST,
				       .status = c->status };
	*n = 1;
	return used;
}

static int64_t binary_length(const unsigned char *in, size_t len,
			     enum proto_status *status)
{
	if (len < HEADER || in[0] != REPLY || in[1] > SET ||
	    get_be32(in + 8) > MC_VALUE_MAX)
		return -EBADMSG;
	*status = status_of(get_be16(in + 6));
	return HEADER + (int64_t)get_be32(in + 8);
}

/* --- target --- */

static long binary_serve(struct mc_conn *c, const unsigned char *in, size_t len,
			 struct proto_served *req, size_t *n)
{
	long used = 0;

	if (c->state == 0) {
		uint32_t body, front;

		if (len < HEADER)
			return 0;
		body = get_be32(in + 8);
		front = get_be16(in + 2) + (uint32_t)in[4];
		if (in[1] > SET || front > body || body > MC_VALUE_MAX)
			return -EBADMSG;
		c->skip = body;
		c->state = in[1] == SET ? 2 : 1;
		c->opaque = get_be32(in + 12);
		used = HEADER;
	}
	used += (long)mc_skip(c, len - (size_t)used);
	if (c->skip > 0)
		return used;
	*req = (struct proto_served){
		.req = { .id = PROTO_OLDEST, .conn = PROTO_NO_CONN },
		.echo = { MC_BINARY, c->state == 2 ? SET : GET },
	};
	put_be32(req->echo + 4, c->opaque);
	c->state = 0;
	*n = 1;
	return used;
}

static size_t binary_reply(const struct mc *s, const struct proto_served *req,
			   enum proto_status status, unsigned char *out)
{
	bool value = req->echo[1] == GET && status == PROTO_OK;
	uint32_t size = s->keyspace.value.most;
	size_t body = value ? 4 + size : 0;

	memset(out, 0, HEADER + (value ? 4 : 0));
	out[0] = REPLY;
	out[1] = req->echo[1];
	out[4] = value ? 4 : 0;
	if (status != PROTO_OK)
		put_be16(out + 6, status == PROTO_NACK ? MC_BUSY : MC_INTERNAL);
	put_be32(out + 8, (uint32_t)body);
	put_be32(out + 12, get_be32(req->echo + 4));
	if (value)
		memset(out + HEADER + 4, 'v', size);
	return HEADER + body;
}

const struct mc_language mc_binary = {
	binary_build, binary_feed, binary_serve, binary_reply, binary_length,
};
