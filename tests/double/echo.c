/* echo.c - a server on a thread that sends back what it gets */
#include "tests/double/echo.h"

#include <string.h>

#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"

#define BURST 32
#define LARGEST 65507
#define NAP_NS 10000000

static void send_back(struct echo *e, struct packet *pkt)
{
	const struct transport_ops *ops = e->transport.ops;
	struct packet back = { .data = pkt->data, .len = pkt->len,
			       .conn = pkt->conn };

	if (pkt->flags & TRANSPORT_CLOSED) {
		if (ops->drop)
			ops->drop(e->transport.state, pkt->conn);
		return;
	}
	while (pkt->len && !ops->send(e->transport.state, &back, 1) &&
	       !atomic_load(&e->stop))
		;
	if (ops->keep)
		ops->keep(e->transport.state, pkt->conn, pkt->len);
}

static void *echo_thread(void *arg)
{
	struct echo *e = arg;
	struct packet pkt[BURST];

	while (!atomic_load(&e->stop)) {
		const struct transport_ops *ops = e->transport.ops;
		size_t n = ops->recv(e->transport.state, pkt, BURST);

		for (size_t i = 0; i < n; i++)
			send_back(e, &pkt[i]);
		if (n == 0)
			ops->wait(e->transport.state,
				  clock_now_ns() + NAP_NS);
	}
	return NULL;
}

int echo_start(struct echo *e, const char *address, bool stream,
	       struct err *err)
{
	struct transport_params params = {
		.address = address, .connections = 256, .listen = 1,
		.max_message = stream ? 4096 : LARGEST,
	};
	struct choice choice;
	int rc;

	memset(e, 0, sizeof(*e));
	arena_init(&e->arena);
	rc = option_parse_choice(KIND_TRANSPORT, OPTION_UNIT_TIME,
				 stream ? "tcp" : "udp", &choice, &e->arena,
				 err);
	if (rc == 0)
		rc = transport_open(&e->transport, &choice, &params, INT64_MAX,
				    &e->arena, err);
	if (rc < 0) {
		arena_fini(&e->arena);
		return rc;
	}
	e->address = e->transport.ops->address(e->transport.state);
	pthread_create(&e->thread, NULL, echo_thread, e);
	return 0;
}

void echo_stop(struct echo *e)
{
	atomic_store(&e->stop, true);
	pthread_join(e->thread, NULL);
	e->transport.ops->close(e->transport.state);
	arena_fini(&e->arena);
}
