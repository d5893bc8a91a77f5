/* pcap.c - stamps of a capture: a witness beside the path */
#include "hwts/tsource.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "hwts/capture.h"
#include "hwts/capture_filter.h"
#include "hwts/dissect.h"
#include "hwts/interface.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"

/*
 * The kernel collects packets in a large buffer. During a segment nobody
 * reads them, unless half of it may be full: reading takes the measuring
 * thread's time, and another thread would take a CPU's. Keys are counted as
 * they were captured: of datagrams, the sends and the messages received; of
 * streams, bytes since the first one. So no send may be missing: every one
 * has to be asked for, and what the buffer had no room for voids them all.
 */
#define PACKET_ROOM 256		/* of the buffer, with libpcap's own */

struct flow {			/* of one connection */
	uint32_t base[2];	/* sequence number of the first byte: out, in */
	uint32_t count[2];	/* datagrams captured */
	uint32_t sent;		/* datagrams handed over */
	bool begun[2];
	uint16_t port;		/* on this host; 0: none yet */
	int fd;
};

struct pcap_source {
	struct tsource_params params;
	struct capture *capture;
	struct flow *flow;
	uint32_t *owner;	/* of each local port: connection + 1 */
	uint32_t sends;		/* since the buffer was read */
	bool settling;		/* the segment is over: read all */
	char interface[IF_NAMESIZE];
	char filter[CAPTURE_FILTER];
};

static int pcap_probe(const struct tsource_params *params, int fd,
		      struct tsource_caps *caps, struct err *err)
{
	(void)params, (void)err;
	*caps = (struct tsource_caps){ .phc = -1 };
	if (interface_of(fd, caps->interface) == 0)
		caps->kinds =
			TSOURCE_BIT(TSOURCE_SND) | TSOURCE_BIT(TSOURCE_RX);
	else
		snprintf(caps->reason, sizeof(caps->reason),
			 "no IP socket that is connected");
	return 0;
}

/* --- opening -------------------------------------------------------------- */

static int pcap_open(void *state, const struct tsource_params *params,
		     struct arena *arena, struct err *err)
{
	struct pcap_source *s = state;

	(void)err;
	s->params = *params;
	s->flow = arena_array(arena, params->connections, sizeof(*s->flow));
	s->owner = arena_array(arena, UINT16_MAX + 1, sizeof(*s->owner));
	return 0;
}

static void pcap_close(void *state)
{
	struct pcap_source *s = state;

	if (s->capture)
		capture_close(s->capture);
	s->capture = NULL;
}

/* A filter that stands is not set again: packets would pass in between. */
static int start(struct pcap_source *s, const char *interface, bool grown,
		 struct err *err)
{
	const struct capture_params params = {
		.interface = interface, .filter = s->filter,
		.buffer = s->params.buffer, .hardware = s->params.hardware,
	};

	if (s->capture && strcmp(s->interface, interface) != 0)
		return err_set(err, -ENOTSUP,
			       "connections leave by %s and by %s; a capture "
			       "covers one interface", s->interface, interface);
	if (s->capture && !grown)
		return 0;
	if (s->capture)
		return capture_filter(s->capture, s->filter, err);
	snprintf(s->interface, sizeof(s->interface), "%s", interface);
	s->capture = capture_open_live(&params, err);
	return s->capture ? 0 : err->code;
}

static int pcap_enable(void *state, uint32_t conn, int fd, struct err *err)
{
	struct pcap_source *s = state;
	char interface[IF_NAMESIZE];
	uint16_t port;
	size_t before = strlen(s->filter);
	int rc = capture_filter_add(s->filter, fd, s->params.stream, &port);

	if (rc == -E2BIG)
		return err_set(err, rc, "a capture has no room for so many "
			       "targets; list fewer, or use timestamps: "
			       "kernel");
	if (rc == 0)
		rc = interface_of(fd, interface);
	if (rc < 0)
		return err_set(err, rc, "a capture needs sockets of IP that "
			       "are connected");
	if (s->owner[port] && s->owner[port] != conn + 1)
		return err_set(err, -ENOTSUP, "two connections have port %u; "
			       "a capture cannot tell them apart", port);
	rc = start(s, interface, strlen(s->filter) > before, err);
	/* What is captured of the old connection is nobody's any more. */
	s->owner[s->flow[conn].port] = 0;
	s->flow[conn] = (struct flow){ .port = port, .fd = fd };
	s->owner[port] = conn + 1;
	return rc;
}

/* --- stamps --------------------------------------------------------------- */

/* Keys are known when the capture is read; of datagrams, all sends count. */
static size_t pcap_request(void *state, uint32_t conn, unsigned kinds,
			   void *control, uint32_t *key)
{
	struct pcap_source *s = state;

	(void)kinds, (void)control;
	s->sends++;
	*key = s->flow[conn].sent++;
	return 0;
}

static bool pcap_failed(void *state, uint32_t conn, int error)
{
	struct pcap_source *s = state;

	(void)error;
	s->flow[conn].sent--;
	return false;
}

/* Which connection's is it, and in which direction? False: nobody's. */
static bool whose(const struct pcap_source *s, const struct dissected *d,
		  uint32_t *conn, int *side)
{
	*side = s->owner[d->from.port] == 0;
	*conn = s->owner[*side ? d->to.port : d->from.port] - 1;
	return *conn != UINT32_MAX;
}

static uint32_t key_of(const struct pcap_source *s, struct flow *f, int side,
		       const struct dissected *d)
{
	if (!s->params.stream)
		return f->count[side]++;
	if (!f->begun[side])
		f->base[side] = d->seq;
	f->begun[side] = true;
	return d->seq - f->base[side] + d->full - 1;
}

static bool stamp_of(struct pcap_source *s, const struct capture_packet *packet,
		     struct tsource_stamp *to)
{
	struct dissected d;
	enum dissect kind = dissect_packet(packet, &d);
	uint32_t conn;
	int side;

	if (kind != (s->params.stream ? DISSECT_TCP : DISSECT_UDP) ||
	    packet->at_ns == 0 || (s->params.stream && d.full == 0) ||
	    !whose(s, &d, &conn, &side))
		return false;
	*to = (struct tsource_stamp){
		.ns = packet->at_ns,
		.conn = conn,
		.key = key_of(s, &s->flow[conn], side, &d),
		.kind = side ? TSOURCE_RX : TSOURCE_SND,
		.clock = s->params.hardware ? TSOURCE_PHC : TSOURCE_REALTIME,
		.quality = TSOURCE_WITNESS |
			   (s->params.hardware ? TSOURCE_HARDWARE : 0),
	};
	return true;
}

/* How many sends leave the buffer half empty, with as many replies. */
static uint32_t sends_that_fit(const struct pcap_source *s)
{
	int buffer = s->params.buffer > CAPTURE_BUFFER ? s->params.buffer
						       : CAPTURE_BUFFER;

	return (uint32_t)buffer / PACKET_ROOM / 4;
}

static size_t pcap_drain(void *state, uint32_t conn,
			 struct tsource_stamp *stamp, size_t n)
{
	struct pcap_source *s = state;
	struct capture_packet packet;
	struct err err;
	size_t out = 0;

	(void)conn;
	if (!s->capture || (!s->settling && s->sends < sends_that_fit(s)))
		return 0;
	while (out < n && capture_next(s->capture, &packet, &err) > 0)
		out += stamp_of(s, &packet, &stamp[out]);
	if (out < n)
		s->sends = 0;
	return out;
}

/* The kernel hands over a block that is not full after a while. */
static void pcap_settle(void *state, bool over)
{
	const struct timespec delay = {
		.tv_nsec = 3 * CAPTURE_DELAY_MS * 1000000,
	};
	struct pcap_source *s = state;

	s->settling = over;
	if (s->capture && over && s->sends > 0)
		nanosleep(&delay, NULL);
}

static uint32_t socket_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	return info[SK_MEMINFO_DROPS];
}

/*
 * Packets whose absence shifts the keys of others: the buffer had no room,
 * or of datagrams, a send never came by or the socket dropped a message.
 */
static uint64_t pcap_drops(void *state)
{
	struct pcap_source *s = state;
	uint64_t n = s->capture ? capture_drops(s->capture) : 0;

	for (uint32_t i = 0; !s->params.stream && i < s->params.connections;
	     i++) {
		const struct flow *f = &s->flow[i];

		if (f->port)
			n += (f->sent != f->count[0]) + socket_drops(f->fd);
	}
	return n;
}

/* Of a capture there is one kind of stamps. */
static int pcap_retune(void *state, const struct tsource_params *params,
		       struct err *err)
{
	(void)state;
	if (!params)
		return 0;
	return err_set(err, -ENOTSUP, "a capture cannot follow other stamps");
}

const struct tsource_ops tsource_pcap = {
	.kind = {
		.name = "pcap",
		.help = "a capture on the path's interface, by libpcap",
	},
	.flags = TSOURCE_WITNESSES,
	.state_size = sizeof(struct pcap_source),
	.probe = pcap_probe,
	.open = pcap_open,
	.close = pcap_close,
	.enable = pcap_enable,
	.retune = pcap_retune,
	.tx_request = pcap_request,
	.tx_failed = pcap_failed,
	.tx_drain = pcap_drain,
	.settle = pcap_settle,
	.drops = pcap_drops,
};
