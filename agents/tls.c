/* tls.c - TLS, a filter between a protocol and a transport of streams */
#include "agents/tls.h"

#include <errno.h>
#include <string.h>

#include "agents/socket.h"
#include "agents/tls_session.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"

#define BURST 64	/* packets of one round */
#define OVERHEAD 512u	/* more than one adds to it */
#define NAP_NS 10000000 /* between looks at a deadline */

static const struct tls_library *const lib = &tls_library;

/* --- opening --- */

/* Room for a kept message, and for all that one read of the inner brings. */
static int tls_places(struct tls *t, const struct transport_params *params,
		      struct arena *arena, struct err *err)
{
	size_t message = params->max_message;
	uint32_t most = params->connections ? params->connections : 1;
	uint32_t places = 1;

	while (places < most && places < UINT32_C(1) << 30)
		places *= 2;
	t->mask = places - 1;
	t->n = params->listen ? places : most;
	t->conn = arena_array(arena, places, sizeof(*t->conn));
	t->listed = arena_array(arena, places, sizeof(*t->listed));
	/* The largest message, and room for what the protocol itself says. */
	t->held_room = message + (message / TLS_RECORD + 1) * OVERHEAD +
		       2 * TLS_RECORD;
	t->text_room = message + t->held_room + 4 * TLS_RECORD;
	t->gather = arena_alloc(arena, TLS_RECORD);
	t->out = arena_alloc(arena, t->held_room);
	t->text = socket_pages(places * t->text_room);
	t->held = socket_pages(places * t->held_room);
	for (uint32_t i = 0; i < places; i++)
		t->conn[i].owner = t;
	if (t->text && t->held && tls_method(t))
		return 0;
	return err_set(err, -ENOMEM, "no memory for %u connections", t->n);
}

static void tls_free(struct tls *t)
{
	for (uint32_t i = 0; t->conn && i <= t->mask; i++)
		tls_forget(&t->conn[i]);
	if (t->inner.ops)
		t->inner.ops->close(t->inner.state);
	socket_pages_free(t->text, (t->mask + 1) * t->text_room);
	socket_pages_free(t->held, (t->mask + 1) * t->held_room);
	lib->BIO_meth_free(t->method);
	lib->SSL_CTX_free(t->context);
	memset(t, 0, sizeof(*t));
}

static int tls_open_inner(struct tls *t, const struct transport_params *params,
			  const struct choice *choice, int64_t deadline_ns,
			  struct arena *arena, struct err *err)
{
	struct transport_params under = *params;
	struct transport inner;
	int ret;

	under.tls = NULL;
	under.max_message = t->held_room;
	ret = transport_open(&inner, choice, &under, deadline_ns, arena, err);
	if (ret == 0)
		t->inner = inner;
	return ret;
}

static size_t tls_recv(void *state, struct packet *pkt, size_t n);

static uint32_t tls_ready(const struct tls *t, uint32_t n)
{
	uint32_t ready = 0;

	for (uint32_t i = 0; i < n; i++)
		ready += (t->conn[i].flags & TLS_READY) != 0;
	return ready;
}

/* All at once: each waits for the server, not for the others. */
static int tls_handshakes(struct tls *t, uint32_t n, int64_t deadline_ns,
			  struct err *err)
{
	struct packet pkt[BURST];
	uint32_t ready;
	int ret = 0;

	for (uint32_t i = 0; i < n && ret == 0; i++) {
		ret = tls_begin(t, i, err);
		if (ret == 0)
			tls_shake(t, &t->conn[i]);
	}
	while (ret == 0 && !t->why->code && (ready = tls_ready(t, n)) < n) {
		int64_t now = clock_now_ns();

		if (now >= deadline_ns)
			return err_set(err, -ETIMEDOUT,
				       "cannot speak TLS with %s: %u of %u "
				       "handshakes were not answered in time",
				       t->to, n - ready, n);
		if (tls_recv(t, pkt, BURST) == 0)
			t->inner.ops->wait(t->inner.state, now + NAP_NS);
	}
	return ret ? ret : t->why->code;
}

static int tls_open_client(struct tls *t, uint32_t n, int64_t deadline_ns,
			   struct err *err)
{
	struct err why = { 0 };
	int ret;

	t->to = t->inner.ops->address(t->inner.state);
	t->why = &why;
	ret = tls_handshakes(t, n, deadline_ns, err);
	t->why = NULL;
	if (why.code)
		err_set(err, why.code, "%s", why.text);
	return ret;
}

static int tls_open(void *state, const struct transport_params *params,
		    const void *options, int64_t deadline_ns,
		    struct arena *arena, struct err *err)
{
	const struct choice *inner = options;
	struct tls *t = state;
	int ret = tls_library_load(err);

	if (ret != 0)
		return ret;
	if (!(((const struct transport_ops *)inner->kind)->flags &
	      TRANSPORT_STREAM))
		return err_set(err, -EINVAL,
			       "tls needs a byte stream, which %s is not; use "
			       "tcp",
			       inner->kind->name);
	t->server = params->listen;
	t->names = params->address;
	t->options = params->tls;
	t->context = tls_context_create(t->options, t->server, arena, err);
	ret = t->context ? tls_places(t, params, arena, err) : err->code;
	if (ret == 0)
		ret = tls_open_inner(t, params, inner, deadline_ns, arena, err);
	if (ret == 0 && !t->server)
		ret = tls_open_client(t, params->open ? params->open : t->n,
				      deadline_ns, err);
	if (ret != 0)
		tls_free(t);
	return ret;
}

static void tls_close(void *state)
{
	struct tls *t = state;

	for (uint32_t i = 0; t->conn && i < t->n; i++)
		tls_leave(t, &t->conn[i]);
	tls_free(t);
}

static const char *tls_address(const void *state)
{
	const struct tls *t = state;

	return t->inner.ops->address(t->inner.state);
}

static int tls_reopen(void *state, uint32_t number, struct err *err)
{
	struct tls *t = state;
	int ret = t->inner.ops->reopen(t->inner.state, number, err);

	if (ret == 0)
		ret = tls_begin(t, number, err);
	if (ret == 0)
		tls_shake(t, tls_find(t, number));
	return ret;
}

/* --- out --- */

static const unsigned char *tls_gather(struct tls *t, const struct packet *pkt,
				       size_t n, size_t *len)
{
	*len = pkt->len;
	if (n == 1)
		return pkt->data;
	*len = 0;
	for (size_t i = 0; i < n; i++) {
		memcpy(t->gather + *len, pkt[i].data, pkt[i].len);
		*len += pkt[i].len;
	}
	return t->gather;
}

/* Packets of one connection, in one record where they fit into one. */
static size_t tls_send_run(struct tls *t, struct packet *pkt, size_t n)
{
	struct tls_conn *c = tls_find(t, pkt->conn);
	struct packet as = { .stamp_ns = clock_now_ns() };
	const unsigned char *data;
	size_t len;

	if (c && !(c->flags & TLS_BROKEN)) {
		if (!(c->flags & TLS_READY) || !tls_flush(t, c))
			return 0;
		for (size_t i = 0; i < n; i++)
			as.flags |= pkt[i].flags;
		data = tls_gather(t, pkt, n, &len);
		tls_encrypt(t, c, data, len, &as);
	}
	for (size_t i = 0; i < n; i++) {
		pkt[i].stamp_ns = as.stamp_ns;
		pkt[i].key = as.key;
		if (!(as.flags & TRANSPORT_STAMP))
			pkt[i].flags &= ~(uint32_t)TRANSPORT_STAMP;
		else if (pkt[i].flags & TRANSPORT_STAMP)
			pkt[i].len = as.len;
	}
	return n;
}

static size_t tls_send(void *state, struct packet *pkt, size_t n)
{
	struct tls *t = state;
	size_t done = 0;

	while (done < n) {
		size_t run = 1, len = pkt[done].len, took;

		while (done + run < n &&
		       pkt[done + run].conn == pkt[done].conn &&
		       len + pkt[done + run].len <= TLS_RECORD)
			len += pkt[done + run++].len;
		took = tls_send_run(t, &pkt[done], run);
		done += took;
		if (took < run)
			break;
	}
	return done;
}

/* --- in --- */

static struct packet tls_packet(const struct tls *t, const struct tls_conn *c,
				int64_t stamp_ns)
{
	uint32_t flags = 0;

	if (c->flags & (TLS_BROKEN | TLS_CLOSED))
		flags |= TRANSPORT_CLOSED;
	if (c->flags & TLS_BROKEN)
		flags |= TRANSPORT_RUBBISH;
	return (struct packet){ .data = tls_text(t, c),
				.len = c->have,
				.conn = c->number,
				.flags = flags,
				.stamp_ns = stamp_ns };
}

/* One packet of the inner's: 1 when the user hears of it. */
static int tls_take(struct tls *t, const struct packet *in, struct packet *out)
{
	struct tls_conn *c = tls_find(t, in->conn);
	struct err err;
	uint32_t had, was;

	if (!c && t->server && tls_begin(t, in->conn, &err) == 0)
		c = tls_find(t, in->conn);
	if (!c || c->flags & (TLS_BROKEN | TLS_CLOSED)) {
		t->inner.ops->keep(t->inner.state, in->conn, in->len);
		return 0;
	}
	had = c->have;
	was = c->flags;
	c->from = in->data;
	c->left = in->len;
	if (!(c->flags & TLS_READY))
		tls_shake(t, c);
	if (c->flags & TLS_READY)
		tls_decrypt(t, c);
	c->left = 0;
	t->inner.ops->keep(t->inner.state, in->conn, in->len);
	if (in->flags & TRANSPORT_CLOSED) {
		if (t->why && !t->why->code)
			err_set(t->why, -ECONNRESET,
				"cannot speak TLS with %s: it closed the "
				"connection",
				t->to);
		c->flags |= TLS_CLOSED;
	}
	*out = tls_packet(t, c, in->stamp_ns);
	out->wire_ns = in->wire_ns;
	out->key = in->key;
	out->flags |= in->flags & TRANSPORT_HARDWARE;
	if (c->flags & ~was & TLS_READY)
		out->flags |= TRANSPORT_OPENED;
	if (c->flags & TLS_BROKEN)
		c->flags |= TLS_CLOSED;
	return c->have > had || out->flags & ~(uint32_t)TRANSPORT_HARDWARE;
}

/* What the kernel took nothing of, and what broke while it was sent to. */
static size_t tls_look_after(struct tls *t, struct packet *pkt, size_t n)
{
	uint32_t kept = 0;
	size_t out = 0;

	for (uint32_t i = 0; i < t->nlisted; i++) {
		struct tls_conn *c = &t->conn[t->listed[i]];
		bool empty = tls_flush(t, c);
		bool untold = c->flags & TLS_BROKEN && !(c->flags & TLS_CLOSED);

		if (c->flags & TLS_LEAVING && empty) {
			t->inner.ops->drop(t->inner.state, c->number);
			tls_forget(c);
		} else if (untold && out < n) {
			pkt[out++] = tls_packet(t, c, clock_now_ns());
			c->flags |= TLS_CLOSED;
		} else if (!empty || untold) {
			t->listed[kept++] = t->listed[i];
			continue;
		}
		c->flags &= ~(uint32_t)TLS_LISTED;
	}
	t->nlisted = kept;
	return out;
}

static size_t tls_recv(void *state, struct packet *pkt, size_t n)
{
	struct packet in[BURST];
	struct tls *t = state;
	size_t out = t->nlisted ? tls_look_after(t, pkt, n) : 0;
	size_t room = n - out < BURST ? n - out : BURST;
	size_t got = room ? t->inner.ops->recv(t->inner.state, in, room) : 0;

	for (size_t i = 0; i < got; i++)
		out += (size_t)tls_take(t, &in[i], &pkt[out]);
	return out;
}

static void tls_keep(void *state, uint32_t number, size_t used)
{
	struct tls *t = state;
	struct tls_conn *c = tls_find(t, number);

	if (!c || used == 0)
		return;
	c->have -= (uint32_t)used;
	if (c->have > 0)
		memmove(tls_text(t, c), tls_text(t, c) + used, c->have);
}

static void tls_wait(void *state, int64_t until_ns)
{
	struct tls *t = state;

	t->inner.ops->wait(t->inner.state, until_ns);
}

static void tls_drop(void *state, uint32_t number)
{
	struct tls *t = state;
	struct tls_conn *c = tls_find(t, number);

	if (!c)
		return;
	tls_leave(t, c);
	if (c->held > 0) {
		c->flags |= TLS_LEAVING | TLS_CLOSED;
		return;
	}
	t->inner.ops->drop(t->inner.state, number);
	tls_forget(c);
}

const struct transport_ops tls_filter = {
	.kind = { .name = "tls", .help = "TLS around another transport" },
	.flags = TRANSPORT_STREAM,
	.state_size = sizeof(struct tls),
	.open = tls_open,
	.close = tls_close,
	.address = tls_address,
	.send = tls_send,
	.recv = tls_recv,
	.keep = tls_keep,
	.wait = tls_wait,
	.reopen = tls_reopen,
	.drop = tls_drop,
};
