/* tcp_test.c - streams in pieces, peers that leave, and the bounds */
#include "tests/unit/net.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "agents/socket.h"

#define BIG 60000

/* A plain blocking client, to do what ours never would. */
static int plain_client(const struct transport *server)
{
	struct sockaddr_storage to;
	struct err err;
	unsigned len;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(transport_resolve(net_address(server), 0, &to, &len,
					   &err), 0);
	assert_int_equal(connect(fd, (void *)&to, len), 0);
	return fd;
}

/* Until the server says something of a connection. */
static struct packet next_packet(struct transport *t)
{
	struct packet pkt;

	assert_int_equal(net_recv(t, &pkt, 1), 1);
	return pkt;
}

static void fill(unsigned char *data, size_t len, uint32_t from)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (unsigned char)((from + i) * 2654435761u >> 24);
}

/* How many bytes of the pattern came, all of them right. */
static uint32_t take_pattern(struct transport *t, uint32_t from)
{
	static unsigned char want[4 * BIG];
	struct packet pkt[4];
	size_t n = t->ops->recv(t->state, pkt, 4);

	for (size_t i = 0; i < n; i++) {
		assert_true(pkt[i].len <= sizeof(want));
		fill(want, pkt[i].len, from);
		assert_memory_equal(pkt[i].data, want, pkt[i].len);
		from += pkt[i].len;
		net_keep(t, pkt[i].conn, pkt[i].len);
	}
	return from;
}

/* Messages larger than what the kernel takes at once arrive whole. */
static void test_partial_writes(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, BIG);
	struct transport client = net_open("tcp", 0, net_address(&server), 1,
					   BIG);
	static unsigned char data[3][BIG];
	uint32_t sent = 0, got = 0, full = 0;
	int64_t until = clock_now_ns() + PATIENCE;

	(void)state;
	while (got < 400 * BIG || got < sent) {
		struct packet pkt[3];
		size_t took;

		assert_true(clock_now_ns() < until);
		for (uint32_t i = 0; i < 3; i++) {
			fill(data[i], BIG, sent + i * BIG);
			pkt[i] = (struct packet){ .data = data[i], .len = BIG };
		}
		took = sent < 400 * BIG ?
			       client.ops->send(client.state, pkt, 3) : 0;
		sent += (uint32_t)took * BIG;
		full += took < 3;
		if (took == 0) { /* only a full pipe is read */
			client.ops->recv(client.state, pkt, 1);
			got = take_pattern(&server, got);
		}
	}
	assert_int_equal(got, sent);
	assert_true(full > 0);
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/* What was not consumed comes again, longer. */
static void test_partial_reads(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, 64);
	int fd = plain_client(&server);
	struct packet pkt;

	(void)state;
	assert_int_equal(write(fd, "abc", 3), 3);
	pkt = next_packet(&server);
	assert_int_equal(pkt.len, 3);
	net_keep(&server, pkt.conn, 1);
	assert_int_equal(write(fd, "def", 3), 3);
	pkt = next_packet(&server);
	assert_int_equal(pkt.len, 5);
	assert_memory_equal(pkt.data, "bcdef", 5);
	net_keep(&server, pkt.conn, 0);
	assert_int_equal(write(fd, "g", 1), 1);
	pkt = next_packet(&server);
	assert_memory_equal(pkt.data, "bcdefg", 6);
	close(fd);
	server.ops->close(server.state);
}

/* Nobody takes the bytes out of a full buffer: the peer is given up. */
static void test_buffer_full(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, 64);
	static const char data[20000];
	int fd = plain_client(&server);
	struct packet pkt;

	(void)state;
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	do
		pkt = next_packet(&server);
	while (!(pkt.flags & TRANSPORT_CLOSED));
	assert_true(pkt.len >= 64);
	close(fd);
	server.ops->close(server.state);
}

/* A client's connection that the server knows, too: it has asked. */
static struct transport asked(struct transport *server, uint32_t n,
			      size_t max_message)
{
	struct transport client = net_open("tcp", 0, net_address(server), n,
					   max_message);

	for (uint32_t i = 0; i < n; i++)
		net_send(&client, i, "x", 1);
	return client;
}

/* What a client is told once is all there is: the answer, and the end. */
static void test_answer_and_end(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, 64);
	struct transport client = asked(&server, 1, 64);
	struct packet pkt = next_packet(&server);

	(void)state;
	net_send(&server, pkt.conn, "answer", 6);
	server.ops->drop(server.state, pkt.conn);
	pkt = next_packet(&client);
	assert_int_equal(pkt.len, 6);
	net_keep(&client, pkt.conn, 6);
	pkt = next_packet(&client);
	assert_int_equal(pkt.len, 0);
	assert_int_equal(pkt.flags, TRANSPORT_CLOSED);
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/* More than a client has room for at a time, said at once. */
static void test_more_than_room(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, BIG);
	struct transport client = asked(&server, 1, 64);
	struct packet pkt = next_packet(&server);
	int64_t until = clock_now_ns() + PATIENCE;
	static unsigned char data[BIG];
	uint32_t got = 0;

	(void)state;
	fill(data, BIG, 0);
	net_send(&server, pkt.conn, data, BIG);
	while (got < BIG) {
		assert_true(clock_now_ns() < until);
		got = take_pattern(&client, got);
	}
	client.ops->close(client.state);
	server.ops->close(server.state);
}

/* More connections are ready than packets are asked for: each has its turn. */
static void test_more_than_asked_for(void **state)
{
	enum { N = 40, EACH = 3 };
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", N, 64);
	struct transport client = asked(&server, N, 64);
	bool seen[N] = { false };
	struct packet pkt[EACH];

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		pkt[0] = next_packet(&server);
		net_keep(&server, pkt[0].conn, 1);
		net_send(&server, pkt[0].conn, "y", 1);
	}
	for (uint32_t left = N; left > 0;) {
		size_t n = net_recv(&client, pkt, EACH);

		for (size_t i = 0; i < n; i++) {
			assert_false(seen[pkt[i].conn]);
			seen[pkt[i].conn] = true;
			net_keep(&client, pkt[i].conn, 1);
		}
		left -= (uint32_t)n;
	}
	client.ops->close(client.state);
	server.ops->close(server.state);
}

static void test_half_closed(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, 64);
	int fd = plain_client(&server);
	struct packet pkt;
	char text[8];

	(void)state;
	assert_int_equal(write(fd, "ask", 3), 3);
	pkt = next_packet(&server);
	shutdown(fd, SHUT_WR);
	pkt = next_packet(&server);
	assert_int_equal(pkt.flags, TRANSPORT_CLOSED);
	assert_int_equal(pkt.len, 3);
	/* Told once, and not again and again while it waits. */
	assert_int_equal(server.ops->recv(server.state, &pkt, 1), 0);
	net_send(&server, pkt.conn, "answer", 6);
	server.ops->drop(server.state, pkt.conn);
	assert_int_equal(read(fd, text, 8), 6);
	assert_int_equal(read(fd, text, 8), 0);
	close(fd);
	server.ops->close(server.state);
}

/* A drop waits for what the transport still has to write. */
static void test_drop_writes_the_rest(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, BIG);
	static unsigned char data[BIG];
	struct packet pkt = { .data = data, .len = BIG }, in;
	int64_t until = clock_now_ns() + PATIENCE;
	int fd = plain_client(&server);
	size_t sent = 0, got = 0;
	ssize_t n;

	(void)state;
	assert_int_equal(write(fd, "x", 1), 1);
	in = next_packet(&server);
	pkt.conn = in.conn;
	while (server.ops->send(server.state, &pkt, 1) == 1)
		sent += BIG;
	server.ops->drop(server.state, in.conn);
	while ((n = recv(fd, data, BIG, MSG_DONTWAIT)) != 0) {
		assert_true(clock_now_ns() < until);
		got += n > 0 ? (size_t)n : 0;
		server.ops->recv(server.state, &in, 1);
	}
	assert_int_equal(got, sent);
	close(fd);
	server.ops->close(server.state);
}

/* A reset is told; what is sent there is swallowed; the place goes on. */
static void test_reset(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 1, 64);
	struct linger hard = { .l_onoff = 1 };
	int fd = plain_client(&server);
	struct packet pkt;
	uint32_t old;

	(void)state;
	assert_int_equal(write(fd, "ask", 3), 3);
	old = next_packet(&server).conn;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	pkt = next_packet(&server);
	assert_int_equal(pkt.flags, TRANSPORT_CLOSED);
	net_send(&server, old, "answer", 6);
	server.ops->drop(server.state, old);

	fd = plain_client(&server);
	assert_int_equal(write(fd, "ask", 3), 3);
	pkt = next_packet(&server);
	assert_true(pkt.conn > old);
	net_send(&server, old, "answer", 6); /* for one who is gone */
	server.ops->drop(server.state, old);
	net_send(&server, pkt.conn, "yes", 3);
	assert_int_equal(read(fd, pkt.data, 64), 3);
	close(fd);
	server.ops->close(server.state);
}

static void test_bounded(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 1, 64);
	int first = plain_client(&server), second;
	struct packet pkt;
	char byte;

	(void)state;
	assert_int_equal(write(first, "x", 1), 1);
	pkt = next_packet(&server);
	second = plain_client(&server);
	server.ops->wait(server.state, clock_now_ns() + PATIENCE);
	server.ops->recv(server.state, &pkt, 1);
	assert_int_equal(read(second, &byte, 1), 0);
	close(first);
	close(second);
	server.ops->close(server.state);
}

/* What a wait saw, the next receive takes; what it leaves comes again. */
static void test_waited(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, 64);
	int a = plain_client(&server), b = plain_client(&server);
	struct packet pkt, other;

	(void)state;
	assert_int_equal(write(a, "x", 1), 1);
	pkt = next_packet(&server);
	assert_int_equal(write(b, "y", 1), 1);
	other = next_packet(&server);
	server.ops->keep(server.state, pkt.conn, 1);
	server.ops->keep(server.state, other.conn, 1);

	/* Nothing came: the look after the wait is no stale one. */
	server.ops->wait(server.state, clock_now_ns() + SECOND / 1000);
	assert_int_equal(server.ops->recv(server.state, &pkt, 1), 0);

	/* Both are told, one is taken at a time. */
	assert_int_equal(write(a, "x", 1), 1);
	assert_int_equal(write(b, "y", 1), 1);
	server.ops->wait(server.state, clock_now_ns() + PATIENCE);
	assert_int_equal(server.ops->recv(server.state, &pkt, 1), 1);
	server.ops->keep(server.state, pkt.conn, 1);
	assert_int_equal(server.ops->recv(server.state, &other, 1), 1);
	server.ops->keep(server.state, other.conn, 1);
	assert_true(pkt.conn != other.conn);

	/* Gone between a wait and a receive, a peer is not read. */
	assert_int_equal(write(a, "x", 1), 1);
	server.ops->wait(server.state, clock_now_ns() + PATIENCE);
	server.ops->drop(server.state, pkt.conn);
	server.ops->drop(server.state, other.conn);
	assert_int_equal(server.ops->recv(server.state, &pkt, 1), 0);
	close(a);
	close(b);
	server.ops->close(server.state);
}

static void test_refused(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 1, 64);
	struct choice choice = net_choice(KIND_TRANSPORT, "tcp");
	struct transport_params params = { .connections = 3,
					   .max_message = 64 };
	struct transport client;
	struct err err;

	(void)state;
	params.address = arena_strdup(&net_arena, net_address(&server));
	server.ops->close(server.state);
	assert_int_equal(transport_open(&client, &choice, &params,
					clock_now_ns() + PATIENCE, &net_arena,
					&err), -ECONNREFUSED);
	assert_non_null(strstr(err.text, params.address));
}

/* The server leaves: told; then it is back, and so is the connection. */
static void test_reopen(void **state)
{
	struct transport server = net_open("tcp", 1, "127.0.0.1:0", 2, 64);
	struct transport client = net_open("tcp", 0, net_address(&server), 2,
					   64);
	struct packet pkt;
	struct err err;
	int64_t begun;

	(void)state;
	net_send(&client, 1, "one", 3);
	server.ops->drop(server.state, next_packet(&server).conn);
	pkt = next_packet(&client);
	assert_int_equal(pkt.flags, TRANSPORT_CLOSED);
	assert_int_equal(pkt.conn, 1);
	begun = clock_now_ns();
	assert_int_equal(client.ops->reopen(client.state, 1, &err), 0);
	pkt = next_packet(&client);
	assert_int_equal(pkt.flags, TRANSPORT_OPENED);
	assert_int_equal(pkt.conn, 1);
	assert_int_equal(pkt.len, 0);
	assert_in_range(pkt.stamp_ns, begun, clock_now_ns());
	net_send(&client, 1, "two", 3);
	pkt = next_packet(&server);
	assert_memory_equal(pkt.data, "two", 3);
	net_send(&server, pkt.conn, "yes", 3);
	pkt = next_packet(&client);
	assert_int_equal(pkt.conn, 1);
	assert_int_equal(pkt.len, 3);
	server.ops->close(server.state);
	assert_int_equal(next_packet(&client).flags, TRANSPORT_CLOSED);
	assert_int_equal(client.ops->reopen(client.state, 1, &err), 0);
	do	/* the other connection is told of its end, too */
		pkt = next_packet(&client);
	while (pkt.conn != 1);
	assert_int_equal(pkt.flags, TRANSPORT_CLOSED | TRANSPORT_REFUSED);
	client.ops->close(client.state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_partial_writes),
		cmocka_unit_test(test_partial_reads),
		cmocka_unit_test(test_buffer_full),
		cmocka_unit_test(test_answer_and_end),
		cmocka_unit_test(test_more_than_room),
		cmocka_unit_test(test_more_than_asked_for),
		cmocka_unit_test(test_half_closed),
		cmocka_unit_test(test_drop_writes_the_rest),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_waited),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_reopen),
	};

	int failed = cmocka_run_group_tests(tests, net_setup, net_teardown);

	net_stamped = true;
	return failed + cmocka_run_group_tests_name("stamped", tests,
						    net_setup, net_teardown);
}
