/* tls_fuzz.c - what a client's TLS takes from a server, changed and cut */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* A length that was changed leaves both ends waiting. */
#define WIRE_NS 50000000
#include "tests/unit/tls_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MESSAGE 4096
#define ROUNDS 8

/* Bytes straight from the wire, in place of a server's. */
static void instead(const uint8_t *data, size_t size)
{
	struct packet pkt = { .data = (unsigned char *)(uintptr_t)data,
			      .len = (uint32_t)size };

	wire.mute = true;
	wire_put(wire.down, &pkt, 1);
	wire.down[0].closed = true;
}

/* A server that repeats, and a wire that changes a byte or ends. */
static void disturbed(const uint8_t *data, size_t size)
{
	wire.piece = data[1];
	wire.flip = data[2];
	wire.flip_at = data[3] | (size_t)(data[4] & 15) << 8;
	if (size > 6)
		wire.cut_at = data[5] | (size_t)(data[6] & 31) << 8;
}

static void converse(struct transport *client, const uint8_t *data,
		     size_t size)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct packet pkt = { .data = (unsigned char *)(uintptr_t)data,
				      .len = (uint32_t)size };

		if (client->ops->send(client->state, &pkt, 1) > 1)
			abort();
		if (client->ops->recv(client->state, &pkt, 1) == 0)
			continue;
		if (pkt.conn != 0 || (!wire.flip && !wire.mute && pkt.len > 0 &&
				      pkt.flags & TRANSPORT_RUBBISH))
			abort();
		client->ops->keep(client->state, 0, pkt.len / 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct config_tls tls = { .max_version = size & 1 ? TLS_1_2 :
								  TLS_AUTO };
	struct transport client;
	struct arena arena;
	struct err err;

	if (size < 5 || size > MESSAGE)
		return 0;
	clock_sync();
	arena_init(&arena);
	wire_reset();
	if (data[0] & 1)
		instead(data + 1, size - 1);
	else
		disturbed(data, size);
	if (wire_end(&wire.server, true, &tls, 1, MESSAGE, &arena, &err))
		abort();
	if (wire_end(&client, false, &tls, 1, MESSAGE, &arena, &err) == 0) {
		converse(&client, data, size);
		client.ops->close(client.state);
	} else if (!err.text[0]) {
		abort();
	}
	wire.server.ops->close(wire.server.state);
	arena_fini(&arena);
	return 0;
}
