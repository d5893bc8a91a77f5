/* hlog_test.c - interval logs as HdrHistogram's own decoders expect them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "reports/hlog.c"

/*
 * golden.hlog was made by an encoder in Python that shares nothing with
 * ours, and read with equal counts, tags and times by the Java reference
 * (2.1.11) and by hdr-histogram-js (3.0.1); golden.expect.json says what is
 * in it.
 */
#define GOLDEN "tests/golden/hlog/golden.hlog"
#define EXPECT "tests/golden/hlog/golden.expect.json"

static struct hist *hist;

static int setup(void **state)
{
	(void)state;
	hist = hist_create();
	return !hist;
}

static int teardown(void **state)
{
	(void)state;
	hist_destroy(hist);
	return 0;
}

static json_t *expected(size_t i)
{
	static json_t *all;

	if (!all)
		all = json_load_file(EXPECT, 0, NULL);
	return json_array_get(json_object_get(all, "intervals"), i);
}

static void holds(const json_t *want)
{
	const char *value;
	json_t *count;
	size_t n = 0;

	json_object_foreach(json_object_get(want, "counts"), value, count)
	{
		uint32_t i = hist_index(strtoll(value, NULL, 10));

		assert_true(hist->count[i] ==
			    (uint64_t)json_integer_value(count));
		n++;
	}
	assert_int_equal(hist_used(hist), n);
	assert_true(hist->total == (uint64_t)json_integer_value(
					   json_object_get(want, "total")));
	assert_true(hist->max ==
		    json_integer_value(json_object_get(want, "max")));
}

static void test_golden_decodes(void **state)
{
	FILE *in = fopen(GOLDEN, "r");
	struct hlog_interval interval;
	struct err err = { 0 };
	unsigned line = 0;

	(void)state;
	assert_non_null(in);
	assert_int_equal(hlog_read(in, &line, &interval, hist, &err), 1);
	assert_string_equal(interval.tag, "");
	holds(expected(0));
	assert_int_equal(hlog_read(in, &line, &interval, hist, &err), 1);
	assert_string_equal(interval.tag, "rx");
	assert_true(interval.start_s == 1 && interval.length_s == 1);
	holds(expected(1));
	assert_int_equal(hlog_read(in, &line, &interval, hist, &err), 0);
	assert_int_equal(line, 7);
	fclose(in);
}

/* The payload, before zlib, byte by byte: zlib's own bytes may change. */
static void test_payload_is_golden(void **state)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char *payload = malloc(PAYLOAD_MAX);
	struct hlog_interval interval;
	struct err err = { 0 };
	FILE *in = fopen(GOLDEN, "r");
	unsigned line = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *want = json_string_value(
			json_object_get(expected(i), "raw_hex_head"));
		size_t n;

		assert_int_equal(hlog_read(in, &line, &interval, hist, &err),
				 1);
		n = payload_put(payload, hist);
		assert_true(n >= strlen(want) / 2);
		for (size_t k = 0; want[2 * k]; k++) {
			assert_int_equal(digits[payload[k] >> 4], want[2 * k]);
			assert_int_equal(digits[payload[k] & 15],
					 want[2 * k + 1]);
		}
	}
	fclose(in);
	free(payload);
}

/* What we write of the golden histograms is the golden file. */
static void test_log_is_golden(void **state)
{
	char *ours = NULL, golden[4096];
	size_t size, n;
	struct hlog_interval interval;
	struct err err = { 0 };
	FILE *in = fopen(GOLDEN, "r"), *out = open_memstream(&ours, &size);
	unsigned line = 0;

	(void)state;
	assert_int_equal(hlog_begin(out, "lancet golden example",
				    INT64_C(1700000000000000000)), 0);
	while (hlog_read(in, &line, &interval, hist, &err) > 0)
		assert_int_equal(hlog_write(out, &interval, hist), 0);
	fclose(out);
	rewind(in);
	n = fread(golden, 1, sizeof(golden) - 1, in);
	golden[n] = '\0';
	fclose(in);
	if (strcmp(zlibVersion(), "1.2.13") == 0)
		assert_string_equal(ours, golden);
	assert_memory_equal(ours, golden, 280);
	assert_int_equal(ours[size - 1], '\n');
	assert_int_not_equal(ours[size - 2], '\n');
	free(ours);
}

static void test_numbers(void **state)
{
	static const int64_t values[] = {
		0, 1, -1, 63, 64, -64, 8191, INT64_C(1) << 31,
		(INT64_C(1) << 40) + 17, INT64_C(1) << 55, -33792, INT64_MAX,
		INT64_MIN,
	};
	unsigned char bytes[16];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		size_t n = put_number(bytes, values[i]);
		int64_t back = 0;

		assert_true(n <= NUMBER_MAX);
		assert_int_equal(get_number(bytes, n, &back), n);
		assert_true(back == values[i]);
		assert_int_equal(get_number(bytes, n - 1, &back), 0);
	}
	/* 2^56 - 1 zigzags to 57 bits: the ninth byte holds all of the rest. */
	assert_int_equal(put_number(bytes, INT64_MIN), 9);
	assert_int_equal(bytes[8], 0xff);
}

/* One empty bin is a zero, as the reference writes it; two are -2. */
static void test_gaps(void **state)
{
	static const unsigned char want[] = { 2, 0, 2, 3, 4 };
	unsigned char *payload = malloc(PAYLOAD_MAX);

	(void)state;
	hist_record(hist, 0);
	hist_record(hist, 2);
	hist_record(hist, 5);
	hist_record(hist, 5);
	assert_int_equal(payload_put(payload, hist), HEAD + sizeof(want));
	assert_memory_equal(payload + HEAD, want, sizeof(want));
	free(payload);
}

static void there_and_back(void)
{
	struct hist *back = hist_create();
	struct err err = { 0 };
	char *text = hlog_encode(hist);

	assert_non_null(text);
	assert_memory_equal(text, "HISTFAAA", 8);
	assert_int_equal(hlog_decode(text, back, &err), 0);
	assert_memory_equal(back->count, hist->count, sizeof(hist->count));
	assert_true(back->total == hist->total);
	free(text);
	hist_destroy(back);
}

static void test_edges(void **state)
{
	(void)state;
	there_and_back();			/* empty */
	hist_record(hist, 0);
	there_and_back();
	hist_record(hist, HIST_MAX);
	hist_record(hist, INT64_MAX);
	there_and_back();
	for (uint32_t i = 0; i < HIST_BINS; i++)
		hist_record(hist, hist_low(i));
	there_and_back();
}

static void bad_log(const char *text, const char *what)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct hlog_interval interval;
	struct err err = { 0 };
	unsigned line = 0;

	assert_int_equal(hlog_read(in, &line, &interval, hist, &err), -EBADMSG);
	if (!strstr(err.text, what) || !strstr(err.text, "line 1"))
		fail_msg("%s", err.text);
	fclose(in);
}

static void test_damaged(void **state)
{
	(void)state;
	bad_log("rubbish\n", "not an interval");
	bad_log("0.0,1.0,1.0,!!!!\n", "base64");
	bad_log("0.0,1.0,1.0,AAAA\n", "V2");
	bad_log("Tag=x,0.0,1.0,1.0,HISTFAAAAC54nJNpmSzMwMDAxwABzFCaEch0M9ix\n",
		"V2");
	bad_log("Tag=no end\n", "not an interval");
}

static void test_title_cannot_end_its_comment(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	hlog_begin(out, "a\n0.0,1.0,1.0,xx", 0);
	fclose(out);
	assert_null(strstr(text, "\n0.0"));
	free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_golden_decodes), TEST(test_payload_is_golden),
		TEST(test_log_is_golden), TEST(test_numbers), TEST(test_gaps),
		TEST(test_edges), TEST(test_damaged),
		TEST(test_title_cannot_end_its_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
