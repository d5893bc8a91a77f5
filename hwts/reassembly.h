/* reassembly.h - one direction of a TCP connection, in order, as captured */
#ifndef HWTS_REASSEMBLY_H
#define HWTS_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Segments go in as they were captured, pieces come out in order, each byte
 * once, with the stamp of the segment that brought it first. Early segments
 * are held, at most so many; more, or bytes that the receiver has and the
 * capture has not, make a gap, which is jumped and told.
 */
#define REASSEMBLY_HELD 256

struct reassembly_piece {
	int64_t at_ns;
	const unsigned char *data;
	uint32_t len;		/* bytes that are here */
	uint32_t full;		/* bytes there were: the rest was cut off */
	bool gap;		/* something is missing before it */
};

struct reassembly_held {
	struct reassembly_held *next;
	int64_t at_ns;
	uint32_t seq, len, full;
	unsigned char data[];
};

/* All zeroes is a direction of which nothing was seen. */
struct reassembly {
	bool begun, gap;
	uint32_t next;		/* sequence number of the next byte */
	uint32_t nheld;
	struct reassembly_held *held, *given;
	struct reassembly_piece ready;
	uint64_t retransmitted, early, gaps; /* segments, segments, times */
};

/* The next byte has this number; what is held from before it is dropped. */
void reassembly_begin(struct reassembly *r, uint32_t seq);

/*
 * One segment with bytes; they stay readable until the pieces are taken.
 * -ENOMEM where it would have to be held.
 */
int reassembly_put(struct reassembly *r, uint32_t seq,
		   const struct reassembly_piece *segment);

/* A FIN, which has a number of its own, stands here. */
void reassembly_end(struct reassembly *r, uint32_t seq);

/* The receiver has all before this number. */
void reassembly_acked(struct reassembly *r, uint32_t seq);

/* The next piece; it is good until the next call. */
bool reassembly_take(struct reassembly *r, struct reassembly_piece *piece);

void reassembly_fini(struct reassembly *r);

#endif
