/* tsource_pcap_test.c - a capture on lo stamps each packet, once, in time */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hwts/capture_filter.h"
#include "hwts/tsource.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

#define CONNS 3
#define EACH 50
#define SIZE 40

extern const struct tsource_ops tsource_pcap;

struct seen {
	int64_t before_ns, after_ns;	/* of the echo, CLOCK_REALTIME */
	int64_t out_ns, in_ns;		/* as the capture has it */
	uint32_t key;
};

static struct arena arena;
static void *source;
static int client[CONNS], server[CONNS], listener = -1;
static struct seen seen[CONNS][EACH];

static struct sockaddr_in bind_to_lo(int fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (void *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &len), 0);
	return at;
}

static void connect_all(bool stream)
{
	int type = stream ? SOCK_STREAM : SOCK_DGRAM, on = 1;
	struct sockaddr_in at, me;
	socklen_t len = sizeof(me);

	listener = socket(AF_INET, type, 0);
	at = bind_to_lo(listener);
	if (stream)
		assert_int_equal(listen(listener, CONNS), 0);
	for (int i = 0; i < CONNS; i++) {
		client[i] = socket(AF_INET, type, 0);
		assert_int_equal(connect(client[i], (void *)&at, sizeof(at)),
				 0);
		server[i] = stream ? accept(listener, NULL, NULL) : listener;
		getsockname(client[i], (void *)&me, &len);
		if (stream)
			setsockopt(client[i], IPPROTO_TCP, TCP_NODELAY, &on,
				   sizeof(on));
	}
}

static void close_all(void)
{
	for (int i = 0; i < CONNS; i++) {
		close(client[i]);
		if (server[i] != listener)
			close(server[i]);
	}
	close(listener);
}

/* One message there and back. */
static void echo(int conn, struct seen *s, bool stream, uint32_t nth)
{
	unsigned char control[TSOURCE_CONTROL], message[SIZE] = { 1 };
	struct sockaddr_in from;
	socklen_t len = sizeof(from);

	s->before_ns = clock_realtime_ns();
	assert_int_equal(tsource_pcap.tx_request(source, (uint32_t)conn,
						 TSOURCE_BIT(TSOURCE_SND),
						 control, &s->key), 0);
	if (stream)
		s->key = nth * SIZE + SIZE - 1;
	assert_int_equal(send(client[conn], message, SIZE, 0), SIZE);
	assert_int_equal(recvfrom(server[conn], message, SIZE, 0,
				  stream ? NULL : (void *)&from,
				  stream ? NULL : &len), SIZE);
	assert_int_equal(sendto(server[conn], message, SIZE, 0,
				stream ? NULL : (void *)&from,
				stream ? 0 : len), SIZE);
	assert_int_equal(recv(client[conn], message, SIZE, 0), SIZE);
	s->after_ns = clock_realtime_ns();
}

static size_t drain(bool stream)
{
	struct tsource_stamp stamp[TSOURCE_DRAIN];
	size_t n, all = 0;

	while ((n = tsource_pcap.tx_drain(source, 0, stamp, TSOURCE_DRAIN))) {
		for (size_t i = 0; i < n; i++) {
			const struct tsource_stamp *at = &stamp[i];
			uint32_t nth = stream ? at->key / SIZE : at->key;
			struct seen *s = &seen[at->conn][nth];

			assert_true(at->conn < CONNS && nth < EACH);
			assert_int_equal(at->key, s->key);
			assert_int_equal(at->quality, TSOURCE_WITNESS);
			assert_int_equal(at->clock, TSOURCE_REALTIME);
			if (at->kind == TSOURCE_RX)
				s->in_ns = at->ns;
			else
				s->out_ns = at->ns;
		}
		all += n;
	}
	return all;
}

static int open_source(bool stream)
{
	const struct tsource_params params = {
		.connections = CONNS, .stream = stream, .every = true,
	};
	struct err err = { 0 };
	int rc = 0;

	arena_init(&arena);
	source = arena_alloc(&arena, tsource_pcap.state_size);
	assert_int_equal(tsource_pcap.open(source, &params, &arena, &err), 0);
	connect_all(stream);
	for (uint32_t i = 0; rc == 0 && i < CONNS; i++)
		rc = tsource_pcap.enable(source, i, client[i], &err);
	if (rc < 0)
		print_message("%s\n", err.text);
	return rc;
}

static void all_stamped(bool stream)
{
	int rc = open_source(stream);

	if (rc == 0) {
		for (uint32_t i = 0; i < EACH; i++)
			for (int c = 0; c < CONNS; c++)
				echo(c, &seen[c][i], stream, i);
		/* Nothing is read while it runs. */
		assert_int_equal(drain(stream), 0);
		tsource_pcap.settle(source, true);
		assert_int_equal(drain(stream), 2 * CONNS * EACH);
		assert_int_equal(tsource_pcap.drops(source), 0);
	}
	close_all();
	tsource_pcap.close(source);
	arena_fini(&arena);
	/* Who may not capture is told so, in words; there is no more to see. */
	if (rc == -EPERM)
		skip();
	assert_int_equal(rc, 0);
	for (int c = 0; c < CONNS; c++)
		for (int i = 0; i < EACH; i++) {
			const struct seen *s = &seen[c][i];

			assert_true(s->before_ns <= s->out_ns);
			assert_true(s->out_ns < s->in_ns);
			assert_true(s->in_ns <= s->after_ns);
		}
}

static void test_datagrams(void **state)
{
	(void)state;
	all_stamped(false);
}

static void test_streams(void **state)
{
	(void)state;
	all_stamped(true);
}

/* A connection opened again counts anew, and its old stamps are nobody's. */
static void test_opened_again(void **state)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	struct err err;
	int rc;

	(void)state;
	rc = open_source(false);
	if (rc == 0) {
		echo(0, &seen[0][0], false, 0);
		close(client[0]);
		client[0] = socket(AF_INET, SOCK_DGRAM, 0);
		assert_int_equal(getsockname(listener, (void *)&at, &len), 0);
		assert_int_equal(connect(client[0], (void *)&at, len), 0);
		assert_int_equal(tsource_pcap.enable(source, 0, client[0],
						     &err), 0);
		echo(0, &seen[0][0], false, 0);
		assert_int_equal(seen[0][0].key, 0);
		tsource_pcap.settle(source, true);
		assert_int_equal(drain(false), 2);
		assert_true(seen[0][0].out_ns >= seen[0][0].before_ns);
	}
	close_all();
	tsource_pcap.close(source);
	arena_fini(&arena);
	if (rc == -EPERM)
		skip();
	assert_int_equal(rc, 0);
}

/* More packets than the buffer holds: that is told, and nothing is guessed. */
static void test_overflow(void **state)
{
	unsigned char control[TSOURCE_CONTROL], message[SIZE] = { 1 };
	uint32_t key;
	int rc;

	(void)state;
	if (!getenv("LANCET_LONG"))
		skip();
	rc = open_source(false);
	for (int i = 0; rc == 0 && i < 600000; i++) {
		tsource_pcap.tx_request(source, 0, 0, control, &key);
		send(client[0], message, SIZE, MSG_DONTWAIT);
	}
	if (rc == 0) {
		tsource_pcap.settle(source, true);
		print_message("%ju\n",
			      (uintmax_t)tsource_pcap.drops(source));
		assert_true(tsource_pcap.drops(source) > 100);
	}
	close_all();
	tsource_pcap.close(source);
	arena_fini(&arena);
	if (rc == -EPERM)
		skip();
	assert_int_equal(rc, 0);
}

/* Stamps by a card that nobody has: an error, never the host's instead. */
static void test_hardware(void **state)
{
	const struct tsource_params params = {
		.connections = CONNS, .every = true, .hardware = true,
	};
	struct err err;

	(void)state;
	arena_init(&arena);
	source = arena_alloc(&arena, tsource_pcap.state_size);
	assert_int_equal(tsource_pcap.open(source, &params, &arena, &err), 0);
	connect_all(false);
	assert_true(tsource_pcap.enable(source, 0, client[0], &err) < 0);
	print_message("%s\n", err.text);
	close_all();
	tsource_pcap.close(source);
	arena_fini(&arena);
}

/* As many targets as there is room for; one more is refused, and not cut. */
static void test_filter_full(void **state)
{
	char *filter = calloc(1, CAPTURE_FILTER);
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), rc = 0, n = 0;
	uint16_t port;
	size_t len;

	(void)state;
	assert_non_null(filter);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (; rc == 0; n++) {
		len = strlen(filter);
		to.sin_port = htons((uint16_t)(10000 + n));
		assert_int_equal(connect(fd, (void *)&to, sizeof(to)), 0);
		rc = capture_filter_add(filter, fd, false, &port);
	}
	assert_int_equal(rc, -E2BIG);
	assert_true(n > 400);
	assert_int_equal(strlen(filter), len);
	assert_int_equal(filter[len - 1], ')');
	/* One that it has needs no room. */
	to.sin_port = htons(10000);
	assert_int_equal(connect(fd, (void *)&to, sizeof(to)), 0);
	assert_int_equal(capture_filter_add(filter, fd, false, &port), 0);
	close(fd);
	free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_opened_again),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_hardware),
		cmocka_unit_test(test_filter_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
