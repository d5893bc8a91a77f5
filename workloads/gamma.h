/* gamma.h - gamma laws: what erlang and gamma share */
#ifndef WORKLOADS_GAMMA_H
#define WORKLOADS_GAMMA_H

#include <complex.h>
#include <stddef.h>

struct rng;

/* The state of such a law; the functions below are its dist_ops slots. */
struct gamma {
	double shape, scale; /* mean: their product */
};

void gamma_sample(const void *state, struct rng *rng, double *x, size_t n);
double gamma_moment(const void *state, int k);
double gamma_cdf(const void *state, double x);
double gamma_quantile(const void *state, double p);
double complex gamma_laplace(const void *state, double complex s);

#endif
