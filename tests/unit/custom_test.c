/* custom_test.c - protocols described in YAML, beside those in C */
#include "tests/unit/net.h"

#include <errno.h>

#include "tests/fuzz/split.h"
#include "tests/unit/seed.h"
#include "workloads/template.h"

static const struct proto_request asked = {
	.id = UINT64_C(0x0102030405060708),
	.service_ns = 1499,
	.draw = UINT64_C(0xffffffff) << 32,
	.class = 3,
};

static void expect(const char *text, const void *want, size_t len)
{
	unsigned char out[256];
	struct template t;
	struct err err;

	if (template_parse(&t, text, 10, &net_arena, &err))
		fail_msg("%s", err.text);
	assert_in_range(len, 1, t.most);
	assert_int_equal(template_write(&t, &asked, out), len);
	assert_memory_equal(out, want, len);
}

static void test_templates(void **state)
{
	(void)state;
	expect("ping", "ping", 4);
	expect("{{x}", "{x}", 3);
	expect("a{{{{b", "a{{b", 4);
	expect("k{key:text}\r\n", "k9\r\n", 4);
	expect("{id:u64le}", "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	expect("{id:u64be}", "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	expect("{id:u32be}{id:u16le}{id:u8}", "\5\6\7\x08\x08\7\x08", 7);
	expect("{service:text} {service_us:u16be}", "1499 \0\1", 7);
	expect("{class:u8}{zeros:2}{hex:00fFa1}", "\3\0\0\0\xff\xa1", 6);
	expect("{size:u16be}{key:text}!", "\0\4" "9!", 4);
}

static void test_bad_templates(void **state)
{
	static const char *const bad[] = {
		"", "{", "{id", "{id}", "{id:}", "{id:u24be}", "{who:u8}",
		"{hex:0}", "{hex:0g}", "{zeros:}", "{zeros:-1}",
		"{zeros:99999999}", "{size:text}", "{:u8}", "{zeros:0}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct template t;
		struct err err;

		if (template_parse(&t, bad[i], 10, &net_arena, &err) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
		"{custom: {reply_size: 4B, reply_end: x}}",
		"{custom: {reply_end: ''}}",
		"{custom: {request: x, reply_id: u8@0}}",
		"{custom: {reply_length: u16be}}",
		"{custom: {reply_length: text@0}}",
		"{custom: {reply_length: u16be@x}}",
		"{custom: {reply_length: u16be@0*4}}",
		"{custom: {reply_ok: 0@1}}",
		"{custom: {reply_ok: 00}}",
		"{custom: {reply_ok: zz@0}}",
		"{custom: {reply_ok: 0000000000000000000000000000000000@0}}",
		"{custom: {reply_size: 4B, reply_ok: 00@4}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct choice choice = net_choice(KIND_PROTO, bad[i]);
		struct proto proto;
		struct err err;

		if (proto_init(&proto, &choice, &net_arena, &err) != -EINVAL)
			fail_msg("%s was taken", bad[i]);
	}
}

/* "0@5" for status 0 of id 5, "0" without ids; "bad" at the end. */
static void expect_replies(const char *text, const void *data, size_t len,
			   const char *want)
{
	static struct split_seen seen;
	char got[256] = "";
	struct split_proto p;

	split_open(&p, text);
	/* So that parts of an id can be made whole. */
	p.proto.ops->build(p.proto.state, p.cs, &asked, p.out,
			   p.proto.max_out);
	if (p.proto.flags & PROTO_STREAM)
		assert_true(split_agrees(&p, data, len));
	split_feed(&p, data, len, len, &seen);
	for (size_t i = 0; i < seen.n; i++) {
		size_t at = strlen(got);

		if (seen.done[i].id == PROTO_OLDEST)
			snprintf(got + at, sizeof(got) - at, "%d ",
				 seen.done[i].status);
		else
			snprintf(got + at, sizeof(got) - at, "%d@%jx ",
				 seen.done[i].status,
				 (uintmax_t)seen.done[i].id);
	}
	if (seen.bad)
		strcat(got, "bad");
	assert_string_equal(got, want);
	split_close(&p);
}

static void test_replies(void **state)
{
	(void)state;
	expect_replies("{custom: {reply_size: 2B}}", "abcde", 5, "0 0 ");
	expect_replies("{custom: {reply_end: \"\\r\\n\"}}", "a\r\n\r\nb\r", 7,
		       "0 0 ");
	expect_replies("{custom: {reply_end: aab}}", "aaabaaab", 8, "0 0 ");
	expect_replies("{custom: {reply_length: u8@1+2}}",
		       "x\1ax\0x\3abc", 10, "0 0 0 ");
	expect_replies("{custom: {reply_length: u16be@0}}",
		       "\0\4ab\0\2\0\1", 8, "0 0 bad");
	expect_replies("{custom: {reply_length: u32be@0}}",
		       "\xff\xff\xff\xff", 4, "bad");
	expect_replies("{custom: {reply_length: u64be@0}}",
		       "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "bad");
	expect_replies("{custom: {reply_length: u8@0-9}}", "\x8", 1, "bad");
	expect_replies("{custom: {reply_size: 2B, reply_ok: '00@1', "
		       "reply_nack: '01@1'}}", "a\0a\1a\2", 6, "0 1 2 ");
	expect_replies("{custom: {request: '{id:u16be}', reply_size: 2B, "
		       "reply_id: u16be@0}}", "\7\x08\7\1\7\x09", 6,
		       "0@102030405060708 0@102030405060701 "
		       "0@102030405050709 ");
	expect_replies("{custom: {request: '{id:u64le}', reply_size: 8B, "
		       "reply_id: u64le@0}}",
		       "\1\2\3\4\5\6\7\x08", 8, "0@807060504030201 ");
	/* A datagram is a reply. */
	expect_replies("custom", "pong", 4, "0 ");
	expect_replies("{custom: {reply_ok: '00@4'}}", "pong", 4, "bad");
}

/* Described, memcached's language and spin's speak to their own targets. */
static void described(const char *text, const char *as)
{
	struct split_proto mine, theirs;
	struct proto_served req[2];
	static struct split_seen seen;
	unsigned char reply[1024];
	size_t len, n, back;

	split_open(&mine, text);
	split_open(&theirs, as);
	len = mine.proto.ops->build(mine.proto.state, mine.cs, &asked,
				    mine.out, mine.proto.max_out);
	assert_int_equal(theirs.proto.ops->serve(theirs.proto.state, theirs.cs,
						 mine.out, len, req, 2, &n),
			 len);
	assert_int_equal(n, 1);
	back = theirs.proto.ops->reply(theirs.proto.state, theirs.cs, req,
				       NULL, PROTO_OK, reply, sizeof(reply));
	split_feed(&mine, reply, back, back, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.done[0].status, PROTO_OK);
	assert_int_equal(seen.done[0].id,
			 mine.proto.flags & PROTO_IN_ORDER ? PROTO_OLDEST
							   : asked.id);
	if (mine.proto.flags & PROTO_SERVICE)
		assert_int_equal(req[0].req.service_ns, asked.service_ns);
	split_close(&mine);
	split_close(&theirs);
}

static void test_described(void **state)
{
	(void)state;
	described("{custom: {request: \"get k{key:text}\\r\\n\", "
		  "reply_end: \"END\\r\\n\", reply_ok: '56414c5545@0'}}",
		  "memcached");
	described("{custom: {request: 'Spin{hex:01000000}{id:u64le}"
		  "{service:u64le}{zeros:4}{size:u32le}{hex:28000000}"
		  "{class:u16le}{zeros:2}', reply_size: 40B, "
		  "reply_id: u64le@8, reply_ok: '0100@6'}}", "spin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_bad_templates),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_described),
	};

	return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
