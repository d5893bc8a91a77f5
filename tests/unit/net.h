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

#include "agents/transport.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

#define SECOND INT64_C(1000000000)
#define PATIENCE (10 * SECOND)	/* only a broken test waits that long */

static struct arena net_arena;

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
	struct transport t;
	struct err err;

	if (transport_open(&t, &choice, &params, clock_now_ns() + PATIENCE,
			   &net_arena, &err) != 0)
		fail_msg("%s", err.text);
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

	while (t->ops->send(t->state, &pkt, 1) == 0)
		assert_true(clock_now_ns() < until);
}

static inline void net_keep(struct transport *t, uint32_t conn, size_t used)
{
	if (t->ops->flags & TRANSPORT_STREAM)
		t->ops->keep(t->state, conn, used);
}

#endif
