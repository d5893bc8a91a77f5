/* discrete.h - laws that take finitely many values: what modes and empirical
 * share */
#ifndef WORKLOADS_DISCRETE_H
#define WORKLOADS_DISCRETE_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct rng;

struct atom {
	double x, p;
};

/* The state of such a law; the functions below are its dist_ops slots. */
struct discrete {
	size_t n;
	double *x;     /* values in rising order, distinct */
	double *p;     /* their probabilities; they sum to 1 */
	double *below; /* P(X <= x[i]) */
	double *keep;  /* alias method: stay at i, or go to other[i] */
	uint32_t *other;
};

/*
 * Sorts and merges atom[n] (n from 1 to 2^31, p >= 0, not all 0) and scales
 * the probabilities so that they sum to 1.
 */
void discrete_build(struct discrete *d, struct atom *atom, size_t n,
		    struct arena *arena);

void discrete_sample(const void *state, struct rng *rng, double *x, size_t n);
double discrete_moment(const void *state, int k);
double discrete_cdf(const void *state, double x);
double discrete_quantile(const void *state, double p);
double complex discrete_laplace(const void *state, double complex s);
size_t discrete_atoms(const void *state, double *x, double *p, size_t max);

#endif
