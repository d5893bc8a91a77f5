/* stat.h - what lancet says where a golden statistic is expected */
#ifndef TESTS_GOLDEN_STAT_H
#define TESTS_GOLDEN_STAT_H

#include "tests/golden/vector.h"

/* 0, or -errno where there is no such statistic or the data have none. */
int golden_stat_value(const struct golden_stat *stat, double *value,
		      struct err *err);

#endif
