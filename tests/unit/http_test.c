/* http_test.c - HTTP/1.1: by the book, in pieces, and for real */
#include "tests/unit/server.h"

#include <errno.h>
#include <sys/stat.h>

#include "tests/unit/seed.h"

static struct rng rng;

static void expect_build(const char *text, uint64_t draw, const char *want)
{
	struct split_proto p;

	split_open(&p, text);
	assert_int_equal(server_build(&p, draw), strlen(want));
	assert_memory_equal(p.out, want, strlen(want));
	split_close(&p);
}

static void test_requests(void **state)
{
	(void)state;
	expect_build("http", 0, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	expect_build("{http: {path: '/i/{key}/x', keys: 10, host: 'a.b', "
		     "headers: ['Accept: */*', 'X: y']}}",
		     UINT64_C(0xffffffff) << 32,
		     "GET /i/9/x HTTP/1.1\r\nHost: a.b\r\nAccept: */*\r\n"
		     "X: y\r\n\r\n");
	expect_build("{http: {method: POST, body: 3B}}", 0,
		     "POST / HTTP/1.1\r\nHost: localhost\r\n"
		     "Content-Length: 3\r\n\r\nxxx");
	expect_build("{http: {method: PUT}}", 0,
		     "PUT / HTTP/1.1\r\nHost: localhost\r\n"
		     "Content-Length: 0\r\n\r\n");
}

static void test_refusals(void **state)
{
	static const char *const text[] = {
		"{http: {path: index.html}}",
		"{http: {path: \"/a b\"}}",
		"{http: {path: \"/\\r\\nX: y\"}}",
		"{http: {host: \"a\\nb\"}}",
		"{http: {headers: [\"X: y\\r\\nZ: 1\"]}}",
		"{http: {headers: [nonsense]}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++) {
		struct choice choice = net_choice(KIND_PROTO, text[i]);
		struct proto proto;
		struct err err;

		if (proto_init(&proto, &choice, &net_arena, &err) != -EINVAL)
			fail_msg("%s was taken", text[i]);
	}
}

#define EMPTY(status) "HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n"

/* Statuses: 0 fine, 1 nacked, 2 error. */
static void test_replies(void **state)
{
	static const struct {
		const char *text, *statuses;
		int bad;
	} cases[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "0", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "5\r\nhello\r\n0\r\n\r\n" EMPTY("201 Created"), "00", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: z\r\n\r\n", "0",
		  0 },
		{ "HTTP/1.1 204 No Content\r\n\r\n"
		  "HTTP/1.1 304 Not Modified\r\n\r\n", "00", 0 },
		{ "HTTP/1.1 100 Continue\r\n\r\n" EMPTY("200 OK"), "0", 0 },
		{ EMPTY("302 Found") EMPTY("404 Not Found")
		  EMPTY("500 Oh") EMPTY("503 Busy") EMPTY("429 Slow"), "02211",
		  0 },
		{ EMPTY("200 1") EMPTY("200 2") EMPTY("200 3") EMPTY("200 4")
		  EMPTY("500 5") EMPTY("200 6") EMPTY("200 7"), "0000200", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Le", "", 0 },
		{ "+OK\r\n", "", 1 },
		{ EMPTY("200 OK") "rubbish\r\n", "0", 1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "", 1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2"
		  "\r\n\r\n", "", 1 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz",
		  "", 1 },
		{ "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
		  "Connection: upgrade\r\n\r\n", "", 1 },
	};
	struct split_proto p;

	(void)state;
	split_open(&p, "http");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		server_expect(&p, cases[i].text, strlen(cases[i].text),
			       cases[i].statuses, cases[i].bad);
	split_close(&p);
	split_open(&p, "{http: {method: HEAD}}");
	server_expect(&p, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
			   EMPTY("404 No"), 38 + 38, "02", 0);
	split_close(&p);
}

/* A reply without a length would last until its connection ends. */
static void test_endless(void **state)
{
	static char text[200000] = "HTTP/1.1 200 OK\r\nX: ";
	struct split_proto p;

	(void)state;
	memset(text + 20, 'a', sizeof(text) - 20);
	split_open(&p, "http");
	server_expect(&p, text, sizeof(text), "", 1);
	server_expect(&p, "HTTP/1.1 200 OK\r\n\r\nuntil the end", 32, "", 1);
	split_close(&p);
}

static void test_target(void **state)
{
	(void)state;
	server_target_answers("http", &rng);
	server_target_answers("{http: {method: HEAD}}", &rng);
	server_target_answers("{http: {method: POST, body: 300B, reply: 0B}}", &rng);
}

/* --- the real one --- */

static const char nginx_conf[] =
	"daemon off; worker_processes 1; pid %s/pid; error_log stderr crit;\n"
	"events { worker_connections 64; }\n"
	"http { access_log off; keepalive_requests 70;\n"
	" client_body_temp_path %s/a; proxy_temp_path %s/b;\n"
	" fastcgi_temp_path %s/c; uwsgi_temp_path %s/d; scgi_temp_path %s/e;\n"
	" server { listen 127.0.0.1:%s;\n"
	"  location /ok { return 200 'hello'; }\n"
	"  location /gone { return 410; } } }\n";

static size_t ask(const char *address, const char *text, int status)
{
	struct split_proto p;
	struct transport t;
	size_t n;

	split_open(&p, text);
	t = net_open("tcp", 0, address, 1, p.proto.max_out);
	n = server_converse(&p, &t, &rng, 50, false, status);
	t.ops->close(t.state);
	split_close(&p);
	return n;
}

static void test_real_server(void **state)
{
	char dir[] = "/tmp/lancet-nginx-XXXXXX", conf[64], address[32];
	const char *argv[] = { "nginx", "-e", "stderr", "-c", conf, NULL };
	char port[8];
	FILE *f;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chmod(dir, 0777), 0);
	snprintf(conf, sizeof(conf), "%s/conf", dir);
	snprintf(port, sizeof(port), "%u", server_port());
	f = fopen(conf, "w");
	fprintf(f, nginx_conf, dir, dir, dir, dir, dir, dir, port);
	fclose(f);
	pid = server_start_at(argv, port, address, sizeof(address));
	if (pid > 0) {
		assert_int_equal(ask(address, "{http: {path: /ok}}", PROTO_OK),
				 50);
		assert_int_equal(ask(address, "{http: {path: /ok, "
					      "method: HEAD}}", PROTO_OK), 50);
		assert_int_equal(ask(address, "{http: {path: /gone}}",
				     PROTO_ERROR), 50);
		assert_int_equal(ask(address, "{http: {path: /none}}",
				     PROTO_ERROR), 50);
		server_stop(pid);
	}
	snprintf(conf, sizeof(conf), "rm -rf %s", dir);
	assert_int_equal(system(conf), 0);
	if (pid == 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_real_server),
	};

	test_rng(&rng, 0);
	return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
