/* loop.c - no network at all: every request comes back as its own reply */
#include "agents/transport.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "agents/socket.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

/*
 * In memory and with no target: what was sent is received, byte for byte, at
 * once or after a fixed delay. It fits protocols that take a repeated
 * request for a reply (echo, spin). It is there to measure an agent's own
 * cost, and to test what happens on time.
 *
 * The messages lie one behind the other in a ring of bytes. Whenever all of
 * them were received the ring starts over, in the half that the last recv()
 * did not hand out, so that a few messages at a time stay in the cache.
 */
#define DEPTH 4096		/* messages under way; a power of two */
#define ROOM (1u << 20)		/* bytes of the ring, and 4 of the largest */

struct loop_options {
	int64_t delay_ns;
};

struct loop_message {
	int64_t sent_ns;
	uint32_t at, len, conn;
};

struct loop {
	int64_t delay_ns;
	unsigned char *bytes;
	uint32_t size;			/* of the ring */
	uint32_t head;			/* where the next message goes */
	uint32_t lent_lo, lent_hi;	/* what recv() handed out last */
	uint32_t first, n;		/* messages not yet received */
	struct loop_message message[DEPTH];
};

static int loop_open(void *state, const struct transport_params *params,
		     const void *options, int64_t deadline_ns,
		     struct arena *arena, struct err *err)
{
	const struct loop_options *o = options;
	struct loop *s = state;
	size_t size = 4 * params->max_message;

	(void)deadline_ns, (void)arena;
	if (params->listen)
		return err_set(err, -EINVAL,
			       "transport loop has no server; use udp or tcp");
	s->delay_ns = o->delay_ns;
	s->size = (uint32_t)(size > ROOM ? size : ROOM);
	s->bytes = socket_pages(s->size);
	return s->bytes ? 0 : err_set(err, -ENOMEM, "no memory for packets");
}

static void loop_close(void *state)
{
	struct loop *s = state;

	socket_pages_free(s->bytes, s->size);
	s->bytes = NULL;
	s->n = 0;
}

static const char *loop_address(const void *state)
{
	(void)state;
	return "loop";
}

/* Nothing is under way: start over beside the bytes that are lent. */
static void loop_rewind(struct loop *s)
{
	uint32_t half = s->size / 2;

	if (s->lent_hi <= half)
		s->head = half;
	else if (s->lent_lo >= half)
		s->head = 0;
	s->first = 0;
}

/* The first byte that must not be overwritten, seen from the head. */
static uint32_t loop_oldest(const struct loop *s)
{
	if (s->lent_hi > s->lent_lo)
		return s->lent_lo;
	return s->message[s->first & (DEPTH - 1)].at;
}

/* Where len bytes in a row fit, or UINT32_MAX. */
static uint32_t loop_place(const struct loop *s, uint32_t len)
{
	uint32_t oldest;

	if (s->n == 0 && s->lent_hi == s->lent_lo)
		return s->head + len <= s->size ? s->head : 0;
	oldest = loop_oldest(s);
	if (s->head < oldest)
		return s->head + len < oldest ? s->head : UINT32_MAX;
	if (s->head + len <= s->size)
		return s->head;
	return len < oldest ? 0 : UINT32_MAX;
}

static size_t loop_send(void *state, struct packet *pkt, size_t n)
{
	struct loop *s = state;
	int64_t now = clock_now_ns();
	size_t i;

	if (s->n == 0)
		loop_rewind(s);
	for (i = 0; i < n && s->n < DEPTH; i++) {
		uint32_t at = loop_place(s, pkt[i].len);

		if (at == UINT32_MAX)
			break;
		memcpy(s->bytes + at, pkt[i].data, pkt[i].len);
		s->message[(s->first + s->n++) & (DEPTH - 1)] =
			(struct loop_message){ now, at, pkt[i].len,
					       pkt[i].conn };
		s->head = at + pkt[i].len;
		pkt[i].stamp_ns = now;
	}
	return i;
}

static size_t loop_recv(void *state, struct packet *pkt, size_t n)
{
	struct loop *s = state;
	int64_t now = clock_now_ns();
	size_t i = 0;

	s->lent_lo = s->lent_hi = 0;
	while (i < n && s->n > 0) {
		const struct loop_message *m =
			&s->message[s->first & (DEPTH - 1)];

		if (m->sent_ns + s->delay_ns > now)
			break;
		/* What wraps around is lent in the next round. */
		if (i > 0 && m->at < s->lent_lo)
			break;
		if (i == 0)
			s->lent_lo = m->at;
		s->lent_hi = m->at + m->len;
		pkt[i++] = (struct packet){ .data = s->bytes + m->at,
					    .len = m->len,
					    .conn = m->conn,
					    .stamp_ns = now };
		s->first++;
		s->n--;
	}
	return i;
}

static void loop_wait(void *state, int64_t until_ns)
{
	struct loop *s = state;
	struct timespec at;
	int64_t due = until_ns;

	if (s->n > 0) {
		const struct loop_message *m =
			&s->message[s->first & (DEPTH - 1)];

		if (m->sent_ns + s->delay_ns < due)
			due = m->sent_ns + s->delay_ns;
	}
	if (due <= clock_now_ns())
		return;
	at.tv_sec = due / 1000000000;
	at.tv_nsec = due % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int loop_reopen(void *state, uint32_t conn, struct err *err)
{
	(void)state, (void)conn, (void)err;
	return 0;
}

static const struct option_row loop_rows[] = {
	{ .key = "delay", .type = OPTION_TYPE_DURATION,
	  .offset = offsetof(struct loop_options, delay_ns), .preset = "0ns",
	  .max = 60e9, .help = "time from a request to its reply" },
	{ 0 },
};

const struct transport_ops transport_loop = {
	.kind = {
		.name = "loop",
		.help = "in memory, without a target: each request is returned "
			"as its reply",
		.options = loop_rows,
		.options_size = sizeof(struct loop_options),
	},
	.flags = TRANSPORT_MEMORY,
	.state_size = sizeof(struct loop),
	.open = loop_open,
	.close = loop_close,
	.address = loop_address,
	.send = loop_send,
	.recv = loop_recv,
	.wait = loop_wait,
	.reopen = loop_reopen,
};
