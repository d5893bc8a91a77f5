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

enum predict_method {
	PREDICT_AUTO,	  /* formulas where they hold, else simulation */
	PREDICT_EXACT,	  /* exact formulas only */
	PREDICT_SIMULATE,
	PREDICT_APPROX,	  /* approximations only; each tells its error */
};

enum predict_metric {
	METRIC_SOJOURN,	  /* arrival to completion */
	METRIC_WAIT,	  /* arrival to the first start */
	METRIC_SLOWDOWN,  /* sojourn over that job's own service */
	METRIC_IN_SYSTEM, /* jobs there, over time */
	METRICS
};

enum predict_figure {
	FIGURE_MEAN,
	FIGURE_VARIANCE,
	FIGURE_QUANTILE, /* smallest x with P(X <= x) >= q */
	FIGURE_P_WAIT,	 /* share of jobs that wait */
	FIGURE_LOSS,	 /* share of arrivals refused */
};

/* One question; zeroed, it is for the mean sojourn of all jobs. */
struct predict_ask {
	enum predict_figure figure;
	enum predict_metric of; /* of mean, variance and quantile */
	double q;		/* of a quantile */
	uint32_t class;		/* only these: number + 1; 0: all */
	uint32_t stage;		/* of a tandem, from 1; 0: the whole of it */
	double given;		/* only jobs of this service; 0: all */
	double relative;	/* its own precision, of the value; 0: the
				 * query's */
};

/* A 95% interval, or an error's band; lo = hi = value where it is exact. */
struct predict_value {
	double value, lo, hi;
};

struct predict_answer {
	struct predict_value value; /* NAN where there is none */
	const char *method;	    /* exact: Erlang C; simulation of ... */
	const char *refused;	    /* why there is none; or NULL */
};

struct predict_query {
	const struct workload *workload; /* arrival and classes with laws */
	struct choice policy;
	uint32_t workers;
	double rate; /* arrivals per unit of service time */
	enum predict_method method;
	const char *formula; /* only the one of this name; or NULL */
	const struct predict_ask *ask;
	size_t nask;
	uint64_t seed;
	double relative;     /* simulate: asked half-width / value (of a wait:
			      * at least of 10% of the mean service) */
	double time_limit_s; /* simulate: stop there, say what was reached */
	uint32_t threads;    /* simulate: at most; 0: one a CPU */
};

struct predict_result {
	char model[96];	    /* M/M/4 fcfs */
	const char *method; /* of the answers, once each, by "; " */
	struct predict_answer *answer; /* one an ask, in the arena */
	double utilisation;
};

/* -EDOM and the reason where arrivals or services have no queue in steady
 * state, whatever the load. */
int predict_laws(const struct predict_query *query, struct err *err);

/*
 * AUTO takes the strongest method that is valid for each ask and says which;
 * what no formula knows goes into one simulation. Refuses, with -EDOM and the
 * reason, a queue that has no answer: unstable, infinite mean (MODELS section
 * 6), never a number. Of single figures the answer says so.
 */
int predict(const struct predict_query *query, struct predict_result *result,
	    struct arena *arena, struct err *err);

static inline struct predict_value predict_sure(double value)
{
	return (struct predict_value){ value, value, value };
}

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
