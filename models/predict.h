/* predict.h - what an ideal queue would do: formula or simulation */
#ifndef MODELS_PREDICT_H
#define MODELS_PREDICT_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"
#include "models/policy.h"
#include "workloads/schedule.h"

struct arena;
struct err;

enum predict_method { PREDICT_AUTO, PREDICT_EXACT, PREDICT_SIMULATE };

enum predict_metric { METRIC_SOJOURN, METRIC_WAIT, METRIC_SLOWDOWN };

struct predict_query {
	const struct workload *workload; /* arrival and classes with laws */
	struct choice policy;
	uint32_t workers;
	double rate; /* arrivals per unit of service time */
	enum predict_metric metric;
	enum predict_method method;
	const double *q; /* nq quantiles */
	size_t nq;
	uint64_t seed;
	double relative;     /* simulate: asked half-width / value (of a wait:
			      * at least of 10% of the mean service) */
	double time_limit_s; /* simulate: stop there, say what was reached */
};

struct predict_value {
	double value, lo, hi;
};

struct predict_result {
	char model[96];	  /* M/M/4 fcfs */
	char method[160]; /* exact (Erlang C...) ; simulation, n requests */
	struct predict_value mean;	/* NAN: infinite (of a slowdown) */
	struct predict_value p_wait;	/* NAN where it is not known */
	struct predict_value *quantile; /* nq, in the arena */
	double utilisation;
};

/*
 * AUTO takes the strongest method that is valid and says which. Refuses,
 * with -EDOM and the reason, what has no answer: unstable, infinite mean
 * (MODELS section 6), never a number.
 */
int predict(const struct predict_query *query, struct predict_result *result,
	    struct arena *arena, struct err *err);

/*
 * Replay: completions of given jobs (in order of arrival) under a policy,
 * the ground truth of a paired comparison. Refused jobs get INFINITY. Ids
 * are given anew; where the policy picks, the caller has filled aux with
 * policy_pick(..., policy_draw(request id), ...). -EINVAL for jobs out of
 * order or without service time.
 */
int replay(const struct choice *policy, uint32_t workers,
	   const struct job *jobs, size_t n, sim_time *completion,
	   struct arena *arena, struct err *err);

#endif
