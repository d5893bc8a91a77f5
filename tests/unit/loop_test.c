/* loop_test.c - what goes into the loop comes out, once, in order, in time */
#include "tests/unit/net.h"
#include "tests/unit/seed.h"

#include <stdio.h>
#include <stdlib.h>


#define LARGEST 300000	/* so that the ring of 4 of them wraps around */

static struct rng rng;

/* A message says its number and its length, in every word of it. */
static uint32_t write_message(unsigned char *data, uint32_t number)
{
	uint32_t len = (uint32_t)rng_below(&rng, 4) ?
			       4 * (1 + (uint32_t)rng_below(&rng, 30)) :
			       4 * (1 + (uint32_t)rng_below(&rng, LARGEST / 4));

	for (uint32_t i = 0; i < len; i += 4)
		memcpy(data + i, &number, 4);
	return len;
}

static void check_message(const struct packet *pkt, uint32_t number)
{
	uint32_t word;

	assert_int_equal(pkt->conn, number * 7);
	assert_true(pkt->len >= 4);
	for (uint32_t i = 0; i < pkt->len; i += 4) {
		memcpy(&word, pkt->data + i, 4);
		assert_int_equal(word, number);
	}
}

/* Random bursts both ways; what recv() lent must outlive the next sends. */
static void run_random(const char *kind)
{
	struct transport t = net_open(kind, 0, "", 1, LARGEST);
	static unsigned char data[LARGEST];
	struct packet lent[16] = { 0 };
	uint32_t sent = 0, got = 0, first = 0;
	size_t n = 0;

	while (got < 3000) {
		uint64_t turns = rng_below(&rng, 5);

		while (turns-- > 0 && sent < 3000) {
			struct packet p = { .data = data, .conn = sent * 7 };
			struct rng before = rng;

			p.len = write_message(data, sent);
			if (t.ops->send(t.state, &p, 1) == 1) {
				sent++;
				continue;
			}
			rng = before; /* no room: again later */
			break;
		}
		for (uint32_t i = 0; i < n; i++)
			check_message(&lent[i], first + i);
		n = t.ops->recv(t.state, lent, 1 + rng_below(&rng, 16));
		first = got;
		got += (uint32_t)n;
		for (uint32_t i = 0; i < n; i++)
			check_message(&lent[i], first + i);
	}
	assert_int_equal(got, sent);
	t.ops->close(t.state);
}

static void test_random(void **state)
{
	(void)state;
	run_random("loop");
	run_random("{loop: {delay: 20us}}");
}

static void test_delay(void **state)
{
	struct transport t = net_open("{loop: {delay: 2ms}}", 0, "", 1, 64);
	unsigned char data[8] = { 0 };
	struct packet pkt = { .data = data, .len = 8 };
	int64_t sent;

	(void)state;
	assert_int_equal(t.ops->send(t.state, &pkt, 1), 1);
	sent = pkt.stamp_ns;
	t.ops->wait(t.state, INT64_MAX);
	assert_int_equal(net_recv(&t, &pkt, 1), 1);
	assert_true(pkt.stamp_ns >= sent + 2000000);
	assert_int_equal(t.ops->recv(t.state, &pkt, 1), 0);
	t.ops->close(t.state);
}

/* A full loop takes no more, and goes on when there is room again. */
static void test_full(void **state)
{
	struct transport t = net_open("loop", 0, "", 1, 64);
	unsigned char data[64] = { 0 };
	struct packet pkt[64], in[64];
	size_t sent = 0, got = 0, n;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		pkt[i] = (struct packet){ .data = data, .len = 64 };
	while ((n = t.ops->send(t.state, pkt, 64)) > 0)
		sent += n;
	assert_true(sent > 1000);
	assert_int_equal(t.ops->recv(t.state, in, 1), 1);
	assert_int_equal(t.ops->recv(t.state, in, 1), 1);
	assert_true(t.ops->send(t.state, pkt, 64) > 0);
	while (t.ops->recv(t.state, in, 64) > 0)
		got++;
	assert_true(got > 0);
	t.ops->close(t.state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_delay),
		cmocka_unit_test(test_full),
	};

	test_rng(&rng, 0);
	return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
