/* hist_test.c - geometry, atoms, quantiles inside their bins, exact merges */
#include "tests/unit/seed.h"

#include <math.h>

#include "lancet/core/hist.h"
#include "lancet/core/sort.h"

/* As HdrHistogram's documentation puts it, without clamping. */
static uint32_t index_by_formula(uint64_t v)
{
	uint32_t bucket = 64 - (uint32_t)__builtin_clzll(v | 2047) - 11;

	return ((bucket + 1) << 10) + (uint32_t)(v >> bucket) - 1024;
}

static void test_geometry(void **state)
{
	int64_t next = 0;

	(void)state;
	for (uint32_t i = 0; i < HIST_BINS; i++) {
		int64_t low = hist_low(i), high = low + hist_width(i) - 1;

		assert_true(low == next);
		next = high + 1;
		assert_true(hist_width(i) == 1 ||
			    hist_width(i) <= low / 1024);
		if (high > HIST_MAX)
			continue;
		assert_int_equal(hist_index(low), i);
		assert_int_equal(hist_index(high), i);
		assert_int_equal(index_by_formula((uint64_t)low), i);
		assert_int_equal(index_by_formula((uint64_t)high), i);
	}
	assert_true(next == INT64_C(1) << 42);
	assert_int_equal(hist_index(-5), 0);
	assert_int_equal(hist_index(INT64_MAX), hist_index(HIST_MAX));
	assert_true(hist_index(HIST_MAX) < HIST_BINS);
}

static struct hist *made(const int64_t *value, size_t n)
{
	struct hist *h = hist_create();

	assert_non_null(h);
	for (size_t i = 0; i < n; i++)
		hist_record(h, value[i]);
	return h;
}

static void test_empty(void **state)
{
	struct hist *h = made(NULL, 0);

	(void)state;
	assert_true(hist_quantile(h, 0.99) == 0);
	assert_true(hist_quantile_of(h, 0.5, 0) == 0);
	assert_true(isinf(hist_quantile_of(h, 0.5, 1)));
	assert_true(hist_cdf(h, 1e9) == 0);
	assert_true(hist_mean(h) == 0);
	assert_int_equal(hist_used(h), 0);
	hist_destroy(h);
}

/* One value many times is that value at every quantile, in any bin. */
static void test_atoms(void **state)
{
	static const int64_t atom[] = { 0, 1, 2047, 2049, 100000, 123456789,
					HIST_MAX };

	(void)state;
	for (size_t a = 0; a < sizeof(atom) / sizeof(atom[0]); a++) {
		struct hist *h = hist_create();

		for (int i = 0; i < 1000; i++)
			hist_record(h, atom[a]);
		for (double q = 0.001; q < 1; q += 0.037)
			assert_true(hist_quantile(h, q) == (double)atom[a]);
		assert_true(hist_cdf(h, (double)atom[a]) == 1);
		assert_true(hist_cdf(h, (double)atom[a] - 1) == 0);
		assert_true(hist_mean(h) == (double)atom[a]);
		hist_destroy(h);
	}
}

/* Ranks of round shares are exact although 0.07 is not. */
static void test_ranks(void **state)
{
	struct hist *h = hist_create();

	(void)state;
	for (int64_t i = 1; i <= 100; i++)
		hist_record(h, i);
	for (int i = 1; i < 100; i++)
		assert_true(hist_quantile(h, i / 100.) == i);
	assert_true(hist_quantile(h, 0.071) == 8);
	hist_destroy(h);
}

/* Times over many octaves, some of them equal. */
static void draw(int64_t *x, size_t n, uint64_t stream)
{
	struct rng rng;

	test_rng(&rng, stream);
	for (size_t i = 0; i < n; i++)
		x[i] = rng_below(&rng, 4) ?
			       (int64_t)exp(rng_uniform(&rng) * 28) :
			       (int64_t)rng_below(&rng, 50) * 1000;
}

#define DRAWS 20000

/* The least and the greatest of sorted values in the bin of one of them. */
static void seen_in_bin(const int64_t *x, size_t n, size_t at, int64_t *lo,
			int64_t *hi)
{
	size_t first = at, last = at;

	while (first && hist_index(x[first - 1]) == hist_index(x[at]))
		first--;
	while (last + 1 < n && hist_index(x[last + 1]) == hist_index(x[at]))
		last++;
	*lo = x[first];
	*hi = x[last];
}

static void test_quantiles(void **state)
{
	static int64_t x[DRAWS];
	int64_t lo, hi;
	struct hist *h;

	(void)state;
	draw(x, DRAWS, 1);
	h = made(x, DRAWS);
	sort_i64(x, DRAWS);
	for (size_t rank = 1; rank < DRAWS; rank++) {
		double value = hist_quantile(h, (double)rank / DRAWS);
		uint32_t bin = hist_index(x[rank - 1]);

		seen_in_bin(x, DRAWS, rank - 1, &lo, &hi);
		assert_true(value >= (double)lo && value <= (double)hi);
		assert_true(hist_low(bin) + h->lo[bin] == lo);
		assert_true(hist_low(bin) + h->hi[bin] == hi);
	}
	hist_destroy(h);
}

/* The cdf of a quantile is the share that was asked for, or just more. */
static void test_cdf(void **state)
{
	static int64_t x[DRAWS];
	struct hist *h;
	double last = 0;

	(void)state;
	draw(x, DRAWS, 2);
	h = made(x, DRAWS);
	for (double q = 0.01; q < 1; q += 0.01)
		assert_true(hist_cdf(h, hist_quantile(h, q)) >= q - 1e-9);
	for (double v = 1; v < 3e12; v *= 1.3) {
		double p = hist_cdf(h, v);

		assert_true(p >= last && p <= 1);
		last = p;
	}
	hist_destroy(h);
}

static void test_later(void **state)
{
	struct hist *h = hist_create();

	(void)state;
	for (int64_t i = 1; i <= 90; i++)
		hist_record(h, i);
	assert_true(hist_quantile_of(h, 0.5, 10) == 50);
	assert_true(hist_quantile_of(h, 0.9, 10) == 90);
	assert_true(isinf(hist_quantile_of(h, 0.91, 10)));
	hist_destroy(h);
}

static void assert_same(const struct hist *a, const struct hist *b)
{
	assert_true(a->total == b->total);
	assert_true(a->min == b->min && a->max == b->max);
	assert_true(fabs(a->sum - b->sum) <= 1e-9 * a->sum);
	for (uint32_t i = 0; i < HIST_BINS; i++) {
		assert_true(a->count[i] == b->count[i]);
		if (!a->count[i])
			continue;
		assert_int_equal(a->lo[i], b->lo[i]);
		assert_int_equal(a->hi[i], b->hi[i]);
	}
}

static void test_merge(void **state)
{
	static int64_t x[DRAWS];
	struct hist *all, *a, *b, *none = hist_create();

	(void)state;
	draw(x, DRAWS, 3);
	all = made(x, DRAWS);
	a = made(x, DRAWS / 3);
	b = made(x + DRAWS / 3, DRAWS - DRAWS / 3);
	hist_merge(a, b);
	hist_merge(a, none);
	assert_same(a, all);
	assert_true(fabs(a->sum2 - all->sum2) <= 1e-9 * all->sum2);
	hist_merge(none, all);
	assert_same(none, all);
	hist_reset(none);
	assert_true(none->total == 0 && hist_used(none) == 0);
	hist_destroy(all);
	hist_destroy(a);
	hist_destroy(b);
	hist_destroy(none);
}

static void test_sparse(void **state)
{
	static struct hist_cell cell[HIST_BINS];
	static int64_t x[DRAWS];
	struct hist *all, *back = hist_create();
	struct hist_sparse sparse = { .cell = cell };

	(void)state;
	draw(x, DRAWS, 4);
	all = made(x, DRAWS);
	sparse.n = hist_cells(all, cell, HIST_BINS);
	sparse.total = all->total;
	sparse.sum = all->sum;
	assert_int_equal(sparse.n, hist_used(all));
	for (uint32_t i = 1; i < sparse.n; i++)
		assert_true(cell[i - 1].index < cell[i].index);
	assert_int_equal(hist_cells(all, cell, 3), 3);
	hist_add_sparse(back, &sparse);
	assert_same(back, all);
	assert_true(fabs(back->sum2 - all->sum2) <= 2e-3 * all->sum2);
	hist_destroy(all);
	hist_destroy(back);
}

/* A window's cells and the dense histogram of them answer alike. */
static void test_sparse_quantile(void **state)
{
	struct hist_cell cell[] = { { 100, 0, 0, 5 }, { 3000, 0, 1, 3 },
				    { 5000, 2, 7, 4 } };
	struct hist_sparse sparse = { .cell = cell, .n = 3, .total = 12 };
	struct hist *dense = hist_create();

	(void)state;
	hist_add_sparse(dense, &sparse);
	for (int i = 1; i < 100; i++)
		for (uint64_t later = 0; later < 4; later++)
			assert_true(hist_sparse_quantile(&sparse, i / 100.,
							 later) ==
				    hist_quantile_of(dense, i / 100., later));
	assert_true(isinf(hist_sparse_quantile(&sparse, .99, 3)));
	hist_destroy(dense);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sparse_quantile),
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_atoms),
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_cdf),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_sparse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
