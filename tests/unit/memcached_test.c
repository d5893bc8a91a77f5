/* memcached_test.c - both languages: by the book, in pieces, and for real */
#include "tests/unit/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/split.h"
#include "tests/unit/seed.h"
#include "tests/unit/server.h"
#include "workloads/bytes.h"
#include "workloads/memcached.h"

#define ASCII "{memcached: {key_size: 5B, value_size: 3B, keys: 9}}"
#define BINARY "{memcached: {format: binary, key_size: 5B, value_size: 3B, keys: 9}}"
#define GET_DRAW (UINT64_C(4) << 32 | 0)	/* key 0: 4 * 9 >> 32 */
#define SET_DRAW (UINT64_C(0xffffffff) << 32 | 0xffffffff)

static struct rng rng;

static void expect_build(struct split_proto *p, uint64_t draw,
			 const void *want, size_t len)
{
	assert_int_equal(server_build(p, draw), len);
	assert_memory_equal(p->out, want, len);
}

static void test_requests(void **state)
{
	struct split_proto p;

	(void)state;
	split_open(&p, ASCII);
	expect_build(&p, GET_DRAW, "get k0000\r\n", 11);
	expect_build(&p, SET_DRAW, "set k0008 0 0 3\r\nvvv\r\n", 22);
	assert_int_equal(p.proto.ops->populate(p.proto.state, p.cs, 2, p.out,
					       p.proto.max_out), 22);
	assert_memory_equal(p.out, "set k0002 0 0 3\r\nvvv\r\n", 22);
	assert_int_equal(p.proto.ops->populate(p.proto.state, p.cs, 9, p.out,
					       p.proto.max_out), 0);
	split_close(&p);
	split_open(&p, BINARY);
	expect_build(&p, GET_DRAW, "\x80\0\0\5\0\0\0\0\0\0\0\5\0\0\0\0"
				   "\0\0\0\0\0\0\0\0k0000", 29);
	expect_build(&p, SET_DRAW, "\x80\1\0\5\x8\0\0\0\0\0\0\x10\0\0\0\1"
				   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0k0008vvv",
		     40);
	split_close(&p);
}

static void test_options(void **state)
{
	struct choice choice = net_choice(KIND_PROTO,
		"{memcached: {keys: 1000, key_size: 3B}}");
	struct proto proto;
	struct err err;

	(void)state;
	assert_int_equal(proto_init(&proto, &choice, &net_arena, &err),
			 -EINVAL);
	choice = net_choice(KIND_PROTO,
			    "{memcached: {keys: 100, key_size: 3B}}");
	assert_int_equal(proto_init(&proto, &choice, &net_arena, &err), 0);
}

/* Statuses: 0 fine, 1 nacked, 2 error. */
static void test_ascii_replies(void **state)
{
	static const struct {
		const char *text, *statuses;
		int bad;
	} cases[] = {
		{ "VALUE k0000 0 3\r\nvvv\r\nEND\r\n", "0", 0 },
		{ "VALUE k0000 0 0\r\n\r\nEND\r\n", "0", 0 },
		{ "VALUE k0000 7 5 99\r\n\nEND\r\r\nEND\r\nSTORED\r\n", "00",
		  0 },
		{ "END\r\n", "2", 0 }, /* a miss */
		{ "NOT_STORED\r\nERROR\r\nSERVER_ERROR out of memory\r\n",
		  "222", 0 },
		{ "CLIENT_ERROR bad\r\nSTORED\r\n", "20", 0 },
		{ "VALUE k0000 0 3\r\nvv", "", 0 },
		{ "VALUE k0000 0 3\r\nvvvv\r\nEND\r\n", "", 1 },
		{ "VALUE k0000 0 3\r\nvvv\r\nSTORED\r\n", "", 1 },
		{ "VALUE k0000 0 -3\r\n", "", 1 },
		{ "VALUE k0000 0 9999999999\r\n", "", 1 },
		{ "VALUE k0000 0\r\n", "", 1 },
		{ "STORED\r\nHTTP/1.1 400\r\n", "0", 1 },
		{ "STORED\r\n\r\n", "0", 1 },
	};
	struct split_proto p;

	(void)state;
	split_open(&p, ASCII);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		server_expect(&p, cases[i].text, strlen(cases[i].text),
			       cases[i].statuses, cases[i].bad);
	split_close(&p);
}

static void test_endless_line(void **state)
{
	static unsigned char text[5000];
	struct split_proto p;

	(void)state;
	memset(text, 'E', sizeof(text));
	split_open(&p, ASCII);
	server_expect(&p, text, 2047, "", 0);
	server_expect(&p, text, 2048, "", 1);
	text[4000] = '\n';
	server_expect(&p, text, sizeof(text), "", 1);
	split_close(&p);
}

static size_t binary(unsigned char *out, uint8_t opcode, uint16_t status,
		     uint32_t body, uint32_t opaque)
{
	memset(out, 0, 24 + body);
	out[0] = 0x81;
	out[1] = opcode;
	put_be16(out + 2, 30); /* as some servers leave it */
	put_be16(out + 6, status);
	put_be32(out + 8, body);
	put_be32(out + 12, opaque);
	return 24 + body;
}

static void test_binary_replies(void **state)
{
	unsigned char data[4000];
	struct split_proto p;
	size_t len = 0;

	(void)state;
	split_open(&p, BINARY);
	len += binary(data + len, 1, 0, 0, MC_LOADER);
	len += binary(data + len, 0, 0, 7, 0);
	len += binary(data + len, 0, 1, 9, 1);	  /* a miss */
	len += binary(data + len, 1, 0x82, 13, 2); /* out of memory */
	len += binary(data + len, 1, 0x86, 0, 3);  /* try later */
	len += binary(data + len, 0, 0, 3000, 4); /* somebody else's value */
	server_expect(&p, data, len, "002210", 0);
	server_expect(&p, data, len - 1, "00221", 0);
	len += binary(data + len, 0, 0, 0, 6); /* not the next one's */
	server_expect(&p, data, len, "002210", 1);
	binary(data, 0, 0, 0, 0);
	data[0] = 0x80;
	server_expect(&p, data, 24, "", 1);
	binary(data, 2, 0, 0, 0);
	server_expect(&p, data, 24, "", 1);
	binary(data, 0, 0, 0, 0);
	put_be32(data + 8, UINT32_MAX);
	server_expect(&p, data, 24, "", 1);
	split_close(&p);
}

static void test_target(void **state)
{
	(void)state;
	server_target_answers("memcached", &rng);
	server_target_answers("{memcached: {format: binary}}", &rng);
	server_target_answers("{memcached: {get_ratio: 0%, value_size: 0B}}", &rng);
	server_target_answers("{memcached: {get_ratio: 100%, key_size: 250B}}", &rng);
}

/* --- the real one --- */

static void talk_to_server(const char *address, const char *text)
{
	struct split_proto p;
	struct transport t;

	split_open(&p, text);
	t = net_open("tcp", 0, address, 1, p.proto.max_out);
	assert_int_equal(server_converse(&p, &t, &rng, 50, false, PROTO_ERROR), 50);
	assert_int_equal(server_converse(&p, &t, &rng, 50, true, PROTO_OK), 50);
	assert_int_equal(server_converse(&p, &t, &rng, 200, false, PROTO_OK), 200);
	t.ops->close(t.state);
	split_close(&p);
}

/* Values beyond the item limit are refused, and the connection lives on. */
static void too_large(const char *address, const char *text)
{
	struct split_proto p;
	struct transport t;

	split_open(&p, text);
	t = net_open("tcp", 0, address, 1, p.proto.max_out);
	assert_int_equal(server_converse(&p, &t, &rng, 2, true, PROTO_ERROR), 2);
	t.ops->close(t.state);
	split_close(&p);
}

static void test_real_server(void **state)
{
	static const char *const argv[] = { "memcached", "-l", "127.0.0.1",
					    "-p", "PORT", "-U", "0", "-t", "1",
					    "-m", "16", NULL };
	char address[32];
	pid_t pid = server_start(argv, address, sizeof(address));

	(void)state;
	if (pid == 0)
		skip();
	/* Keys of different lengths, so that each begins with misses. */
	talk_to_server(address, "{memcached: {keys: 50, get_ratio: 100%}}");
	talk_to_server(address, "{memcached: {keys: 50, get_ratio: 100%, "
				"format: binary, key_size: 20B, "
				"value_size: 20000B}}");
	too_large(address, "{memcached: {value_size: 1MiB}}");
	too_large(address, "{memcached: {value_size: 1MiB, format: binary}}");
	server_stop(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_ascii_replies),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_binary_replies),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_real_server),
	};

	test_rng(&rng, 0);
	return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
