/* redis_test.c - both versions of its protocol: by the book, and for real */
#include "tests/unit/server.h"

#include <errno.h>

#include "tests/unit/seed.h"

#define SMALL "{redis: {key_size: 5B, value_size: 3B, keys: 9}}"
#define GET_DRAW (UINT64_C(4) << 32 | 0)	/* key 0: 4 * 9 >> 32 */
#define SET_DRAW (UINT64_C(0xffffffff) << 32 | 0xffffffff)

static struct rng rng;

static void expect_build(struct split_proto *p, uint64_t draw, const char *want)
{
	assert_int_equal(server_build(p, draw), strlen(want));
	assert_memory_equal(p->out, want, strlen(want));
}

static void test_requests(void **state)
{
	static const char *const set2 =
		"*3\r\n$3\r\nSET\r\n$5\r\nk0002\r\n$3\r\nvvv\r\n";
	struct split_proto p;

	(void)state;
	split_open(&p, SMALL);
	expect_build(&p, GET_DRAW, "*2\r\n$3\r\nGET\r\n$5\r\nk0000\r\n");
	expect_build(&p, SET_DRAW,
		     "*3\r\n$3\r\nSET\r\n$5\r\nk0008\r\n$3\r\nvvv\r\n");
	assert_int_equal(p.proto.ops->populate(p.proto.state, p.cs, 2, p.out,
					       p.proto.max_out),
			 strlen(set2));
	assert_memory_equal(p.out, set2, strlen(set2));
	assert_int_equal(p.proto.ops->populate(p.proto.state, p.cs, 9, p.out,
					       p.proto.max_out), 0);
	split_close(&p);
	split_open(&p, "{redis: {get_ratio: 0%, scan_ratio: 100%, "
		       "scan_count: 100, version: 3}}");
	expect_build(&p, 0, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"
			    "*4\r\n$4\r\nSCAN\r\n$1\r\n0\r\n$5\r\nCOUNT\r\n"
			    "$3\r\n100\r\n");
	expect_build(&p, 0, "*4\r\n$4\r\nSCAN\r\n$1\r\n0\r\n$5\r\nCOUNT\r\n"
			    "$3\r\n100\r\n");
	split_close(&p);
}

/* Statuses: 0 fine, 1 nacked, 2 error. */
static void test_replies(void **state)
{
	static const struct {
		const char *text, *statuses;
		int bad;
	} cases[] = {
		{ "+OK\r\n$3\r\nvvv\r\n$0\r\n\r\n:-12\r\n", "0000", 0 },
		{ "$-1\r\n*-1\r\n_\r\n", "222", 0 }, /* misses */
		{ "-ERR no\r\n-BUSY script\r\n-LOADING data\r\n", "211", 0 },
		{ "$3\r\n\r\n\r\r\n+OK\r\n", "00", 0 },
		{ "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n+OK\r\n", "00",
		  0 },
		{ "*0\r\n*2\r\n*0\r\n*-1\r\n+OK\r\n", "000", 0 },
		{ "%2\r\n+a\r\n:1\r\n+b\r\n~1\r\n#t\r\n,1.5\r\n(123\r\n",
		  "000", 0 },
		{ "!5\r\nERR x\r\n=7\r\ntxt:abc\r\n", "20", 0 },
		/* pushed, or about what follows: no answers */
		{ ">2\r\n+message\r\n+x\r\n+OK\r\n", "0", 0 },
		{ "|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n", "0", 0 },
		{ "|0\r\n+OK\r\n", "0", 0 },
		{ "*2\r\n|1\r\n+a\r\n:1\r\n:2\r\n:3\r\n-ERR\r\n", "02", 0 },
		{ "*1\r\n-ERR within\r\n", "0", 0 },
		{ "$3\r\nvv", "", 0 },
		{ "*3\r\n:1\r\n:2\r\n", "", 0 },
		{ "$3\r\nvvvv\r\n", "", 1 },
		{ "$3\r\nvvv\rx", "", 1 },
		{ "$3\r\nvvvx\n", "", 1 },
		{ "$-2\r\n", "", 1 },
		{ "$99999999999\r\n", "", 1 },
		{ "$536870913\r\n", "", 1 },
		{ "$x\r\n", "", 1 },
		{ "*?\r\n", "", 1 },
		{ "\r\n", "", 1 },
		{ "\n", "", 1 },
		{ "+OK\n", "", 1 },
		{ "+OK\r\nHTTP/1.1 400\r\n", "0", 1 },
		{ "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
		  "0", 0 },
		{ "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "",
		  1 },
	};
	struct split_proto p;

	(void)state;
	split_open(&p, SMALL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		server_expect(&p, cases[i].text, strlen(cases[i].text),
			       cases[i].statuses, cases[i].bad);
	split_close(&p);
}

static void test_endless_line(void **state)
{
	static unsigned char text[70000];
	struct split_proto p;

	(void)state;
	memset(text, '+', sizeof(text));
	split_open(&p, SMALL);
	server_expect(&p, text, 65535, "", 0);
	server_expect(&p, text, 65536, "", 1);
	split_close(&p);
}

static void test_target(void **state)
{
	(void)state;
	server_target_answers("redis", &rng);
	server_target_answers("{redis: {get_ratio: 0%, value_size: 0B}}", &rng);
	server_target_answers("{redis: {get_ratio: 50%, scan_ratio: 20%, "
		       "value_size: {exponential: {mean: 30B}}}}", &rng);
}

static void test_rubbish_requests(void **state)
{
	static const char *const bad[] = { "GET k\r\n", "*1\r\n+GET\r\n",
					   "*x\r\n", "*99999999\r\n",
					   "*1\r\n$99999999999999999\r\n" };
	struct split_proto p;

	(void)state;
	split_open(&p, SMALL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct proto_served req[2];
		size_t n;

		memset(p.cs, 0, p.proto.ops->conn_size);
		assert_int_equal(p.proto.ops->serve(p.proto.state, p.cs,
						    (const void *)bad[i],
						    strlen(bad[i]), req, 2,
						    &n), -EBADMSG);
	}
	split_close(&p);
}

/* --- the real one --- */

static void talk_to_server(const char *address, const char *text)
{
	struct split_proto p;
	struct transport t;

	split_open(&p, text);
	t = net_open("tcp", 0, address, 1, p.proto.max_out);
	assert_int_equal(server_converse(&p, &t, &rng, 50, true, PROTO_OK), 50);
	assert_int_equal(server_converse(&p, &t, &rng, 200, false, PROTO_OK),
			 200);
	t.ops->close(t.state);
	split_close(&p);
}

static void refused(const char *address, const char *text)
{
	struct split_proto p;
	struct transport t;

	split_open(&p, text);
	t = net_open("tcp", 0, address, 1, p.proto.max_out);
	assert_int_equal(server_converse(&p, &t, &rng, 5, false, PROTO_ERROR),
			 5);
	t.ops->close(t.state);
	split_close(&p);
}

static void test_real_server(void **state)
{
	static const char *const argv[] = {
		"redis-server", "--bind", "127.0.0.1", "--port", "PORT",
		"--save", "", "--appendonly", "no", "--requirepass",
		"not a word", NULL
	};
	char address[32], text[256];
	pid_t pid = server_start(argv, address, sizeof(address));
	char file[] = "/tmp/lancet-redis-XXXXXX";
	int fd = mkstemp(file);

	(void)state;
	if (pid == 0)
		skip();
	assert_int_equal(write(fd, "not a word\n", 11), 11);
	refused(address, "redis");
	snprintf(text, sizeof(text), "{redis: {keys: 50, get_ratio: 60%%, "
		 "scan_ratio: 20%%, password_file: %s}}", file);
	talk_to_server(address, text);
	snprintf(text, sizeof(text), "{redis: {keys: 50, version: 3, "
		 "value_size: 20000B, zipf: 0.99, password_file: %s}}", file);
	talk_to_server(address, text);
	server_stop(pid);
	unlink(file);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_endless_line),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_rubbish_requests),
		cmocka_unit_test(test_real_server),
	};

	test_rng(&rng, 0);
	return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
