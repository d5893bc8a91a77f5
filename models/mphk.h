/* mphk.h - service in exponential phases, k workers, one queue: M/PH/k */
#ifndef MODELS_MPHK_H
#define MODELS_MPHK_H

#include <gsl/gsl_matrix.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/dist.h"

struct arena;
struct err;

/* As many workers as are taken, however few states they have. */
#define MPHK_WORKERS 512

/* A mixture of Erlang laws. */
struct mphk_law {
	const struct dist_branch *branch;
	size_t n;
};

/*
 * The queue in its steady state. R leads from the law of one level to that of
 * the next, where all workers are busy; here it is Q H Q', H of Hessenberg's
 * form, and the vectors to both sides of it have been multiplied by Q.
 */
struct mphk {
	uint32_t k;
	double rate; /* of arrivals */
	double p_wait;
	double wait[2]; /* E[W], E[W^2] */
	double *level;	/* P(N = n), n < k */
	size_t n;
	gsl_matrix *h;
	double *waits;	/* of the levels from k up, added up */
	double *queued; /* of those from k + 1 up */
	double *ones;
	double decay; /* P(W > t) falls as fast as e^(-decay t) at least */
};

/*
 * Arrivals at a rate that k workers bear; any unit of time. To about 1e-9,
 * quantiles too. -EDOM where there are more than PHASES_STATES states.
 */
int mphk_solve(struct mphk *m, const struct mphk_law *service, uint32_t k,
	       double rate, struct arena *arena, struct err *err);

/*
 * P(X > x) of the wait, and of the sojourn and the slowdown of jobs with a
 * service of this law, that of a class or of all.
 */
double mphk_wait_tail(const struct mphk *m, double x);
double mphk_sojourn_tail(const struct mphk *m, const struct mphk_law *service,
			 double x);
double mphk_slowdown_tail(const struct mphk *m, const struct mphk_law *service,
			  double x);

/* Variance, and smallest n with P(N <= n) >= q, of the number of jobs. */
double mphk_number_variance(const struct mphk *m);
double mphk_number_quantile(const struct mphk *m, double q);

#endif
