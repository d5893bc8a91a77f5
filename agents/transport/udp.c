/* udp.c - datagrams: a socket a connection for clients, one for a server */
#include "agents/transport.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agents/peers.h"
#include "agents/socket.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

/*
 * A client has one connected socket for every connection, so that a target
 * that spreads flows by hash sees that many; a single one is read without
 * epoll. A server has one socket, numbers its peers, and stamps what comes in
 * by the kernel: when it reached the socket, however late it is read.
 */
#define BURST 64		/* packets of one recv() */
#define UDP_MAX 65507		/* payload of one datagram over IPv4 */

struct udp_options {
	int64_t buffer;
};

struct udp {
	int listening;
	int epoll;		/* -1: fd[0] is the only socket */
	int *fd;
	uint32_t n;		/* sockets */
	struct peers peers;	/* listening */
	size_t room;		/* of one packet */
	unsigned char *data;	/* BURST packets */
	uint32_t refused[BURST]; /* connections whose send was refused */
	size_t nrefused;
	size_t stale;		/* messages whose address length was written */
	struct mmsghdr msg[BURST];
	struct iovec iov[BURST];
	struct sockaddr_storage from[BURST];
	struct socket_stamps stamps;
	_Alignas(struct cmsghdr) unsigned char control[BURST][SOCKET_STAMP_SIZE];
	char name[SOCKET_NAME_SIZE];
};

static int udp_connect(struct udp *s, const struct socket_address *to,
		       const struct udp_options *o, struct err *err)
{
	int fd = socket_open(to, SOCK_DGRAM);

	if (fd < 0)
		return err_set(err, fd, "cannot open a socket: %s",
			       strerror(-fd));
	s->fd[s->n++] = fd;
	socket_buffers(fd, (int)o->buffer);
	if (connect(fd, (const void *)&to->to, to->len) != 0)
		return err_set(err, -errno, "cannot reach %s: %s", s->name,
			       strerror(errno));
	if (s->epoll >= 0)
		return socket_watch(s->epoll, EPOLL_CTL_ADD, fd, EPOLLIN,
				    s->n - 1);
	return 0;
}

static int udp_connect_all(struct udp *s, const struct transport_params *params,
			   const struct socket_address *to,
			   const struct udp_options *o, struct err *err)
{
	uint32_t want = params->connections ? params->connections : 1;
	int ret = socket_limit(want, err);

	socket_name((const void *)&to->to, s->name, sizeof(s->name));
	if (ret == 0 && want > 1)
		s->epoll = epoll_create1(EPOLL_CLOEXEC);
	while (ret == 0 && s->n < want)
		ret = udp_connect(s, to, o, err);
	return ret;
}

static void udp_messages(struct udp *s, const struct transport_params *params)
{
	/* One byte more, so that a reply that is too long is seen as such. */
	s->room = params->max_message + 1;
	s->data = socket_pages(BURST * s->room);
	for (size_t i = 0; i < BURST && s->data; i++) {
		s->iov[i].iov_base = s->data + i * s->room;
		s->iov[i].iov_len = s->room;
		s->msg[i].msg_hdr.msg_iov = &s->iov[i];
		s->msg[i].msg_hdr.msg_iovlen = 1;
		if (!s->listening)
			continue;
		s->msg[i].msg_hdr.msg_name = &s->from[i];
		s->msg[i].msg_hdr.msg_control = s->control[i];
	}
	s->stale = BURST;
}

static void udp_close(void *state)
{
	struct udp *s = state;

	for (uint32_t i = 0; i < s->n; i++)
		close(s->fd[i]);
	if (s->epoll >= 0)
		close(s->epoll);
	socket_pages_free(s->data, BURST * s->room);
	s->n = 0;
	s->epoll = -1;
	s->data = NULL;
}

static int udp_listen(struct udp *s, const struct socket_address *at,
		      const struct udp_options *o, struct err *err)
{
	int fd = socket_listen(at, SOCK_DGRAM, s->name, err);

	if (fd < 0)
		return fd;
	s->fd[s->n++] = fd;
	socket_buffers(fd, (int)o->buffer);
	socket_stamps_enable(fd);
	return 0;
}

static int udp_open(void *state, const struct transport_params *params,
		    const void *options, int64_t deadline_ns,
		    struct arena *arena, struct err *err)
{
	uint32_t most = params->connections ? params->connections : 1;
	struct socket_address at;
	struct udp *s = state;
	int ret;

	(void)deadline_ns; /* nothing is said until the first request */
	s->epoll = -1;
	s->listening = params->listen;
	if (params->max_message > UDP_MAX)
		return err_set(err, -EMSGSIZE,
			       "messages of %zu bytes do not fit into UDP; the most is %d",
			       params->max_message, UDP_MAX);
	ret = transport_resolve(params->address, params->listen, &at.to,
				&at.len, err);
	if (ret != 0)
		return ret;
	udp_messages(s, params);
	if (!s->data)
		return err_set(err, -ENOMEM, "no memory for packets");
	s->fd = arena_array(arena, most, sizeof(*s->fd));
	if (params->listen) {
		peers_init(&s->peers, most, arena);
		ret = udp_listen(s, &at, options, err);
	} else {
		ret = udp_connect_all(s, params, &at, options, err);
	}
	if (ret != 0)
		udp_close(s);
	return ret;
}

static const char *udp_address(const void *state)
{
	return ((const struct udp *)state)->name;
}

/* 1: gone, or as good as; 0: no room. */
static int udp_send_one(struct udp *s, struct packet *pkt)
{
	const struct sockaddr *to = NULL;
	socklen_t len = 0;
	int fd = s->fd[s->listening ? 0 : pkt->conn];
	ssize_t ret;

	if (s->listening) {
		to = peers_address(&s->peers, pkt->conn, &len);
		if (!to)
			return 1; /* forgotten: nobody to answer */
	}
	pkt->stamp_ns = clock_now_ns();
	ret = sendto(fd, pkt->data, pkt->len, 0, to, len);
	if (ret < 0 && errno == ECONNREFUSED) {
		/* That was said of an earlier packet, instead of sending. */
		if (s->nrefused < BURST)
			s->refused[s->nrefused++] = pkt->conn;
		pkt->stamp_ns = clock_now_ns();
		ret = sendto(fd, pkt->data, pkt->len, 0, to, len);
	}
	return ret >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

static size_t udp_send(void *state, struct packet *pkt, size_t n)
{
	size_t i = 0;

	while (i < n && udp_send_one(state, &pkt[i]))
		i++;
	return i;
}

static size_t udp_refused(struct udp *s, struct packet *pkt, size_t n)
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

/* One of many sockets, because epoll says so. */
static int udp_read(struct udp *s, uint32_t conn, unsigned char *data,
		    struct packet *pkt)
{
	ssize_t len = recv(s->fd[conn], data, s->room, 0);

	if (len < 0 && errno != ECONNREFUSED)
		return 0;
	*pkt = (struct packet){
		.data = data,
		.len = len < 0 ? 0 : (uint32_t)len,
		.conn = conn,
		.flags = len < 0 ? TRANSPORT_REFUSED : 0,
		.stamp_ns = clock_now_ns(),
	};
	return 1;
}

static size_t udp_recv_sockets(struct udp *s, struct packet *pkt, size_t n)
{
	struct epoll_event event[BURST];
	int ready = epoll_wait(s->epoll, event, (int)n, 0);
	size_t out = 0;

	for (int i = 0; i < ready; i++)
		out += (size_t)udp_read(s, event[i].data.u32,
					s->data + out * s->room, &pkt[out]);
	return out;
}

/* The only socket: a client's, or a server's. */
static size_t udp_recv_socket(struct udp *s, struct packet *pkt, size_t n)
{
	int64_t now;
	int got;

	for (size_t i = 0; i < s->stale && s->listening; i++) {
		s->msg[i].msg_hdr.msg_namelen = sizeof(s->from[i]);
		s->msg[i].msg_hdr.msg_controllen = SOCKET_STAMP_SIZE;
	}
	got = recvmmsg(s->fd[0], s->msg, (unsigned)n, MSG_DONTWAIT, NULL);
	s->stale = got > 0 ? (size_t)got : 0;
	if (got < 0 && errno == ECONNREFUSED) {
		s->refused[s->nrefused++] = 0;
		return udp_refused(s, pkt, n);
	}
	if (got < 0)
		return 0;
	now = clock_now_ns();
	for (int i = 0; i < got; i++)
		pkt[i] = (struct packet){
			.data = s->iov[i].iov_base,
			.len = s->msg[i].msg_len,
			.conn = s->listening ?
				peers_number(&s->peers, (void *)&s->from[i]) :
				0,
			.stamp_ns = s->listening ?
				socket_stamp(&s->stamps, &s->msg[i].msg_hdr,
					     now) :
				now,
		};
	return (size_t)got;
}

static size_t udp_recv(void *state, struct packet *pkt, size_t n)
{
	struct udp *s = state;

	n = n < BURST ? n : BURST;
	if (s->nrefused > 0)
		return udp_refused(s, pkt, n);
	if (s->epoll >= 0)
		return udp_recv_sockets(s, pkt, n);
	return udp_recv_socket(s, pkt, n);
}

static void udp_wait(void *state, int64_t until_ns)
{
	struct udp *s = state;

	if (s->nrefused == 0)
		socket_wait(s->epoll >= 0 ? s->epoll : s->fd[0], until_ns);
}

static int udp_reopen(void *state, uint32_t conn, struct err *err)
{
	(void)state, (void)conn, (void)err;
	return 0; /* there is nothing that could have been closed */
}

static const struct option_row udp_rows[] = {
	OPTION(SIZE, struct udp_options, buffer, 0, "8MiB", 4096, 1 << 30,
	       "send and receive buffer of each socket, as far as the system permits"),
	{ 0 },
};

const struct transport_ops transport_udp = {
	.kind = {
		.name = "udp",
		.help = "UDP datagrams; a socket for each connection",
		.options = udp_rows,
		.options_size = sizeof(struct udp_options),
	},
	.state_size = sizeof(struct udp),
	.open = udp_open,
	.close = udp_close,
	.address = udp_address,
	.send = udp_send,
	.recv = udp_recv,
	.wait = udp_wait,
	.reopen = udp_reopen,
};
