/* renewal.h - independent gaps of any law: what such arrivals share */
#ifndef WORKLOADS_RENEWAL_H
#define WORKLOADS_RENEWAL_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/dist.h"

struct arena;
struct arrival_share;
struct err;
struct rng;

/*
 * The state of such a process; the functions below are its arrival_ops
 * slots, with ARRIVAL_RENEWAL | ARRIVAL_TURNS. Of the law only the shape
 * counts: it is stretched to the rate. A request is due at time 0, and is
 * not sent: the first gap is like all others.
 */
struct renewal {
	struct dist law;
	double unit_ns; /* of the law, at the rate of the whole process */
	uint32_t of;
	uint32_t pass; /* gaps until the share's next request */
};

/* -EINVAL where the law has no mean to stretch by. */
int renewal_init(struct renewal *r, const struct dist *law,
		 const struct arrival_share *share, struct err *err);

/* The same with a law as on the command line. */
int renewal_parse(struct renewal *r, const struct arrival_share *share,
		  struct arena *arena, struct err *err, const char *law, ...)
	__attribute__((format(printf, 5, 6)));

size_t renewal_gaps(void *state, struct rng *rng, double *gap_ns, size_t n);
double renewal_cdf(const void *state, double gap_ns);
/* The same where the law is a gamma, whose sums are gamma laws too. */
double renewal_gamma_cdf(const void *state, double gap_ns);
double complex renewal_laplace(const void *state, double complex s);
double renewal_scv(const void *state);

#endif
