/* sort.h - whole numbers in rising order, in place */
#ifndef LANCET_CORE_SORT_H
#define LANCET_CORE_SORT_H

#include <stddef.h>
#include <stdint.h>

void sort_i32(int32_t *x, size_t n);
void sort_i64(int64_t *x, size_t n);

#endif
