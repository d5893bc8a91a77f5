/* mg1.h - M/G/1, first come, first served: wait, sojourn and slowdown */
#ifndef MODELS_MG1_H
#define MODELS_MG1_H

#include "models/lattice.h"
#include "models/predict.h"
#include "models/queue.h"

struct memo;

/* Jobs of one class: of a continuous law, or of the n values of a discrete. */
struct mg1_jobs {
	double weight; /* the share of the class */
	const struct dist *law;
	double *x, *p;
	size_t n;
};

/*
 * One queue with one worker, of service S:
 *	E[W] = rate E[S^2] / 2 (1 - rho)		 (Pollaczek 1930,
 *	Var[W] = E[W]^2 + rate E[S^3] / 3 (1 - rho)	  Khinchine 1932)
 * A wait is over before its job's service begins, so that the two are
 * independent, and sojourn is their sum. The distribution: models/lattice.h
 * where S takes finitely many values, to 1e-10 of 1; else by inversion of
 *	W*(s) = (1 - rho) s / (s - rate + rate S*(s)),
 * to 1e-7 of the tail where S has a finite transform left of 0, else to 1e-9
 * of 1. Where two orders of the inversion differ by more than 1e-5 of the
 * tail there is no value.
 */
struct mg1 {
	const struct queue *queue;
	double rate; /* of arrivals to the worker */
	double wait, var_wait;
	bool transform;		 /* has S one? */
	bool discrete;		 /* all classes */
	struct lattice *lattice; /* if so, and not too fine */
	struct memo *memo;	 /* of the wait's tail, else */
	double decay;		 /* of the tail, exponential; 0: it is heavy */
	struct mg1_jobs *class;
	size_t nclasses;
};

/* m stays where it is. */
void mg1_init(struct mg1 *m, const struct queue *queue, double rate,
	      struct arena *arena);

/* P(W > x); NAN where the method gives none. */
double mg1_wait_tail(const struct mg1 *m, double x);

/* P(X > x), E[X] and smallest x with P(X <= x) >= q, X of n classes of jobs,
 * whose weights need not sum to 1; NAN where there is none. */
double mg1_tail(const struct mg1 *m, enum predict_metric of,
		const struct mg1_jobs *jobs, size_t n, double x);
double mg1_mean(const struct mg1 *m, enum predict_metric of,
		const struct mg1_jobs *jobs, size_t n);
double mg1_quantile(const struct mg1 *m, enum predict_metric of,
		    const struct mg1_jobs *jobs, size_t n, double q);

#endif
