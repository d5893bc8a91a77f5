/* coordinator.h - a whole run: every point measured, judged and compared */
#ifndef COORDINATOR_COORDINATOR_H
#define COORDINATOR_COORDINATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "lancet/core/result.h"

struct arena;
struct err;
struct plan;
struct plan_point;
struct wire_tick;

/* Whoever watches a run; told from the coordinator's own thread. */
struct coordinator_watch {
	void *context;
	void (*begin)(void *context, const struct plan *plan,
		      const struct plan_point *point);
	void (*tick)(void *context, const struct wire_tick *tick);
	void (*decided)(void *context, const char *action, const char *reason);
	void (*end)(void *context, const struct plan_point *point,
		    const struct result_point *result);
	void (*compare)(void *context);	/* the load is over, models run */
};

/*
 * Run the plan. Raw records, where they are asked for, go into files in the
 * folder `samples` (NULL: nowhere). `result` comes zeroed and is complete
 * afterwards whatever happened, its strings and arrays in `arena`. 0; or
 * negative with one line when target or agents failed, and *begun false when
 * nothing had been measured by then, so that there is nothing to save.
 */
int coordinate(const struct plan *plan, const struct coordinator_watch *watch,
	       const char *samples, struct result *result, bool *begun,
	       struct arena *arena, struct err *err);

#endif
