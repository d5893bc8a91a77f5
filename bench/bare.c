/* bare.c - the floor under a peer: a closed loop that looks at no byte */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * usage: bare PORT CONNECTIONS DEPTH REPLY-BYTES SECONDS [PACKET] <REQUEST
 *
 * Sends DEPTH times what stands on its input on each TCP connection, PACKET
 * of them (all) in one call, and so many again whenever as many replies' bytes
 * have come. No parser, no schedule, no record. It sleeps while nothing comes.
 * Prints how many were answered.
 */
#define CONNS_MOST 4096
#define BYTES_MOST 65536

static struct bare {
	int fd;
	size_t got;		/* bytes of replies to the next packet */
} conn[CONNS_MOST];

static char out[BYTES_MOST];
static size_t out_len, in_len;

static void check(long rc, const char *what)
{
	if (rc >= 0)
		return;
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static void ask(struct bare *c)
{
	check(send(c->fd, out, out_len, MSG_NOSIGNAL), "send");
}

static void dial(struct bare *c, int epoll, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	check(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), "connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	check(epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event), "epoll_ctl");
}

/* Packets whose replies are all there; as many more are sent. */
static size_t answer(struct bare *c)
{
	static char in[BYTES_MOST];
	ssize_t got = recv(c->fd, in, sizeof(in), MSG_DONTWAIT);
	size_t packets = 0;

	if (got == 0 || (got < 0 && errno != EAGAIN)) {
		fprintf(stderr, "bare: the server hung up\n");
		exit(1);
	}
	for (c->got += got > 0 ? (size_t)got : 0; c->got >= in_len; packets++) {
		c->got -= in_len;
		ask(c);
	}
	return packets;
}

int main(int argc, char **argv)
{
	bool said = argc == 6 || argc == 7;
	long port = said ? atol(argv[1]) : 0;
	long conns = said ? atol(argv[2]) : 0;
	size_t depth = said ? (size_t)atol(argv[3]) : 0;
	size_t packet = argc == 7 ? (size_t)atol(argv[6]) : depth;
	size_t len = fread(out, 1, sizeof(out), stdin), answered = 0;
	int epoll = epoll_create1(0);
	double end;

	if (conns < 1 || conns > CONNS_MOST || !packet || packet > depth ||
	    !len || len * packet > sizeof(out)) {
		fprintf(stderr, "usage: bare PORT CONNECTIONS DEPTH "
				"REPLY-BYTES SECONDS [PACKET] <REQUEST\n");
		return 2;
	}
	for (out_len = len; out_len < len * packet; out_len += len)
		memcpy(out + out_len, out, len);
	in_len = (size_t)atol(argv[4]) * packet;
	for (long i = 0; i < conns; i++)
		dial(&conn[i], epoll, (int)port);
	for (size_t i = 0; i < (size_t)conns * (depth / packet); i++)
		ask(&conn[i % (size_t)conns]);
	end = now() + atof(argv[5]);
	while (now() < end) {
		struct epoll_event event[64];
		int n = epoll_wait(epoll, event, 64, 100);

		for (int i = 0; i < n; i++)
			answered += packet * answer(event[i].data.ptr);
	}
	printf("%zu\n", answered);
	return 0;
}
