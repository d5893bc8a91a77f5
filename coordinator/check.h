/* check.h - what a statistical self-correction check promises */
#ifndef COORDINATOR_CHECK_H
#define COORDINATOR_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"
#include "lancet/core/result.h"

struct arena;
struct config;
struct point_data;	/* coordinator/point.h: all that agents reported */

enum check_status { CHECK_PASS, CHECK_FAIL, CHECK_NOT_RUN };

/*
 * The outcome of one check. A check that could not run is CHECK_NOT_RUN with
 * the reason, never a pass. reason is one sentence with the numbers, in the
 * arena; statistic, p_value, threshold and effect are NAN where they have no
 * meaning.
 */
struct check_result {
	enum check_status status;
	double statistic, p_value, threshold, effect;
	const char *reason;
};

/* One file check/NAME.c. Pure: reads the data, writes the result. */
struct check_ops {
	struct kind kind;	/* options hold the levels, with their source */
	void (*run)(const struct point_data *data, const struct config *config,
		    struct arena *arena, struct check_result *out);
};

#endif
