/* socket.c - SO_TIMESTAMPING: stamps by the kernel, or by the card for it */
#include "hwts/tsource.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "hwts/card.h"
#include "hwts/control.h"
#include "hwts/sys.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"

/* Younger than the headers that lancet is built with. */
#define OPT_ID_TCP (1u << 16)	 /* keys from what was written, not acked */
#define OPT_RX_FILTER (1u << 17) /* only the kind of stamp that was asked */
#define TS_OPT_ID 81		 /* SCM_TS_OPT_ID: the caller's own key */

#define BATCH 32		 /* messages of one look at the error queue */

_Static_assert(BATCH * CONTROL_STAMPS <= TSOURCE_DRAIN, "fits in once");

struct socket_conn {
	int fd;
	uint32_t base;		/* of the kernel's count, since enable() */
	uint32_t count;		/* sends that asked */
	uint32_t drops;		/* of the socket when it was enabled */
	uint32_t resent;	/* segments, when resent() was asked last */
};

struct socket_source {
	struct tsource_params params;
	const struct sys_ops *sys;
	struct socket_conn *conn;
	bool own_key;		/* SCM_TS_OPT_ID, until the kernel refuses */
	struct card card;	/* params.hardware: since the first enable() */
	struct mmsghdr msg[BATCH];
	_Alignas(struct cmsghdr) unsigned char control[BATCH]
						      [TSOURCE_RECEIVED];
};

static int socket_open(void *state, const struct tsource_params *params,
		       struct arena *arena, struct err *err)
{
	struct socket_source *s = state;

	(void)err;
	s->params = *params;
	s->sys = params->sys ? params->sys : &sys_kernel;
	s->conn = arena_array(arena, params->connections, sizeof(*s->conn));
	s->own_key = !params->stream && !params->every;
	for (uint32_t i = 0; i < params->connections; i++)
		s->conn[i].fd = -1;
	for (size_t i = 0; i < BATCH; i++)
		s->msg[i].msg_hdr.msg_control = s->control[i];
	return 0;
}

static void socket_close(void *state)
{
	struct socket_source *s = state;

	card_close(&s->card); /* the descriptors are their owner's */
}

/* Bits that tell the kernel when to stamp a packet that leaves. */
static uint32_t record_flags(const struct socket_source *s, unsigned kinds)
{
	uint32_t flags = 0;

	if (kinds & TSOURCE_BIT(TSOURCE_SND))
		flags |= SOF_TIMESTAMPING_TX_SOFTWARE |
			 (s->params.hardware ? SOF_TIMESTAMPING_TX_HARDWARE : 0);
	if (kinds & TSOURCE_BIT(TSOURCE_SCHED))
		flags |= SOF_TIMESTAMPING_TX_SCHED;
	if (kinds & TSOURCE_BIT(TSOURCE_ACK))
		flags |= SOF_TIMESTAMPING_TX_ACK;
	return flags;
}

static uint32_t socket_flags(const struct socket_source *s)
{
	uint32_t flags = SOF_TIMESTAMPING_SOFTWARE |
			 SOF_TIMESTAMPING_RX_SOFTWARE |
			 SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;

	if (s->params.hardware)
		flags |= SOF_TIMESTAMPING_RAW_HARDWARE |
			 SOF_TIMESTAMPING_RX_HARDWARE |
			 SOF_TIMESTAMPING_OPT_TX_SWHW;
	if (s->params.every)
		flags |= record_flags(s, TSOURCE_BIT(TSOURCE_SND));
	return flags;
}

static int socket_set(const struct socket_source *s, int fd, uint32_t flags)
{
	int rc = s->sys->setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags,
				    sizeof(flags));

	return rc ? -errno : 0;
}

/* With the younger flags as far as the kernel knows them. */
static int socket_set_best(const struct socket_source *s, int fd,
			   struct err *err)
{
	uint32_t flags = socket_flags(s);
	uint32_t id = s->params.stream ? OPT_ID_TCP : 0;
	const uint32_t more[] = { OPT_RX_FILTER | id, id, 0 };
	int rc = -EINVAL;

	for (size_t i = 0; rc == -EINVAL && i < 3; i++)
		rc = socket_set(s, fd, flags | more[i]);
	return rc == 0 ? 0 :
	       err_set(err, rc, "the socket does not support SO_TIMESTAMPING: "
				"%s",
		       strerror(-rc));
}

static uint32_t socket_drops(const struct socket_source *s, int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	s->sys->getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	return info[SK_MEMINFO_DROPS];
}

static int socket_enable(void *state, uint32_t conn, int fd, struct err *err)
{
	struct socket_source *s = state;
	int bytes = s->params.buffer, rc;

	if (bytes && s->sys->setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
					sizeof(bytes)))
		s->sys->setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes,
				   sizeof(bytes));
	s->conn[conn] = (struct socket_conn){
		.fd = fd, .drops = socket_drops(s, fd),
	};
	rc = socket_set_best(s, fd, err);
	if (rc == 0 && s->params.hardware && !s->card.open)
		rc = card_open(&s->card, s->sys, fd,
				       s->params.interface, err);
	return rc;
}

static int socket_retune(void *state, const struct tsource_params *params,
			 struct err *err)
{
	struct socket_source *s = state;
	int rc = 0;

	if (!params || !params->hardware)
		card_close(&s->card);
	if (params) {
		s->params.hardware = params->hardware;
		s->params.every = params->every;
		s->own_key = !params->stream && !params->every;
	}
	for (uint32_t i = 0; i < s->params.connections && rc == 0; i++) {
		int fd = s->conn[i].fd;

		if (fd >= 0)
			rc = params ? socket_set_best(s, fd, err) :
				      socket_set(s, fd, 0);
		if (rc == 0 && fd >= 0 && s->params.hardware && params &&
		    !s->card.open)
			rc = card_open(&s->card, s->sys, fd,
				       s->params.interface, err);
	}
	return rc;
}

/* --- out --- */

static size_t put_control(void *control, size_t at, int type, uint32_t value)
{
	struct cmsghdr *c = (void *)((char *)control + at);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(sizeof(value));
	memcpy(CMSG_DATA(c), &value, sizeof(value));
	return at + CMSG_SPACE(sizeof(value));
}

_Static_assert(2 * CMSG_SPACE(sizeof(uint32_t)) <= TSOURCE_CONTROL,
	       "room for both messages");

static size_t socket_request(void *state, uint32_t conn, unsigned kinds,
			     void *control, uint32_t *key)
{
	struct socket_source *s = state;
	struct socket_conn *c = &s->conn[conn];
	size_t len;

	*key = c->count++;
	/* The socket asks for this much by itself. */
	if (s->params.every && kinds == TSOURCE_BIT(TSOURCE_SND))
		return 0;
	len = put_control(control, 0, SO_TIMESTAMPING, record_flags(s, kinds));
	if (s->own_key)
		len = put_control(control, len, TS_OPT_ID, *key);
	return len;
}

/* Did the failed send take a number? The kernel's count begins anew. */
static bool socket_failed(void *state, uint32_t conn, int error)
{
	struct socket_source *s = state;
	struct socket_conn *c = &s->conn[conn];
	bool refused = s->own_key && error == EINVAL;
	struct err err;

	c->count--;
	if (refused)
		s->own_key = false;
	if (s->own_key || s->params.stream)
		return false;
	c->base = c->count;
	if (!socket_set(s, c->fd,
		       socket_flags(s) & ~(uint32_t)SOF_TIMESTAMPING_OPT_ID))
		socket_set_best(s, c->fd, &err);
	return refused;
}

/* --- stamps --- */

static size_t socket_take(const struct socket_conn *c, uint32_t conn,
			  const struct msghdr *msg, struct tsource_stamp *to)
{
	size_t n = control_sent(msg, to);

	for (size_t i = 0; i < n; i++) {
		to[i].conn = conn;
		to[i].key += c->base;
	}
	return n;
}

static size_t socket_drain(void *state, uint32_t conn,
			   struct tsource_stamp *stamp, size_t n)
{
	struct socket_source *s = state;
	const struct socket_conn *c = &s->conn[conn];
	size_t out = 0;
	int got = BATCH;

	while (got == BATCH && n - out >= BATCH * CONTROL_STAMPS) {
		for (size_t i = 0; i < BATCH; i++)
			s->msg[i].msg_hdr.msg_controllen = TSOURCE_RECEIVED;
		got = s->sys->recvmmsg(c->fd, s->msg, BATCH,
				       MSG_ERRQUEUE | MSG_DONTWAIT, NULL);
		for (int i = 0; i < got; i++)
			out += socket_take(c, conn, &s->msg[i].msg_hdr,
					   stamp + out);
	}
	return out;
}

static bool socket_received(void *state, const struct msghdr *msg,
			    struct tsource_stamp *stamp)
{
	(void)state;
	return control_received(msg, stamp);
}

static int socket_clock(void *state, struct tsource_reading *reading, int n)
{
	struct socket_source *s = state;

	return s->card.open ? phc_clock_read(&s->card.clock, reading, n)
			    : -ENODEV;
}

static uint64_t socket_all_drops(void *state)
{
	struct socket_source *s = state;
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->params.connections; i++)
		if (s->conn[i].fd >= 0)
			n += socket_drops(s, s->conn[i].fd) - s->conn[i].drops;
	return n;
}

static bool socket_resent(void *state, uint32_t conn)
{
	struct socket_source *s = state;
	struct socket_conn *c = &s->conn[conn];
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	uint32_t before = c->resent;

	if (!s->params.stream || c->fd < 0 ||
	    s->sys->getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return false;
	c->resent = info.tcpi_total_retrans;
	return c->resent != before;
}

const struct tsource_ops tsource_socket = {
	.kind = {
		.name = "socket",
		.help = "SO_TIMESTAMPING: by the kernel, or the network card",
	},
	.flags = TSOURCE_SOCKETS,
	.state_size = sizeof(struct socket_source),
	.open = socket_open,
	.close = socket_close,
	.enable = socket_enable,
	.retune = socket_retune,
	.tx_request = socket_request,
	.tx_failed = socket_failed,
	.tx_drain = socket_drain,
	.rx_stamp = socket_received,
	.phc_read = socket_clock,
	.drops = socket_all_drops,
	.resent = socket_resent,
};
