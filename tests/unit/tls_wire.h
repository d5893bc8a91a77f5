/* tls_wire.h - two ends of TLS in one thread, and a wire that can be broken */
#ifndef TESTS_UNIT_TLS_WIRE_H
#define TESTS_UNIT_TLS_WIRE_H

#include <errno.h>
#include <string.h>

#include "agents/tls.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"

#define WIRE_CONNS 4u
#define WIRE_ROOM (1u << 20)

/* How long a handshake may take; a fuzz target has less patience. */
#ifndef WIRE_NS
#define WIRE_NS 10000000000
#endif

/* One direction of one connection. */
struct wire_way {
	unsigned char data[WIRE_ROOM];
	size_t len;		/* bytes under way */
	size_t seen;		/* bytes that ever came by */
	uint32_t records;	/* of application data that were sent */
	bool closed, told;
};

/*
 * Both inner transports, in memory. The client's recv() first lets the
 * server work, which repeats what it reads.
 */
static struct {
	struct wire_way up[WIRE_CONNS], down[WIRE_CONNS];
	struct transport server;
	bool pumping, mute;
	bool full;		/* the client's sends are refused */
	size_t piece;		/* at most so many bytes at a time; 0: all */
	size_t flip_at;		/* this byte down arrives changed; from 1 */
	unsigned char flip;
	size_t cut_at;		/* this byte and all after it never arrive */
	uint32_t reopened;
	bool server_closed, server_rubbish;
} wire;

/* Record headers, where records are sent whole (as they are). */
static inline void wire_count(struct wire_way *w, const struct packet *pkt)
{
	for (size_t at = 0; at + 5 <= pkt->len;
	     at += 5 + (size_t)(pkt->data[at + 3] << 8) + pkt->data[at + 4])
		w->records += pkt->data[at] == 23;
}

static inline size_t wire_put(struct wire_way *way, struct packet *pkt,
			      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct wire_way *w = &way[pkt[i].conn % WIRE_CONNS];

		pkt[i].stamp_ns = clock_now_ns();
		if (w->closed || w->len + pkt[i].len > WIRE_ROOM)
			continue;
		wire_count(w, &pkt[i]);
		memcpy(w->data + w->len, pkt[i].data, pkt[i].len);
		w->len += pkt[i].len;
	}
	return n;
}

static inline size_t wire_get(struct wire_way *way, struct packet *pkt,
			      size_t n)
{
	size_t out = 0;

	for (uint32_t i = 0; i < WIRE_CONNS && out < n; i++) {
		struct wire_way *w = &way[i];
		size_t len = w->len;

		if (wire.piece && len > wire.piece)
			len = wire.piece;
		if (len == 0 && (!w->closed || w->told))
			continue;
		w->told = len == 0;
		pkt[out++] = (struct packet){
			.data = w->data, .len = (uint32_t)len, .conn = i,
			.flags = w->told ? TRANSPORT_CLOSED : 0,
			.stamp_ns = clock_now_ns() };
	}
	return out;
}

static inline void wire_used(struct wire_way *w, size_t used)
{
	memmove(w->data, w->data + used, w->len - used);
	w->len -= used;
	w->seen += used;
}

/* Repeat what came, in its pieces. */
static inline void wire_pump(void)
{
	struct packet pkt[WIRE_CONNS];
	const struct transport *s = &wire.server;
	size_t n;

	if (wire.pumping || wire.mute || !s->ops)
		return;
	wire.pumping = true;
	n = s->ops->recv(s->state, pkt, WIRE_CONNS);
	for (size_t i = 0; i < n; i++) {
		uint32_t conn = pkt[i].conn;

		wire.server_closed |= pkt[i].flags & TRANSPORT_CLOSED;
		wire.server_rubbish |= (pkt[i].flags & TRANSPORT_RUBBISH) != 0;
		if (pkt[i].len > 0)
			s->ops->send(s->state, &pkt[i], 1);
		s->ops->keep(s->state, conn, pkt[i].len);
		if (pkt[i].flags & TRANSPORT_CLOSED)
			s->ops->drop(s->state, conn);
	}
	wire.pumping = false;
}

static inline int wire_open(void *state, const struct transport_params *params,
			    const void *options, int64_t deadline_ns,
			    struct arena *arena, struct err *err)
{
	(void)state, (void)params, (void)options, (void)deadline_ns;
	(void)arena, (void)err;
	return 0;
}

static inline void wire_close(void *state)
{
	(void)state;
}

static inline const char *wire_address(const void *state)
{
	(void)state;
	return "localhost:1";
}

static inline void wire_wait(void *state, int64_t until_ns)
{
	(void)state, (void)until_ns;
}

static inline size_t up_send(void *state, struct packet *pkt, size_t n)
{
	(void)state;
	return wire.full ? 0 : wire_put(wire.up, pkt, n);
}

static inline size_t down_send(void *state, struct packet *pkt, size_t n)
{
	(void)state;
	return wire_put(wire.down, pkt, n);
}

static inline size_t up_recv(void *state, struct packet *pkt, size_t n)
{
	(void)state;
	return wire_get(wire.up, pkt, n);
}

/* The first connection is the one that is disturbed. */
static inline size_t down_recv(void *state, struct packet *pkt, size_t n)
{
	struct wire_way *w = &wire.down[0];
	size_t from = w->seen;

	(void)state;
	wire_pump();
	if (wire.cut_at && from + w->len >= wire.cut_at) {
		w->len = wire.cut_at > from ? wire.cut_at - 1 - from : 0;
		w->closed = true;
	}
	n = wire_get(wire.down, pkt, n);
	for (size_t i = 0; i < n; i++)
		if (pkt[i].conn == 0 && wire.flip_at > from &&
		    wire.flip_at <= from + pkt[i].len)
			pkt[i].data[wire.flip_at - 1 - from] ^= wire.flip;
	return n;
}

static inline void up_keep(void *state, uint32_t conn, size_t used)
{
	(void)state;
	wire_used(&wire.up[conn % WIRE_CONNS], used);
}

static inline void down_keep(void *state, uint32_t conn, size_t used)
{
	(void)state;
	wire_used(&wire.down[conn % WIRE_CONNS], used);
}

static inline void wire_drop(void *state, uint32_t conn)
{
	(void)state;
	wire.down[conn % WIRE_CONNS].closed = true;
}

/* The server hears of a new peer by a greeting; so its old one goes first. */
static inline int wire_reopen(void *state, uint32_t conn, struct err *err)
{
	const struct transport *s = &wire.server;

	(void)state, (void)err;
	s->ops->drop(s->state, conn);
	memset(&wire.up[conn], 0, sizeof(wire.up[conn]));
	memset(&wire.down[conn], 0, sizeof(wire.down[conn]));
	wire.flip_at = wire.cut_at = 0;
	wire.reopened++;
	return 0;
}

static const struct transport_ops wire_client = {
	.kind = { .name = "wire" }, .flags = TRANSPORT_STREAM,
	.state_size = 1, .open = wire_open, .close = wire_close,
	.address = wire_address, .send = up_send, .recv = down_recv,
	.keep = down_keep, .wait = wire_wait, .reopen = wire_reopen,
};

static const struct transport_ops wire_server = {
	.kind = { .name = "wire" }, .flags = TRANSPORT_STREAM,
	.state_size = 1, .open = wire_open, .close = wire_close,
	.address = wire_address, .send = down_send, .recv = up_recv,
	.keep = up_keep, .wait = wire_wait, .drop = wire_drop,
};

static inline int wire_end(struct transport *t, bool server,
			   const struct config_tls *tls, uint32_t connections,
			   size_t max_message, struct arena *arena,
			   struct err *err)
{
	const struct choice choice = { server ? &wire_server.kind :
						&wire_client.kind, NULL };
	const struct transport_params params = {
		.address = "localhost:1", .connections = connections,
		.listen = server, .max_message = max_message, .tls = tls,
	};

	return transport_open(t, &choice, &params,
			      clock_now_ns() + WIRE_NS, arena, err);
}

/* What is on the wire, and who serves it, is forgotten. */
static inline void wire_reset(void)
{
	memset(&wire, 0, sizeof(wire));
}

#endif
