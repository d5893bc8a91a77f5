/* tcp.c - byte streams: non-blocking, pipelined, one epoll for all of them */
#include "agents/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agents/socket.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

/*
 * Each connection has a place, with a buffer for bytes that came in and are
 * not yet a whole message, and one for the rest of a message that the kernel
 * took in part. A client's connection is its place. A server's is numbered
 * so that `number & mask` is the place, and a peer that takes the place of
 * another has another number: a late reply to the first goes nowhere.
 */
#define BURST 64	/* events of one round, pieces of one sendmsg */
#define ACCEPTS 16	/* new peers of one round */
#define CONNECTS 128	/* handshakes at a time; listeners queue few */
#define READ_ROOM 16384	/* besides one message */
#define LISTENER UINT32_MAX

struct tcp_options {
	bool nodelay;
};

enum tcp_flag {
	TCP_EOF = 1,		/* nothing more comes in; the user was told */
	TCP_BROKEN = 2,		/* nothing goes out any more */
	TCP_LEAVING = 4,	/* close as soon as the rest is out */
	TCP_FULL = 8,		/* refused a message for want of room */
};

struct tcp_conn {
	int fd;			/* -1: the place is free */
	uint32_t number;
	uint32_t next;		/* the number of the place's next peer */
	uint32_t have;		/* bytes in */
	uint32_t rest_at, rest;	/* bytes still to go out */
	uint32_t armed;		/* what epoll watches; 0: not at all */
	uint32_t flags;
};

struct tcp {
	int epoll, listener;
	int nodelay;
	struct tcp_conn *conn;
	uint32_t n, mask;	/* places */
	uint32_t *vacant;	/* a stack of free places; server */
	uint32_t nvacant;
	size_t in_room, out_room;
	unsigned char *in, *out; /* buffers of all places */
	struct socket_address peer; /* client */
	struct socket_stamps stamps; /* server */
	char name[SOCKET_NAME_SIZE];
};

static unsigned char *tcp_in(const struct tcp *s, const struct tcp_conn *c)
{
	return s->in + (size_t)(c - s->conn) * s->in_room;
}

static unsigned char *tcp_out(const struct tcp *s, const struct tcp_conn *c)
{
	return s->out + (size_t)(c - s->conn) * s->out_room;
}

/* NULL: that peer is gone. */
static struct tcp_conn *tcp_find(const struct tcp *s, uint32_t number)
{
	struct tcp_conn *c = &s->conn[number & s->mask];

	return c->fd >= 0 && c->number == number ? c : NULL;
}

/* Watch for what can still happen, and for nothing else. */
static int tcp_arm(struct tcp *s, struct tcp_conn *c)
{
	uint32_t want = 0;
	int op = EPOLL_CTL_MOD;

	if (!(c->flags & TCP_EOF))
		want |= EPOLLIN;
	if (c->rest > 0 || c->flags & TCP_FULL)
		want |= EPOLLOUT;
	if (want == c->armed)
		return 0;
	if (want == 0)
		op = EPOLL_CTL_DEL;
	else if (c->armed == 0)
		op = EPOLL_CTL_ADD;
	c->armed = want;
	return socket_watch(s->epoll, op, c->fd, want,
			    (uint32_t)(c - s->conn));
}

static int tcp_take(struct tcp *s, struct tcp_conn *c, int fd)
{
	int on = 1;

	*c = (struct tcp_conn){ .fd = fd, .number = c->next, .next = c->next };
	if (s->nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return tcp_arm(s, c);
}

static void tcp_vacate(struct tcp *s, struct tcp_conn *c)
{
	close(c->fd);
	c->fd = -1;
	if (s->listener < 0)
		return;
	c->next += s->mask + 1;
	s->vacant[s->nvacant++] = (uint32_t)(c - s->conn);
}

/* --- opening --- */

/* Start a handshake; its end is told by epoll. */
static int tcp_connect(struct tcp *s, uint32_t place)
{
	int fd = socket_open(&s->peer, SOCK_STREAM);
	int ret;

	if (fd < 0)
		return fd;
	ret = tcp_take(s, &s->conn[place], fd);
	if (ret == 0 && connect(fd, (void *)&s->peer.to, s->peer.len) != 0 &&
	    errno != EINPROGRESS)
		ret = -errno;
	return ret;
}

/* How the handshake went: 1, 0 while it goes on, -errno. */
static int tcp_connected(const struct tcp_conn *c)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0)
		return -error;
	len = sizeof(peer);
	return getpeername(c->fd, (void *)&peer, &len) == 0;
}

/* All connections, some at a time, in order; until the deadline. */
static int tcp_connect_all(struct tcp *s, int64_t deadline_ns)
{
	uint32_t begun = 0, done = 0;
	int ret = 0;

	while (done < s->n) {
		while (begun < s->n && begun < done + CONNECTS) {
			ret = tcp_connect(s, begun++);
			if (ret != 0)
				return ret;
		}
		ret = tcp_connected(&s->conn[done]);
		if (ret < 0)
			return ret;
		if (ret > 0) {
			done++;
			continue;
		}
		if (clock_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		usleep(100);
	}
	return 0;
}

static int tcp_open_client(struct tcp *s, int64_t deadline_ns, struct err *err)
{
	int ret;

	socket_name((void *)&s->peer.to, s->name, sizeof(s->name));
	ret = tcp_connect_all(s, deadline_ns);
	if (ret == 0)
		return 0;
	return err_set(err, ret, "cannot connect to %s: %s", s->name,
		       strerror(-ret));
}

static int tcp_open_server(struct tcp *s, struct arena *arena, struct err *err)
{
	s->listener = socket_listen(&s->peer, SOCK_STREAM, s->name, err);
	if (s->listener < 0)
		return s->listener;
	socket_stamps_enable(s->listener); /* peers inherit it */
	s->vacant = arena_array(arena, s->n, sizeof(*s->vacant));
	while (s->nvacant < s->n) {
		s->vacant[s->nvacant] = s->n - 1 - s->nvacant;
		s->nvacant++;
	}
	return socket_watch(s->epoll, EPOLL_CTL_ADD, s->listener, EPOLLIN,
			    LISTENER);
}

static void tcp_close(void *state)
{
	struct tcp *s = state;

	for (uint32_t i = 0; i < s->n; i++)
		if (s->conn[i].fd >= 0)
			close(s->conn[i].fd);
	if (s->listener >= 0)
		close(s->listener);
	if (s->epoll >= 0)
		close(s->epoll);
	socket_pages_free(s->in, s->n * s->in_room);
	socket_pages_free(s->out, s->n * s->out_room);
	s->n = 0;
	s->listener = s->epoll = -1;
	s->in = s->out = NULL;
}

/* Places are a power of two: conn & mask is then the place on both sides. */
static int tcp_places(struct tcp *s, const struct transport_params *params,
		      struct arena *arena, struct err *err)
{
	uint32_t most = params->connections ? params->connections : 1;
	uint32_t places = 1;

	while (places < most && places < UINT32_C(1) << 30)
		places *= 2;
	/* A server takes as many as it may; a client needs all. */
	while (params->listen && places > 1 && socket_limit(places, err) != 0)
		places /= 2;
	s->mask = places - 1;
	s->n = params->listen ? places : most;
	s->conn = arena_array(arena, places, sizeof(*s->conn));
	for (uint32_t i = 0; i < places; i++)
		s->conn[i] = (struct tcp_conn){ .fd = -1, .next = i };
	s->in_room = params->max_message + READ_ROOM;
	s->out_room = params->max_message;
	s->in = socket_pages(s->n * s->in_room);
	s->out = socket_pages(s->n * s->out_room);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!s->in || !s->out || s->epoll < 0)
		return err_set(err, -ENOMEM,
			       "no memory for %u connections", s->n);
	return socket_limit(s->n, err);
}

static int tcp_open(void *state, const struct transport_params *params,
		    const void *options, int64_t deadline_ns,
		    struct arena *arena, struct err *err)
{
	const struct tcp_options *o = options;
	struct tcp *s = state;
	int ret;

	s->listener = s->epoll = -1;
	s->nodelay = o->nodelay;
	ret = transport_resolve(params->address, params->listen, &s->peer.to,
				&s->peer.len, err);
	if (ret == 0)
		ret = tcp_places(s, params, arena, err);
	if (ret == 0)
		ret = params->listen ? tcp_open_server(s, arena, err) :
				       tcp_open_client(s, deadline_ns, err);
	if (ret != 0)
		tcp_close(s);
	return ret;
}

static const char *tcp_address(const void *state)
{
	return ((const struct tcp *)state)->name;
}

/* Nobody waits for this: what is broken takes everything, recv tells. */
static int tcp_reopen(void *state, uint32_t number, struct err *err)
{
	struct tcp *s = state;
	struct tcp_conn *c = &s->conn[number & s->mask];
	int ret;

	if (c->fd >= 0)
		tcp_vacate(s, c);
	ret = tcp_connect(s, number);
	if (ret == 0)
		return 0;
	if (c->fd >= 0)
		tcp_vacate(s, c);
	return err_set(err, ret, "cannot connect to %s: %s", s->name,
		       strerror(-ret));
}

/* --- out --- */

/* Push out the rest; 1 when all of it is gone. */
static int tcp_flush(struct tcp *s, struct tcp_conn *c)
{
	ssize_t sent;

	if (c->rest == 0)
		return 1;
	sent = send(c->fd, tcp_out(s, c) + c->rest_at, c->rest, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN) {
		c->flags |= TCP_BROKEN;
		c->rest = 0;
	} else if (sent > 0) {
		c->rest_at += (uint32_t)sent;
		c->rest -= (uint32_t)sent;
	}
	tcp_arm(s, c);
	return c->rest == 0;
}

/* What the kernel took of n packets; the rest of a broken one is kept. */
static size_t tcp_account(struct tcp *s, struct tcp_conn *c,
			  const struct packet *pkt, size_t n, size_t sent)
{
	size_t i = 0;

	while (i < n && sent >= pkt[i].len)
		sent -= pkt[i++].len;
	if (i < n && sent > 0) {
		c->rest_at = 0;
		c->rest = pkt[i].len - (uint32_t)sent;
		memcpy(tcp_out(s, c), pkt[i].data + sent, c->rest);
		tcp_arm(s, c);
		i++;
	}
	return i;
}

/* Packets of one connection, in one system call. */
static size_t tcp_send_run(struct tcp *s, struct packet *pkt, size_t n)
{
	struct tcp_conn *c = tcp_find(s, pkt->conn);
	struct iovec iov[BURST];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
	int64_t now = clock_now_ns();
	ssize_t sent;

	for (size_t i = 0; i < n; i++) {
		pkt[i].stamp_ns = now;
		iov[i].iov_base = pkt[i].data;
		iov[i].iov_len = pkt[i].len;
	}
	if (!c || c->flags & TCP_BROKEN)
		return n;
	if (!tcp_flush(s, c))
		return 0;
	sent = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
	if (sent >= 0)
		return tcp_account(s, c, pkt, n, (size_t)sent);
	c->flags |= errno == EAGAIN ? TCP_FULL : TCP_BROKEN;
	tcp_arm(s, c);
	return c->flags & TCP_BROKEN ? n : 0;
}

static size_t tcp_send(void *state, struct packet *pkt, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t run = 1, took;

		while (run < BURST && done + run < n &&
		       pkt[done + run].conn == pkt[done].conn)
			run++;
		took = tcp_send_run(state, &pkt[done], run);
		done += took;
		if (took < run)
			break;
	}
	return done;
}

/* --- in --- */

/* Take new peers; those beyond the bound are turned away. */
static void tcp_accept(struct tcp *s)
{
	for (int i = 0; i < ACCEPTS; i++) {
		int fd = accept4(s->listener, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct tcp_conn *c;

		if (fd < 0)
			return;
		if (s->nvacant == 0) {
			close(fd);
			continue;
		}
		c = &s->conn[s->vacant[--s->nvacant]];
		if (tcp_take(s, c, fd) != 0)
			tcp_vacate(s, c);
	}
}

static int tcp_read(struct tcp *s, struct tcp_conn *c, struct packet *pkt)
{
	size_t room = s->in_room - c->have;
	unsigned char *to = tcp_in(s, c) + c->have;
	int64_t stamp_ns = 0;
	ssize_t got = 0;

	if (room && s->listener >= 0)
		got = socket_recv(c->fd, to, room, &s->stamps, &stamp_ns);
	else if (room)
		got = recv(c->fd, to, room, 0);

	if (got < 0 && errno == EAGAIN)
		return 0;
	if (got > 0)
		c->have += (uint32_t)got;
	if (got < 0)
		c->flags |= TCP_BROKEN;
	if (got <= 0) {
		c->flags |= TCP_EOF;
		tcp_arm(s, c);
	}
	*pkt = (struct packet){
		.data = tcp_in(s, c),
		.len = c->have,
		.conn = c->number,
		.flags = got <= 0 ? TRANSPORT_CLOSED : 0,
		.stamp_ns = stamp_ns ? stamp_ns : clock_now_ns(),
	};
	return 1;
}

static int tcp_event(struct tcp *s, const struct epoll_event *event,
		     struct packet *pkt)
{
	struct tcp_conn *c = &s->conn[event->data.u32 & s->mask];

	if (event->data.u32 == LISTENER) {
		tcp_accept(s);
		return 0;
	}
	if (event->events & EPOLLOUT) {
		c->flags &= ~(uint32_t)TCP_FULL;
		if (tcp_flush(s, c))
			tcp_arm(s, c);
	}
	if (c->flags & TCP_LEAVING && c->rest == 0) {
		tcp_vacate(s, c);
		return 0;
	}
	if (c->flags & TCP_EOF || !(event->events & ~(uint32_t)EPOLLOUT))
		return 0;
	return tcp_read(s, c, pkt);
}

static size_t tcp_recv(void *state, struct packet *pkt, size_t n)
{
	struct epoll_event event[BURST];
	struct tcp *s = state;
	size_t out = 0;
	int ready = epoll_wait(s->epoll, event, (int)(n < BURST ? n : BURST),
			       0);

	for (int i = 0; i < ready; i++)
		out += (size_t)tcp_event(s, &event[i], &pkt[out]);
	return out;
}

static void tcp_keep(void *state, uint32_t number, size_t used)
{
	struct tcp *s = state;
	struct tcp_conn *c = tcp_find(s, number);

	if (!c || used == 0)
		return;
	c->have -= (uint32_t)used;
	if (c->have > 0)
		memmove(tcp_in(s, c), tcp_in(s, c) + used, c->have);
}

static void tcp_wait(void *state, int64_t until_ns)
{
	socket_wait(((struct tcp *)state)->epoll, until_ns);
}

static void tcp_drop(void *state, uint32_t number)
{
	struct tcp *s = state;
	struct tcp_conn *c = tcp_find(s, number);

	if (!c)
		return;
	if (c->rest > 0 && !(c->flags & TCP_BROKEN)) {
		c->flags |= TCP_EOF | TCP_LEAVING;
		tcp_arm(s, c);
		return;
	}
	tcp_vacate(s, c);
}

static const struct option_row tcp_rows[] = {
	OPTION(BOOL, struct tcp_options, nodelay, 0, "true", 0, 0,
	       "send at once (TCP_NODELAY) instead of gathering small messages"),
	{ 0 },
};

const struct transport_ops transport_tcp = {
	.kind = {
		.name = "tcp",
		.help = "TCP byte streams, without delay",
		.options = tcp_rows,
		.options_size = sizeof(struct tcp_options),
	},
	.flags = TRANSPORT_STREAM,
	.state_size = sizeof(struct tcp),
	.open = tcp_open,
	.close = tcp_close,
	.address = tcp_address,
	.send = tcp_send,
	.recv = tcp_recv,
	.keep = tcp_keep,
	.wait = tcp_wait,
	.reopen = tcp_reopen,
	.drop = tcp_drop,
};
