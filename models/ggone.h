/* ggone.h - G/G/1 by two moments: what its approximations share */
#ifndef MODELS_GGONE_H
#define MODELS_GGONE_H

#include "models/predict.h"

struct arena;
struct err;
struct queue;

/*
 * E[W] of any law lies between bounds, which are the band of what guesses it
 * from the squared coefficients of variation ca2 and cs2:
 *	(rho^2 cs2 - rho (2 - rho)) / 2 rate (1 - rho) <= E[W]
 *					(Marchal 1978; Kleinrock 1976, 2.51)
 *	E[W] <= (ca2 + rho^2 cs2) / 2 rate (1 - rho)	(Kingman 1962)
 */
struct ggone {
	double mean, rate, rho, ca2, cs2;
	double lo, hi;	 /* bounds of E[W] */
	double estimate; /* of it; what the formula sets */
};

/* 0, or -EDOM: not one FCFS worker behind independent gaps of a known law. */
int ggone_init(struct ggone *g, const struct queue *queue, struct arena *arena,
	       struct err *err);

/* Means of wait, sojourn and number, from the estimate. */
struct predict_value ggone_answer(const void *state,
				  const struct predict_ask *ask);

void ggone_error(const void *state, char *text, size_t size);

#endif
