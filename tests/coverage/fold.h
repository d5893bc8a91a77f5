/* fold.h - response times of a window as an agent folds them */
#ifndef TESTS_COVERAGE_FOLD_H
#define TESTS_COVERAGE_FOLD_H

#include "lancet/core/arena.h"
#include "lancet/core/hist.h"

void fold(const double *response_ns, size_t n, struct hist_sparse *to,
	  struct arena *arena);

#endif
