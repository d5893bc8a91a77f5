/* capture_filter.c - which packets a capture of connected sockets is to take */
#include "hwts/capture_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lancet/core/text.h"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_storage room;
};

static uint16_t port_of(const union address *a)
{
	return ntohs(a->any.sa_family == AF_INET6 ? a->in6.sin6_port
						  : a->in.sin_port);
}

/* Of streams, segments with bytes, where IPv4 lets the kernel tell. */
static int add(char *filter, bool stream, const union address *peer)
{
	static const char bytes[] =
		" and ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2) != 0";
	bool ip6 = peer->any.sa_family == AF_INET6;
	char ip[INET6_ADDRSTRLEN], one[256];

	inet_ntop(peer->any.sa_family,
		  ip6 ? (const void *)&peer->in6.sin6_addr
		      : (const void *)&peer->in.sin_addr, ip, sizeof(ip));
	snprintf(one, sizeof(one), "(%s and host %s and port %u%s)",
		 stream ? "tcp" : "udp", ip, port_of(peer),
		 stream && !ip6 ? bytes : "");
	if (strstr(filter, one))
		return 0;
	if (strlen(filter) + strlen(one) + sizeof(" or ") > CAPTURE_FILTER)
		return -E2BIG;
	text_add(filter, CAPTURE_FILTER, "%s%s",
		 filter[0] ? " or " : "", one);
	return 0;
}

int capture_filter_add(char filter[CAPTURE_FILTER], int fd, bool stream,
		       uint16_t *port)
{
	union address me, peer;
	socklen_t len = sizeof(me), peer_len = sizeof(peer);

	if (getsockname(fd, &me.any, &len) != 0 ||
	    getpeername(fd, &peer.any, &peer_len) != 0)
		return -errno;
	if (peer.any.sa_family != AF_INET && peer.any.sa_family != AF_INET6)
		return -EAFNOSUPPORT;
	*port = port_of(&me);
	return add(filter, stream, &peer);
}
