/* unix_datagram.c - datagrams over Unix sockets of this host */
#include "agents/datagram.h"

#include "lancet/core/err.h"
#include "lancet/core/option.h"

struct unix_options {
	int64_t buffer;
};

static int unix_open(void *state, const struct transport_params *params,
		    const void *options, int64_t deadline_ns,
		    struct arena *arena, struct err *err)
{
	const struct unix_options *o = options;
	struct datagram *s = state;
	int ret = transport_peers(params, 1, &s->to, arena, err);

	(void)deadline_ns; /* nothing is said until the first request */
	if (ret == 0 && params->listen)
		socket_unlink_stale(s->to.at, SOCK_DGRAM);
	s->buffer = (int)o->buffer;
	return ret ? ret : datagram_open(s, params, arena, err);
}

static void unix_close(void *state)
{
	struct datagram *s = state;

	if (s->listening && s->n > 0)
		socket_unlink(s->to.at);
	datagram_close(s);
}

static const struct option_row unix_rows[] = {
	OPTION(SIZE, struct unix_options, buffer, 0, "8MiB", 4096, 1 << 30,
	       "send and receive buffer of each socket, as far as the system permits"),
	{ 0 },
};

const struct transport_ops transport_unix_datagram = {
	.kind = {
		.name = "unix-datagram",
		.help = "datagrams over Unix sockets: /PATH, or @NAME",
		.options = unix_rows,
		.options_size = sizeof(struct unix_options),
	},
	.listen = "@",
	.state_size = sizeof(struct datagram),
	.open = unix_open,
	.close = unix_close,
	.address = datagram_address,
	.send = datagram_send,
	.recv = datagram_recv,
	.look = datagram_look,
	.again = datagram_again,
	.wait = datagram_wait,
	.reopen = datagram_reopen,
};
