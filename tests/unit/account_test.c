/* account_test.c - what a point's result says of its stamps */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "coordinator/account.c"

static void test_stamps_reason(void **state)
{
	struct wire_stamps s = { .asked = 100, .replies = 100,
				 .reason = "no card" };
	struct arena arena;

	(void)state;
	arena_init(&arena);
	assert_string_equal(stamps_reason(&s, &arena), "no card");
	s.lost_rx = 26;
	assert_string_equal(stamps_reason(&s, &arena), "no card; more than a "
			    "quarter of the stamps were lost: wire times are "
			    "of the others");
	s.lost_rx = 25;
	s.reason = "";
	assert_null(stamps_reason(&s, &arena));
	s.lost_tx = 26;
	assert_non_null(strstr(stamps_reason(&s, &arena), "more than a"));
	s = (struct wire_stamps){ 0 };
	assert_null(stamps_reason(&s, &arena));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stamps_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
