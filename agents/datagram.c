/* datagram.c - packets over the kernel's sockets, for udp and unix-datagram */
#include "agents/datagram.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agents/stamps.h"
#include "hwts/launch.h"
#include "hwts/sys.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

#define BURST DATAGRAM_BURST
#define PAYLOAD_MAX 65507 /* of one datagram over IPv4, and over the others */

static int datagram_connect(struct datagram *s, struct err *err)
{
	const struct socket_address *to = &s->to.at[s->n % s->to.n];
	int fd = socket_open(to, SOCK_DGRAM);

	if (fd < 0)
		return err_set(err, fd, "cannot open a socket: %s",
			       strerror(-fd));
	s->fd[s->n++] = fd;
	socket_buffers(fd, s->buffer);
	if (socket_bind_local(fd, to) != 0 ||
	    connect(fd, (const void *)&to->to, to->len) != 0)
		return err_set(err, -errno, "cannot reach %s: %s", s->name,
			       strerror(errno));
	if (s->wire)
		stamps_enable(s->wire, s->n - 1, fd);
	if (s->launch && launch_enable(s->launch, &sys_kernel, fd) < 0)
		return err_set(err, -errno, "the kernel does not support "
			       "launch times (SO_TXTIME): %s; remove pacer",
			       strerror(errno));
	if (s->epoll >= 0)
		return socket_watch(s->epoll, EPOLL_CTL_ADD, fd,
				    EPOLLIN | EPOLLET, s->n - 1);
	return 0;
}

static int datagram_connect_all(struct datagram *s, uint32_t most,
				struct err *err)
{
	int ret = socket_limit(most, err);

	socket_name(s->to.at, s->name, sizeof(s->name));
	if (ret == 0 && most > 1)
		s->epoll = epoll_create1(EPOLL_CLOEXEC);
	while (ret == 0 && s->n < most)
		ret = datagram_connect(s, err);
	return ret;
}

/*
 * Only to wait, by an alarm (socket.c) and not by a timer each time; what
 * there is to read is asked of the socket itself.
 */
static int datagram_watch_only(struct datagram *s, struct err *err)
{
	int ret = -1;

	if (s->epoll >= 0)
		return 0;
	s->only = epoll_create1(EPOLL_CLOEXEC);
	if (s->only >= 0)
		ret = socket_watch(s->only, EPOLL_CTL_ADD, s->fd[0], EPOLLIN,
				   0);
	return ret == 0 ? 0 : err_set(err, -errno, "cannot wait for %s: %s",
				      s->name, strerror(errno));
}

static void datagram_messages(struct datagram *s,
			      const struct transport_params *params)
{
	/* One byte more, so that a reply that is too long is seen as such. */
	s->room = params->max_message + 1;
	s->data = socket_pages(BURST * s->room);
	for (size_t i = 0; i < BURST && s->data; i++) {
		s->iov[i].iov_base = s->data + i * s->room;
		s->iov[i].iov_len = s->room;
		s->msg[i].msg_hdr.msg_iov = &s->iov[i];
		s->msg[i].msg_hdr.msg_iovlen = 1;
		if (s->listening || s->wire)
			s->msg[i].msg_hdr.msg_control = s->control[i];
		if (s->listening)
			s->msg[i].msg_hdr.msg_name = &s->from[i];
	}
	s->stale = BURST;
}

void datagram_close(void *state)
{
	struct datagram *s = state;

	for (uint32_t i = 0; i < s->n; i++)
		close(s->fd[i]);
	socket_events_close(&s->events, s->epoll >= 0 ? s->epoll : s->only);
	socket_pages_free(s->data, BURST * s->room);
	s->n = 0;
	s->epoll = s->only = -1;
	s->data = NULL;
}

static int datagram_listen(struct datagram *s, struct err *err)
{
	int fd = socket_listen(s->to.at, SOCK_DGRAM, s->name, err);

	if (fd < 0)
		return fd;
	s->fd[s->n++] = fd;
	socket_buffers(fd, s->buffer);
	socket_stamps_enable(fd);
	return 0;
}

int datagram_open(struct datagram *s, const struct transport_params *params,
		  struct arena *arena, struct err *err)
{
	uint32_t most = params->connections ? params->connections : 1;
	int ret;

	s->epoll = s->only = -1;
	s->listening = params->listen;
	s->wire = params->listen ? NULL : params->stamps;
	s->launch = params->listen ? NULL : params->launch;
	if (params->max_message > PAYLOAD_MAX)
		return err_set(err, -EMSGSIZE,
			       "messages of %zu bytes do not fit into "
			       "datagrams; the most is %d",
			       params->max_message, PAYLOAD_MAX);
	datagram_messages(s, params);
	if (!s->data)
		return err_set(err, -ENOMEM, "no memory for packets");
	s->fd = arena_array(arena, most, sizeof(*s->fd));
	s->owed = arena_array(arena, most, sizeof(*s->owed));
	waiting_init(&s->look, most, arena);
	if (params->listen)
		peers_init(&s->peers, most, arena);
	ret = params->listen ? datagram_listen(s, err) :
			       datagram_connect_all(s, most, err);
	if (ret == 0)
		ret = datagram_watch_only(s, err);
	if (ret != 0)
		datagram_close(s);
	return ret;
}

const char *datagram_address(const void *state)
{
	return ((const struct datagram *)state)->name;
}

/* Stamped as what it is to the wire: it leaves now, or at its launch time. */
static size_t datagram_control(struct datagram *s, struct packet *pkt,
			       void *control)
{
	size_t len = 0;

	if (stamps_asks(s->wire, pkt))
		len = stamps_request(s->wire, pkt->conn, pkt->flags, control,
				     &pkt->key);
	pkt->stamp_ns = clock_now_ns();
	if (!s->launch)
		return len;
	if (pkt->launch_ns > pkt->stamp_ns)
		pkt->stamp_ns = pkt->launch_ns;
	return launch_control(s->launch, control, len, pkt->stamp_ns);
}

/* With control data that ask for stamps, where the source wants any. */
static ssize_t datagram_send_asking(struct datagram *s, struct packet *pkt)
{
	_Alignas(struct cmsghdr) unsigned char control[TSOURCE_CONTROL +
						       LAUNCH_CONTROL];
	struct iovec iov = { pkt->data, pkt->len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	bool asks = stamps_asks(s->wire, pkt);
	int fd = s->fd[pkt->conn], error;
	ssize_t ret;

	for (int again = 1; again >= 0; again--) {
		msg.msg_controllen = datagram_control(s, pkt, control);
		msg.msg_control = msg.msg_controllen ? control : NULL;
		ret = msg.msg_control ? sendmsg(fd, &msg, 0) :
					send(fd, pkt->data, pkt->len, 0);
		error = errno;
		if (ret >= 0 || !asks ||
		    !stamps_failed(s->wire, pkt->conn, error))
			break;
	}
	errno = error;
	return ret;
}

/* One packet to the kernel, stamped just before. */
static ssize_t datagram_hand_over(struct datagram *s, struct packet *pkt,
				  const struct sockaddr *to, socklen_t len)
{
	if (s->launch || stamps_asks(s->wire, pkt))
		return datagram_send_asking(s, pkt);
	pkt->stamp_ns = clock_now_ns();
	return sendto(s->fd[s->listening ? 0 : pkt->conn], pkt->data,
		      pkt->len, 0, to, len);
}

/* 1: gone, or as good as; 0: no room. */
static int datagram_send_one(struct datagram *s, struct packet *pkt)
{
	const struct sockaddr *to = NULL;
	socklen_t len = 0;
	ssize_t ret;

	if (s->listening) {
		to = peers_address(&s->peers, pkt->conn, &len);
		if (!to)
			return 1; /* forgotten: nobody to answer */
	}
	ret = datagram_hand_over(s, pkt, to, len);
	if (ret < 0 && errno == ECONNREFUSED) {
		/* That was said of an earlier packet, instead of sending. */
		if (s->nrefused < BURST)
			s->refused[s->nrefused++] = pkt->conn;
		ret = datagram_hand_over(s, pkt, to, len);
	}
	if (ret >= 0) {
		if (s->epoll >= 0)
			s->owed[pkt->conn]++;
		return 1;
	}
	pkt->flags &= ~(uint32_t)TRANSPORT_STAMP;
	return errno != EAGAIN && errno != ENOBUFS;
}

size_t datagram_send(void *state, struct packet *pkt, size_t n)
{
	size_t i = 0;

	while (i < n && datagram_send_one(state, &pkt[i]))
		i++;
	return i;
}

static size_t datagram_refused(struct datagram *s, struct packet *pkt, size_t n)
{
	size_t i = 0;

	while (i < n && s->nrefused > 0)
		pkt[i++] = (struct packet){
			.data = s->data,
			.conn = s->refused[--s->nrefused],
			.flags = TRANSPORT_REFUSED,
			.stamp_ns = clock_now_ns(),
		};
	return i;
}

/* Room for control data only where there may be some. */
static void datagram_room(struct datagram *s, size_t first, size_t n,
			  bool stamps)
{
	for (size_t i = first; i < first + n; i++) {
		s->msg[i].msg_hdr.msg_namelen = sizeof(s->from[i]);
		s->msg[i].msg_hdr.msg_controllen =
			stamps ? sizeof(s->control[i]) : 0;
	}
}

/* What a socket's reading came to: bytes, a refusal, or nothing: 0. */
static size_t datagram_came(struct packet *pkt, ssize_t len)
{
	if (len < 0 && errno != ECONNREFUSED)
		return 0;
	pkt->stamp_ns = clock_now_ns();
	if (len < 0)
		pkt->flags = TRANSPORT_REFUSED;
	else
		pkt->len = (uint32_t)len;
	return 1;
}

/* One of many sockets, because epoll says so. */
static size_t datagram_read(struct datagram *s, uint32_t conn, size_t at,
			    struct packet *pkt)
{
	unsigned char *data = s->data + at * s->room;

	*pkt = (struct packet){ .data = data, .conn = conn };
	return datagram_came(pkt, stamps_wait(s->wire, conn) ?
			     stamps_recv(s->wire, s->fd[conn], s->room, pkt) :
			     recv(s->fd[conn], data, s->room, 0));
}

/* Up to n of one socket. */
static size_t datagram_read_several(struct datagram *s, uint32_t conn,
				    size_t at, struct packet *pkt, size_t n)
{
	bool stamps = stamps_wait(s->wire, conn);
	int64_t now;
	int got;

	datagram_room(s, at, n, stamps);
	got = recvmmsg(s->fd[conn], s->msg + at, (unsigned)n, MSG_DONTWAIT,
		       NULL);
	if (got < 0) {
		*pkt = (struct packet){ .data = s->data, .conn = conn };
		return datagram_came(pkt, -1);
	}
	now = clock_now_ns();
	for (size_t i = 0; i < (size_t)got; i++) {
		struct mmsghdr *msg = &s->msg[at + i];

		pkt[i] = (struct packet){
			.data = s->iov[at + i].iov_base, .conn = conn,
			.len = msg->msg_len, .stamp_ns = now,
		};
		if (stamps)
			stamps_received(s->wire, &msg->msg_hdr, msg->msg_len,
					&pkt[i]);
	}
	return (size_t)got;
}

void datagram_again(void *state, uint32_t conn)
{
	struct datagram *s = state;

	if (s->epoll < 0)
		return;
	s->owed[conn]++;
	waiting_put(&s->look, conn);
}

/* What a socket owes, as far as it fits. */
static size_t datagram_empty(struct datagram *s, uint32_t conn, size_t at,
			     struct packet *pkt, size_t n)
{
	size_t want = s->owed[conn] > 1 ? (size_t)s->owed[conn] : 1, got;

	want = want < n ? want : n;
	got = want > 1 ? datagram_read_several(s, conn, at, pkt, want) :
			 datagram_read(s, conn, at, pkt);
	s->owed[conn] -= (int32_t)got;
	/* Behind a refusal there may be more, which has had its edge. */
	if (got > 0 && (!pkt->len || (got == want && s->owed[conn] > 0)))
		waiting_put(&s->look, conn);
	return got;
}

/* With stamps, an error is most often nothing else, and has time. */
static bool datagram_only_stamps(struct datagram *s,
				 const struct epoll_event *event)
{
	if (!stamps_on(s->wire) || event->events & EPOLLIN)
		return false;
	s->doubt = event->data.u32 + 1;
	return true;
}

static size_t datagram_recv_sockets(struct datagram *s, struct packet *pkt,
				    size_t n)
{
	const struct epoll_event *event;
	size_t out = 0, looks = s->look.n;

	for (size_t i = 0; i < looks && out < n; i++)
		out += datagram_empty(s, waiting_take(&s->look), out, pkt + out,
				      n - out);
	if (!socket_events_look(&s->events, s->epoll)) {
		if (s->doubt)
			waiting_put(&s->look, s->doubt - 1);
		s->doubt = 0;
		return out;
	}
	while (out < n && (event = socket_events_next(&s->events)))
		if (!datagram_only_stamps(s, event))
			out += datagram_empty(s, event->data.u32, out,
					      pkt + out, n - out);
	return out;
}

/* The only socket: a client's, or a server's. */
static size_t datagram_recv_socket(struct datagram *s, struct packet *pkt,
				   size_t n)
{
	bool stamps = s->listening || stamps_wait(s->wire, 0);
	int64_t now;
	int got;

	if (stamps != s->roomy)
		s->stale = BURST;
	s->roomy = stamps;
	if (s->listening || s->wire)
		datagram_room(s, 0, s->stale, stamps);
	got = recvmmsg(s->fd[0], s->msg, (unsigned)n, MSG_DONTWAIT, NULL);
	s->stale = got > 0 ? (size_t)got : 0;
	if (got < 0 && errno == ECONNREFUSED) {
		s->refused[s->nrefused++] = 0;
		return datagram_refused(s, pkt, n);
	}
	if (got < 0)
		return 0;
	now = clock_now_ns();
	for (int i = 0; i < got; i++)
		pkt[i] = (struct packet){
			.data = s->iov[i].iov_base,
			.len = s->msg[i].msg_len,
			.conn = s->listening ?
				peers_number(&s->peers, (void *)&s->from[i],
					     s->msg[i].msg_hdr.msg_namelen) :
				0,
			.stamp_ns = s->listening ?
				socket_stamp(&s->stamps, &s->msg[i].msg_hdr,
					     now) :
				now,
		};
	for (int i = 0; i < got && s->wire && stamps; i++)
		stamps_received(s->wire, &s->msg[i].msg_hdr,
				s->msg[i].msg_len, &pkt[i]);
	return (size_t)got;
}

size_t datagram_recv(void *state, struct packet *pkt, size_t n)
{
	struct datagram *s = state;

	n = n < BURST ? n : BURST;
	if (s->nrefused > 0)
		return datagram_refused(s, pkt, n);
	if (s->epoll >= 0)
		return datagram_recv_sockets(s, pkt, n);
	return datagram_recv_socket(s, pkt, n);
}

size_t datagram_look(void *state, uint32_t conn, struct packet *pkt, size_t n)
{
	struct datagram *s = state;

	if (s->epoll < 0 || s->nrefused > 0)
		return datagram_recv(state, pkt, n);
	return datagram_empty(s, conn, 0, pkt, n < BURST ? n : BURST);
}

void datagram_wait(void *state, int64_t until_ns)
{
	struct datagram *s = state;

	if (s->nrefused > 0 || s->look.n > 0)
		return;
	socket_events_wait(&s->events, s->epoll >= 0 ? s->epoll : s->only,
			   until_ns);
	if (s->epoll < 0)
		s->events.n = 0;
}

int datagram_reopen(void *state, uint32_t conn, struct err *err)
{
	(void)state, (void)conn, (void)err;
	return 0; /* there is nothing that could have been closed */
}
