/* udp.c - UDP datagrams: a socket for each connection of a client */
#include "agents/datagram.h"

#include "lancet/core/err.h"
#include "lancet/core/option.h"

struct udp_options {
	int64_t buffer;
};

static int udp_open(void *state, const struct transport_params *params,
		    const void *options, int64_t deadline_ns,
		    struct arena *arena, struct err *err)
{
	const struct udp_options *o = options;
	struct datagram *s = state;
	int ret = transport_peers(params, 0, &s->to, arena, err);

	(void)deadline_ns; /* nothing is said until the first request */
	s->buffer = (int)o->buffer;
	return ret ? ret : datagram_open(s, params, arena, err);
}

static const struct option_row udp_rows[] = {
	OPTION(SIZE, struct udp_options, buffer, 0, "8MiB", 4096, 1 << 30,
	       "send and receive buffer of each socket, as far as the system permits"),
	{ 0 },
};

const struct transport_ops transport_udp = {
	.kind = {
		.name = "udp",
		.help = "UDP datagrams; a socket for each connection",
		.options = udp_rows,
		.options_size = sizeof(struct udp_options),
	},
	.flags = TRANSPORT_WIRE,
	.listen = "127.0.0.1:0",
	.state_size = sizeof(struct datagram),
	.open = udp_open,
	.close = datagram_close,
	.address = datagram_address,
	.send = datagram_send,
	.recv = datagram_recv,
	.look = datagram_look,
	.again = datagram_again,
	.wait = datagram_wait,
	.reopen = datagram_reopen,
};
