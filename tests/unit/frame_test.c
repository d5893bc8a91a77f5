/* frame_test.c - frames and blobs come through whole, or are refused */
#include "tests/unit/pipe.h"

#include <stdlib.h>

static struct err err;

static void test_frames(void **state)
{
	struct stream s;
	json_t *frame;

	(void)state;
	stream_begin(&s);
	for (int i = 0; i < 3; i++)
		assert_int_equal(frame_write(&s.io,
					     json_pack("{ss si}", "t", "tick",
						       "i", i),
					     &err),
				 0);
	stream_rewind(&s);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(stream_read(&s, &frame, &err), 1);
		assert_string_equal(frame_type(frame), "tick");
		assert_int_equal(
			json_integer_value(json_object_get(frame, "i")), i);
		json_decref(frame);
	}
	assert_int_equal(stream_read(&s, &frame, &err), -EPIPE);
	stream_end(&s);
}

/* What stands between the start of a stream and the first frame. */
static int read_after(const char *before, const char *line)
{
	struct stream s = { .file = tmpfile() };
	json_t *frame;
	int rc;

	assert_non_null(s.file);
	stream_put(&s, before);
	assert_int_equal(frame_open(&s.io, fileno(s.file), fileno(s.file)), 0);
	stream_put(&s, line);
	stream_rewind(&s);
	rc = stream_read(&s, &frame, &err);
	if (rc == 1)
		json_decref(frame);
	stream_end(&s);
	return rc;
}

static void test_banner(void **state)
{
	char *banner = malloc(70000);

	(void)state;
	assert_int_equal(read_after("", "{\"t\":\"x\"}\n"), 1);
	assert_int_equal(read_after("Welcome!\n{\"t\":\"y\"}\n\n",
				    "{\"t\":\"x\"}\n"), 1);
	/* Without a line's end the magic is not at a line's start. */
	assert_int_equal(read_after("last login ", "{\"t\":\"x\"}\n"), -EPIPE);
	assert_non_null(banner);
	memset(banner, 'a', 70000);
	banner[69999] = '\0';
	assert_int_equal(read_after(banner, "{\"t\":\"x\"}\n"), -EBADMSG);
	for (int i = 99; i < 69999; i += 100)
		banner[i] = '\n';
	assert_int_equal(read_after(banner, "{\"t\":\"x\"}\n"), -EBADMSG);
	banner[60000] = '\0';
	assert_int_equal(read_after(banner, "{\"t\":\"x\"}\n"), 1);
	free(banner);
}

static void test_rubbish(void **state)
{
	static const char *const line[] = {
		"\n", "x\n", "[]\n", "{}\n", "{\"t\":1}\n", "{\"t\":\"\"}\n",
		"{\"t\":\"x\",\"t\":\"y\"}\n", "{\"t\":\"x\"} {}\n", "\"t\"\n",
		"{\"t\":\"\xff\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(line) / sizeof(line[0]); i++)
		assert_int_equal(read_after("", line[i]), -EBADMSG);
	assert_int_equal(read_after("", "{\"t\":\"x\"}"), -EPIPE);
}

static void test_long_lines(void **state)
{
	struct stream s;
	json_t *frame;
	char *text = malloc(FRAME_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', FRAME_MAX);
	stream_begin(&s);
	/* {"t":"x","a":"..."} and the line's end: exactly FRAME_MAX bytes. */
	text[FRAME_MAX - 17] = '\0';
	assert_int_equal(frame_write(&s.io, json_pack("{ss ss}", "t", "x", "a",
						      text), &err), 0);
	text[FRAME_MAX - 17] = 'a';
	text[FRAME_MAX - 16] = '\0';
	assert_int_equal(frame_write(&s.io, json_pack("{ss ss}", "t", "x", "a",
						      text), &err), -EMSGSIZE);
	stream_rewind(&s);
	assert_int_equal(stream_read(&s, &frame, &err), 1);
	json_decref(frame);
	stream_end(&s);
	/* A line without end, or with one that comes too late. */
	text[FRAME_MAX - 16] = 'a';
	text[FRAME_MAX] = '\0';
	assert_int_equal(read_after("", text), -EPIPE);
	stream_begin(&s);
	stream_put(&s, text);
	stream_put(&s, "\n");
	stream_rewind(&s);
	assert_int_equal(stream_read(&s, &frame, &err), -EBADMSG);
	stream_end(&s);
	free(text);
}

/* Nothing to read yet is no end: on a pipe, at once. */
static void test_not_yet(void **state)
{
	struct frame_io io;
	json_t *frame;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(frame_open(&io, fd[0], fd[1]), 0);
	assert_int_equal(frame_read(&io, &frame, 0, &err), 0);
	assert_int_equal(write(fd[1], "{\"t\":", 5), 5);
	assert_int_equal(frame_read(&io, &frame, 0, &err), 0);
	assert_int_equal(write(fd[1], "\"x\"}\n", 5), 5);
	assert_int_equal(frame_read(&io, &frame, 0, &err), 1);
	json_decref(frame);
	close(fd[1]);
	assert_int_equal(frame_read(&io, &frame, 0, &err), -EPIPE);
	close(fd[0]);
	frame_close(&io);
}

static void test_base64(void **state)
{
	static const char *const pair[][2] = { /* RFC 4648, section 10 */
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};
	static const char *const bad[] = {
		"Z", "Zg=", "Zg", "Zh==", "Zm9=", "Z===", "====", "Zm9v=",
		"Zm\n8", "=m9v", "Zg==Zg==", "Zm8*",
	};
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
		char *text = base64_encode(pair[i][0], strlen(pair[i][0]));
		unsigned char *data = base64_decode(pair[i][1], &len);

		assert_string_equal(text, pair[i][1]);
		assert_non_null(data);
		assert_int_equal(len, strlen(pair[i][0]));
		assert_memory_equal(data, pair[i][0], len);
		free(text);
		free(data);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(base64_decode(bad[i], &len));
}

static void test_hash(void **state)
{
	(void)state;	/* vectors of the FNV draft */
	assert_true(frame_hash("", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(frame_hash("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(frame_hash("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void test_blobs(void **state)
{
	static const size_t size[] = { 0, 1, 1000, 524287, 524288, 524289,
				       3000000 };
	unsigned char *data = malloc(3000000);

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < 3000000; i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		struct frame_blob blob = { 0 };
		struct stream s;
		json_t *frame;
		int rc = 0;

		stream_begin(&s);
		assert_int_equal(frame_send_blob(&s.io, "b", data, size[i],
						 &err), 0);
		stream_rewind(&s);
		while (rc == 0) {
			assert_int_equal(stream_read(&s, &frame, &err), 1);
			rc = frame_blob_take(&blob, frame, &err);
			json_decref(frame);
		}
		assert_int_equal(rc, 1);
		assert_string_equal(blob.name, "b");
		assert_int_equal(blob.len, size[i]);
		assert_memory_equal(blob.data, data, size[i]);
		assert_int_equal(stream_read(&s, &frame, &err), -EPIPE);
		frame_blob_fini(&blob);
		stream_end(&s);
	}
	free(data);
}

static int take_chunk(struct frame_blob *blob, const char *name, int i, int n,
		      json_int_t bytes, const char *hash, const char *data)
{
	json_t *frame = json_pack("{ss ss si si sI ss ss}", "t", "chunk",
				  "name", name, "i", i, "n", n, "bytes", bytes,
				  "hash", hash, "data", data);
	int rc = frame_blob_take(blob, frame, &err);

	json_decref(frame);
	return rc;
}

static void test_bad_chunks(void **state)
{
	static const char hash[] = "af63dc4c8601ec8c";	/* of "a" */
	static const char name[] = "a-name-that-is-longer-than-it-may-be";
	struct frame_blob blob = { 0 };

	(void)state;
#define BAD(...) \
	do { \
		assert_int_equal(take_chunk(&blob, __VA_ARGS__), -EBADMSG); \
		frame_blob_fini(&blob); \
	} while (0)
	BAD("b", 0, 1, 1, "af63dc4c8601ec8d", "YQ==");	/* the hash */
	BAD("b", 1, 1, 1, hash, "YQ==");		/* out of order */
	BAD("b", -1, 1, 1, hash, "YQ==");
	BAD("b", 0, 2, 1, hash, "YQ==");	/* more than it takes */
	BAD("b", 0, 1, 2, hash, "YQ==");	/* less than it says */
	BAD("b", 0, 1, -1, hash, "YQ==");
	BAD("b", 0, 8193, (json_int_t)4 << 30 | 1, hash, "YQ==");
	BAD("b", 0, 1, 1, "af63", "YQ==");
	BAD("b", 0, 1, 1, "xf63dc4c8601ec8c", "YQ==");
	BAD("b", 0, 1, 1, hash, "YQ");
	BAD(name, 0, 1, 1, hash, "YQ==");
	assert_int_equal(take_chunk(&blob, "b", 0, 1, 1, hash, "YQ=="), 1);
	/* The next blob may follow at once. */
	assert_int_equal(take_chunk(&blob, "c", 0, 1, 1, hash, "YQ=="), 1);
	frame_blob_fini(&blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_banner),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_not_yet),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_blobs),
		cmocka_unit_test(test_bad_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
