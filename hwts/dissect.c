/* dissect.c - what a captured frame carries: a UDP datagram, a TCP segment */
#include "hwts/dissect.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pcap/dlt.h>
#include <stddef.h>
#include <string.h>

#include "hwts/capture.h"

#define VLAN_TAG 4u
#define VLAN_MOST 4u		/* tags on top of each other */
#define EXTENSIONS_MOST 8u	/* headers between IPv6 and what it carries */
#define SLL_SIZE 16u
#define SLL2_SIZE 20u
#ifndef DLT_LINUX_SLL2
#define DLT_LINUX_SLL2 276
#endif

/* What is left to be read, and what it was on the wire. */
struct rest {
	const unsigned char *at;
	uint32_t len, full;
};

static uint16_t be16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static bool skip(struct rest *r, uint32_t n)
{
	if (n > r->len)
		return false;
	r->at += n;
	r->len -= n;
	r->full -= n;
	return true;
}

/* What is to be said of a packet that has fewer than n bytes left. */
static enum dissect short_of(const struct rest *r, uint32_t n)
{
	return r->full < n ? DISSECT_MALFORMED : DISSECT_CUT;
}

/* A length that a header tells: bytes behind it are padding. */
static bool limit(struct rest *r, uint32_t full)
{
	if (full > r->full)
		return false;
	r->full = full;
	if (r->len > full)
		r->len = full;
	return true;
}

/* --- links: up to the IP header ------------------------------------------- */

/* Behind an EtherType, which stands `before` bytes ahead of what follows. */
static bool ethertype(struct rest *r, uint32_t before)
{
	for (unsigned i = 0; i <= VLAN_MOST; i++) {
		uint16_t type = be16(r->at - before);

		if (type != ETHERTYPE_VLAN && type != 0x88a8 && type != 0x9100)
			return type == ETHERTYPE_IP || type == ETHERTYPE_IPV6;
		if (!skip(r, VLAN_TAG))
			return false;
		before = 2;
	}
	return false;
}

static enum dissect link_header(struct rest *r, int link)
{
	bool ip = true, here = true;

	switch (link) {
	case DLT_EN10MB:
		here = skip(r, ETHER_HDR_LEN);
		ip = here && ethertype(r, 2);
		break;
	case DLT_LINUX_SLL:
		here = skip(r, SLL_SIZE);
		ip = here && ethertype(r, 2);
		break;
	case DLT_LINUX_SLL2:
		here = skip(r, SLL2_SIZE);
		ip = here && ethertype(r, SLL2_SIZE);
		break;
	case DLT_NULL:
	case DLT_LOOP:
		here = skip(r, 4); /* a family, which IP tells itself */
		break;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		break;
	default:
		return DISSECT_UNKNOWN_LINK;
	}
	if (!here)
		return short_of(r, r->len + 1);
	return ip ? DISSECT_UDP : DISSECT_OTHER;
}

/* --- IP ------------------------------------------------------------------- */

static void map_ip4(uint8_t to[16], uint32_t be_address)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memcpy(to, mapped, sizeof(mapped));
	memcpy(to + 12, &be_address, 4);
}

static enum dissect ip4(struct rest *r, struct dissected *out, int *protocol)
{
	struct iphdr h;
	uint32_t size, total;

	if (r->len < sizeof(h))
		return short_of(r, sizeof(h));
	memcpy(&h, r->at, sizeof(h));
	size = h.ihl * 4u;
	/* 0: longer than the field can say, as a NIC that segments is given. */
	total = h.tot_len ? ntohs(h.tot_len) : r->full;
	if (size < sizeof(h) || total < size || !limit(r, total))
		return DISSECT_MALFORMED;
	if (ntohs(h.frag_off) & (IP_MF | IP_OFFMASK))
		return DISSECT_FRAGMENT;
	map_ip4(out->from.ip, h.saddr);
	map_ip4(out->to.ip, h.daddr);
	*protocol = h.protocol;
	return skip(r, size) ? DISSECT_UDP : short_of(r, size);
}

/* Over one extension header; false where `next` is what IPv6 carries. */
static bool extension(int next, const struct ip6_ext *e, uint32_t *size)
{
	*size = e->ip6e_len * 8u + 8u;
	if (next == IPPROTO_AH)
		*size = e->ip6e_len * 4u + 8u;
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
	       next == IPPROTO_DSTOPTS || next == IPPROTO_AH;
}

static enum dissect ip6(struct rest *r, struct dissected *out, int *protocol)
{
	struct ip6_hdr h;
	uint32_t size;

	if (r->len < sizeof(h))
		return short_of(r, sizeof(h));
	memcpy(&h, r->at, sizeof(h));
	skip(r, sizeof(h));
	if (h.ip6_plen && !limit(r, ntohs(h.ip6_plen)))
		return DISSECT_MALFORMED;
	memcpy(out->from.ip, &h.ip6_src, 16);
	memcpy(out->to.ip, &h.ip6_dst, 16);
	*protocol = h.ip6_nxt;
	for (unsigned i = 0; i < EXTENSIONS_MOST; i++) {
		struct ip6_ext e;

		if (*protocol == IPPROTO_FRAGMENT)
			return DISSECT_FRAGMENT;
		if (*protocol == IPPROTO_UDP || *protocol == IPPROTO_TCP)
			return DISSECT_UDP;
		if (r->len < sizeof(e))
			return short_of(r, sizeof(e));
		memcpy(&e, r->at, sizeof(e));
		if (!extension(*protocol, &e, &size))
			return DISSECT_OTHER;
		if (!skip(r, size))
			return short_of(r, size);
		*protocol = e.ip6e_nxt;
	}
	return DISSECT_OTHER;
}

/* --- UDP and TCP ---------------------------------------------------------- */

static enum dissect payload(const struct rest *r, enum dissect kind,
			    struct dissected *out)
{
	out->payload = r->at;
	out->len = r->len;
	out->full = r->full;
	return kind;
}

static enum dissect udp(struct rest *r, struct dissected *out)
{
	struct udphdr h;

	if (r->len < sizeof(h))
		return short_of(r, sizeof(h));
	memcpy(&h, r->at, sizeof(h));
	/* 0: a jumbogram, or what a NIC is to segment. */
	if (h.len && (ntohs(h.len) < sizeof(h) || !limit(r, ntohs(h.len))))
		return DISSECT_MALFORMED;
	out->from.port = ntohs(h.source);
	out->to.port = ntohs(h.dest);
	skip(r, sizeof(h));
	return payload(r, DISSECT_UDP, out);
}

static enum dissect tcp(struct rest *r, struct dissected *out)
{
	struct tcphdr h;

	if (r->len < sizeof(h))
		return short_of(r, sizeof(h));
	memcpy(&h, r->at, sizeof(h));
	if (h.doff * 4u < sizeof(h) || h.doff * 4u > r->full)
		return DISSECT_MALFORMED;
	out->from.port = ntohs(h.source);
	out->to.port = ntohs(h.dest);
	out->seq = ntohl(h.seq);
	out->ack = ntohl(h.ack_seq);
	out->flags = r->at[13];
	if (!skip(r, h.doff * 4u))
		return DISSECT_CUT;
	return payload(r, DISSECT_TCP, out);
}

enum dissect dissect_packet(const struct capture_packet *packet,
			    struct dissected *out)
{
	struct rest r = { packet->data, packet->len, packet->full };
	enum dissect kind = link_header(&r, packet->link);
	int protocol = 0;

	memset(out, 0, sizeof(*out));
	if (kind != DISSECT_UDP)
		return kind;
	if (r.len == 0)
		return short_of(&r, 1);
	switch (r.at[0] >> 4) {
	case 4:
		kind = ip4(&r, out, &protocol);
		break;
	case 6:
		kind = ip6(&r, out, &protocol);
		break;
	default:
		return DISSECT_OTHER;
	}
	if (kind != DISSECT_UDP)
		return kind;
	if (protocol == IPPROTO_UDP)
		return udp(&r, out);
	return protocol == IPPROTO_TCP ? tcp(&r, out) : DISSECT_OTHER;
}
