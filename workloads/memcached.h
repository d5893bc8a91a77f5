/* memcached.h - memcached's two languages, each in a file of its own */
#ifndef WORKLOADS_MEMCACHED_H
#define WORKLOADS_MEMCACHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/keyspace.h"
#include "workloads/proto.h"

#define MC_VALUE_MAX (1u << 30)	/* largest value of a reply that we believe */

/* Of a thread; read only after init. */
struct mc {
	bool binary;
	struct keyspace keyspace;
	uint32_t out; /* the most bytes of a message */
};

/* One request, as the draw made it. */
struct mc_ask {
	bool get;
	uint64_t key;		/* its index */
	uint32_t opaque;	/* binary: comes back */
};

/* Where a connection stands, in either direction. */
struct mc_conn {
	uint32_t skip;		/* bytes of a body still to come */
	uint32_t opaque;	/* binary: of the reply being read */
	uint32_t asked, answered;
	uint8_t state;		/* the language's own */
	uint8_t status;		/* enum proto_status of the reply being read */
	bool binary;		/* target: the request being read */
};

/* Skip what there is of a body; how many bytes that was. */
static inline size_t mc_skip(struct mc_conn *c, size_t len)
{
	size_t n = len < c->skip ? len : c->skip;

	c->skip -= (uint32_t)n;
	return n;
}

/*
 * One language: build writes a request into enough room; feed reads at most
 * one reply, serve at most one request, and say in *n how many that was. They
 * return bytes consumed, 0 when they need more, or -EBADMSG.
 */
struct mc_language {
	size_t (*build)(const struct mc *s, const struct mc_ask *ask,
			unsigned char *out);
	long (*feed)(struct mc_conn *c, const unsigned char *in, size_t len,
		     struct proto_done *done, size_t *n);
	long (*serve)(struct mc_conn *c, const unsigned char *in, size_t len,
		      struct proto_served *req, size_t *n);
	size_t (*reply)(const struct mc *s, const struct proto_served *req,
			enum proto_status status, unsigned char *out);
	/* From its beginning: how long a whole reply is, and its status. */
	int64_t (*length)(const unsigned char *in, size_t len,
			  enum proto_status *status);
};

extern const struct mc_language mc_ascii, mc_binary;

/* What memcached and memcached-udp share. */
struct mc_options {
	struct keyspace_options keyspace; /* first */
	int format;
};

extern const struct option_row mc_rows[];

int mc_init(void *ps, const void *options, struct arena *arena,
	    size_t *max_out, struct err *err);
uint64_t mc_key(const void *ps, const struct proto_request *req);
struct mc_ask mc_draw(const struct mc *s, const struct proto_request *req);

static inline const struct mc_language *mc_language(const struct mc *s)
{
	return s->binary ? &mc_binary : &mc_ascii;
}

/* Binary: replies of the loader are known by this bit of their opaque. */
#define MC_LOADER 0x80000000u

/* First byte of echo[]: which language and command a target answers. */
enum mc_command { MC_ASCII_GET = 'g', MC_ASCII_SET = 's', MC_BINARY = 0x80 };

#endif
