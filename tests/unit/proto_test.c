/* proto_test.c - echo, spin and the trailer: there and back, and in pieces */
#include "tests/unit/net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/split.h"
#include "tests/unit/seed.h"
#include "workloads/bytes.h"

static struct rng rng;

/* As printf() writes them, around every power of ten. */
static void test_decimal(void **state)
{
	char want[BYTES_DECIMAL + 1], got[BYTES_DECIMAL + 1];
	uint64_t x = 0;

	(void)state;
	for (int i = 0; i < 3 * BYTES_DECIMAL; i++) {
		size_t n = (size_t)snprintf(want, sizeof(want), "%ju",
					    (uintmax_t)x);

		assert_int_equal(put_decimal(got, x), n);
		assert_memory_equal(got, want, n);
		x = i % 3 == 2 ? (x - 1) * 10 - 1 : x + 1;
	}
	assert_int_equal(put_decimal(got, UINT64_MAX), BYTES_DECIMAL);
	assert_memory_equal(got, "18446744073709551615", BYTES_DECIMAL);
}

static void test_trailer(void **state)
{
	struct proto_trailer t = { 1, 2, 3, 4, 5, 6 }, back = { 0 };
	unsigned char wire[PROTO_TRAILER_SIZE];

	(void)state;
	proto_trailer_write(wire, &t);
	assert_memory_equal(wire, "lTrl\1\0\6\0\1\0\0\0\0\0\0\0\2\0", 18);
	assert_int_equal(proto_trailer_read(wire, &back), 0);
	assert_int_equal(back.boot_id, 1);
	assert_int_equal(back.arrival_ns, 2);
	assert_int_equal(back.start_ns, 3);
	assert_int_equal(back.completion_ns, 4);
	assert_int_equal(back.release_ns, 5);
	assert_int_equal(back.flags, 6);
	wire[4] = 9;
	assert_int_equal(proto_trailer_read(wire, &back), -EBADMSG);
	assert_int_not_equal(proto_boot_id(), 0);
	assert_int_equal(proto_boot_id(), proto_boot_id());
}

static size_t build(struct split_proto *p, const struct proto_request *req)
{
	return p->proto.ops->build(p->proto.state, p->cs, req, p->out,
				   p->proto.max_out);
}

/* Build, serve, reply, feed: the request as the target saw it. */
static struct proto_served there(struct split_proto *p,
				 const struct proto_request *req)
{
	struct proto_served served;
	size_t n, len = build(p, req);

	assert_true(len > 0);
	assert_int_equal(p->proto.ops->serve(p->proto.state, p->cs, p->out,
					     len, &served, 1, &n), len);
	assert_int_equal(n, 1);
	return served;
}

static struct proto_done back(struct split_proto *p,
			      const struct proto_served *served,
			      const struct proto_trailer *trailer,
			      enum proto_status status, size_t want)
{
	unsigned char out[2000];
	struct proto_done done;
	size_t n, len;

	len = p->proto.ops->reply(p->proto.state, p->cs, served, trailer,
				  status, out, sizeof(out));
	assert_int_equal(len, want);
	assert_int_equal(p->proto.ops->feed(p->proto.state, p->cs, out, len,
					    &done, 1, &n), len);
	assert_int_equal(n, 1);
	assert_int_equal(done.status, status);
	return done;
}

static void test_echo(void **state)
{
	static const uint32_t size[][2] = { { 0, 64 }, { 1, 16 }, { 16, 16 },
					    { 65, 65 }, { 1400, 1400 } };
	struct proto_request req = { .id = UINT64_C(0x0102030405060708) };
	struct split_proto p;

	(void)state;
	split_open(&p, "echo");
	for (size_t i = 0; i < sizeof(size) / sizeof(*size); i++) {
		struct proto_served served;

		req.request_size = size[i][0];
		served = there(&p, &req);
		assert_int_equal(served.req.id, req.id);
		assert_int_equal(back(&p, &served, NULL, PROTO_OK,
				      size[i][1]).id, req.id);
	}
	req.request_size = PROTO_MESSAGE_MAX + 1;
	assert_int_equal(build(&p, &req), 0);
	split_close(&p);
}

/* A target that echoes takes anything, and gives it back as it is. */
static void test_echo_rubbish(void **state)
{
	struct proto_served served;
	struct split_proto p;
	struct proto_done done;
	size_t n;

	(void)state;
	split_open(&p, "echo");
	assert_int_equal(p.proto.ops->serve(p.proto.state, p.cs,
					    (const void *)"hello", 5, &served,
					    1, &n), 5);
	assert_int_equal(p.proto.ops->reply(p.proto.state, p.cs, &served, NULL,
					    PROTO_OK, p.out, 100), 5);
	assert_memory_equal(p.out, "hello", 5);
	assert_int_equal(p.proto.ops->feed(p.proto.state, p.cs,
					   (const void *)"hello", 5, &done, 1,
					   &n), -EBADMSG);
	split_close(&p);
}

static const struct proto_request spin_request = {
	.id = UINT64_C(0xfedcba9876543210), .service_ns = 123456789,
	.request_size = 100, .reply_size = 200, .conn = 77, .class = 3,
	.trailer = 1,
};

static void test_spin(void **state)
{
	const struct proto_trailer trailer = { 1, 2, 3, 4, 5, 0 };
	struct proto_served served;
	struct proto_done done;
	struct split_proto p;

	(void)state;
	split_open(&p, "spin");
	served = there(&p, &spin_request);
	assert_int_equal(served.req.id, spin_request.id);
	assert_int_equal(served.req.service_ns, spin_request.service_ns);
	assert_int_equal(served.req.conn, 77);
	assert_int_equal(served.req.class, 3);
	assert_int_equal(served.req.trailer, 1);
	assert_int_equal(build(&p, &spin_request), 100);
	served.req.service_ns = 999; /* served in fact */
	done = back(&p, &served, &trailer, PROTO_OK, 248);
	assert_int_equal(done.id, spin_request.id);
	assert_int_equal(done.served_ns, 999);
	assert_int_equal(done.has_trailer, 1);
	assert_int_equal(done.trailer.completion_ns, 4);
	assert_int_equal(back(&p, &served, NULL, PROTO_NACK, 200).has_trailer,
			 0);
	back(&p, &served, NULL, PROTO_ERROR, 200);
	split_close(&p);
}

/* The layout is a contract with other programs. */
static void test_spin_layout(void **state)
{
	struct split_proto p;

	(void)state;
	split_open(&p, "spin");
	build(&p, &spin_request);
	assert_memory_equal(p.out, "Spin\1\0\2\0\x10\x32\x54\x76\x98\xba\xdc\xfe"
				   "\x15\xcd\x5b\7\0\0\0\0\x4d\0\0\0\x64\0\0\0"
				   "\xc8\0\0\0\3\0\0\0", 40);
	split_close(&p);
}

/* What `loop` does with a request. */
static void test_spin_repeated(void **state)
{
	struct proto_done done;
	struct split_proto p;
	size_t n, len;

	(void)state;
	split_open(&p, "spin");
	len = build(&p, &spin_request);
	assert_int_equal(p.proto.ops->feed(p.proto.state, p.cs, p.out, len,
					   &done, 1, &n), len);
	assert_int_equal(n, 1);
	assert_int_equal(done.id, spin_request.id);
	assert_int_equal(done.status, PROTO_OK);
	assert_int_equal(done.has_trailer, 0);
	split_close(&p);
}

static void test_spin_rubbish(void **state)
{
	static const struct { size_t at; unsigned char byte; } bad[] = {
		{ 0, 'x' }, { 4, 2 }, { 30, 1 }, { 31, 1 }, { 34, 1 },
		{ 28, 0 }, { 32, 39 }, { 23, 1 },
	};
	struct proto_served served;
	struct split_proto p;
	size_t n;

	(void)state;
	split_open(&p, "spin");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		size_t len = build(&p, &spin_request);

		p.out[bad[i].at] = bad[i].byte;
		if (bad[i].at == 32)
			put_le32(p.out + 32, 39);
		assert_int_equal(p.proto.ops->serve(p.proto.state, p.cs, p.out,
						    len, &served, 1, &n),
				 -EBADMSG);
	}
	split_close(&p);
}

/* A stream of random messages, perhaps with a byte spoiled. */
static size_t random_stream(struct split_proto *p, unsigned char *stream,
			    size_t room)
{
	size_t len = 0;

	for (uint64_t i = rng_below(&rng, 20); i > 0; i--) {
		struct proto_request req = {
			.id = rng_next(&rng), .trailer = i & 1,
			.request_size = (uint32_t)rng_below(&rng, 300),
			.reply_size = (uint32_t)rng_below(&rng, 300),
		};
		const struct proto_trailer trailer = { .flags = 1 };
		struct proto_served served = there(p, &req);
		size_t n = p->proto.ops->reply(p->proto.state, p->cs, &served,
					       i & 1 ? &trailer : NULL,
					       PROTO_OK, stream + len,
					       room - len);

		assert_true(n > 0);
		len += n;
	}
	if (len > 0 && rng_below(&rng, 2))
		stream[rng_below(&rng, len)] ^= (unsigned char)rng_next(&rng);
	return len - (len ? rng_below(&rng, len < 50 ? len : 50) : 0);
}

static void test_any_split(void **state)
{
	static const char *const kinds[] = { "echo", "spin" };
	static unsigned char stream[20 * 400];
	struct split_proto p;

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		split_open(&p, kinds[k]);
		for (int i = 0; i < 500; i++) {
			size_t len = random_stream(&p, stream, sizeof(stream));

			assert_true(split_agrees(&p, stream, len));
		}
		split_close(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_trailer),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_echo_rubbish),
		cmocka_unit_test(test_spin),
		cmocka_unit_test(test_spin_layout),
		cmocka_unit_test(test_spin_repeated),
		cmocka_unit_test(test_spin_rubbish),
		cmocka_unit_test(test_any_split),
	};

	test_rng(&rng, 0);
	return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
