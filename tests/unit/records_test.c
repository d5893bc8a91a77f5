/* records_test.c - raw records come back from their file, or none does */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/records.h"

#define RECORDS 5

static struct arena arena;
static struct err err;
static char path[] = "/tmp/lancet-records-XXXXXX/file";
static const char *const class[] = { "get", "scan" };

static const struct records_head head = {
	.classes = 2, .point = 3, .share = 1. / 16, .offered_rps = 2e4,
	.window_ns = 10000000, .seed = 42,
};

/* Three of agent 0, none of agent 1, two of agent 0 in the next segment. */
static const struct records_block block[] = {
	{ .agent = 0, .segment = 0, .count = 3, .at_ns = 1000,
	  .until_ns = 500, .warm_ns = 100 },
	{ .agent = 1, .segment = 0, .at_ns = 1000, .until_ns = 500 },
	{ .agent = 0, .segment = 1, .count = 2, .at_ns = 9000,
	  .from_ns = 500, .until_ns = 900, .warm_ns = 600 },
};

static struct sample made(unsigned i)
{
	return (struct sample){
		.intended_ns = 1000 + i, .sent_ns = 1010 + i,
		.received_ns = i % 2 ? 1100 + i : 0, .seq = i,
		.class = i % 2, .wire_in_ns = SAMPLE_NO_STAMP,
		.outcome = i % 2 ? OUTCOME_RECEIVED : OUTCOME_TIMEOUT,
	};
}

static int setup(void **state)
{
	struct records_writer w;
	struct sample s;
	unsigned made_so_far = 0;

	(void)state;
	arena_init(&arena);
	strcpy(path, "/tmp/lancet-records-XXXXXX");
	assert_non_null(mkdtemp(path));
	strcat(path, "/file");
	assert_int_equal(records_create(&w, path, &head, class, &err), 0);
	for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++) {
		assert_int_equal(records_begin(&w, &block[i], &err), 0);
		for (uint64_t j = 0; j < block[i].count; j++) {
			s = made(made_so_far++);
			assert_int_equal(records_add(&w, &s, 1, &err), 0);
		}
	}
	assert_int_equal(records_finish(&w, &err), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	arena_fini(&arena);
	return 0;
}

/* How many are read before the end, or the error. */
static int read_all(int *n)
{
	struct records_reader r;
	struct sample s;
	FILE *file = fopen(path, "r");
	int rc = records_open(&r, file, &arena, &err);

	*n = 0;
	while (rc >= 0 && (rc = records_next(&r, &s, &err)) > 0)
		++*n;
	fclose(file);
	return rc;
}

static void poke(long at, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "r+");

	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, size, 1, file), 1);
	fclose(file);
}

static void test_round(void **state)
{
	static const unsigned of_block[] = { 0, 0, 0, 2, 2 };
	struct records_reader r;
	struct sample s;
	FILE *file = fopen(path, "r");

	(void)state;
	assert_int_equal(records_open(&r, file, &arena, &err), 0);
	assert_int_equal(r.head.point, 3);
	assert_true(r.head.share == head.share);
	assert_int_equal(r.head.count, RECORDS);
	assert_int_equal(r.head.seed, 42);
	assert_string_equal(r.class[0], "get");
	assert_string_equal(r.class[1], "scan");
	for (unsigned i = 0; i < RECORDS; i++) {
		const struct sample expect = made(i);

		assert_int_equal(records_next(&r, &s, &err), 1);
		assert_memory_equal(&s, &expect, sizeof(s));
		assert_int_equal(r.block.at_ns, block[of_block[i]].at_ns);
		assert_int_equal(r.block.segment, of_block[i] / 2);
	}
	assert_int_equal(records_next(&r, &s, &err), 0);
	fclose(file);
}

/* Cut anywhere, it says so, and never reads what is not there. */
static void test_cut(void **state)
{
	const long size = 64 * (2 + 3 + RECORDS);
	int n;

	(void)state;
	assert_int_equal(read_all(&n), 0);
	assert_int_equal(n, RECORDS);
	for (long at = size - 1; at >= 0; at--) {
		assert_int_equal(truncate(path, at), 0);
		assert_int_equal(read_all(&n), -EBADMSG);
		assert_true(n * 64 <= at);
	}
}

/* Each field that could lead astray, wrong. */
static void test_wrong(void **state)
{
	static const struct {
		long at;
		unsigned char byte;
	} wrong[] = {
		{ 0, 'X' }, { 8, 2 }, { 10, 63 }, { 12, 2 }, { 14, 0 },
		{ 14, 3 }, { 16, 63 }, { 19, 1 }, { 31, 0xff }, { 32, 4 },
		{ 32, 6 }, { 47, 0xff }, { 55, 0xff }, { 63, 0xff },
		{ 64, 0 }, { 128, 'X' }, { 135, 1 }, { 140, 1 }, { 144, 9 },
		{ 159, 0xff }, { 184, 1 }, { 192 + 7, 0xff },
		{ 192 + 8, 0 }, { 192 + 60, 2 }, { 192 + 62, 6 },
	};
	unsigned char was;
	int n;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		FILE *file = fopen(path, "r");

		fseek(file, wrong[i].at, SEEK_SET);
		was = (unsigned char)fgetc(file);
		fclose(file);
		poke(wrong[i].at, &wrong[i].byte, 1);
		err.text[0] = '\0';
		assert_int_equal(read_all(&n), -EBADMSG);
		assert_true(*err.text);
		poke(wrong[i].at, &was, 1);
	}
	assert_int_equal(read_all(&n), 0);
}

/* What is there already stays. */
static void test_exists(void **state)
{
	struct records_writer w;
	int n;

	(void)state;
	assert_int_equal(records_create(&w, path, &head, class, &err), -EEXIST);
	assert_int_equal(read_all(&n), 0);
	assert_int_equal(n, RECORDS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round),
		TEST(test_cut),
		TEST(test_wrong),
		TEST(test_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
