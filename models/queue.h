/* queue.h - what a formula sees of a question: laws, workers, shape */
#ifndef MODELS_QUEUE_H
#define MODELS_QUEUE_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

#include "models/policy.h"
#include "workloads/schedule.h"

struct arena;
struct predict_query;

struct queue {
	const struct workload *workload;
	const struct arrival_ops *arrival;
	struct choice policy;
	struct policy_shape shape; /* one worker's FCFS queue is central */
	uint32_t workers;	   /* in all */
	double rate;		   /* of arrivals */
	double mean, m2, m3;	   /* E[S], E[S^2], E[S^3] over all classes */
	double rho;		   /* rate * mean / workers */
};

void queue_init(struct queue *q, const struct predict_query *query);

static inline bool queue_poisson(const struct queue *q)
{
	return q->arrival->flags & ARRIVAL_POISSON;
}

/* All classes have this flag, and the same mean where there are several. */
bool queue_service(const struct queue *q, enum dist_flag flag);

/* Variance of service over the square of its mean. */
static inline double queue_scv(const struct queue *q)
{
	return q->m2 / (q->mean * q->mean) - 1;
}

/* Variance of a gap over the square of its mean; NAN where gaps depend on each
 * other, or it was not found. */
double queue_gap_scv(const struct queue *q, struct arena *arena);

/* P(S <= x) over all classes. */
double queue_cdf(const struct queue *q, double x);

/* Of one class (number + 1), or of all (0): E[S], and the smallest x with
 * P(S <= x) >= p. */
double queue_class_mean(const struct queue *q, uint32_t class);
double queue_quantile(const struct queue *q, uint32_t class, double p);

/*
 * Is E[1/S] finite, as far as a cdf can tell? Else the slowdown of what waits
 * whatever its size has no mean.
 */
bool queue_few_small(const struct queue *q);

/* E[exp(-s S)] over all classes, for Re s >= 0 and where it exists left of
 * that; NAN where it diverges or a law has none. */
double complex queue_laplace(const struct queue *q, double complex s);

/* 1 less that; *rounding: about what of it is rounding. */
double complex queue_laplace_rest(const struct queue *q, double complex s,
				  double *rounding);

/*
 * All points that carry probability, rising, distinct, into arrays of the
 * arena; 0 where some class's law is continuous.
 */
size_t queue_atoms(const struct queue *q, double **x, double **p,
		   struct arena *arena);

#endif
