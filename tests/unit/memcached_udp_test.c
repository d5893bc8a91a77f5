/* memcached_udp_test.c - frames, and replies of several datagrams */
#include "tests/unit/net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/split.h"
#include "tests/unit/server.h"
#include "workloads/bytes.h"

#define KEYS "key_size: 5B, value_size: 3B, keys: 9}}"
#define GET_DRAW (UINT64_C(4) << 32 | 0)
#define SET_DRAW (UINT64_C(0xffffffff) << 32 | 0xffffffff)

static struct split_proto p;
static unsigned char packet[4096];
static struct proto_done done;
static size_t ndone;

static int open_ascii(void **state)
{
	(void)state;
	split_open(&p, "{memcached-udp: {" KEYS);
	return 0;
}

static int close_it(void **state)
{
	(void)state;
	split_close(&p);
	return 0;
}

static long feed(uint16_t id, uint16_t sequence, uint16_t total,
		 const void *text, size_t len)
{
	put_be16(packet, id);
	put_be16(packet + 2, sequence);
	put_be16(packet + 4, total);
	put_be16(packet + 6, 0);
	memcpy(packet + 8, text, len);
	return p.proto.ops->feed(p.proto.state, p.cs, packet, len + 8, &done,
				 1, &ndone);
}

static size_t ask(uint64_t id)
{
	const struct proto_request req = { .id = id, .draw = GET_DRAW };

	return p.proto.ops->build(p.proto.state, p.cs, &req, p.out,
				  p.proto.max_out);
}

#define FEED(id, sequence, total, text) \
	feed(id, sequence, total, text, sizeof(text) - 1)

static void test_requests(void **state)
{
	(void)state;
	assert_int_equal(server_build(&p, GET_DRAW), 19);
	assert_memory_equal(p.out, "\0\0\0\0\0\1\0\0get k0000\r\n", 19);
	assert_int_equal(server_build(&p, SET_DRAW), 30);
	assert_memory_equal(p.out,
			    "\0\1\0\0\0\1\0\0set k0008 0 0 3\r\nvvv\r\n",
			    30);
}

/* In any order, each to its own; what nobody asked is nobody's. */
static void test_replies(void **state)
{
	static const char hit[] = "VALUE k0000 0 3\r\nvvv\r\nEND\r\n";

	(void)state;
	for (uint64_t id = 70; id < 73; id++)
		ask(id);
	assert_true(feed(2, 0, 1, hit, sizeof(hit) - 1) > 0);
	assert_int_equal(ndone, 1);
	assert_int_equal(done.id, 72);
	assert_int_equal(done.status, PROTO_OK);
	assert_true(FEED(0, 0, 1, "END\r\n") > 0);
	assert_int_equal(done.id, 70);
	assert_int_equal(done.status, PROTO_ERROR);
	/* Rubbish behind a frame we asked for is an error of that request. */
	FEED(1, 0, 1, "VALUE k0000 0 3\r\nvv");
	assert_int_equal(done.id, 71);
	assert_int_equal(done.status, PROTO_ERROR);
	FEED(3, 0, 1, "STORED\r\n");
	assert_int_equal(ndone, 1);
	assert_int_equal(done.id, UINT64_MAX - 1);
	/* Frames that are none. */
	assert_int_equal(FEED(0, 0, 1, ""), -EBADMSG);
	assert_int_equal(FEED(0, 0, 0, "END\r\n"), -EBADMSG);
	assert_int_equal(FEED(0, 2, 2, "END\r\n"), -EBADMSG);
	assert_int_equal(FEED(0, 0, 65535, "END\r\n"), -EBADMSG);
}

/* Pieces in any order, twice, and between others; the last one ends it. */
static void test_pieces(void **state)
{
	static const char *const piece[] = { "VALUE k0000 0 12\r\nabcd",
					     "efghijkl\r", "\nEND\r\n" };
	static const int order[][3] = { { 0, 1, 2 }, { 2, 1, 0 }, { 1, 2, 0 },
					{ 2, 0, 1 } };

	(void)state;
	for (uint16_t i = 0; i < 4; i++) {
		ask(100 + i);
		for (int j = 0; j < 3; j++) {
			int at = order[i][j];

			assert_int_equal(ndone, 0);
			feed(i, (uint16_t)at, 3, piece[at], strlen(piece[at]));
			if (j == 0)	/* again */
				feed(i, (uint16_t)at, 3, piece[at],
				     strlen(piece[at]));
		}
		assert_int_equal(ndone, 1);
		assert_int_equal(done.id, 100 + i);
		assert_int_equal(done.status, PROTO_OK);
		ndone = 0;
	}
	/* As long as its first piece says, or it is an error. */
	ask(200);
	FEED(4, 0, 2, "VALUE k0000 0 12\r\nabcd");
	FEED(4, 1, 2, "efgh\r\nEND\r\n");
	assert_int_equal(done.id, 200);
	assert_int_equal(done.status, PROTO_ERROR);
}

/* One that lacks a piece takes no part in a later one, nor room for ever. */
static void test_lost_pieces(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 40; i++) {
		ask(i);
		FEED((uint16_t)i, 0, 2, "VALUE k0000 0 4\r\nab");
		assert_int_equal(ndone, 0);
	}
	FEED(39, 1, 2, "cd\r\nEND\r\n");
	assert_int_equal(done.id, 39);
	assert_int_equal(done.status, PROTO_OK);
	for (uint32_t i = 40; i < 65536 + 39; i++)
		ask(i);
	FEED(38, 1, 2, "cd\r\nEND\r\n");
	assert_int_equal(ndone, 0);
	/* A thousand others since: late. */
	FEED((uint16_t)(65536 + 38 - 1024), 0, 1, "END\r\n");
	assert_int_equal(done.id, UINT64_MAX - 1);
}

/* The built-in target's own replies, in both languages. */
static void test_target(void **state)
{
	static const char *const format[] = {
		"{memcached-udp: {" KEYS,
		"{memcached-udp: {format: binary, " KEYS,
	};

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct proto_served req;
		unsigned char out[600];
		size_t n = 0, len;

		split_close(&p);
		split_open(&p, format[f]);
		ask(1);
		len = ask(2);
		assert_int_equal(p.proto.ops->serve(p.proto.state, p.cs, p.out,
						    len, &req, 1, &n), len);
		assert_int_equal(n, 1);
		len = p.proto.ops->reply(p.proto.state, p.cs, &req, NULL,
					 PROTO_OK, out, sizeof(out));
		assert_int_equal(p.proto.ops->feed(p.proto.state, p.cs, out,
						   len, &done, 1, &n), len);
		assert_int_equal(done.id, 2);
		assert_int_equal(done.status, PROTO_OK);
		/* Cut anywhere, or with more behind it: refused. */
		len = ask(3);
		for (size_t cut = 0; cut < len; cut++)
			assert_int_equal(p.proto.ops->serve(p.proto.state,
							    p.cs, p.out, cut,
							    &req, 1, &n),
					 -EBADMSG);
		assert_int_equal(p.proto.ops->serve(p.proto.state, p.cs, p.out,
						    len + 1, &req, 1, &n),
				 -EBADMSG);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_ascii, close_it)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_requests), TEST(test_replies), TEST(test_pieces),
		TEST(test_lost_pieces), TEST(test_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
