/* trial.c - a few packets through an interface: which stamps come back? */
#include "hwts/trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "hwts/sys.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

#define CONNECT_MS 1000
/* For each packet: its stamps; and its answer, where somebody is there. */
#define STAMPS_NS 20000000
#define ANSWER_NS 200000000
#define SWITCH_NS 300000000
#define BYTES 64

struct run {
	const struct trial_params *params;
	struct trial *trial;
	struct tsource source;
	int fd, listener, server; /* ours where we answer ourselves; or -1 */
	struct err *err;
};

static int failed(struct run *r, const char *what)
{
	int rc = -errno;
	const char *name = r->params->interface;

	if (rc == -ENETUNREACH || rc == -ENETDOWN)
		return err_set(r->err, rc, "%s: %s; bring %s up, with an "
			       "address (ip link set %s up)", what,
			       strerror(-rc), name, name);
	return err_set(r->err, rc, "%s: %s", what, strerror(-rc));
}

static int type_of(const struct run *r)
{
	return (r->params->stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC;
}

/* --- sockets -------------------------------------------------------------- */

/* All hosts of this link, and no other link's. */
static int connect_link(struct run *r)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct ip_mreqn by = {
		.imr_ifindex = (int)if_nametoindex(r->params->interface),
	};
	int one = 1;

	if (r->params->stream)
		return err_set(r->err, -EDESTADDRREQ, "not tried: a stream "
			       "needs a peer that answers; name one by --peer");
	to.sin_addr.s_addr = htonl(INADDR_ALLHOSTS_GROUP);
	if (setsockopt(r->fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by)) ||
	    setsockopt(r->fd, IPPROTO_IP, IP_MULTICAST_TTL, &one,
		       sizeof(one)) ||
	    connect(r->fd, (void *)&to, sizeof(to)))
		return failed(r, "no packet can be sent");
	return 0;
}

static int connect_peer(struct run *r)
{
	struct pollfd ready = { .fd = r->fd, .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	if (connect(r->fd, r->params->peer, r->params->peer_len) &&
	    errno != EINPROGRESS)
		return failed(r, "the peer cannot be reached");
	if (poll(&ready, 1, CONNECT_MS) != 1)
		return err_set(r->err, -ETIMEDOUT, "the peer does not answer");
	getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	errno = error;
	return error ? failed(r, "the peer cannot be reached") : 0;
}

static int connect_self(struct run *r)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r->listener = socket(AF_INET, type_of(r), 0);
	if (r->listener < 0 || bind(r->listener, (void *)&at, len) ||
	    getsockname(r->listener, (void *)&at, &len) ||
	    (r->params->stream && listen(r->listener, 1)))
		return failed(r, "cannot listen on lo");
	if (connect(r->fd, (void *)&at, len) && errno != EINPROGRESS)
		return failed(r, "lo cannot be reached");
	r->server = r->params->stream ? accept(r->listener, NULL, NULL)
				      : dup(r->listener);
	return r->server < 0 ? failed(r, "lo cannot be reached") : 0;
}

static int run_connect(struct run *r)
{
	const struct trial_params *p = r->params;
	int family = p->peer ? p->peer->sa_family : AF_INET;

	r->fd = socket(family, type_of(r) | SOCK_NONBLOCK, 0);
	if (r->fd < 0)
		return failed(r, "no socket");
	if (!strcmp(p->interface, "lo") && !p->peer)
		return connect_self(r);
	if (setsockopt(r->fd, SOL_SOCKET, SO_BINDTODEVICE, p->interface,
		       (socklen_t)strlen(p->interface)))
		return failed(r, "the interface cannot be used");
	return p->peer ? connect_peer(r) : connect_link(r);
}

/* --- packets -------------------------------------------------------------- */

static void run_tally(struct run *r, const struct tsource_stamp *at)
{
	r->trial->came[at->kind]++;
	r->trial->card[at->kind] += at->quality & TSOURCE_HARDWARE;
}

static int run_send(struct run *r)
{
	unsigned char control[TSOURCE_CONTROL], data[BYTES] = { 0 };
	unsigned kinds = TSOURCE_BIT(TSOURCE_SND) | TSOURCE_BIT(TSOURCE_SCHED);
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	const struct tsource_ops *ops = r->source.ops;
	uint32_t key;

	if (r->params->stream)
		kinds |= TSOURCE_BIT(TSOURCE_ACK);
	for (int tries = 0; tries < 2; tries++) {
		msg.msg_controllen = ops->tx_request(r->source.state, 0, kinds,
						     control, &key);
		msg.msg_control = msg.msg_controllen ? control : NULL;
		if (r->params->sys->sendmsg(r->fd, &msg, MSG_NOSIGNAL) > 0) {
			r->trial->sent++;
			return 0;
		}
		if (!ops->tx_failed(r->source.state, 0, errno))
			break;
	}
	return failed(r, "no packet can be sent");
}

static void run_echo(struct run *r)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	unsigned char data[BYTES];
	ssize_t n = recvfrom(r->server, data, sizeof(data), MSG_DONTWAIT,
			     (void *)&from, &len);

	/* It is tried again, until it comes or the time is up. */
	if (n > 0)
		sendto(r->server, data, (size_t)n, MSG_NOSIGNAL,
		       r->params->stream ? NULL : (void *)&from,
		       r->params->stream ? 0 : len);
}

static void run_receive(struct run *r)
{
	_Alignas(struct cmsghdr) unsigned char control[TSOURCE_RECEIVED];
	unsigned char data[BYTES];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct tsource_stamp at;

	if (r->params->sys->recvmsg(r->fd, &msg, MSG_DONTWAIT) <= 0)
		return;
	r->trial->answered++;
	if (r->source.ops->rx_stamp(r->source.state, &msg, &at))
		run_tally(r, &at);
}

static void run_drain(struct run *r)
{
	struct tsource_stamp at[TSOURCE_DRAIN];
	size_t n = r->source.ops->tx_drain(r->source.state, 0, at,
					   TSOURCE_DRAIN);

	for (size_t i = 0; i < n; i++)
		run_tally(r, &at[i]);
}

/* Of a packet: its stamps and the answer; not longer than need be. */
static bool run_whole(const struct run *r, const struct trial *before)
{
	const struct trial *now = r->trial;

	return now->answered > before->answered &&
	       now->came[TSOURCE_SND] > before->came[TSOURCE_SND] &&
	       now->came[TSOURCE_SCHED] > before->came[TSOURCE_SCHED] &&
	       (!r->params->stream ||
		now->came[TSOURCE_ACK] > before->came[TSOURCE_ACK]) &&
	       (!r->params->hardware ||
		now->card[TSOURCE_SND] > before->card[TSOURCE_SND]);
}

/* One packet, and what comes of it. */
static int run_packet(struct run *r)
{
	bool alone = r->server < 0 && !r->params->peer;
	int64_t until = clock_now_ns() + (alone ? STAMPS_NS : ANSWER_NS);
	struct trial before = *r->trial;
	int rc = run_send(r);

	while (rc == 0 && !run_whole(r, &before) && clock_now_ns() < until) {
		if (r->server >= 0)
			run_echo(r);
		run_receive(r);
		run_drain(r);
	}
	return rc;
}

/*
 * The kernel switches stamps of what comes in on by and by, for the first
 * socket of the host that asks: what is counted comes after one that had it.
 */
static int run_packets(struct run *r)
{
	int64_t until = clock_now_ns() + SWITCH_NS;
	int rc;

	do {
		rc = run_packet(r);
	} while (rc == 0 && r->trial->answered && !r->trial->came[TSOURCE_RX] &&
		 clock_now_ns() < until);
	*r->trial = (struct trial){ 0 };
	for (uint32_t i = 0; rc == 0 && i < TRIAL_PACKETS; i++)
		rc = run_packet(r);
	return r->trial->sent ? 0 : rc;
}

static int run_open(struct run *r, struct arena *arena)
{
	const struct tsource_params params = {
		.sys = r->params->sys,
		.connections = 1,
		.stream = r->params->stream,
		.hardware = r->params->hardware,
		.interface = r->params->interface,
	};
	const struct tsource_ops *ops =
		(const void *)kind_find(KIND_TSOURCE, "socket");
	int rc;

	r->source.state = arena_alloc(arena, ops->state_size);
	rc = ops->open(r->source.state, &params, arena, r->err);
	if (rc < 0)
		return rc;
	r->source.ops = ops;
	return ops->enable(r->source.state, 0, r->fd, r->err);
}

static void run_close(struct run *r)
{
	if (r->source.ops)
		r->source.ops->close(r->source.state);
	if (r->server >= 0)
		close(r->server);
	if (r->listener >= 0)
		close(r->listener);
	if (r->fd >= 0)
		close(r->fd);
}

int trial_run(struct trial *trial, const struct trial_params *params,
	      void (*clock)(const struct tsource *source, void *arg),
	      void *arg, struct err *err)
{
	struct run r = { .params = params, .trial = trial, .err = err,
			 .fd = -1, .listener = -1, .server = -1 };
	struct arena arena;
	int rc;

	*trial = (struct trial){ 0 };
	arena_init(&arena);
	rc = run_connect(&r);
	if (rc == 0)
		rc = run_open(&r, &arena);
	if (rc == 0)
		rc = run_packets(&r);
	if (rc == 0 && clock)
		clock(&r.source, arg);
	run_close(&r);
	arena_fini(&arena);
	return rc;
}
