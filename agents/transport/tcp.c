/* tcp.c - TCP connections: non-blocking, pipelined, one epoll for all */
#include "agents/stream.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"

struct tcp_options {
	bool nodelay;
};

static int tcp_open(void *state, const struct transport_params *params,
		    const void *options, int64_t deadline_ns,
		    struct arena *arena, struct err *err)
{
	const struct tcp_options *o = options;
	struct stream *s = state;
	int ret = transport_peers(params, 0, &s->to, arena, err);

	s->nodelay = o->nodelay;
	return ret ? ret : stream_open(s, params, deadline_ns, arena, err);
}

static const struct option_row tcp_rows[] = {
	OPTION(BOOL, struct tcp_options, nodelay, 0, "true", 0, 0,
	       "send at once (TCP_NODELAY) instead of coalescing small "
	       "messages"),
	{ 0 },
};

const struct transport_ops transport_tcp = {
	.kind = {
		.name = "tcp",
		.help = "TCP byte streams",
		.options = tcp_rows,
		.options_size = sizeof(struct tcp_options),
	},
	.flags = TRANSPORT_STREAM | TRANSPORT_WIRE,
	.listen = "127.0.0.1:0",
	.state_size = sizeof(struct stream),
	.open = tcp_open,
	.close = stream_close,
	.address = stream_address,
	.send = stream_send,
	.recv = stream_recv,
	.look = stream_look,
	.keep = stream_keep,
	.wait = stream_wait,
	.reopen = stream_reopen,
	.drop = stream_drop,
};
