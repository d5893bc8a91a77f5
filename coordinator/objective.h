/* objective.h - up to which load a service keeps its promise */
#ifndef COORDINATOR_OBJECTIVE_H
#define COORDINATOR_OBJECTIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "lancet/core/result.h"

struct arena;
struct plan;
struct search;

/*
 * The configuration's slo over the valid points, in order of load; NULL
 * without one. max_load is a share of the capacity where that is known, else
 * requests per second: between the last load that keeps it and the first
 * that does not, interpolated in the logarithm of latency over bound; its
 * interval from the interval bounds of the points in the same way.
 */
struct result_slo *objective_of(const struct plan *plan,
				const struct result_point *points, size_t n,
				struct arena *arena);

/*
 * The same of a search: max_load's interval is what its trials have told
 * apart, at its confidence, and the value between them interpolated.
 */
struct result_slo *objective_search(const struct plan *plan,
				    const struct search *search,
				    const struct result_point *points,
				    size_t n, struct arena *arena);

/*
 * The worst term's quantity over its bound, and both ends of its interval:
 * beyond 1 the promise is broken. NAN: not known.
 */
struct result_interval objective_ratio(const struct plan *plan,
				       const struct result_point *point);

/* A run at one fixed rate asserts its slo: is it missed by a valid point? */
bool objective_missed(const struct plan *plan,
		      const struct result_point *points, size_t n);

#endif
