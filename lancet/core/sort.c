/* sort.c - whole numbers in rising order, in place */
#include "lancet/core/sort.h"

#include <stdlib.h>

static int order_i32(const void *left, const void *right)
{
	int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;

	return (a > b) - (a < b);
}

static int order_i64(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

void sort_i32(int32_t *x, size_t n)
{
	qsort(x, n, sizeof(*x), order_i32);
}

void sort_i64(int64_t *x, size_t n)
{
	qsort(x, n, sizeof(*x), order_i64);
}
