/* unit_test.c - numbers with units: strictly in, exactly out and back */
#include "tests/unit/seed.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/unit.h"

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int64_t ns;
	} row[] = {
		{ "100us", 0, 100000 },
		{ "100 us", 0, 100000 },
		{ "1.5ms", 0, 1500000 },
		{ ".5s", 0, 500000000 },
		{ "1e3ns", 0, 1000 },
		{ "2min", 0, INT64_C(120000000000) },
		{ "1h", 0, INT64_C(3600000000000) },
		{ "-3us", 0, -3000 },
		{ "0s", 0, 0 },
		{ "9223372036854775807ns", 0, INT64_MAX },
		{ "100", -ENODATA, 0 },
		{ "0", -ENODATA, 0 },
		{ "", -EINVAL, 0 },
		{ "us", -EINVAL, 0 },
		{ "100us ", -EINVAL, 0 },
		{ " 100us", -EINVAL, 0 },
		{ "100  us", -EINVAL, 0 },
		{ "100usx", -EINVAL, 0 },
		{ "100US", -EINVAL, 0 },
		{ "0x10us", -EINVAL, 0 },
		{ "1,5us", -EINVAL, 0 },
		{ "infs", -EINVAL, 0 },
		{ "nans", -EINVAL, 0 },
		{ "1e400s", -ERANGE, 0 },
		{ "9223372036854775808ns", -ERANGE, 0 },
		{ "0.1ns", -ERANGE, 0 },
		{ "64B", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t ns = -1;

		if (unit_duration(row[i].text, &ns) != row[i].rc)
			fail_msg("'%s'", row[i].text);
		if (!row[i].rc)
			assert_true(ns == row[i].ns);
	}
}

static void test_others(void **state)
{
	int64_t whole;
	double real;

	(void)state;
	assert_int_equal(unit_rate("50krps", &real), 0);
	assert_true(real == 50e3);
	assert_int_equal(unit_rate("2M/s", &real), 0);
	assert_true(real == 2e6);
	assert_int_equal(unit_rate("10 /s", &real), 0);
	assert_int_equal(unit_rate("50", &real), -ENODATA);
	assert_int_equal(unit_rate("50%", &real), -EINVAL);
	assert_int_equal(unit_size("1KiB", &whole), 0);
	assert_int_equal(whole, 1024);
	assert_int_equal(unit_size("1kB", &whole), 0);
	assert_int_equal(whole, 1000);
	assert_int_equal(unit_percent("99.9%", &real), 0);
	assert_true(real == 0.999);
	assert_int_equal(unit_percent("5", &real), -ENODATA);
	assert_int_equal(unit_share("all", &real), 0);
	assert_true(real == 1);
	assert_int_equal(unit_share("none", &real), 0);
	assert_true(real == 0);
	assert_int_equal(unit_share("1/16", &real), 0);
	assert_true(real == 1. / 16);
	assert_int_equal(unit_share("5%", &real), 0);
	assert_true(real == 0.05);
	assert_int_equal(unit_share("0.05", &real), -ENODATA);
	assert_int_equal(unit_share("1/0", &real), -ERANGE);
	assert_int_equal(unit_share("1/-2", &real), -EINVAL);
	assert_int_equal(unit_share("2/3", &real), -EINVAL);
	assert_int_equal(unit_number("1e-3", &real), 0);
	assert_true(real == 1e-3);
	assert_int_equal(unit_number("1us", &real), -EINVAL);
	assert_int_equal(unit_number("", &real), -EINVAL);
	assert_int_equal(unit_integer("-42", &whole), 0);
	assert_int_equal(whole, -42);
	assert_int_equal(unit_integer("1.0", &whole), -EINVAL);
	assert_int_equal(unit_integer("99999999999999999999", &whole),
			 -ERANGE);
	assert_int_equal(unit_quantile("p99.9", &real), 0);
	assert_true(real == 0.999);
	assert_int_equal(unit_quantile("p100", &real), -ERANGE);
	assert_int_equal(unit_quantile("p0", &real), -ERANGE);
	assert_int_equal(unit_quantile("99", &real), -EINVAL);
	assert_int_equal(unit_quantile("p99%", &real), -EINVAL);
}

static void test_print(void **state)
{
	char t[64];

	(void)state;
	assert_string_equal(unit_print_duration(1.25e6, t, 64), "1.25ms");
	assert_string_equal(unit_print_duration(999.6e3, t, 64), "1ms");
	assert_string_equal(unit_print_duration(0, t, 64), "0ns");
	assert_string_equal(unit_print_duration(-2e3, t, 64), "-2us");
	assert_string_equal(unit_print_duration(5e12, t, 64), "5000s");
	assert_string_equal(unit_print_duration(INFINITY, t, 64), "inf");
	assert_string_equal(unit_print_duration(NAN, t, 64), "unknown");
	assert_string_equal(unit_print_rate(40e3, t, 64), "40krps");
	assert_string_equal(unit_print_size(1500, t, 64), "1.5kB");
	assert_string_equal(unit_print_quantile(0.999, t, 64), "p99.9");
	assert_string_equal(unit_print_quantile(0.5, t, 64), "p50");
	assert_string_equal(unit_print_quantile(0.99999, t, 64), "p99.999");
	assert_string_equal(unit_exact_duration(90000000000, t, 64), "90s");
	assert_string_equal(unit_exact_duration(1234567, t, 64), "1.234567ms");
	assert_string_equal(unit_exact_duration(INT64_C(7200000000000), t, 64),
			    "2h");
	assert_string_equal(unit_exact_percent(0.1, t, 64), "10%");
	assert_string_equal(unit_exact_share(1, t, 64), "all");
	assert_string_equal(unit_exact_share(0, t, 64), "none");
	assert_string_equal(unit_exact_share(1. / 16, t, 64), "6.25%");
	assert_string_equal(unit_exact_rate(50e3, t, 64), "50krps");
	assert_string_equal(unit_exact_size(65536, t, 64), "64KiB");
	assert_string_equal(unit_exact_size(64, t, 64), "64B");
}

/* Any finite value comes back as it was: every bit of it. */
static void test_exact(void **state)
{
	struct rng rng;
	char t[64];

	(void)state;
	test_rng(&rng, 1);
	for (int i = 0; i < 20000; i++) {
		int64_t whole = (int64_t)(rng_next(&rng) >> 4 >>
					  rng_below(&rng, 60));
		double real = ldexp(rng_open(&rng),
				    (int)rng_below(&rng, 80) - 30);
		int64_t back;
		double again;

		assert_int_equal(unit_duration(unit_exact_duration(whole, t,
								   64),
					       &back), 0);
		assert_true(back == whole);
		assert_int_equal(unit_size(unit_exact_size(whole, t, 64),
					   &back), 0);
		assert_true(back == whole);
		assert_int_equal(unit_time(unit_exact_time(real, t, 64),
					   &again), 0);
		assert_true(again == real);
		assert_int_equal(unit_rate(unit_exact_rate(real, t, 64),
					   &again), 0);
		assert_true(again == real);
		assert_int_equal(unit_percent(unit_exact_percent(real, t, 64),
					      &again), 0);
		assert_true(again == real);
		assert_int_equal(unit_number(unit_exact_real(-real, t, 64),
					     &again), 0);
		assert_true(again == -real);
		real = 1e-9 + rng_open(&rng) / 2;
		assert_int_equal(unit_quantile(unit_print_quantile(real, t,
								   64),
					       &again), 0);
		assert_true(again == real);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
