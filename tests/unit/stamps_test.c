/* stamps_test.c - the kernel's stamps over lo: in order, all there or counted */
#include "tests/unit/seed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hwts/pairing.h"
#include "hwts/sys.h"
#include "hwts/wall.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "tests/double/wire_trial.h"

#define REQUESTS 20000
#define SND TSOURCE_BIT(TSOURCE_SND)

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

extern const struct tsource_ops tsource_socket;

/* --- whole requests ------------------------------------------------------- */

static const struct wire_trial usual = {
	.requests = REQUESTS, .connections = 1, .burst = 1, .size = 32,
	.share = 1, .detail = 1, .buffer = 8 << 20,
};

/* No chance in it: what the machine does to it shows in the instants only. */
static void in_order(struct wire_trial t)
{
	struct err err;

	clock_sync();
	if (wire_trial_run(&t, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(t.received, t.requests);
	assert_int_equal(t.disordered, 0);
	assert_int_equal(t.count.stray + t.count.disputed + t.count.misplaced,
			 0);
	/* Unclear where somebody set the clock, which then counts. */
	if (!t.count.unclear)
		assert_int_equal(t.count.lost_tx + t.count.shared,
				 t.count.asked - (int64_t)t.heard);
	/* The kernel begins to stamp what comes in when it finds the time. */
	assert_true(t.count.lost_rx <= t.count.replies);
	if (t.share >= 1)
		assert_int_equal(t.count.asked, t.requests);
	else
		assert_in_range(t.count.asked, 1, t.requests / 8);
}

static void test_udp(void **state)
{
	struct wire_trial t = usual;

	(void)state;
	in_order(t);
	t.connections = 4;
	t.burst = 8;
	t.share = 1. / 16;
	in_order(t);
}

static void test_tcp(void **state)
{
	struct wire_trial t = usual;

	(void)state;
	t.stream = true;
	in_order(t);
	t.requests /= 2;
	t.connections = 4;
	t.burst = 16;
	in_order(t);
	t.share = 1. / 16;
	in_order(t);
}

/* Room for few stamps: exactly as many are missing as did not come. */
static void test_overflow(void **state)
{
	struct wire_trial t = usual;
	struct err err;

	(void)state;
	t.requests = 4000;
	t.burst = 64;
	t.detail = 0;
	t.buffer = 4096;
	t.silent = true;
	clock_sync();
	if (wire_trial_run(&t, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(t.count.asked, 4000);
	assert_in_range(t.heard, 1, 3000);
	assert_int_equal(t.count.lost_tx, 4000 - (int64_t)t.heard);
	assert_int_equal(t.disordered, 0);
}

/* --- what the kernel makes of odd writes ---------------------------------- */

#define SENDS 16

struct odd {
	struct arena arena;
	struct wall wall;
	struct tsource source;
	struct pairing_entry log[8 * SENDS];
	struct sample sample[SENDS];
	struct pairing pairing;
	uint32_t taken, nsent;
	size_t n;
	bool stream;
	int fd, peer;
};

static struct odd *o;

static void open_odd(bool stream, bool every)
{
	struct tsource_params params = { .connections = 1, .stream = stream,
					 .every = every };
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int type = stream ? SOCK_STREAM : SOCK_DGRAM, listener;
	struct err err;

	o = calloc(1, sizeof(*o));
	arena_init(&o->arena);
	o->stream = stream;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, type, 0);
	o->fd = socket(AF_INET, type, 0);
	assert_int_equal(bind(listener, (void *)&at, len), 0);
	assert_int_equal(getsockname(listener, (void *)&at, &len), 0);
	if (stream)
		assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(connect(o->fd, (void *)&at, len), 0);
	o->peer = stream ? accept(listener, NULL, NULL) : listener;
	if (stream)
		close(listener);
	assert_int_equal(wall_init(&o->wall), 0);
	clock_sync();
	wall_begin(&o->wall, &sys_kernel);
	o->source.ops = &tsource_socket;
	o->source.state = arena_alloc(&o->arena, tsource_socket.state_size);
	assert_int_equal(tsource_socket.open(o->source.state, &params,
					     &o->arena, &err), 0);
	if (tsource_socket.enable(o->source.state, 0, o->fd, &err) < 0)
		fail_msg("%s", err.text);
}

static void close_odd(void)
{
	tsource_socket.close(o->source.state);
	wall_fini(&o->wall);
	arena_fini(&o->arena);
	close(o->fd);
	close(o->peer);
	free(o);
}

/* One write, whose stamps are asked for as a transport does. */
static void odd_send(size_t len)
{
	static char data[16384];
	unsigned char control[TSOURCE_CONTROL];
	struct iovec iov = { data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct pairing_entry *e = &o->log[o->n++];

	*e = (struct pairing_entry){ .what = PAIRING_SENT, .seq = o->nsent,
				     .kind = SND };
	msg.msg_controllen = tsource_socket.tx_request(o->source.state, 0, SND,
						       control, &e->key);
	msg.msg_control = msg.msg_controllen ? control : NULL;
	o->sample[o->nsent] = (struct sample){
		.seq = o->nsent, .wire_out_ns = SAMPLE_LOST_STAMP,
		.wire_in_ns = SAMPLE_LOST_STAMP, .sent_ns = clock_now_ns(),
	};
	o->nsent++;
	assert_int_equal(sendmsg(o->fd, &msg, 0), len);
	o->taken += (uint32_t)len;
	if (o->stream)
		e->key = o->taken - 1;
}

/* Until nothing more has come for 50 ms; how many stamps. */
static size_t odd_join(void)
{
	struct pairing_rules rules = { .connections = 1, .stream = o->stream,
				       .wall = &o->wall };
	struct tsource_stamp stamp[TSOURCE_DRAIN];
	struct pollfd p = { .fd = o->fd };
	size_t n, all = 0;

	while (poll(&p, 1, 50) > 0) {
		n = tsource_socket.tx_drain(o->source.state, 0, stamp,
					    TSOURCE_DRAIN);
		for (size_t i = 0; i < n; i++)
			o->log[o->n++] = (struct pairing_entry){
				.what = PAIRING_STAMP, .ns = stamp[i].ns,
				.key = stamp[i].key, .kind = stamp[i].kind,
				.clock = stamp[i].clock,
			};
		all += n;
		if (!n)
			break;
	}
	wall_look(&o->wall, &sys_kernel);
	pairing_join(&o->pairing, o->log, o->n, o->sample, o->nsent, &rules,
		     &o->arena);
	return all;
}

#define ANSWER_NS 20000000
#define OPEN_NS (ANSWER_NS / 100)

/* Five corked writes; how many have the stamp of the last. */
static int64_t cork(bool every)
{
	int on = 1, off = 0;
	int64_t shared;

	open_odd(true, every);
	setsockopt(o->fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
	for (int i = 0; i < 5; i++)
		odd_send(10);
	setsockopt(o->fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
	for (int i = 0; i < 5; i++)
		o->sample[i].received_ns = o->sample[i].sent_ns + ANSWER_NS;
	assert_int_equal(odd_join(), 1);
	shared = o->pairing.count.shared;
	assert_int_equal(shared + o->pairing.count.lost_tx, 4);
	for (int i = 0; i < 4; i++)
		assert_true(o->sample[i].wire_out_ns <= OPEN_NS);
	assert_true(o->sample[4].wire_out_ns >= 0);
	close_odd();
	return shared;
}

/*
 * They leave in one packet, with one stamp: of the last, and of those that
 * were sent so shortly before that it does not matter, a hundredth of their
 * response times. That there are any takes a machine that writes so fast.
 */
static void test_cork(void **state)
{
	(void)state;
	for (int every = 0; every < 2; every++) {
		int64_t shared = 0;

		for (int round = 0; round < 30 && !shared; round++)
			shared = cork(every);
		if (!shared) {
			print_message("no write left within 200 us, in 30 rounds\n");
			skip();
		}
	}
}

/* A write of several segments has one stamp, of the last. */
static void test_long_write(void **state)
{
	(void)state;
	open_odd(true, true);
	setsockopt(o->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	odd_send(100);
	odd_send(8000);
	odd_send(300);
	assert_int_equal(odd_join(), 3);
	assert_int_equal(o->pairing.count.lost_tx, 0);
	assert_int_equal(o->pairing.count.shared, 0);
	close_odd();
}

/* Ten datagrams of one sendmsg() have one number, and the next the next. */
static void test_segments(void **state)
{
	int size = 100;

	(void)state;
	for (int every = 0; every < 2; every++) {
		open_odd(false, every);
		if (setsockopt(o->fd, SOL_UDP, UDP_SEGMENT, &size, sizeof(size))) {
			close_odd();
			skip();
		}
		odd_send(1000);
		odd_send(50);
		assert_int_equal(odd_join(), 2);
		assert_int_equal(o->pairing.count.lost_tx, 0);
		close_odd();
	}
}

/* An older kernel refuses keys of ours: its own count goes on from there. */
static void test_own_keys(void **state)
{
	unsigned char control[TSOURCE_CONTROL];
	uint32_t key;
	size_t with, without;

	(void)state;
	open_odd(false, false);
	with = tsource_socket.tx_request(o->source.state, 0, SND, control,
					 &key);
	assert_int_equal(key, 0);
	assert_true(tsource_socket.tx_failed(o->source.state, 0, EINVAL));
	for (int i = 0; i < 4; i++)
		odd_send(20);
	without = tsource_socket.tx_request(o->source.state, 0, SND, control,
					    &key);
	assert_int_equal(with, 2 * without);
	assert_int_equal(key, 4);
	assert_int_equal(odd_join(), 4);
	assert_int_equal(o->pairing.count.lost_tx, 0);
	close_odd();
}

/* A failed send leaves the keys of the next ones right. */
static void test_failed_send(void **state)
{
	static const char huge[1 << 17];
	unsigned char control[TSOURCE_CONTROL];
	uint32_t key;

	(void)state;
	open_odd(false, true);
	odd_send(20);
	odd_send(20);
	assert_int_equal(odd_join(), 2);
	tsource_socket.tx_request(o->source.state, 0, SND, control, &key);
	assert_int_equal(send(o->fd, huge, sizeof(huge), 0), -1);
	assert_false(tsource_socket.tx_failed(o->source.state, 0, errno));
	odd_send(20);
	odd_send(20);
	assert_int_equal(odd_join(), 2);
	assert_int_equal(o->pairing.count.stray, 0);
	assert_int_equal(o->pairing.count.lost_tx, 0);
	close_odd();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_udp),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_cork),
		cmocka_unit_test(test_long_write),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_own_keys),
		cmocka_unit_test(test_failed_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
