/* fake.h - a transport in memory that can do all that goes wrong on a network */
#ifndef TESTS_UNIT_FAKE_H
#define TESTS_UNIT_FAKE_H

#include <errno.h>
#include <string.h>

#include "agents/transport.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

#define FAKE_CONNS 64
#define FAKE_BYTES 65536
#define FAKE_PENDING 65536

/* What the next packets meet; all zero: they come back at once. */
static struct fake_rules {
	int64_t delay_ns;
	uint32_t swallow;	/* every so many-th is never answered */
	uint32_t room;		/* replies that a connection may owe; 0: any */
	uint32_t close_after;	/* packets, then connection 0 is closed */
	bool full;		/* connection 0 has room for nothing */
	bool close_full;	/* connection 0, once, when it has no room */
	uint32_t spoil_after;	/* packets, then one reply is rubbish */
	bool astray;		/* replies come on another connection */
	bool refuse;		/* nobody listens */
	bool hang_up;		/* a connection opened again is closed */
	bool in_pieces;		/* stream: bytes come in odd portions */
	int64_t stands_ns;	/* so long, once, after a hundred packets */
} fake_rules;

struct fake_message {
	int64_t due_ns;
	uint32_t conn, len;
	unsigned char data[64];
};

/* Streams: what has come and was not consumed. */
struct fake_conn {
	unsigned char in[FAKE_BYTES];
	uint32_t have, told;	/* bytes; of them, told so far */
	uint32_t owed;
	bool closed, opened;	/* its user is to be told */
	bool dead;
};

static struct fake {
	uint32_t n, sent, reopened;
	struct fake_conn conn[FAKE_CONNS];
	struct fake_message message[FAKE_PENDING];
	uint32_t first, last;
	uint32_t lent;		/* messages that recv handed out */
	uint32_t swallowed;	/* packets; the first: before that message */
	uint32_t before;
	bool overtaken;		/* a message behind it was handed out: */
	uint32_t vain;		/* so many looks since then */
} fake;

/* Everything that is under way arrives now. */
static inline void fake_hurry(void)
{
	for (uint32_t i = fake.first; i != fake.last; i++)
		fake.message[i % FAKE_PENDING].due_ns = 0;
	fake_rules.delay_ns = 0;
}

static int fake_open(void *state, const struct transport_params *params,
		     const void *options, int64_t deadline_ns,
		     struct arena *arena, struct err *err)
{
	(void)state, (void)options, (void)deadline_ns, (void)arena, (void)err;
	memset(&fake, 0, sizeof(fake));
	fake.n = params->connections;
	return 0;
}

static void fake_close(void *state)
{
	(void)state;
}

static const char *fake_address(const void *state)
{
	(void)state;
	return "nowhere:1";
}

static bool fake_take(const struct packet *pkt)
{
	struct fake_conn *c = &fake.conn[pkt->conn];
	struct fake_message *m = &fake.message[fake.last % FAKE_PENDING];

	if (c->dead || fake_rules.refuse)
		return true;
	if (fake_rules.room && c->owed >= fake_rules.room) {
		if (fake_rules.close_full && pkt->conn == 0 && !fake.reopened)
			c->closed = c->dead = true;
		return false;
	}
	if (fake_rules.full && pkt->conn == 0)
		return false;
	fake.sent++;
	if (fake_rules.close_after && fake.sent == fake_rules.close_after)
		fake.conn[0].closed = fake.conn[0].dead = true;
	if (fake_rules.swallow && fake.sent % fake_rules.swallow == 0) {
		if (!fake.swallowed++)
			fake.before = fake.last;
		return true;
	}
	c->owed++;
	fake.last++;
	*m = (struct fake_message){ pkt->stamp_ns + fake_rules.delay_ns,
				    pkt->conn, pkt->len, { 0 } };
	memcpy(m->data, pkt->data, pkt->len);
	if (fake_rules.spoil_after && fake.sent == fake_rules.spoil_after)
		memset(m->data, 0xa5, m->len);
	return true;
}

static void fake_stand(void)
{
	int64_t until_ns = clock_now_ns() + fake_rules.stands_ns;

	if (fake.sent < 100)
		return;
	while (clock_now_ns() < until_ns)
		;
	fake_rules.stands_ns = 0;
}

static size_t fake_send(void *state, struct packet *pkt, size_t n)
{
	size_t i;

	(void)state;
	for (i = 0; i < n; i++) {
		pkt[i].stamp_ns = clock_now_ns();
		if (!fake_take(&pkt[i]))
			break;
	}
	fake_stand();
	return i;
}

/* Message i goes out. */
static void fake_hand_out(uint32_t i)
{
	fake.conn[fake.message[i % FAKE_PENDING].conn].owed--;
	if (fake.swallowed && (int32_t)(i - fake.before) >= 0)
		fake.overtaken = true;
}

/* The oldest message that is due and whose connection lives, or NULL. */
static struct fake_message *fake_due(int64_t now_ns)
{
	while (fake.first != fake.last) {
		struct fake_message *m =
			&fake.message[fake.first % FAKE_PENDING];

		if (m->due_ns > now_ns)
			return NULL;
		fake.first++;
		if (fake.conn[m->conn].dead || !m->len)
			continue;
		fake_hand_out(fake.first - 1);
		return m;
	}
	return NULL;
}

static size_t fake_recv_datagrams(struct packet *pkt, size_t n)
{
	int64_t now = clock_now_ns();
	size_t i = 0;

	if (fake_rules.refuse && n > 0)
		pkt[i++] = (struct packet){ .flags = TRANSPORT_REFUSED };
	while (i < n) {
		struct fake_message *m = fake_due(now);

		if (!m)
			break;
		pkt[i++] = (struct packet){ .data = m->data, .len = m->len,
					    .conn = m->conn, .stamp_ns = now };
		if (fake_rules.astray)
			pkt[i - 1].conn = (m->conn + 1) % fake.n;
	}
	return i;
}

static size_t fake_recv_datagram(void *state, struct packet *pkt, size_t n)
{
	(void)state;
	return fake_recv_datagrams(pkt, n);
}

/* The oldest of this connection that is due. */
static size_t fake_look_datagram(void *state, uint32_t conn,
				 struct packet *pkt, size_t n)
{
	int64_t now = clock_now_ns();

	(void)state;
	fake.vain += fake.overtaken;
	for (uint32_t i = fake.first; i != fake.last && n > 0 &&
					!fake_rules.astray; i++) {
		struct fake_message *m = &fake.message[i % FAKE_PENDING];

		if (m->conn != conn || !m->len || m->due_ns > now)
			continue;
		*pkt = (struct packet){ .data = m->data, .len = m->len,
					.conn = conn, .stamp_ns = now };
		m->len = 0;
		fake_hand_out(i);
		return 1;
	}
	return 0;
}

/* Bytes of one connection: all, or all but a few of those that are new. */
static void fake_tell(uint32_t conn, struct packet *pkt, int64_t now_ns)
{
	struct fake_conn *c = &fake.conn[conn];
	uint32_t fresh = c->have - c->told;

	if (fake_rules.in_pieces && fresh > 1 && !c->closed)
		fresh -= fresh % 7 % fresh;
	c->told += fresh;
	*pkt = (struct packet){ .data = c->in, .len = c->told, .conn = conn,
				.flags = (c->closed ? TRANSPORT_CLOSED : 0) |
					 (c->opened ? TRANSPORT_OPENED : 0),
				.stamp_ns = now_ns };
	c->closed = c->opened = false;
}

static size_t fake_recv_stream(void *state, struct packet *pkt, size_t n)
{
	int64_t now = clock_now_ns();
	struct fake_message *m;
	size_t out = 0;

	(void)state;
	while ((m = fake_due(now))) {
		struct fake_conn *c = &fake.conn[m->conn];

		memcpy(c->in + c->have, m->data, m->len);
		c->have += m->len;
	}
	for (uint32_t i = 0; i < fake.n && out < n; i++)
		if (fake.conn[i].closed || fake.conn[i].opened ||
		    (!fake.conn[i].dead && fake.conn[i].have > fake.conn[i].told))
			fake_tell(i, &pkt[out++], now);
	return out;
}

static void fake_keep(void *state, uint32_t conn, size_t used)
{
	struct fake_conn *c = &fake.conn[conn];

	(void)state;
	c->have -= (uint32_t)used;
	c->told -= (uint32_t)used;
	memmove(c->in, c->in + used, c->have);
}

static void fake_wait(void *state, int64_t until_ns)
{
	(void)state;
	while (clock_now_ns() < until_ns &&
	       (fake.first == fake.last ||
		fake.message[fake.first % FAKE_PENDING].due_ns >
			clock_now_ns()))
		;
}

static int fake_reopen(void *state, uint32_t conn, struct err *err)
{
	(void)state;
	fake.reopened++;
	if (fake_rules.refuse)
		return err_set(err, -ECONNREFUSED, "refused");
	/* What the old one had under way never comes. */
	for (uint32_t i = fake.first; i != fake.last; i++)
		if (fake.message[i % FAKE_PENDING].conn == conn)
			fake.message[i % FAKE_PENDING].len = 0;
	memset(&fake.conn[conn], 0, sizeof(fake.conn[conn]));
	fake.conn[conn].closed = fake.conn[conn].dead = fake_rules.hang_up;
	fake.conn[conn].opened = !fake_rules.hang_up;
	return 0;
}

static const struct transport_ops fake_datagrams = {
	.kind = { .name = "fake" },
	.open = fake_open, .close = fake_close, .address = fake_address,
	.send = fake_send, .recv = fake_recv_datagram,
	.look = fake_look_datagram, .wait = fake_wait,
	.reopen = fake_reopen, .state_size = 1,
};

static const struct transport_ops fake_stream = {
	.kind = { .name = "fake-stream" },
	.flags = TRANSPORT_STREAM,
	.open = fake_open, .close = fake_close, .address = fake_address,
	.send = fake_send, .recv = fake_recv_stream, .wait = fake_wait,
	.keep = fake_keep, .reopen = fake_reopen, .state_size = 1,
};

#endif
