/* net.h - what the tests of transports and targets share */
#ifndef TESTS_UNIT_NET_H
#define TESTS_UNIT_NET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agents/stamps.h"
#include "agents/transport.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

#define SECOND INT64_C(1000000000)
#define PATIENCE (10 * SECOND)	/* only a broken test waits that long */

extern const struct tsource_ops tsource_socket;

static struct arena net_arena;

/*
 * Set, clients have the kernel stamp all that they send, and drain nothing:
 * sockets stay in error, of which their transport has to make nothing.
 */
static bool net_stamped;
static struct {
	const void *state;
	struct stamps stamps;
} net_client[64];

static inline struct stamps *net_stamps(const void *state)
{
	for (size_t i = 0; i < 64; i++)
		if (net_client[i].state == state)
			return &net_client[i].stamps;
	return NULL;
}

static inline struct stamps *net_stamps_open(uint32_t connections, bool stream)
{
	const struct stamps_params params = {
		.ops = &tsource_socket,
		.source = { .connections = connections, .stream = stream,
			    .every = true },
		.share = 1,
	};
	struct stamps *s = net_stamps(NULL);
	struct err err;

	assert_non_null(s);
	if (stamps_init(s, &params, 1, &net_arena, &err) != 0)
		fail_msg("%s", err.text);
	return s;
}

static inline int net_setup(void **state)
{
	(void)state;
	clock_sync();
	arena_init(&net_arena);
	return 0;
}

static inline int net_teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 64; i++)
		if (net_client[i].state)
			stamps_fini(&net_client[i].stamps);
	memset(net_client, 0, sizeof(net_client));
	arena_fini(&net_arena);
	return 0;
}

static inline struct choice net_choice(enum kind_class class, const char *text)
{
	struct choice choice = { 0 };
	struct err err;

	if (option_parse_choice(class, OPTION_UNIT_TIME, text, &choice,
				&net_arena, &err) != 0)
		fail_msg("%s", err.text);
	return choice;
}

static inline struct transport net_open(const char *kind, int listening,
					const char *address, uint32_t n,
					size_t max_message)
{
	struct transport_params params = {
		.address = address,
		.connections = n,
		.listen = listening,
		.max_message = max_message,
	};
	struct choice choice = net_choice(KIND_TRANSPORT, kind);
	const struct transport_ops *ops = (const void *)choice.kind;
	struct transport t;
	struct err err;

	if (net_stamped && !listening && ops->flags & TRANSPORT_WIRE)
		params.stamps = net_stamps_open(n, ops->flags &
						   TRANSPORT_STREAM);
	if (transport_open(&t, &choice, &params, clock_now_ns() + PATIENCE,
			   &net_arena, &err) != 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; params.stamps && i < 64; i++)
		if (params.stamps == &net_client[i].stamps)
			net_client[i].state = t.state;
	return t;
}

static inline const char *net_address(const struct transport *t)
{
	return t->ops->address(t->state);
}

/* At least one packet, or the test fails. */
static inline size_t net_recv(struct transport *t, struct packet *pkt, size_t n)
{
	int64_t until = clock_now_ns() + PATIENCE;
	size_t got;

	while ((got = t->ops->recv(t->state, pkt, n)) == 0) {
		assert_true(clock_now_ns() < until);
		t->ops->wait(t->state, clock_now_ns() + SECOND / 100);
	}
	return got;
}

/* All of it, in pieces as they are taken; the peer is not read meanwhile. */
static inline void net_send(struct transport *t, uint32_t conn,
			    const void *data, size_t len)
{
	struct packet pkt = { .data = (unsigned char *)(uintptr_t)data,
			      .len = (uint32_t)len, .conn = conn };
	int64_t until = clock_now_ns() + PATIENCE;
	struct stamps *stamps = net_stamps(t->state);

	pkt.flags = stamps ? TRANSPORT_STAMP : 0;
	while (t->ops->send(t->state, &pkt, 1) == 0)
		assert_true(clock_now_ns() < until);
	if (stamps && pkt.flags)
		stamps_sent(stamps, &pkt, 0);
}

static inline void net_keep(struct transport *t, uint32_t conn, size_t used)
{
	if (t->ops->flags & TRANSPORT_STREAM)
		t->ops->keep(t->state, conn, used);
}

#endif
