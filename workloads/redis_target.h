/* redis_target.h - the requests of Redis clients, as a target reads them */
#ifndef WORKLOADS_REDIS_TARGET_H
#define WORKLOADS_REDIS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/keyspace.h"
#include "workloads/proto.h"

enum redis_command { REDIS_OTHER, REDIS_GET, REDIS_SET, REDIS_SCAN };

/* The request that a connection is in the middle of; zeroed at its start. */
struct redis_request {
	uint32_t words; /* still to come; 0: none has begun */
	uint32_t place; /* of the next one */
	uint32_t skip;	/* bytes of a word that nobody looks at */
	uint8_t command; /* enum redis_command */
	bool broken;	/* rubbish was read: so it stays */
	uint64_t key;	/* its number */
};

/* Bytes consumed, at most to the end of one request; or -EBADMSG. */
long redis_request_read(struct redis_request *r, const unsigned char *in,
			size_t len, bool *whole);

/* A whole one for the target's queue; the next one may begin. */
void redis_request_take(struct redis_request *r, struct proto_served *to);

/* The reply to it; its length. */
size_t redis_request_answer(const struct proto_served *req,
			    const struct keyspace *k, enum proto_status status,
			    char *out);

#endif
