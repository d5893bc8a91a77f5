/* verdict.h - from checks to a decision, and why */
#ifndef COORDINATOR_VERDICT_H
#define COORDINATOR_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "lancet/core/result.h"

struct arena;

/*
 * A point is valid when every check passed or had nothing to say. A check
 * that could not run is no pass: it makes the point invalid too, but where
 * it does not apply (its action is "none"). Pure.
 */
void verdict_point(const struct result_check *checks, size_t n,
		   struct arena *arena, struct result_verdict *verdict);

/* The same decision for one agent, which has only its counts. */
const char *verdict_agent(const struct result_counts *counts,
			  struct arena *arena);

/*
 * A run is valid when every point is, there is one, and nothing broke it
 * off; `broken` says what did, or is NULL.
 */
void verdict_run(const struct result_point *points, size_t n,
		 const char *broken, struct arena *arena,
		 struct result_verdict *verdict);

#endif
