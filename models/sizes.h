/* sizes.h - M/G/1 served by size: sjf, srpt, las */
#ifndef MODELS_SIZES_H
#define MODELS_SIZES_H

#include <stdbool.h>
#include <stddef.h>

#include "models/predict.h"

struct arena;
struct err;
struct queue;

/* A job of size x among others, in unit mean service and of their load. */
struct sizes_at {
	double x;
	double load;	 /* rho(x): of the jobs up to its size */
	double load_one; /* with itself; 1 - load and this are multiplied
			  * where the two come squared in the formula */
	double squares;	 /* rate E[S^2], of those up to its size */
	double longer;	 /* P(S > x) */
	double growth;	 /* integral of 1 / (1 - rho(t)) from 0 to x */
	double rate;	 /* of all jobs */
	double m2;	 /* E[S^2] of all jobs */
};

/*
 * Mean wait until service first begins (NAN: not known) and mean sojourn of
 * such a job. Where sizes have a density the two loads are one.
 */
struct sizes_rule {
	double (*wait)(const struct sizes_at *at);
	double (*sojourn)(const struct sizes_at *at);
	bool little_waits; /* the wait of a size x is below x, as x -> 0 */
};

/*
 * Means over all sizes. Where service takes finitely many values: sums. Else
 * the integral over v = -log P(S > x), of which all of the above are integrals
 * too: one system of differential equations, by Runge and Kutta's method of
 * Prince and Dormand (GSL), to 1e-9.
 */
struct sizes {
	const struct queue *queue;
	const struct sizes_rule *rule;
	double *x, *p; /* of discrete laws */
	size_t n;
	double wait, sojourn, slowdown; /* NAN */
};

int sizes_solve(struct sizes *s, const struct queue *queue,
		const struct sizes_rule *rule, struct arena *arena,
		struct err *err);

struct predict_value sizes_answer(const void *state,
				  const struct predict_ask *ask);

#endif
