/* stamps.c - asking for stamps of the wire, and logging what came in flight */
#include "agents/stamps.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "hwts/sys.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"

#define STAMP_BYTES 832u	/* of a receive buffer */
#define ENTRIES_MOST (1u << 22)	/* 96 MiB; the rest is folded meanwhile */

static const struct sys_ops *sys_of(const struct stamps *s)
{
	return s->params.source.sys;
}

/*
 * SENT, SND, RECEIVED of each that asks, and SND again by the card, or RX by
 * a witness; of few one more. Openings and what comes twice are rare; shares
 * vary.
 */
static size_t entries_of(const struct stamps *s, size_t requests)
{
	double each = (s->params.source.hardware || s->got ? 5 : 4) +
		      (s->params.told ? 2 : 0);
	double n = each * (double)requests * s->params.share * 1.25 + 4096;

	return n < ENTRIES_MOST ? (size_t)n : ENTRIES_MOST;
}

int stamps_init(struct stamps *s, const struct stamps_params *params,
		size_t requests, struct arena *arena, struct err *err)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->params = *params;
	if (!s->params.source.sys)
		s->params.source.sys = &sys_kernel;
	s->on = true;
	s->every = params->source.every;
	arena_init(&s->arena);
	s->why = arena_alloc(arena, sizeof(*s->why));
	s->first = s->last = STAMPS_NONE;
	s->conn = arena_array(arena, params->source.connections,
			      sizeof(*s->conn));
	waiting_init(&s->full, params->source.connections, arena);
	s->source.ops = params->ops;
	s->source.state = arena_alloc(arena, params->ops->state_size);
	rc = params->ops->open(s->source.state, &s->params.source, arena, err);
	if (rc < 0)
		return rc;
	if (params->ops->flags & TSOURCE_WITNESSES)
		s->got = arena_array(arena, params->source.connections,
				     sizeof(*s->got));
	if (wall_init(&s->wall) == 0 &&
	    ring_init(&s->log, entries_of(s, requests),
		      sizeof(struct pairing_entry)) == 0)
		return 0;
	stamps_fini(s);
	return err_set(err, -ENOMEM, "out of memory for stamps");
}

static void stop_card(struct stamps *s)
{
	if (s->tracking)
		phc_track_stop(&s->card, &s->arena);
	s->tracking = false;
}

/* Without readings of its clock, no stamp of the card can be placed. */
static void start_card(struct stamps *s)
{
	struct err ignored;

	stop_card(s);
	arena_fini(&s->arena);
	arena_init(&s->arena);
	s->tracked = s->params.source.hardware && s->source.ops->phc_read &&
		     phc_track_start(&s->card, &s->source, &s->arena,
				     &ignored) == 0;
	s->tracking = s->tracked;
}

void stamps_fini(struct stamps *s)
{
	if (!s->source.ops)
		return;
	stop_card(s);
	s->source.ops->close(s->source.state);
	arena_fini(&s->arena);
	wall_fini(&s->wall);
	ring_fini(&s->log);
	s->source.ops = NULL;
}

int stamps_make_room(struct stamps *s, size_t requests)
{
	size_t entries = entries_of(s, requests);

	if (entries <= s->log.mask + 1)
		return 0;
	ring_fini(&s->log);
	return ring_init(&s->log, entries, sizeof(struct pairing_entry));
}

int stamps_retune(struct stamps *s, const struct stamps_params *params,
		  struct err *err)
{
	const struct sys_ops *sys = s->params.source.sys;

	s->on = params;
	s->enabled = 0;
	if (params) {
		s->params = *params;
		s->params.source.sys = sys;
		s->every = params->source.every;
	}
	return s->source.ops->retune(s->source.state,
				     params ? &s->params.source : NULL, err);
}

static void put(struct stamps *s, const struct pairing_entry *entry)
{
	struct pairing_entry *to = ring_reserve(&s->log);

	if (!to)
		return;
	*to = *entry;
	ring_publish(&s->log);
}

/* Behind its last stamp: those of what went out again look the same. */
static void note_resent(struct stamps *s, uint32_t conn)
{
	const struct tsource_ops *ops = s->source.ops;

	if (!s->conn[conn].most)
		return;
	if (ops->resent && ops->resent(s->source.state, conn))
		put(s, &(struct pairing_entry){ .what = PAIRING_RESENT,
						.conn = conn,
						.key = s->conn[conn].full });
	s->conn[conn].full = false;
}

/* All that there is, before a segment and after it. */
static void drain_all(struct stamps *s)
{
	if (s->source.ops->settle)
		s->source.ops->settle(s->source.state, true);
	for (uint32_t i = 0; i < s->params.source.connections; i++) {
		stamps_drain(s, i);
		note_resent(s, i);
	}
}

void stamps_begin(struct stamps *s)
{
	drain_all(s);
	if (s->source.ops->settle)
		s->source.ops->settle(s->source.state, false);
	ring_release(&s->log, ring_ready(&s->log));
	s->log.full = 0;
	start_card(s);
	wall_begin(&s->wall, sys_of(s));
}

void stamps_end(struct stamps *s)
{
	drain_all(s);
	wall_look(&s->wall, sys_of(s));
	stop_card(s);
}

/* --- the transport's ------------------------------------------------------ */

/* How many stamps have room, which they share with replies. */
static void size_up(const struct stamps *s, struct stamps_conn *c, int fd)
{
	uint32_t bytes = 0, most;
	socklen_t len = sizeof(bytes);

	c->most = s->got ? TSOURCE_DRAIN : STAMPS_EACH;
	c->room = UINT32_MAX;
	if (s->got ||
	    sys_of(s)->getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len))
		return;
	most = bytes / (4 * STAMP_BYTES);
	c->most = most < 1 ? 1 : most < STAMPS_EACH ? most : STAMPS_EACH;
	c->room = bytes / (2 * STAMP_BYTES);
}

void stamps_enable(struct stamps *s, uint32_t conn, int fd)
{
	struct err err;
	int rc = s->source.ops->enable(s->source.state, conn, fd, &err);

	if (rc < 0 && !s->enabled) {
		s->enabled = rc;
		*s->why = err;
	}
	if (s->got)
		s->got[conn] = 0;
	s->conn[conn].waiting = s->conn[conn].open = 0;
	s->conn[conn].heard = 0;
	s->conn[conn].full = false;
	size_up(s, &s->conn[conn], fd);
	put(s, &(struct pairing_entry){ .what = PAIRING_OPENED,
					.conn = conn });
}

static unsigned kinds_of(const struct stamps *s, uint32_t flags)
{
	return TSOURCE_BIT(TSOURCE_SND) |
	       (flags & TRANSPORT_STAMP_MORE ? s->params.detail : 0);
}

size_t stamps_request(struct stamps *s, uint32_t conn, uint32_t flags,
		      void *control, uint32_t *key)
{
	return s->source.ops->tx_request(s->source.state, conn,
					 kinds_of(s, flags), control, key);
}

bool stamps_failed(struct stamps *s, uint32_t conn, int error)
{
	/* What is in the queue now still counts as it did. */
	if (error != EAGAIN)
		stamps_drain(s, conn);
	return s->source.ops->tx_failed(s->source.state, conn, error);
}

/* So many more were there, and then, or not, none: were they too many? */
static void weigh(struct stamps_conn *c, size_t n, bool all)
{
	c->heard += (uint32_t)n;
	c->full = c->full || c->heard >= c->room;
	if (all)
		c->heard = 0;
}

/* As many as fit at once; how many there were. */
static size_t drain_some(struct stamps *s, uint32_t conn)
{
	size_t n;

	if (!s->got && !s->conn[conn].most)
		return 0;
	n = s->source.ops->tx_drain(s->source.state, conn, s->drained,
					   TSOURCE_DRAIN);

	for (size_t i = 0; i < n; i++) {
		const struct tsource_stamp *at = &s->drained[i];

		put(s, &(struct pairing_entry){
			.what = PAIRING_STAMP, .ns = at->ns,
			.conn = at->conn, .key = at->key,
			.kind = at->kind, .clock = at->clock,
			.quality = at->quality,
		});
	}
	/* There may be more of them than fit. */
	if (n < TSOURCE_DRAIN / 2)
		s->conn[conn].waiting = 0;
	weigh(&s->conn[conn], n, n < TSOURCE_DRAIN / 2);
	return n;
}

void stamps_drain(struct stamps *s, uint32_t conn)
{
	while (drain_some(s, conn) >= TSOURCE_DRAIN / 2)
		;
}

/*
 * What a witness says of a reply comes later: it has the number of the
 * message, or of the last byte that was read with it.
 */
static void count_received(struct stamps *s, struct packet *pkt, uint32_t n)
{
	s->got[pkt->conn] += s->params.source.stream ? n : 1;
	pkt->key = s->got[pkt->conn] - 1;
}

void stamps_received(struct stamps *s, const struct msghdr *msg, uint32_t len,
		     struct packet *pkt)
{
	struct tsource_stamp at;

	if (s->got) {
		count_received(s, pkt, len);
		return;
	}
	if (!s->source.ops->rx_stamp(s->source.state, msg, &at))
		return;
	pkt->wire_ns = at.ns;
	pkt->flags |= at.quality & TSOURCE_HARDWARE ? TRANSPORT_HARDWARE : 0;
}

ssize_t stamps_recv(struct stamps *s, int fd, size_t room,
		    struct packet *pkt)
{
	_Alignas(struct cmsghdr) unsigned char control[TSOURCE_RECEIVED];
	struct iovec iov = { .iov_base = pkt->data, .iov_len = room };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(fd, &msg, 0);

	if (got > 0)
		stamps_received(s, &msg, (uint32_t)got, pkt);
	return got;
}

void stamps_disable(struct stamps *s, uint32_t conn)
{
	if (s->on) {
		stamps_drain(s, conn);
		note_resent(s, conn);
	}
	/* Of a witness, connection 0 stands for all. */
	if (!s->got)
		s->conn[conn].most = 0;
}

/* --- the loop's ----------------------------------------------------------- */

/* To the end of the line. */
static void line_up(struct stamps *s, uint32_t conn, int64_t now_ns)
{
	s->conn[conn].lined = true;
	s->conn[conn].since_ns = now_ns;
	s->conn[conn].next = STAMPS_NONE;
	if (s->first == STAMPS_NONE)
		s->first = conn;
	else
		s->conn[s->last].next = conn;
	s->last = conn;
}

void stamps_sent(struct stamps *s, const struct packet *pkt, uint32_t seq)
{
	/* A witness knows all connections' as one. */
	uint32_t at = s->got ? 0 : pkt->conn;
	struct stamps_conn *c = &s->conn[at];

	s->conn[pkt->conn].open++;
	if (!c->lined)
		line_up(s, at, pkt->stamp_ns);
	put(s, &(struct pairing_entry){
		.what = PAIRING_SENT, .conn = pkt->conn, .key = pkt->key,
		.ns = pkt->len,
		.seq = seq, .kind = (uint8_t)kinds_of(s, pkt->flags),
	});
	/* Not now: the log has not heard yet of the rest of the burst. */
	if (++c->waiting >= c->most && c->most)
		waiting_put(&s->full, at);
}

void stamps_replied(struct stamps *s, const struct packet *pkt, uint32_t seq)
{
	bool hardware = pkt->flags & TRANSPORT_HARDWARE;

	if (s->conn[pkt->conn].open > 0)
		s->conn[pkt->conn].open--;
	if (!pkt->wire_ns && !s->got)
		return;
	put(s, &(struct pairing_entry){
		.what = PAIRING_RECEIVED, .seq = seq, .ns = pkt->wire_ns,
		.conn = pkt->conn, .key = pkt->key,
		.clock = hardware ? TSOURCE_PHC : TSOURCE_REALTIME,
		.quality = hardware ? TSOURCE_HARDWARE : 0,
	});
}

void stamps_told(struct stamps *s, uint32_t conn, uint32_t seq,
		 enum pairing_what what, int64_t ns)
{
	put(s, &(struct pairing_entry){ .what = (uint8_t)what, .conn = conn,
					.seq = seq, .ns = ns });
}

/* A few may wait for an idle moment; more would overflow their buffers. */
#define FULL_WAIT 4

static void drain_next(struct stamps *s, uint32_t conn)
{
	if (s->conn[conn].waiting > 0)
		drain_some(s, conn);
	if (s->conn[conn].waiting > 0 && s->conn[conn].most)
		waiting_put(&s->full, conn);
}

/* One a turn, as it takes as long as a request does; more where they pile up. */
static void drain_full(struct stamps *s)
{
	uint32_t most = s->full.n > FULL_WAIT ? s->full.n - FULL_WAIT : 1;

	while (most-- > 0)
		drain_next(s, waiting_take(&s->full));
}

/* The first of the line, unless its stamps were drained meanwhile. */
static void drain_first(struct stamps *s)
{
	uint32_t conn = s->first;

	s->first = s->conn[conn].next;
	s->conn[conn].lined = false;
	drain_next(s, conn);
}

void stamps_turn(struct stamps *s, int64_t now_ns, bool idle)
{
	if (s->full.n > 0)
		drain_full(s);
	else if (idle && s->first != STAMPS_NONE)
		drain_first(s);
	if (now_ns >= s->wall.next_ns)
		wall_look(&s->wall, sys_of(s));
}
