/* capture.h - packets that somebody else saw on the wire, and when */
#ifndef HWTS_CAPTURE_H
#define HWTS_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct err;

/* One packet as the capture has it; the bytes stay until the next one. */
struct capture_packet {
	int64_t at_ns;		/* CLOCK_REALTIME; 0: it has no stamp */
	const unsigned char *data;
	uint32_t len;		/* bytes that are here */
	uint32_t full;		/* bytes that it had on the wire */
	int link;		/* libpcap's DLT_: how it begins */
};

struct capture;

/*
 * A file of pcap or pcapng, of microseconds or nanoseconds, of either byte
 * order; closed with the capture, or when it cannot be opened. NULL: err says
 * what it is not. libpcap reads it, and so refuses a pcapng file whose
 * interfaces differ in link type or snapshot length.
 */
struct capture *capture_open_file(FILE *file, struct err *err);

/* What is captured live, and how. */
struct capture_params {
	const char *interface;
	const char *filter;	/* libpcap's, run by the kernel */
	int buffer;		/* bytes that wait in the kernel; at least */
				/* CAPTURE_BUFFER is taken */
	bool hardware;		/* stamps by the network card, or fail */
};

#define CAPTURE_BUFFER (32 << 20)
#define CAPTURE_SNAP 128	/* bytes of a packet: its headers */
#define CAPTURE_DELAY_MS 10	/* after which a packet can be read */

/*
 * Packets of an interface from here on, stamped in nanoseconds, in large
 * blocks: nobody is woken up for one. NULL: err says what right or interface
 * is missing, or that hardware stamps cannot be had.
 */
struct capture *capture_open_live(const struct capture_params *params,
				  struct err *err);

/* Another filter, from here on. */
int capture_filter(struct capture *c, const char *filter, struct err *err);

/* Live: packets that the kernel had no room for, so far. */
uint64_t capture_drops(const struct capture *c);

/*
 * 1: there is one; 0: no more (live: not now); -EBADMSG: the file is damaged
 * from here on, and err says how. What came before stands.
 */
int capture_next(struct capture *c, struct capture_packet *packet,
		 struct err *err);

/* How packets begin, in words: "Ethernet". */
const char *capture_link_name(const struct capture *c);

void capture_close(struct capture *c);

#endif
