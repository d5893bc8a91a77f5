/* resp.h - the replies of Redis, in both versions of its protocol */
#ifndef WORKLOADS_RESP_H
#define WORKLOADS_RESP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Passes over replies without keeping them (RESP2 and RESP3, redis.io,
 * "Redis serialization protocol specification"). By hand: the reader that is
 * packaged, hiredis 0.14, knows no RESP3, and allocates for each reply.
 */
#define RESP_DEPTH 8		 /* of replies within replies */
#define RESP_LINE_MAX 65536	 /* bytes of a line */
#define RESP_BULK_MAX (1u << 29) /* of a string: the server's own limit */
#define RESP_ITEMS_MAX (1u << 30)

enum resp_reply {
	RESP_FINE,
	RESP_NULL,
	RESP_BUSY,  /* an error that says: later */
	RESP_ERROR,
	RESP_PUSH,  /* not an answer: out of band */
};

/* Where one connection stands; zeroed at its start. */
struct resp {
	uint32_t skip;		    /* bytes of a string still to come */
	uint32_t depth;
	uint32_t left[RESP_DEPTH];  /* items to come at each depth */
	uint8_t reply;		    /* enum resp_reply of the outermost */
	bool attribute[RESP_DEPTH]; /* its items are only about the next */
	bool broken;		    /* rubbish was read: so it stays */
};

/*
 * Read from the front of in[len], at most to the end of one reply. Returns
 * the bytes consumed, or -EBADMSG; *whole: a reply ended, s->reply says how.
 */
long resp_read(struct resp *s, const unsigned char *in, size_t len,
	       bool *whole);

#endif
