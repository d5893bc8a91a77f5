/* schedule.h - the intended requests of one thread at one point, in order */
#ifndef WORKLOADS_SCHEDULE_H
#define WORKLOADS_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/rng.h"
#include "workloads/arrival.h"
#include "workloads/dist.h"
#include "workloads/pattern.h"

struct arena;
struct config;
struct err;

/* One request, as drawn before it is due. Times from the point's start. */
struct intent {
	int64_t intended_ns;
	uint64_t service_ns;	/* 0: the workload has no service law */
	uint64_t draw;		/* 64 random bits for the protocol's choices */
	uint32_t request_size;	/* 0: the protocol's own */
	uint32_t reply_size;
	uint32_t seq;		/* from 0 */
	uint32_t class;
};

/* A class of requests with its laws, from the configuration. */
struct class_law {
	const char *name;
	double weight;		/* normalised: they sum to 1 */
	struct dist service, request_size, reply_size; /* ops NULL: none */
};

struct workload {
	struct class_law *class;
	size_t nclasses;
	struct choice arrival;
	const void *arrival_file;	/* as arrival.h says; or NULL */
	const struct pattern *pattern;	/* NULL: the rate stays */
	uint32_t fanout;		/* parts of a request, if more than 1 */
};

/*
 * Cold; from the configuration. The workload is then read only. Files that
 * it names are tried, so that what is wrong with them comes to light before
 * a run. A failure's text starts with the place in the configuration and is
 * a whole message: `file:line:col: error: what; remedy`.
 */
int workload_init(struct workload *w, const struct config *config,
		  struct arena *arena, struct err *err);

/* Mean of service over the classes, E[S^k] for k = 1..3; 0 without one. */
double workload_moment(const struct workload *w, int k);

/* When the last request is due at this rate; INFINITY but of a trace. */
double workload_span_ns(const struct workload *w, double rate_rps);

static inline double workload_mean_service_ns(const struct workload *w)
{
	return workload_moment(w, 1);
}

/* The greatest rate of a pattern over its mean. */
static inline double workload_peak(const struct workload *w)
{
	return w->pattern ? w->pattern->peak : 1;
}

/* What is sent at most, over the rate of requests: parts each by itself. */
static inline double workload_sends(const struct workload *w)
{
	return workload_peak(w) * (w->fanout > 1 ? w->fanout : 1);
}

/* One class by weight; draws nothing where there is only one. */
uint32_t workload_draw_class(const struct workload *w, struct rng *rng);

/*
 * The intended sequence of a key is always the same; a run uses a prefix of
 * it. The streams are independent by purpose, so that a change of the
 * service law leaves the instants as they are.
 */
struct schedule {
	const struct workload *workload;
	const struct arrival_ops *arrival;
	void *arrival_state;
	struct rng gap, class, service, request_size, reply_size, draw;
	double at_ns;		/* operational, where there is a pattern */
	struct pattern_place place;
	uint64_t seq;
	int ended;		/* a trace ran out */
	struct intent whole;	/* fan-out: whose parts are handed out, */
	uint32_t part;		/* the next of them */
	uint64_t dictated_ns;	/* and the service that a trace gave it, or 0 */
};

/* key->purpose is ignored. */
int schedule_init(struct schedule *s, const struct workload *w,
		  const struct rng_key *key, const struct arrival_share *share,
		  struct arena *arena, struct err *err);

/*
 * Hot. The next n requests; fewer only at the end of a trace. Of a fan-out
 * of N the next n parts: a request's parts follow each other, are due
 * together, are of one class, and draw all else each for itself. Part j of
 * request i has the number i N + j.
 */
size_t schedule_next(struct schedule *s, struct intent *out, size_t n);

#endif
