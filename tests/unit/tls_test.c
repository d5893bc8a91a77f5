/* tls_test.c - the filter between protocol and transport, and what breaks it */
#include "tests/unit/net.h"

#include "tests/unit/tls_wire.h"

#include <stdlib.h>

#define MESSAGE 100000

static struct config_tls any;	/* whoever signed it */
static struct transport client;

static void open_both(const struct config_tls *server,
		      const struct config_tls *options, uint32_t connections)
{
	struct err err;

	if (wire_end(&wire.server, true, server, connections, MESSAGE,
		     &net_arena, &err) ||
	    wire_end(&client, false, options, connections, MESSAGE,
		     &net_arena, &err))
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	net_setup(state);
	memset(&any, 0, sizeof(any));
	wire_reset();
	return 0;
}

static void close_ends(void)
{
	if (client.ops)
		client.ops->close(client.state);
	if (wire.server.ops)
		wire.server.ops->close(wire.server.state);
	client.ops = wire.server.ops = NULL;
}

static int teardown(void **state)
{
	close_ends();
	return net_teardown(state);
}

/* Until so many bytes of the connection have come back. */
static void expect(uint32_t conn, const unsigned char *want, size_t len)
{
	size_t got = 0;

	while (got < len) {
		struct packet pkt;

		net_recv(&client, &pkt, 1);
		assert_int_equal(pkt.flags, 0);
		assert_int_equal(pkt.conn, conn);
		assert_true(got + pkt.len <= len);
		assert_memory_equal(pkt.data, want + got, pkt.len);
		got += pkt.len;
		net_keep(&client, conn, pkt.len);
	}
}

static unsigned char *pattern(size_t len)
{
	unsigned char *data = arena_alloc(&net_arena, len);

	for (size_t i = 0; i < len; i++)
		data[i] = (unsigned char)(i * 7 + i / 251);
	return data;
}

static void test_any_size(void **state)
{
	static const size_t len[] = { 1, 100, 16384, 16385, MESSAGE };
	static const int version[] = { TLS_1_2, TLS_1_3 };
	const unsigned char *data = pattern(MESSAGE);

	(void)state;
	for (size_t v = 0; v < 2; v++) {
		any.min_version = any.max_version = version[v];
		open_both(&any, &any, 3);
		for (size_t i = 0; i < sizeof(len) / sizeof(*len); i++)
			for (uint32_t conn = 0; conn < 3; conn++) {
				net_send(&client, conn, data, len[i]);
				expect(conn, data, len[i]);
			}
		close_ends();
		wire_reset();
	}
}

/* Whatever pieces the records come in, from the handshake on. */
static void test_pieces(void **state)
{
	static const size_t piece[] = { 1, 3, 1000 };
	const unsigned char *data = pattern(2000);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		wire.piece = piece[i];
		open_both(&any, &any, 2);
		net_send(&client, 1, data, 2000);
		expect(1, data, 2000);
		close_ends();
		wire_reset();
	}
}

static void fill_burst(struct packet *pkt, unsigned char *data)
{
	static const uint32_t conn[] = { 0, 0, 0, 1, 1, 0 };

	for (size_t i = 0; i < 6; i++)
		pkt[i] = (struct packet){ .data = data + 10 * i, .len = 10,
					  .conn = conn[i] };
}

static void test_a_burst_is_one_record(void **state)
{
	unsigned char *data = pattern(60);
	struct packet pkt[6];

	(void)state;
	open_both(&any, &any, 2);
	wire.up[0].records = wire.up[1].records = 0;
	fill_burst(pkt, data);
	assert_int_equal(client.ops->send(client.state, pkt, 6), 6);
	assert_int_equal(wire.up[0].records, 2); /* three, then one */
	assert_int_equal(wire.up[1].records, 1);
	for (size_t i = 0; i < 6; i++)
		assert_true(pkt[i].stamp_ns > 0);
}

/* By one key: so many bytes went out that its stamps may be of. */
static void test_stamps_are_of_records(void **state)
{
	unsigned char *data = pattern(60);
	struct packet pkt[6];
	size_t before;

	(void)state;
	open_both(&any, &any, 2);
	fill_burst(pkt, data);
	for (size_t i = 0; i < 5; i++)
		pkt[i].flags = TRANSPORT_STAMP;
	before = wire.up[1].len;
	assert_int_equal(client.ops->send(client.state, pkt + 3, 2), 2);
	assert_true(pkt[3].len > 20);
	assert_int_equal(pkt[3].len, wire.up[1].len - before);
	assert_int_equal(pkt[4].len, pkt[3].len);
	before = wire.up[0].len;
	assert_int_equal(client.ops->send(client.state, pkt, 3), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pkt[i].len, wire.up[0].len - before);
	assert_int_equal(client.ops->send(client.state, pkt + 5, 1), 1);
	assert_int_equal(pkt[5].len, 10);
}

/* What was encrypted cannot be taken back: it is held, and nothing more. */
static void test_no_room(void **state)
{
	unsigned char *data = pattern(60);
	struct packet pkt[6], in;

	(void)state;
	open_both(&any, &any, 2);
	wire.full = true;
	fill_burst(pkt, data);
	assert_int_equal(client.ops->send(client.state, pkt, 3), 3);
	assert_int_equal(client.ops->send(client.state, pkt, 1), 0);
	assert_int_equal(client.ops->send(client.state, pkt + 3, 1), 1);
	assert_int_equal(client.ops->recv(client.state, &in, 1), 0);
	wire.full = false;
	client.ops->recv(client.state, &in, 0); /* hands over what it held */
	expect(0, data, 30);
	expect(1, data + 30, 10);
	assert_int_equal(client.ops->send(client.state, pkt, 1), 1);
	expect(0, data, 10);
}

/* Bytes that were not consumed come again, longer. */
static void test_keeps(void **state)
{
	unsigned char *data = pattern(60);
	struct packet pkt;

	(void)state;
	open_both(&any, &any, 1);
	net_send(&client, 0, data, 30);
	net_recv(&client, &pkt, 1);
	net_keep(&client, 0, 20);
	net_send(&client, 0, data + 30, 30);
	net_recv(&client, &pkt, 1);
	assert_int_equal(pkt.len, 40);
	assert_memory_equal(pkt.data, data + 20, 40);
	net_keep(&client, 0, 40);
}

/* --- refusals --- */

static void refused(const struct config_tls *server,
		    const struct config_tls *options, int code,
		    const char *words)
{
	struct err err = { 0 };

	if (server)
		assert_int_equal(wire_end(&wire.server, true, server, 1, 100,
					  &net_arena, &err), 0);
	assert_int_equal(wire_end(&client, false, options, 2, 100, &net_arena,
				  &err), code);
	client.ops = NULL;
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
	close_ends();
	wire_reset();
}

static void test_refused(void **state)
{
	static const char *const h2[] = { "h2" }, *const h1[] = { "http/1.1" };
	struct config_tls picky = { .verify = true };
	struct config_tls old = { .max_version = TLS_1_2 };
	struct config_tls new = { .min_version = TLS_1_3 };

	(void)state;
	refused(&any, &picky, -EPROTO,
		"certificate of localhost:1 is refused: self-signed certificate");
	refused(&old, &new, -EPROTO, "protocol version");
	old.alpn = (struct option_list){ (void *)(uintptr_t)h2, 1 };
	new = (struct config_tls){ .alpn = { (void *)(uintptr_t)h1, 1 } };
	refused(&old, &new, -EPROTO, "no application protocol");
	picky.ca = "/nowhere/ca.pem";
	refused(NULL, &picky, -EINVAL, "tls.ca: cannot use '/nowhere/ca.pem'");
	new = (struct config_tls){ .certificate = "/nowhere/c.pem" };
	refused(NULL, &new, -EINVAL, "tls.certificate: cannot use");
	new = (struct config_tls){ .ciphers = "NONE-SUCH" };
	refused(NULL, &new, -EINVAL, "tls.ciphers: cannot use 'NONE-SUCH'");
}

/* It speaks, but no TLS; it is gone in the midst of it. */
static void test_no_tls_there(void **state)
{
	static const char plain[] = "220 mail.example.org ESMTP\r\n";
	struct packet pkt = { .data = (unsigned char *)(uintptr_t)plain,
			      .len = sizeof(plain) - 1 };

	(void)state;
	wire_put(wire.down, &pkt, 1);
	refused(NULL, &any, -EPROTO, "localhost:1 does not speak TLS on this port");
	wire.cut_at = 200;
	refused(&any, &any, -ECONNRESET, "it closed the connection");
}

static void test_silence(void **state)
{
	const struct choice choice = { &wire_client.kind, NULL };
	struct transport_params params = { .address = "localhost:1",
					   .connections = 2, .tls = &any,
					   .max_message = 100 };
	struct err err;

	(void)state;
	assert_int_equal(transport_open(&client, &choice, &params,
					clock_now_ns() + 20000000, &net_arena,
					&err), -ETIMEDOUT);
	client.ops = NULL;
	assert_non_null(strstr(err.text, "2 of 2 handshakes"));
}

static void test_streams_only(void **state)
{
	struct choice udp = net_choice(KIND_TRANSPORT, "udp");
	struct transport_params params = { .address = "127.0.0.1:1",
					   .connections = 1, .tls = &any,
					   .max_message = 100 };
	struct err err;

	(void)state;
	assert_int_equal(transport_open(&client, &udp, &params, 0, &net_arena,
					&err), -EINVAL);
	client.ops = NULL;
	assert_non_null(strstr(err.text, "which udp is not"));
}

/* --- later on --- */

/* The connection's end, told once; then a new one in its place. */
static void closes(unsigned flags)
{
	const unsigned char *data = pattern(50);
	int64_t until = clock_now_ns() + PATIENCE;
	struct packet pkt = { .data = pattern(50), .len = 50 }, in;
	struct err err;

	do {
		net_recv(&client, &in, 1);
		net_keep(&client, 0, in.len);
	} while (in.flags == 0);
	assert_int_equal(in.flags, flags);
	assert_int_equal(in.conn, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(client.ops->recv(client.state, &in, 1), 0);
	assert_int_equal(client.ops->send(client.state, &pkt, 1), 1);
	net_send(&client, 1, data, 50); /* the other one is as before */
	expect(1, data, 50);
	assert_int_equal(client.ops->reopen(client.state, 0, &err), 0);
	/* No room until it stands. */
	assert_int_equal(client.ops->send(client.state, &pkt, 1), 0);
	while (client.ops->send(client.state, &pkt, 1) == 0) {
		assert_true(clock_now_ns() < until);
		client.ops->recv(client.state, &in, 1);
	}
	expect(0, data, 50);
}

static void test_closed(void **state)
{
	(void)state;
	open_both(&any, &any, 2);
	wire.server.ops->drop(wire.server.state, 0);
	closes(TRANSPORT_CLOSED);
}

static void test_changed_on_the_way(void **state)
{
	(void)state;
	open_both(&any, &any, 2);
	wire.flip_at = wire.down[0].seen + wire.down[0].len + 20;
	wire.flip = 1;
	net_send(&client, 0, "a request of some length", 24);
	closes(TRANSPORT_CLOSED | TRANSPORT_RUBBISH);
}

static void test_cut(void **state)
{
	(void)state;
	open_both(&any, &any, 2);
	wire.cut_at = wire.down[0].seen + wire.down[0].len + 20;
	net_send(&client, 0, "a request of some length", 24);
	closes(TRANSPORT_CLOSED);
}

/* A message that never ends is not kept for ever. */
static void test_without_end(void **state)
{
	const unsigned char *data = pattern(MESSAGE);
	struct packet in = { 0 };

	(void)state;
	open_both(&any, &any, 2);
	for (int i = 0; i < 20 && !in.flags; i++) {
		net_send(&client, 0, data, MESSAGE);
		client.ops->recv(client.state, &in, 1);
	}
	assert_int_equal(in.flags, TRANSPORT_CLOSED | TRANSPORT_RUBBISH);
}

static void test_rubbish_to_a_server(void **state)
{
	static const char text[] = "GET / HTTP/1.0\r\n\r\n";
	struct packet pkt = { .data = (unsigned char *)(uintptr_t)text,
			      .len = sizeof(text) - 1, .conn = 3 };
	const unsigned char *data = pattern(50);

	(void)state;
	open_both(&any, &any, 3); /* so the server has four places */
	wire_put(wire.up, &pkt, 1);
	wire_pump();
	assert_true(wire.server_closed && wire.server_rubbish);
	net_send(&client, 1, data, 50);
	expect(1, data, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(test_any_size),
		TEST(test_pieces),
		TEST(test_a_burst_is_one_record),
		TEST(test_stamps_are_of_records),
		TEST(test_no_room),
		TEST(test_keeps),
		TEST(test_refused),
		TEST(test_no_tls_there),
		TEST(test_silence),
		TEST(test_streams_only),
		TEST(test_closed),
		TEST(test_changed_on_the_way),
		TEST(test_cut),
		TEST(test_without_end),
		TEST(test_rubbish_to_a_server),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
