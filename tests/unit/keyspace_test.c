/* keyspace_test.c - keys, their popularity and sizes, and operations */
#include "tests/unit/net.h"

#include <errno.h>
#include <math.h>

#include "tests/unit/seed.h"
#include "workloads/keyspace.h"

/* A store's protocol begins its options with these. */
static int open_keyspace(struct keyspace *k, const char *text, bool scans)
{
	struct choice choice = net_choice(KIND_PROTO, text);
	struct err err;

	return keyspace_init(k, choice.options, scans, &net_arena, &err);
}

static void test_keys(void **state)
{
	static const char *const text[] = {
		"{memcached: {keys: 1000, key_size: 4B}}",
		"{memcached: {keys: 1000, key_size: {lognormal: {mean: 5B, scv: 1}}}}",
		"{memcached: {keys: 1000, key_size: {exponential: {mean: 200B}}}}",
	};
	static unsigned char key[1000][KEYSPACE_KEY_MAX];
	static uint32_t len[1000];

	(void)state;
	for (size_t t = 0; t < 3; t++) {
		struct keyspace k;

		if (open_keyspace(&k, text[t], false))
			fail_msg("%s", text[t]);
		for (uint64_t i = 0; i < 1000; i++) {
			len[i] = keyspace_key(&k, i, key[i]);
			assert_in_range(len[i], 4, k.key.most);
			assert_int_equal(key[i][0], 'k');
			for (uint64_t j = 0; j < i; j++)
				assert_true(len[i] != len[j] ||
					    memcmp(key[i], key[j], len[i]));
		}
	}
}

/* The mean of a law, over many keys, within 5 deviations. */
static void test_value_sizes(void **state)
{
	struct keyspace k;
	double sum = 0;

	(void)state;
	assert_int_equal(open_keyspace(&k, "{memcached: {keys: 100000, "
					   "value_size: {exponential: "
					   "{mean: 500B}}}}", false), 0);
	for (uint64_t i = 0; i < 100000; i++) {
		uint32_t size = keyspace_value_size(&k, i);

		assert_in_range(size, 0, k.value.most);
		assert_int_equal(size, keyspace_value_size(&k, i));
		sum += size;
	}
	/* Cut to whole bytes: half a byte less. */
	assert_true(fabs(sum / 1e5 - 499.5) < 5 * 500 / sqrt(1e5));
}

/* Chi square over the ranks, against the law; 99.9999% is 5 deviations. */
static void popularity(const char *text, double exponent, uint64_t n)
{
	static double seen[1000];
	struct keyspace k;
	struct rng rng;
	double sum = 0, chi = 0, draws = 200000;

	test_rng(&rng, n);
	memset(seen, 0, sizeof(seen));
	assert_int_equal(open_keyspace(&k, text, false), 0);
	for (double i = 0; i < draws; i++) {
		struct proto_request req = { .draw = rng_next(&rng) };
		struct keyspace_ask ask;

		keyspace_draw(&k, &req, &ask);
		assert_true(ask.key < n);
		seen[ask.key]++;
	}
	for (uint64_t i = 0; i < n; i++)
		sum += pow((double)i + 1, -exponent);
	for (uint64_t i = 0; i < n; i++) {
		double want = draws * pow((double)i + 1, -exponent) / sum;

		chi += (seen[i] - want) * (seen[i] - want) / want;
	}
	if (fabs(chi - ((double)n - 1)) > 5 * sqrt(2 * ((double)n - 1)))
		fail_msg("%s: chi square %g of %ju ranks", text, chi,
			 (uintmax_t)n);
}

static void test_popularity(void **state)
{
	(void)state;
	popularity("{memcached: {keys: 1000}}", 0, 1000);
	popularity("{memcached: {keys: 1000, zipf: 0.5}}", 0.5, 1000);
	popularity("{memcached: {keys: 1000, zipf: 0.99}}", 0.99, 1000);
	popularity("{memcached: {keys: 1000, zipf: 1}}", 1, 1000);
	popularity("{memcached: {keys: 60, zipf: 1.5}}", 1.5, 60);
}

static void test_operations(void **state)
{
	double n[3] = { 0 };
	struct keyspace k;
	struct rng rng;

	(void)state;
	test_rng(&rng, 0);
	assert_int_equal(open_keyspace(&k, "{redis: {get_ratio: 50%, "
					   "scan_ratio: 20%}}", true), 0);
	for (int i = 0; i < 100000; i++) {
		struct proto_request req = { .draw = rng_next(&rng) };
		struct keyspace_ask ask;

		keyspace_draw(&k, &req, &ask);
		n[ask.operation]++;
	}
	assert_true(fabs(n[KEYSPACE_GET] - 5e4) < 5 * 159);
	assert_true(fabs(n[KEYSPACE_SCAN] - 2e4) < 5 * 127);
	assert_int_equal(open_keyspace(&k, "{redis: {operations: [scan, get, "
					   "set]}}", true), 0);
	for (uint16_t class = 0; class < 5; class++) {
		struct proto_request req = { .draw = rng_next(&rng),
					     .class = class };
		struct keyspace_ask ask;

		keyspace_draw(&k, &req, &ask);
		assert_int_equal(ask.operation,
				 class == 0   ? KEYSPACE_SCAN
				 : class == 1 ? KEYSPACE_GET
					      : KEYSPACE_SET);
	}
}

static void test_refusals(void **state)
{
	static const char *const text[] = {
		"{memcached: {keys: 1000, key_size: 3B}}",
		"{memcached: {value_size: 2MiB}}",
		"{memcached: {key_size: 251B}}",
		"{memcached: {operations: [get, scan]}}",
		"{memcached: {operations: [put]}}",
	};
	struct keyspace k;

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(*text); i++)
		if (open_keyspace(&k, text[i], false) != -EINVAL)
			fail_msg("%s was taken", text[i]);
	assert_int_equal(open_keyspace(&k, "{redis: {get_ratio: 90%, "
					   "scan_ratio: 20%}}", true), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_value_sizes),
		cmocka_unit_test(test_popularity),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, net_setup, net_teardown);
}
