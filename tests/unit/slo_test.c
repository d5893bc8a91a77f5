/* slo_test.c - promises read and refused, with the place */
#include "tests/unit/seed.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "lancet/core/slo.h"

static struct slo good(const char *text)
{
	struct slo slo;
	struct err err;

	if (slo_parse(text, &slo, &err))
		fail_msg("%s: %s", text, err.text);
	return slo;
}

static void test_good(void **state)
{
	struct slo s = good("p99 <= 500us");

	(void)state;
	assert_int_equal(s.n, 1);
	assert_true(s.term[0].metric == SLO_RESPONSE && !s.term[0].relative);
	assert_true(s.term[0].quantile == 0.99 && s.term[0].bound == 500e3);
	s = good("p99<=10x");
	assert_true(s.term[0].relative && s.term[0].bound == 10);
	s = good("p99.9 slowdown <= 50");
	assert_true(s.term[0].metric == SLO_SLOWDOWN && s.term[0].bound == 50);
	assert_true(s.term[0].quantile == 0.999);
	s = good("p99(get) <= 1ms and p50(get) slowdown <= 3 and "
		 "errors <= 0.1%");
	assert_int_equal(s.n, 3);
	assert_string_equal(s.term[0].class, "get");
	assert_string_equal(s.term[1].class, "get");
	assert_true(s.term[1].metric == SLO_SLOWDOWN);
	assert_true(s.term[2].metric == SLO_ERRORS);
	assert_true(s.term[2].bound == 0.001);
	s = good("  p99 ( get ) <= 1us  ");
	assert_string_equal(s.term[0].class, "get");
}

static void bad(const char *text, const char *says, int at)
{
	struct slo slo;
	struct err err;
	char place[32];

	snprintf(place, sizeof(place), "at character %d;", at);
	assert_int_equal(slo_parse(text, &slo, &err), -EINVAL);
	if (!strstr(err.text, says) || !strstr(err.text, place))
		fail_msg("%s: %s", text, err.text);
}

static void test_bad(void **state)
{
	(void)state;
	bad("", "a quantile", 1);
	bad("q99 <= 1ms", "a quantile", 1);
	bad("p100 <= 1ms", "a quantile", 1);
	bad("p99 < 1ms", "<=", 5);
	bad("p99 <= ", "a bound", 8);
	bad("p99 <= 5", "500us or 10x", 8);
	bad("p99 <= -5us", "a bound", 8);
	bad("p99 <= x", "a bound", 8);
	bad("p99 <== 10x", "a bound", 7);
	bad("p99 slowdown <= 50x", "without unit", 17);
	bad("errors <= 3", "0.1%", 11);
	bad("p99() <= 1ms", "a class", 5);
	bad("p99(get <= 1ms", "')'", 9);
	bad("p99 <= 1ms or p50 <= 1us", "'and'", 12);
	bad("p99 <= 1ms and", "'and'", 12);
	bad("p99 <= 1ms and ", "a quantile", 16);
	bad("p99 <= 1msand p50 <= 1us", "a bound", 8);
	bad("p1<=1s and p1<=1s and p1<=1s and p1<=1s and p1<=1s and "
	    "p1<=1s and p1<=1s and p1<=1s and p1<=1s", "at most 8", 88);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
