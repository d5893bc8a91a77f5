/* capture.h - packets that somebody else saw on the wire, and when */
#ifndef HWTS_CAPTURE_H
#define HWTS_CAPTURE_H

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

/*
 * 1: there is one; 0: no more; -EBADMSG: the file is damaged from here on,
 * and err says how. What came before stands.
 */
int capture_next(struct capture *c, struct capture_packet *packet,
		 struct err *err);

/* How packets begin, in words: "Ethernet". */
const char *capture_link_name(const struct capture *c);

void capture_close(struct capture *c);

#endif
