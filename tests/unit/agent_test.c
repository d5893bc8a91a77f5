/* agent_test.c - an agent as its coordinator sees it: frames in, frames out */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agents/agent.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/wire.h"

#define MS INT64_C(1000000)
#define HOUR (3600 * 1000 * MS)

static struct arena arena;
static struct frame_io io;
static struct err err;
static int fd;
static pid_t pid;

/* ---- an agent in a process of its own ---- */

static int setup(void **state)
{
	struct wire_hello hello;
	json_t *frame;
	int pair[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	arena_init(&arena);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(pair[0]);
		_exit(agent_run(pair[1], pair[1]) == 0 ? 0 : 1);
	}
	close(pair[1]);
	fd = pair[0];
	assert_int_equal(frame_open(&io, fd, fd), 0);
	assert_int_equal(frame_read(&io, &frame, INT64_MAX, &err), 1);
	assert_string_equal(frame_type(frame), "hello");
	assert_int_equal(wire_hello_decode(frame, &hello, &err), 0);
	assert_string_equal(hello.role, "agent");
	assert_int_equal(hello.pid, pid);
	json_decref(frame);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (fd >= 0)
		close(fd);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	frame_close(&io);
	arena_fini(&arena);
	return 0;
}

/* Its exit status; the test hangs where it does not leave. */
static int leave(void)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	pid = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void say(const char *type)
{
	frame_write(&io, json_pack("{ss}", "t", type), &err);
}

/* The next frame that is no tick, with beats meanwhile; NULL at the end. */
static json_t *hear(void)
{
	json_t *frame;

	for (;;) {
		int rc = frame_read(&io, &frame, clock_now_ns() + 100 * MS,
				    &err);

		if (rc < 0)
			return NULL;
		if (rc == 0)
			say("beat");
		else if (strcmp(frame_type(frame), "tick"))
			return frame;
		else
			json_decref(frame);
	}
}

static void expect(const char *type)
{
	json_t *frame = hear();

	assert_non_null(frame);
	assert_string_equal(frame_type(frame), type);
	json_decref(frame);
}

/* An error frame, after which the agent leaves. */
static void expect_error(int code, const char *text)
{
	json_t *frame = hear();
	struct err why;

	assert_non_null(frame);
	assert_string_equal(frame_type(frame), "error");
	assert_int_equal(wire_error_decode(frame, &why, &err), 0);
	assert_int_equal(why.code, code);
	if (!strstr(why.text, text))
		fail_msg("'%s' does not say '%s'", why.text, text);
	json_decref(frame);
	assert_null(hear());
	assert_int_equal(leave(), 1);
}

static void send_plan(const char *transport, const char *address,
		      const char *heartbeat, uint32_t threads)
{
	static const int32_t cpu[] = { -1, -1 };
	struct wire_plan plan = {
		.threads = threads, .all_threads = threads,
		.connections = 4, .cpu = cpu, .poll = false,
		.samples = 1, .address = address,
		.config = arena_printf(&arena,
			"name: test\n"
			"target: {address: \"127.0.0.1:1\"}\n"
			"workload: {protocol: echo, transport: %s}\n"
			"agents: [{threads: 2, connections: 4}]\n"
			"load: {rate: 1krps}\n"
			"measure: {heartbeat: %s}\n", transport, heartbeat),
	};

	assert_int_equal(frame_write(&io, wire_plan_encode(&plan), &err), 0);
}

static void send_start(double rate, int64_t from_ns, int64_t until_ns,
		       uint32_t segment)
{
	struct wire_start start = {
		.segment = segment, .rate_rps = rate,
		.at_ns = clock_now_ns() + 20 * MS, .from_ns = from_ns,
		.until_ns = until_ns, .drain_ns = 1000 * MS,
	};

	assert_int_equal(frame_write(&io, wire_start_encode(&start), &err), 0);
}

static struct wire_report *take_report(void)
{
	struct wire_report_in in = { .arena = &arena };
	int rc = 0;

	while (rc == 0) {
		json_t *frame = hear();

		assert_non_null(frame);
		rc = wire_report_take(&in, frame, &err);
		json_decref(frame);
		if (rc < 0)
			fail_msg("%s", err.text);
	}
	expect("done");
	return in.report;
}

/* ---- a server that can be killed ---- */

static pid_t serve(char *address, size_t size)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0), peer;
	unsigned char data[4096];
	pid_t server;
	ssize_t n;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 16), 0);
	getsockname(listener, (struct sockaddr *)&at, &len);
	snprintf(address, size, "127.0.0.1:%d", ntohs(at.sin_port));
	server = fork();
	assert_true(server >= 0);
	if (server > 0) {
		setpgid(server, server);
		close(listener);
		return server;
	}
	/* One process for each of the four connections, in one group. */
	setpgid(0, 0);
	for (int i = 0; i < 3; i++) {
		pid_t child = fork();

		if (child == 0)
			break;
	}
	peer = accept(listener, NULL, NULL);
	while ((n = recv(peer, data, sizeof(data), 0)) > 0)
		send(peer, data, (size_t)n, MSG_NOSIGNAL);
	_exit(0);
}

/* An address where nobody listens. */
static const char *nobody(int type)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int s = socket(AF_INET, type, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(s, (struct sockaddr *)&at, len), 0);
	getsockname(s, (struct sockaddr *)&at, &len);
	close(s);
	return arena_printf(&arena, "127.0.0.1:%d", ntohs(at.sin_port));
}

/* ---- a run ---- */

static void check_report(const struct wire_report *r, int64_t from_ns,
			 int64_t until_ns)
{
	uint64_t total = 0;

	assert_int_equal(r->counts.received, r->counts.intended);
	assert_int_equal(r->nsamples, r->counts.intended);
	assert_int_equal(r->records_dropped, 0);
	assert_int_equal(r->ngaps, 2);
	assert_true(r->send_cost_ns > 0);
	assert_true(r->cpu_s > 0 && r->wall_s > 0);
	for (size_t i = 0; i < r->nwindows; i++) {
		assert_in_range(r->window[i].index, from_ns / (10 * MS),
				(until_ns - 1) / (10 * MS));
		total += r->window[i].response.total;
	}
	assert_int_equal(total, r->counts.intended);
}

static void test_run(void **state)
{
	const struct sample *last;
	struct wire_report *r;
	uint32_t next;

	(void)state;
	send_plan("loop", "", "5s", 2);
	expect("ready");
	send_start(20000, 0, 100 * MS, 0);
	r = take_report();
	check_report(r, 0, 100 * MS);
	/* 2000 of Poisson, 9 deviations: 1e-18. */
	assert_in_range(r->counts.intended, 1600, 2400);
	last = &r->sample[r->nsamples - 1];
	assert_int_equal(last->thread, 1);
	next = last->seq + 1;
	/* The next segment goes on where this one ended. */
	send_start(20000, 100 * MS, 200 * MS, 1);
	r = take_report();
	check_report(r, 100 * MS, 200 * MS);
	for (size_t i = 0; r->sample[i].thread == 0; i++)
		last = &r->sample[i + 1];
	assert_int_equal(last->seq, next);
	say("bye");
	expect("bye");
	assert_int_equal(leave(), 0);
}

/* ---- the end ---- */

static void begin_hour(const char *heartbeat)
{
	send_plan("loop", "", heartbeat, 2);
	expect("ready");
	send_start(1000, 0, HOUR, 0);
}

static void test_stop(void **state)
{
	struct wire_report *r;

	(void)state;
	begin_hour("5s");
	for (int i = 0; i < 3; i++) {
		json_t *frame;

		assert_int_equal(frame_read(&io, &frame,
					    clock_now_ns() + 50 * MS, &err) < 0,
				 0);
		json_decref(frame);
	}
	say("stop");
	r = take_report();
	assert_int_equal(r->counts.received, r->counts.intended);
	say("bye");
	expect("bye");
	assert_int_equal(leave(), 0);
}

static void test_end_of_input(void **state)
{
	(void)state;
	begin_hour("1h");
	close(fd);
	fd = -1;
	assert_int_equal(leave(), 1);
}

static void test_end_before_plan(void **state)
{
	(void)state;
	close(fd);
	fd = -1;
	assert_int_equal(leave(), 1);
}

static void test_silence(void **state)
{
	(void)state;
	begin_hour("200ms");
	assert_int_equal(leave(), 1);
}

/* ---- what a coordinator must not say ---- */

static void test_bad_plan(void **state)
{
	(void)state;
	send_plan("pigeon", "", "5s", 2);
	expect_error(-EINVAL, "pigeon");
}

static void test_second_plan(void **state)
{
	(void)state;
	send_plan("loop", "", "5s", 2);
	expect("ready");
	send_plan("loop", "", "5s", 2);
	expect_error(-EBADMSG, "second plan");
}

static void test_start_too_soon(void **state)
{
	(void)state;
	send_start(1000, 0, HOUR, 0);
	expect_error(-EBADMSG, "out of turn");
}

static void test_unknown_frame(void **state)
{
	(void)state;
	say("sing");
	expect_error(-EBADMSG, "sing");
}

static void test_rubbish(void **state)
{
	(void)state;
	assert_int_equal(write(fd, "{\"t\":\n", 6), 6);
	expect_error(-EBADMSG, "JSON");
}

/* ---- targets that are not there ---- */

static void test_nobody_tcp(void **state)
{
	(void)state;
	send_plan("tcp", nobody(SOCK_STREAM), "5s", 1);
	expect_error(-ECONNREFUSED, "127.0.0.1:");
}

static void test_nobody_udp(void **state)
{
	(void)state;
	send_plan("udp", nobody(SOCK_DGRAM), "5s", 1);
	expect("ready");
	send_start(1000, 0, HOUR, 0);
	expect_error(-ECONNREFUSED, "unreachable");
}

static void test_killed_server(void **state)
{
	char address[32];
	pid_t server;

	(void)state;
	server = serve(address, sizeof(address));
	send_plan("tcp", address, "5s", 1);
	expect("ready");
	send_start(1000, 0, HOUR, 0);
	usleep(100000);
	kill(-server, SIGKILL);
	waitpid(server, NULL, 0);
	expect_error(-ECONNREFUSED, "unreachable");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_run),
		TEST(test_stop),
		TEST(test_end_of_input),
		TEST(test_end_before_plan),
		TEST(test_silence),
		TEST(test_bad_plan),
		TEST(test_second_plan),
		TEST(test_start_too_soon),
		TEST(test_unknown_frame),
		TEST(test_rubbish),
		TEST(test_nobody_tcp),
		TEST(test_nobody_udp),
		TEST(test_killed_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
