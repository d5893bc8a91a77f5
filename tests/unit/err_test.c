/* err_test.c - messages stay one line; memory given back all at once */
#include "tests/unit/seed.h"

#include <errno.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/nearest.h"

static void test_err(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, -EINVAL, "no %s; write one", "key"),
			 -EINVAL);
	assert_int_equal(err_wrap(&err, "x.yaml:%d", 3), -EINVAL);
	assert_string_equal(err.text, "x.yaml:3: no key; write one");
	assert_int_equal(err.code, -EINVAL);
}

static void test_one_line(void **state)
{
	char text[] = "a\nb\x1b[31m\x7f\xc2\x9b\xc3\xa9\xe2\x82";
	struct err err;

	(void)state;
	err_one_line(text);
	assert_string_equal(text, "a?b?[31m???\xc3\xa9??");
	/* Too long a text is cut, at a whole character, and still a text. */
	err_set(&err, -EIO, "%01022d\xc3\xa9", 0);
	assert_string_equal(err.text + 1020, "00?");
	err_wrap(&err, "%0900d", 0);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_arena(void **state)
{
	struct arena arena;
	size_t room = 0;
	int *items = NULL;

	(void)state;
	arena_init(&arena);
	for (size_t size = 0; size < 200000; size = size * 3 + 1) {
		unsigned char *p = arena_alloc(&arena, size);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	for (int i = 0; i < 1000; i++) {
		items = arena_grow(&arena, items, (size_t)i, &room,
				   sizeof(*items));
		items[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	assert_string_equal(arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
	assert_string_equal(arena_strdup(&arena, "text"), "text");
	arena_fini(&arena);
	assert_null(arena.head);
}

static void test_nearest(void **state)
{
	static const char *const known[] = { "seed", "target", "time_limit",
					     "exponential", "fcfs" };
	static const struct {
		const char *word, *want;
	} row[] = {
		{ "sede", "seed" },	     { "sed", "seed" },
		{ "targte", "target" },	     { "time-limit", "time_limit" },
		{ "exponentail", "exponential" },
		{ "exponent", "exponential" }, { "bogus_key", NULL },
		{ "FCFS", "fcfs" },	     { "Targte", "target" },
		{ "exp", "exponential" },    { "ex", NULL },
		{ "fsfc", NULL },	     { "", NULL },
		{ "fcsf", "fcfs" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct nearest near;

		nearest_start(&near, row[i].word);
		for (size_t k = 0; k < 5; k++)
			nearest_try(&near, known[k]);
		if (row[i].want)
			assert_string_equal(near.best, row[i].want);
		else
			assert_null(near.best);
	}
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
	assert_int_equal(nearest_distance("ab", "ba"), 1);
	assert_int_equal(nearest_distance("", "abc"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
