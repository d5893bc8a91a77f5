/* attribution.h - how much of the gaps is communication, how much the system's
 */
#ifndef COORDINATOR_ATTRIBUTION_H
#define COORDINATOR_ATTRIBUTION_H

#include "lancet/core/result.h"
#include "models/overhead.h"

struct arena;
struct plan;
struct point_data;

/*
 * While the records of a point are there: its requests beside their replays
 * with more and more work in each. False where nothing can be replayed; the
 * point is then of no use.
 */
bool attribution_pair(const struct point_data *data,
		      struct overhead_point *point, struct arena *arena);

/*
 * The overhead of a run from its valid points. Those in paired[n] that have
 * quantiles are compared with their replays; where there are not two loads
 * of them, gaps to predictions of the query's queue stand in (the query needs
 * workload, policy, workers and seed). NULL with the reason where it cannot
 * be told.
 */
struct result_overhead *attribution_of(const struct predict_query *query,
				       const struct result_point *points,
				       const struct overhead_point *paired,
				       size_t n, struct arena *arena,
				       const char **reason);

/* The same for a run that ends, into the result. */
void attribution_run(const struct plan *plan,
		     const struct overhead_point *paired, struct result *result,
		     struct arena *arena);

#endif
