/* exchange_flow.h - one connection of a capture: its bytes become messages */
#ifndef AGENTS_EXCHANGE_FLOW_H
#define AGENTS_EXCHANGE_FLOW_H

#include "agents/exchange.h"
#include "hwts/reassembly.h"

enum { EXCHANGE_IN, EXCHANGE_OUT }; /* requests to the server, its replies */

struct exchange_key {
	struct dissect_end client, server;
	uint32_t stream;
};

/* Bytes of a stream that are not a whole message yet. */
struct exchange_rest {
	unsigned char *data;
	size_t len, room;
};

struct exchange_flow {
	struct exchange_key key;
	uint32_t index;
	bool joined;		/* TCP: both parsers know where they are */
	struct {
		struct reassembly bytes;
		struct exchange_rest rest;
		int64_t at_ns;	/* when all so far was there, */
		uint64_t set;	/* by the clock as it was set then */
		void *conn;	/* the protocol's state */
	} side[2];
	uint32_t oldest, newest; /* exchanges in order, + 1; 0: none open */
};

/* A message of either kind at the stamp; exchange.c. */
int exchange_request(struct exchanges *x, struct exchange_flow *f,
		     const struct proto_served *req, int64_t at_ns);
void exchange_reply(struct exchanges *x, struct exchange_flow *f,
		    const struct proto_done *done, int64_t at_ns);
/* Nobody knows which replies belong to those that are open. */
void exchange_forget(struct exchanges *x, struct exchange_flow *f);

/* exchange_flow.c: one packet of the flow. */
int exchange_datagram(struct exchanges *x, struct exchange_flow *f, int side,
		      const struct dissected *d, int64_t at_ns);
int exchange_segment(struct exchanges *x, struct exchange_flow *f, int side,
		     const struct dissected *d, int64_t at_ns);

#endif
