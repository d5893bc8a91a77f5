/* unix.c - byte streams over Unix sockets of this host */
#include "agents/stream.h"

#include "lancet/core/err.h"

static int unix_open(void *state, const struct transport_params *params,
		     const void *options, int64_t deadline_ns,
		     struct arena *arena, struct err *err)
{
	struct stream *s = state;
	int ret = transport_peers(params, 1, &s->to, arena, err);

	(void)options;
	if (ret == 0 && params->listen)
		socket_unlink_stale(s->to.at, SOCK_STREAM);
	return ret ? ret : stream_open(s, params, deadline_ns, arena, err);
}

static void unix_close(void *state)
{
	struct stream *s = state;

	if (s->listener >= 0)
		socket_unlink(s->to.at);
	stream_close(s);
}

const struct transport_ops transport_unix = {
	.kind = {
		.name = "unix",
		.help = "byte streams over Unix sockets: /PATH, or @NAME",
	},
	.flags = TRANSPORT_STREAM,
	.listen = "@",
	.state_size = sizeof(struct stream),
	.open = unix_open,
	.close = unix_close,
	.address = stream_address,
	.send = stream_send,
	.recv = stream_recv,
	.look = stream_look,
	.keep = stream_keep,
	.wait = stream_wait,
	.reopen = stream_reopen,
	.drop = stream_drop,
};
