/* mdk.h - constant service, Poisson arrivals, k workers: M/D/k exactly */
#ifndef MODELS_MDK_H
#define MODELS_MDK_H

#include <stdint.h>

struct arena;
struct err;

/* As many workers as there is a law for: beyond, the solve takes seconds. */
#define MDK_WORKERS 512

/* In unit service: the law of the number in the system at any instant. */
struct mdk {
	uint32_t k;
	double rate;   /* of arrivals */
	uint32_t last; /* p[0..last], beyond geometric */
	double ratio;  /* of p[n + 1] to p[n] there */
	double *p;
	double *above; /* P(N > n), n = 0..last */
};

/*
 * At a utilisation 0 < rho < 1. Relative errors below 1e-9, also of a tiny
 * probability of waiting. -EDOM for more than MDK_WORKERS.
 */
int mdk_solve(struct mdk *m, uint32_t k, double rho, struct arena *arena,
	      struct err *err);

double mdk_p_wait(const struct mdk *m);

/* E[W], and E[W^2] through Little's law for distributions. */
double mdk_wait_moment(const struct mdk *m, int power);

/* P(W > x) for x >= 0; smallest x with P(W <= x) >= q. */
double mdk_wait_tail(const struct mdk *m, double x);
double mdk_wait_quantile(const struct mdk *m, double q);

/* Variance and quantile of the number in the system. */
double mdk_number_variance(const struct mdk *m);
double mdk_number_quantile(const struct mdk *m, double q);

#endif
