/* dissect.h - what a captured frame carries: a UDP datagram, a TCP segment */
#ifndef HWTS_DISSECT_H
#define HWTS_DISSECT_H

#include <stdbool.h>
#include <stdint.h>

struct capture_packet;

/* IPv4 as mapped into IPv6 (RFC 4291 section 2.5.5.2). */
struct dissect_end {
	uint8_t ip[16];
	uint16_t port;
};

enum dissect {
	DISSECT_UDP,
	DISSECT_TCP,
	DISSECT_OTHER,		/* neither, or no IP at all */
	DISSECT_FRAGMENT,	/* of a datagram, which is not put together */
	DISSECT_MALFORMED,	/* lengths that cannot be */
	DISSECT_CUT,		/* captured too short for its headers */
	DISSECT_UNKNOWN_LINK,
	DISSECT_KINDS
};

enum { DISSECT_FIN = 1, DISSECT_SYN = 2, DISSECT_RST = 4, DISSECT_ACK = 16 };

struct dissected {
	struct dissect_end from, to;
	const unsigned char *payload;
	uint32_t len;		/* bytes of it that are here */
	uint32_t full;		/* bytes of it on the wire, >= len */
	uint32_t seq, ack;	/* TCP */
	uint8_t flags;
};

/*
 * Ethernet with VLAN tags, Linux cooked (both versions), BSD loopback and
 * raw IP; extension headers of IPv6 are passed over. Checksums are not
 * looked at: a sending host leaves them to its NIC. `out` is filled for UDP
 * and TCP. Never reads beyond the packet, whatever it says of itself.
 */
enum dissect dissect_packet(const struct capture_packet *packet,
			    struct dissected *out);

#endif
