/* server.c - the cheapest HTTP server: one reply to whatever is asked */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * usage: server PORT <REPLY
 *
 * Each empty line ends a request, and what stands on its input goes out. It
 * never sleeps: a client that must wake its server up pays for that, which
 * hides what else tells it from another.
 */
#define CONNS_MOST 4096
#define BYTES_MOST 65536
#define REPLIES_MOST 256	/* at a time */

static char replies[REPLIES_MOST * 1024];
static size_t len;
static unsigned char seen[CONNS_MOST]; /* bytes of the end; by descriptor */

static void check(long rc, const char *what)
{
	if (rc >= 0)
		return;
	perror(what);
	exit(1);
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static int listen_at(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	check(bind(fd, (struct sockaddr *)&at, sizeof(at)), "bind");
	check(listen(fd, 1024), "listen");
	return fd;
}

static void greet(int epoll, int listener)
{
	int fd = accept(listener, NULL, NULL), on = 1;

	check(fd < CONNS_MOST ? fd : -1, "accept");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	seen[fd] = 0;
	watch(epoll, fd);
}

/* How many requests end in these bytes. */
static size_t ends(unsigned char *at, const char *in, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		*at = in[i] == "\r\n\r\n"[*at] ? *at + 1 : in[i] == '\r';
		found += *at == 4;
		*at %= 4;
	}
	return found;
}

static void serve(int fd)
{
	static char in[BYTES_MOST];
	ssize_t got = recv(fd, in, sizeof(in), MSG_DONTWAIT);
	size_t n;

	if (got == 0 || (got < 0 && errno != EAGAIN))
		close(fd);
	if (got <= 0)
		return;
	n = ends(&seen[fd], in, (size_t)got);
	if (n > REPLIES_MOST || (n && send(fd, replies, n * len,
					   MSG_NOSIGNAL) < (ssize_t)(n * len)))
		close(fd);
}

int main(int argc, char **argv)
{
	int epoll = epoll_create1(0), listener;

	len = fread(replies, 1, sizeof(replies) / REPLIES_MOST, stdin);
	if (argc != 2 || !len) {
		fprintf(stderr, "usage: server PORT <REPLY\n");
		return 2;
	}
	for (size_t i = 1; i < REPLIES_MOST; i++)
		memcpy(replies + i * len, replies, len);
	listener = listen_at(atoi(argv[1]));
	watch(epoll, listener);
	for (;;) {
		struct epoll_event event[64];
		int n = epoll_wait(epoll, event, 64, 0);

		for (int i = 0; i < n; i++)
			if (event[i].data.fd == listener)
				greet(epoll, listener);
			else
				serve(event[i].data.fd);
	}
}
