/* proto.h - what a request-reply protocol promises to client and target */
#ifndef WORKLOADS_PROTO_H
#define WORKLOADS_PROTO_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"

struct arena;
struct err;

enum proto_flag {
	PROTO_STREAM = 1,	/* can run over a byte stream */
	PROTO_DATAGRAM = 2,	/* can run over datagrams, one message each */
	PROTO_IN_ORDER = 4,	/* replies carry no id: oldest first */
	PROTO_SERVICE = 8,	/* requests carry their service time */
	PROTO_LOADER = 16,	/* has a store to fill first: populate() */
	PROTO_TRAILER = 32,	/* can ask for the target's instants */
	PROTO_CODES = 64,	/* replies have codes, and no trailer */
	PROTO_SIZES = 128,	/* requests are as long as they are asked for */
	PROTO_REPLY_SIZES = 256, /* and so are replies */
};

/* The built-in target's own account of one request; CLOCK_MONOTONIC. */
struct proto_trailer {
	uint64_t boot_id;	/* hash; instants are usable only if equal */
	uint64_t arrival_ns, start_ns, completion_ns, release_ns;
	uint16_t flags;
};

/* How late the reply left, in what a record has room for. */
static inline uint32_t proto_release_ns(const struct proto_trailer *t)
{
	uint64_t ns = t->release_ns - t->completion_ns;

	if (t->release_ns < t->completion_ns)
		return 0;
	return ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

struct proto_request {
	uint64_t id;		/* wire_id() | seq */
	uint64_t service_ns;
	uint64_t draw;		/* random bits for keys and operations */
	uint32_t request_size, reply_size; /* 0: the protocol's own */
	uint32_t conn;		/* counted over all agents */
	uint16_t class;
	uint8_t trailer;	/* ask for one */
};

#define PROTO_OLDEST UINT64_MAX

enum proto_status { PROTO_OK, PROTO_NACK, PROTO_ERROR };

struct proto_done {
	uint64_t id;		/* or PROTO_OLDEST of this connection */
	uint64_t served_ns;	/* 0: not told */
	struct proto_trailer trailer;
	uint8_t has_trailer;
	uint8_t status;		/* enum proto_status */
	uint16_t code;		/* the protocol's own, which is counted; or 0 */
};

/* A request as the built-in target read it. */
struct proto_served {
	struct proto_request req;
	unsigned char echo[64];	/* what the reply repeats; the proto's own */
	const unsigned char *body; /* what does not fit there, or NULL; the */
	uint32_t body_len;	/* target keeps a copy until the reply */
};

/* req.conn of a protocol whose requests do not carry it. */
#define PROTO_NO_CONN UINT32_MAX

/* The most a datagram can carry, so that a message may be one. */
#define PROTO_MESSAGE_MAX 65507

/*
 * One file proto/NAME.c. `ps` is state per thread, `cs` per connection, both
 * zeroed before init. All slots but init and populate are hot, allocate
 * nothing, and may be called for many connections in turn on one thread.
 * Bytes from the network are never trusted: a reply that cannot be parsed is
 * -EBADMSG, which costs the connection (stream) or the datagram.
 */
struct proto_ops {
	struct kind kind;
	unsigned flags;
	size_t state_size, conn_size;

	/* Optional: the flags, where the options decide them. */
	unsigned (*flags_of)(const void *options);

	/* Cold. max_out: the most bytes one build() or reply() may write. */
	int (*init)(void *ps, const void *options, struct arena *arena,
		    size_t *max_out, struct err *err);

	/* Write one request; returns its length, 0 when it does not fit. */
	size_t (*build)(void *ps, void *cs, const struct proto_request *req,
			unsigned char *out, size_t room);

	/*
	 * Optional: which key the request is about, so that all requests for
	 * one key can take one connection.
	 */
	uint64_t (*key)(const void *ps, const struct proto_request *req);

	/*
	 * Parse replies from the front of in[len]; at most max go to done[].
	 * Returns the bytes consumed (0: more are needed), or -EBADMSG where
	 * they begin with no reply; what is good before that counts first.
	 * For a reply larger than the caller's buffer it may consume part and
	 * remember in cs.
	 */
	long (*feed)(void *ps, void *cs, const unsigned char *in, size_t len,
		     struct proto_done *done, size_t max, size_t *ndone);

	/* Target: parse at most max requests; as feed. Optional. */
	long (*serve)(void *ps, void *cs, const unsigned char *in, size_t len,
		      struct proto_served *req, size_t max, size_t *nreq);

	/* Target: write the reply to one; trailer may be NULL. Optional. */
	size_t (*reply)(void *ps, void *cs, const struct proto_served *req,
			const struct proto_trailer *trailer,
			enum proto_status status, unsigned char *out,
			size_t room);

	/*
	 * Optional (PROTO_LOADER), cold: the i-th request that fills the
	 * store before a run; 0 when there are no more. Over datagrams i is
	 * the id of its reply, and it may be asked for again.
	 */
	size_t (*populate)(void *ps, void *cs, uint64_t i, unsigned char *out,
			   size_t room);
};

/* The trailer on the wire: drawn once, in proto.c. */
#define PROTO_TRAILER_SIZE 48
void proto_trailer_write(unsigned char *out, const struct proto_trailer *t);
/* 0, or -EBADMSG when these bytes are none. */
int proto_trailer_read(const unsigned char *in, struct proto_trailer *t);
uint64_t proto_boot_id(void);

/* A protocol with its per-thread state; conn states are the caller's. */
struct proto {
	const struct proto_ops *ops;
	void *state;
	unsigned flags; /* proto_flags() of its choice */
	size_t max_out;
};

/* Of a choice (KIND_PROTO): what its options make of the ops' flags. */
unsigned proto_flags(const struct choice *choice);

int proto_init(struct proto *p, const struct choice *choice,
	       struct arena *arena, struct err *err);

#endif
