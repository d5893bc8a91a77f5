/* stream.c - byte streams: non-blocking, pipelined, one epoll for all of them */
#include "agents/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "agents/stamps.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

#define BURST 64	/* pieces of one sendmsg */
#define ACCEPTS 16	/* new peers of one round */
#define CONNECTS 128	/* handshakes at a time; listeners queue few */
#define READ_ROOM 16384	/* besides one message */
#define LISTENER UINT32_MAX

enum stream_flag {
	STREAM_EOF = 1,		/* nothing more comes in; the user was told */
	STREAM_BROKEN = 2,		/* nothing goes out any more */
	STREAM_LEAVING = 4,	/* close as soon as the rest is out */
	STREAM_FULL = 8,		/* refused a message for want of room */
	STREAM_OPENING = 16,		/* opened again, and does not stand yet */
};

struct stream_conn {
	int fd;			/* -1: the place is free */
	uint32_t number;
	uint32_t next;		/* the number of the place's next peer */
	uint32_t have;		/* bytes in */
	uint32_t rest_at, rest;	/* bytes still to go out */
	uint32_t asks;		/* packet flags: the rest asks for stamps */
	uint32_t taken;		/* bytes of all packets taken, stamps on */
	uint32_t armed;		/* what epoll watches; 0: not at all */
	uint32_t flags;
};

static unsigned char *stream_in(const struct stream *s, const struct stream_conn *c)
{
	return s->in + (size_t)(c - s->conn) * s->in_room;
}

static unsigned char *stream_out(const struct stream *s, const struct stream_conn *c)
{
	return s->out + (size_t)(c - s->conn) * s->out_room;
}

/* NULL: that peer is gone. */
static struct stream_conn *stream_find(const struct stream *s, uint32_t number)
{
	struct stream_conn *c = &s->conn[number & s->mask];

	return c->fd >= 0 && c->number == number ? c : NULL;
}

/*
 * Watch for what can still happen. A client is told of edges (a level is
 * looked at twice, and waiting stamps are one): all is read, or armed anew.
 */
static int stream_arm(struct stream *s, struct stream_conn *c)
{
	uint32_t want = 0;
	int op;

	if (!(c->flags & STREAM_EOF))
		want |= EPOLLIN;
	if (c->rest > 0 || c->flags & (STREAM_FULL | STREAM_OPENING))
		want |= EPOLLOUT;
	if (want == c->armed)
		return 0;
	op = !want ? EPOLL_CTL_DEL : c->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	c->armed = want;
	want |= s->listener < 0 ? EPOLLET | EPOLLRDHUP : 0;
	return socket_watch(s->epoll, op, c->fd, want, (uint32_t)(c - s->conn));
}

/* Of what is there already, too. */
static void stream_arm_anew(struct stream *s, struct stream_conn *c)
{
	c->armed = s->listener < 0 ? EPOLLET : c->armed;
	stream_arm(s, c);
}

static int stream_take(struct stream *s, struct stream_conn *c, int fd)
{
	int on = 1;

	*c = (struct stream_conn){ .fd = fd, .number = c->next, .next = c->next };
	if (s->nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return stream_arm(s, c);
}

static void stream_vacate(struct stream *s, struct stream_conn *c)
{
	if (s->wire)
		stamps_disable(s->wire, (uint32_t)(c - s->conn));
	close(c->fd);
	c->fd = -1;
	socket_events_forget(&s->events, (uint32_t)(c - s->conn));
	if (s->listener < 0)
		return;
	c->next += s->mask + 1;
	s->vacant[s->nvacant++] = (uint32_t)(c - s->conn);
}

/* Stamps from the first byte on: of a connection that stands. */
static void stream_stamps(struct stream *s, struct stream_conn *c)
{
	c->taken = 0;
	if (s->wire)
		stamps_enable(s->wire, c->number, c->fd);
}

/* --- opening --- */

/* Start a handshake; its end is told by epoll. */
static int stream_connect(struct stream *s, uint32_t place)
{
	const struct socket_address *to = &s->to.at[place % s->to.n];
	int fd = socket_open(to, SOCK_STREAM);
	int ret = fd < 0 ? fd : stream_take(s, &s->conn[place], fd);

	if (ret == 0 && connect(fd, (const void *)&to->to, to->len) != 0 &&
	    errno != EINPROGRESS)
		ret = -errno;
	return ret;
}

/* How the handshake went: 1, 0 while it goes on, -errno. */
static int stream_connected(const struct stream_conn *c)
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

/* Start a few more; a Unix listener whose queue is full says EAGAIN. */
static int stream_connect_some(struct stream *s, uint32_t *begun, uint32_t most)
{
	while (*begun < most) {
		int ret = stream_connect(s, *begun);

		if (ret == -EAGAIN)
			stream_vacate(s, &s->conn[*begun]);
		if (ret != 0)
			return ret == -EAGAIN ? 0 : ret;
		++*begun;
	}
	return 0;
}

/* The first n, some at a time, in order; until the deadline. */
static int stream_connect_all(struct stream *s, uint32_t n,
			      int64_t deadline_ns)
{
	uint32_t begun = 0, done = 0;

	while (done < n) {
		uint32_t most = done + CONNECTS < n ? done + CONNECTS : n;
		int ret = stream_connect_some(s, &begun, most);

		if (ret == 0 && done < begun)
			ret = stream_connected(&s->conn[done]);
		if (ret < 0)
			return ret;
		if (ret > 0) {
			stream_stamps(s, &s->conn[done++]);
			continue;
		}
		if (clock_now_ns() >= deadline_ns)
			return -ETIMEDOUT;
		usleep(100);
	}
	return 0;
}

static int stream_open_client(struct stream *s,
			      const struct transport_params *params,
			      int64_t deadline_ns, struct err *err)
{
	uint32_t n = params->open ? params->open : s->n;
	int ret;

	socket_name(s->to.at, s->name, sizeof(s->name));
	ret = stream_connect_all(s, n, deadline_ns);
	return ret ? err_set(err, ret, "cannot connect to %s: %s; start the "
			     "server there", s->name, strerror(-ret)) : 0;
}

static int stream_open_server(struct stream *s, struct arena *arena, struct err *err)
{
	s->listener = socket_listen(s->to.at, SOCK_STREAM, s->name, err);
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

void stream_close(void *state)
{
	struct stream *s = state;

	for (uint32_t i = 0; i < s->n; i++)
		if (s->conn[i].fd >= 0)
			close(s->conn[i].fd);
	if (s->listener >= 0)
		close(s->listener);
	socket_events_close(&s->events, s->epoll);
	socket_pages_free(s->in, s->n * s->in_room);
	socket_pages_free(s->out, s->n * s->out_room);
	s->n = 0;
	s->listener = s->epoll = -1;
	s->in = s->out = NULL;
}

/* Places are a power of two: conn & mask is then the place on both sides. */
static int stream_places(struct stream *s, const struct transport_params *params,
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
		s->conn[i] = (struct stream_conn){ .fd = -1, .next = i };
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

int stream_open(struct stream *s, const struct transport_params *params,
		int64_t deadline_ns, struct arena *arena, struct err *err)
{
	int ret;

	s->listener = s->epoll = -1;
	s->wire = params->listen ? NULL : params->stamps;
	ret = stream_places(s, params, arena, err);
	if (ret == 0)
		ret = params->listen ? stream_open_server(s, arena, err) :
				       stream_open_client(s, params, deadline_ns,
							  err);
	if (ret != 0)
		stream_close(s);
	return ret;
}

const char *stream_address(const void *state)
{
	return ((const struct stream *)state)->name;
}

/* Nobody waits for this: what is broken takes everything, recv tells. */
int stream_reopen(void *state, uint32_t number, struct err *err)
{
	struct stream *s = state;
	struct stream_conn *c = &s->conn[number & s->mask];
	int ret;

	if (c->fd >= 0)
		stream_vacate(s, c);
	ret = stream_connect(s, number);
	if (ret == 0) {
		c->flags |= STREAM_OPENING;
		ret = stream_arm(s, c);
	}
	if (ret == 0)
		return 0;
	if (c->fd >= 0)
		stream_vacate(s, c);
	return err_set(err, ret, "cannot connect to %s: %s", s->name,
		       strerror(-ret));
}

/* --- out --- */

/*
 * Bytes to the kernel, with control data where stamps need them. The kernel
 * merges no later bytes with them (MSG_EOR), whose stamp alone would be left.
 */
static ssize_t stream_hand_over(struct stream *s, const struct stream_conn *c,
				struct msghdr *msg, uint32_t asks)
{
	_Alignas(struct cmsghdr) unsigned char control[TSOURCE_CONTROL];
	int flags = MSG_NOSIGNAL;
	uint32_t key;

	if (asks && stamps_on(s->wire)) {
		flags |= MSG_EOR;
		msg->msg_controllen = stamps_request(s->wire, c->number, asks,
						     control, &key);
		msg->msg_control = msg->msg_controllen ? control : NULL;
	}
	/* One piece by itself the kernel takes faster. */
	if (msg->msg_iovlen == 1 && !msg->msg_control)
		return send(c->fd, msg->msg_iov->iov_base,
			    msg->msg_iov->iov_len, flags);
	return sendmsg(c->fd, msg, flags);
}

/* Push out the rest; 1 when all of it is gone. */
static int stream_flush(struct stream *s, struct stream_conn *c)
{
	struct iovec iov = { stream_out(s, c) + c->rest_at, c->rest };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (c->rest == 0)
		return 1;
	sent = stream_hand_over(s, c, &msg, c->asks);
	if (sent < 0 && errno != EAGAIN) {
		c->flags |= STREAM_BROKEN;
		c->rest = 0;
	} else if (sent > 0) {
		c->rest_at += (uint32_t)sent;
		c->rest -= (uint32_t)sent;
	}
	stream_arm(s, c);
	return c->rest == 0;
}

/*
 * What the kernel took of n packets; the rest of a broken one is kept. The
 * stamps of a write are of its last byte: pairing.h finds out whose it is.
 */
static size_t stream_account(struct stream *s, struct stream_conn *c,
			     struct packet *pkt, size_t n, size_t sent)
{
	size_t i = 0;

	for (; i < n && sent >= pkt[i].len; i++) {
		c->taken += pkt[i].len;
		sent -= pkt[i].len;
		pkt[i].key = c->taken - 1;
	}
	if (i < n && sent > 0) {
		c->taken += pkt[i].len;
		pkt[i].key = c->taken - 1;
		c->asks = pkt[i].flags;
		c->rest_at = 0;
		c->rest = pkt[i].len - (uint32_t)sent;
		memcpy(stream_out(s, c), pkt[i].data + sent, c->rest);
		stream_arm(s, c);
		i++;
	}
	return i;
}

/* It will never leave: nobody waits for a stamp of it. */
static size_t stream_lose(struct packet *pkt, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pkt[i].flags &= ~(uint32_t)TRANSPORT_STAMP;
	return n;
}

/* Stamp them; bytes that lie one behind the other are one piece. */
static size_t stream_pieces(struct iovec *iov, struct packet *pkt, size_t n,
			    uint32_t *asks)
{
	int64_t now = clock_now_ns();
	size_t pieces = 0;

	for (size_t i = 0; i < n; i++) {
		*asks |= pkt[i].flags;
		pkt[i].stamp_ns = now;
		if (i > 0 && pkt[i - 1].data + pkt[i - 1].len == pkt[i].data)
			iov[pieces - 1].iov_len += pkt[i].len;
		else
			iov[pieces++] = (struct iovec){ pkt[i].data,
							pkt[i].len };
	}
	return pieces;
}

/* Packets of one connection, in one system call. */
static size_t stream_send_run(struct stream *s, struct packet *pkt, size_t n)
{
	struct stream_conn *c = stream_find(s, pkt->conn);
	struct iovec iov[BURST];
	struct msghdr msg = { .msg_iov = iov };
	uint32_t asks = 0;
	ssize_t sent;

	msg.msg_iovlen = stream_pieces(iov, pkt, n, &asks);
	if (!c || c->flags & STREAM_BROKEN)
		return stream_lose(pkt, n);
	if (!stream_flush(s, c))
		return 0;
	sent = stream_hand_over(s, c, &msg, asks);
	if (sent >= 0)
		return stream_account(s, c, pkt, n, (size_t)sent);
	c->flags |= errno == EAGAIN ? STREAM_FULL : STREAM_BROKEN;
	stream_arm(s, c);
	return c->flags & STREAM_BROKEN ? stream_lose(pkt, n) : 0;
}

size_t stream_send(void *state, struct packet *pkt, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t run = 1, took;

		while (run < BURST && done + run < n &&
		       pkt[done + run].conn == pkt[done].conn)
			run++;
		took = stream_send_run(state, &pkt[done], run);
		done += took;
		if (took < run)
			break;
	}
	return done;
}

/* --- in --- */

/* Take new peers; those beyond the bound are turned away. */
static void stream_accept(struct stream *s)
{
	for (int i = 0; i < ACCEPTS; i++) {
		int fd = accept4(s->listener, NULL, NULL,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct stream_conn *c;

		if (fd < 0)
			return;
		if (s->nvacant == 0) {
			close(fd);
			continue;
		}
		c = &s->conn[s->vacant[--s->nvacant]];
		if (stream_take(s, c, fd) != 0)
			stream_vacate(s, c);
	}
}

static int stream_read(struct stream *s, struct stream_conn *c, bool ends,
		       struct packet *pkt)
{
	size_t room = s->in_room - c->have;
	unsigned char *to = stream_in(s, c) + c->have;
	int64_t stamp_ns = 0;
	ssize_t got = 0;
	bool refused;

	*pkt = (struct packet){ .data = to, .conn = c->number };
	if (room && s->listener >= 0)
		got = socket_recv(c->fd, to, room, &s->stamps, &stamp_ns);
	else if (room && stamps_wait(s->wire, c->number))
		got = stamps_recv(s->wire, c->fd, room, pkt);
	else if (room)
		got = recv(c->fd, to, room, 0);
	if (got < 0 && errno == EAGAIN)
		return 0;
	c->have += got > 0 ? (uint32_t)got : 0;
	if (got < 0)
		c->flags |= STREAM_BROKEN;
	refused = got < 0 && errno == ECONNREFUSED;
	if (got <= 0) {
		c->flags |= STREAM_EOF;
		stream_arm(s, c);
	} else if (ends || (size_t)got == room) {
		stream_arm_anew(s, c);
	}
	pkt->data = stream_in(s, c);
	pkt->len = c->have;
	pkt->flags |= (got <= 0 ? TRANSPORT_CLOSED : 0) |
		      (refused ? TRANSPORT_REFUSED : 0);
	pkt->stamp_ns = stamp_ns ? stamp_ns : clock_now_ns();
	return 1;
}

/* Its handshake has ended: 1 when it stands; else reading tells why not. */
static int stream_opened(struct stream *s, struct stream_conn *c,
			 uint32_t events, struct packet *pkt)
{
	c->flags &= ~(uint32_t)STREAM_OPENING;
	stream_arm(s, c);
	if (events & (EPOLLERR | EPOLLHUP))
		return 0;
	stream_stamps(s, c);
	*pkt = (struct packet){ .data = stream_in(s, c), .conn = c->number,
				.flags = TRANSPORT_OPENED, .stamp_ns = clock_now_ns() };
	return 1;
}

static int stream_event(struct stream *s, const struct epoll_event *event,
		     struct packet *pkt)
{
	struct stream_conn *c = &s->conn[event->data.u32 & s->mask];

	if (event->data.u32 == LISTENER) {
		stream_accept(s);
		return 0;
	}
	if (c->flags & STREAM_OPENING &&
	    stream_opened(s, c, event->events, pkt))
		return 1;
	if (event->events & EPOLLOUT) {
		c->flags &= ~(uint32_t)STREAM_FULL;
		if (stream_flush(s, c))
			stream_arm(s, c);
	}
	if (c->flags & STREAM_LEAVING && c->rest == 0) {
		stream_vacate(s, c);
		return 0;
	}
	/* An error that is nothing but stamps: others end the stream, too. */
	if (stamps_on(s->wire) && !(event->events & (EPOLLIN | EPOLLHUP)))
		return 0;
	if (c->flags & STREAM_EOF || !(event->events & ~(uint32_t)EPOLLOUT))
		return 0;
	return stream_read(s, c, event->events & (EPOLLRDHUP | EPOLLHUP), pkt);
}

size_t stream_recv(void *state, struct packet *pkt, size_t n)
{
	struct stream *s = state;
	const struct epoll_event *event;
	size_t out = 0;

	socket_events_look(&s->events, s->epoll);
	while (out < n && (event = socket_events_next(&s->events)))
		out += (size_t)stream_event(s, event, &pkt[out]);
	return out;
}

size_t stream_look(void *state, uint32_t number, struct packet *pkt, size_t n)
{
	struct stream *s = state;
	struct stream_conn *c = stream_find(s, number);

	return n > 0 && c && !(c->flags & (STREAM_EOF | STREAM_OPENING)) ?
		       (size_t)stream_read(s, c, false, pkt) : 0;
}

void stream_keep(void *state, uint32_t number, size_t used)
{
	struct stream *s = state;
	struct stream_conn *c = stream_find(s, number);

	if (!c || used == 0)
		return;
	c->have -= (uint32_t)used;
	if (c->have > 0)
		memmove(stream_in(s, c), stream_in(s, c) + used, c->have);
}

void stream_wait(void *state, int64_t until_ns)
{
	struct stream *s = state;

	socket_events_wait(&s->events, s->epoll, until_ns);
}

void stream_drop(void *state, uint32_t number)
{
	struct stream *s = state;
	struct stream_conn *c = stream_find(s, number);

	if (c && c->rest > 0 && !(c->flags & STREAM_BROKEN)) {
		c->flags |= STREAM_EOF | STREAM_LEAVING;
		stream_arm(s, c);
	} else if (c) {
		stream_vacate(s, c);
	}
}
