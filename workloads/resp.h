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

/* The slow half of resp_read(). */
long resp_read_any(struct resp *s, const unsigned char *in, size_t len,
		   bool *whole);

/*
 * What nearly all replies are: one string, of which all is in sight. Its
 * bytes; 0: it is something else, or not right.
 */
static inline size_t resp_string(const unsigned char *in, size_t len)
{
	size_t n = 0, at = 1;

	if (len < 6 || in[0] != '$')
		return 0;
	for (; at < 8 && at < len && in[at] >= '0' && in[at] <= '9'; at++)
		n = 10 * n + in[at] - '0';
	if (at == 1 || len < at + n + 4)
		return 0;
	if (in[at] != '\r' || in[at + 1] != '\n' ||
	    in[at + n + 2] != '\r' || in[at + n + 3] != '\n')
		return 0;
	return at + n + 4;
}

/*
 * Read from the front of in[len], at most to the end of one reply. Returns
 * the bytes consumed, or -EBADMSG; *whole: a reply ended, s->reply says how.
 */
static inline long resp_read(struct resp *s, const unsigned char *in,
			     size_t len, bool *whole)
{
	size_t string = 0;

	if (!(s->skip | s->depth | s->broken))
		string = resp_string(in, len);
	if (!string)
		return resp_read_any(s, in, len, whole);
	s->reply = RESP_FINE;
	*whole = true;
	return (long)string;
}

#endif
