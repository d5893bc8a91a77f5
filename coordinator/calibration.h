/* calibration.h - the instrument's own error on a path, kept for later runs */
#ifndef COORDINATOR_CALIBRATION_H
#define COORDINATOR_CALIBRATION_H

#include "lancet/core/result.h"

struct arena;
struct err;
struct plan;

/*
 * What a calibrating run found: per quantile, the median over its points of
 * measured - replayed with the widest interval, and who adds what, by medians
 * of requests: the agent what it sent late, the target what it released
 * late, and the path the rest.
 */
void calibration_of(const struct plan *plan, const struct result *result,
		    struct result_calibration *to, struct arena *arena);

/* Could one be kept? 0 or -errno, with what to mend. */
int calibration_check(struct err *err);

/*
 * Keep it, in the place of an older one of the same path: in
 * $LANCET_CALIBRATION, else lancet/calibration.json in $XDG_STATE_HOME or
 * ~/.local/state. 0 or -errno.
 */
int calibration_save(const struct result_calibration *c, struct err *err);

/* The result's calibration: one of its path and of its rates, or none. */
void calibration_find(const struct plan *plan, struct result *result,
		      struct arena *arena);

#endif
