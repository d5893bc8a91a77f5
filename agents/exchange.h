/* exchange.h - requests and their replies, as captured packets show them */
#ifndef AGENTS_EXCHANGE_H
#define AGENTS_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hwts/dissect.h"
#include "workloads/proto.h"

struct capture_packet;

enum exchange_state {
	EXCHANGE_OPEN,		/* no reply so far */
	EXCHANGE_ANSWERED,
	EXCHANGE_NACKED,
	EXCHANGE_ERROR,
	EXCHANGE_UNKNOWN,	/* the capture has a gap where it may be */
};

/* One request. Instants are of the packet with its last byte. */
struct exchange {
	int64_t request_ns, reply_ns; /* of the capture; 0: none */
	uint64_t id, service_ns;
	uint32_t flow;
	uint32_t next;		/* of its flow, + 1; 0: none so far */
	uint8_t state;		/* enum exchange_state */
};

struct exchange_counts {
	uint64_t packets, bytes, unstamped;
	uint64_t kind[DISSECT_KINDS]; /* of all packets */
	uint64_t ours;		/* UDP and TCP from or to the server */
	uint64_t cut;		/* of those: not all bytes are here */
	uint64_t flows, midway;	/* midway: joined where it had begun */
	uint64_t retransmitted, early, gaps; /* TCP */
	uint64_t bad_requests, bad_replies;  /* bytes that are none */
	uint64_t repeated_requests, repeated_replies; /* by id */
	uint64_t unmatched;	/* replies to no request that was seen */
	uint64_t backwards;	/* replies stamped before their request */
	uint64_t set_back;	/* times that stamps fell by EXCHANGE_BACK_NS */
};

/* Whom the requests go to. */
struct exchange_server {
	struct dissect_end end;
	bool any_ip;		/* only the port counts */
};

struct exchange_flow;

/*
 * All exchanges of one server, in the order of their requests' packets. The
 * protocol's own parsers read each flow: requests as its target would,
 * replies as its client; what was cut off reads as zeroes, so that lengths
 * still hold. Replies find their request by id, or are the oldest's of their
 * flow. Of a protocol that cannot serve, each packet of a client with bytes
 * is a request. Bytes are never trusted: whatever they are, they are counted.
 */
struct exchanges {
	struct exchange_counts count;
	struct exchange *all;
	size_t n;
	int64_t first_ns, last_ns; /* stamps of the server's packets */
	int64_t latest_ns;	/* of any, since the clock was set back */

	/* The rest is the module's own. */
	struct exchange_server server;
	struct proto proto;
	size_t conn_size;
	size_t room;
	uint32_t *place, mask;	/* of an id: index into all, + 1 */
	struct exchange_flow **flow;
	uint32_t flows_mask, nflows;
	unsigned char *scratch;
};

/* A request that has been open for so long may be sent again with its id. */
#define EXCHANGE_REUSE_NS INT64_C(1000000000)

/*
 * Packets that several CPUs took in stand in a capture a little out of order;
 * where one is so much older than one before it, the clock was set.
 */
#define EXCHANGE_BACK_NS INT64_C(10000000)

/*
 * 0 or -errno: -EINVAL where requests cannot be told from each other. What the
 * arena is given lives as long as `x`; fini in both cases.
 */
int exchange_init(struct exchanges *x, const struct choice *protocol,
		  const struct exchange_server *server, struct arena *arena,
		  struct err *err);

/* One more packet, in the order of the capture; -ENOMEM. */
int exchange_take(struct exchanges *x, const struct capture_packet *packet);

/* The end of one flow, as text: "10.0.0.1:80", "[::1]:80". */
#define EXCHANGE_NAME 64
char *exchange_name(const struct dissect_end *end, char text[EXCHANGE_NAME]);

void exchange_fini(struct exchanges *x);

#endif
