/* load.h - a result folder read back, histograms included */
#ifndef REPORTS_LOAD_H
#define REPORTS_LOAD_H

#include "lancet/core/result.h"

struct arena;
struct err;

/*
 * `path` is a result folder or the result.json in it. Without a
 * latency.hlog beside it the points have no histograms; a damaged one is a
 * failure. NULL with one line.
 */
struct result *load_result(const char *path, struct arena *arena,
			   struct err *err);

#endif
