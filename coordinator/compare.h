/* compare.h - the measured point beside what an ideal queue would do */
#ifndef COORDINATOR_COMPARE_H
#define COORDINATOR_COMPARE_H

#include "lancet/core/kind.h"
#include "lancet/core/result.h"
#include "models/predict.h"

struct arena;
struct plan;
struct plan_point;
struct point_data;

/* The queue that the target is taken for. */
struct compare_queue {
	struct choice policy;
	uint32_t workers;
	uint32_t servers;	/* such queues: one for each part, or 1 */
	const char *unknown;	/* why there is none; or NULL */
};

struct compare_queue compare_queue(const struct plan *plan,
				   struct arena *arena);

/* A question to it, of which rate, asks and precision are still open. */
struct predict_query compare_query(const struct plan *plan,
				   const struct compare_queue *queue);

/*
 * `model: auto` replays and predicts a built-in virtual target, and predicts
 * another whose workers and service law are known. What cannot be done is a
 * reason in the result, never a failure of the run.
 *
 * compare_point() while the point's records are there: replay, and the
 * measured quantiles in the windows that neither side's stalls spoilt. NULL
 * with model: none. compare_stationary() may follow when the load is over,
 * as a simulation takes CPU: predictions, gaps, the adjusted estimate.
 */
struct result_model *compare_point(const struct point_data *data,
				   struct arena *arena);

void compare_stationary(const struct plan *plan, const struct plan_point *point,
			struct result_model *model, struct arena *arena);

/*
 * The adjusted estimate while a point still runs: forecast() once, as a
 * simulation takes its time, of all quantiles of the plan; NULL without a
 * model, or where the queue or its law are not known. adjusted() of what was
 * measured so far in the windows to be compared, at this confidence; how many
 * quantiles have one.
 */
const struct result_predicted *compare_forecast(const struct plan *plan,
						double rate_rps,
						struct arena *arena);

size_t compare_adjusted(const struct point_data *data,
			const struct result_predicted *forecast,
			double confidence,
			const struct result_adjusted **adjusted,
			struct arena *arena);

#endif
