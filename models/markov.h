/* markov.h - exponential service and exponential wait: M/M/k, G/M/1 */
#ifndef MODELS_MARKOV_H
#define MODELS_MARKOV_H

#include <stdint.h>

#include "models/predict.h"

/*
 * In unit mean service. A job waits with probability p_wait, and then for an
 * exponential time of rate theta; its service is independent of that.
 */
struct markov {
	double p_wait, theta;
};

/* M/M/k at a utilisation 0 < rho < 1 (Erlang 1917). */
struct markov markov_mmk(uint32_t k, double rho);

/* E[exp(-s gap)] for real s >= 0, in unit mean service. */
struct markov_gaps {
	double (*laplace)(double s, void *context);
	void *context;
};

/*
 * G/M/1 at a utilisation 0 < rho < 1. p_wait is the root below 1 of
 * sigma = A*(1 - sigma), A* the transform of the gaps (Kendall 1953).
 */
struct markov markov_gm1(const struct markov_gaps *gaps, double rho);

double markov_erlang_b(uint32_t k, double offered);
double markov_erlang_c(uint32_t k, double offered); /* offered < k */

/* Smallest n with P(N <= n) >= q, N the number in M/M/k; offered < k. */
double markov_number_quantile(uint32_t k, double offered, double q);

/*
 * What a queue with this law answers, of mean service time `mean` and so many
 * arrivals per unit of time; NAN where it does not know. Classes, if there are
 * several, are alike.
 */
struct predict_value markov_answer(const struct markov *m, double mean,
				   double rate, const struct predict_ask *ask);

/* E[X]; NAN: infinite, of the slowdown. */
double markov_mean(const struct markov *m, enum predict_metric metric);

#endif
