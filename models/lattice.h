/* lattice.h - the wait in M/G/1 where service takes finitely many values */
#ifndef MODELS_LATTICE_H
#define MODELS_LATTICE_H

#include <stddef.h>

struct arena;

/*
 * The tail G(x) = P(W > x) solves
 *	G'(x) = rate (G(x) - sum p_i G(x - s_i)),
 * with G = 1 below 0 and G(0) = rho (Erlang 1909, Takacs 1955). All s_i are
 * multiples of one cell; within a cell G is a power series, which is carried
 * from cell to cell. No term cancels, as those of Crommelin's sum do: the
 * error is about 1e-16 a cell, of 1. Once the tail falls by the same factor
 * from one longest service to the next, exponentially (Cramer, Lundberg; Feller
 * 2, XII.5), it goes on so.
 */
struct lattice;

/*
 * For arrivals of a rate and services x[n] > 0, rising, with probabilities
 * p[n], all below a load of 1; the tail falls like exp(-decay x) in the end.
 * NULL where the values have no common cell that is coarse enough.
 */
struct lattice *lattice_create(double rate, double decay, const double *x,
			       const double *p, size_t n, struct arena *arena);

/* P(W > x); NAN beyond the cells that there is room and time for. It
 * remembers how far it has come, so that one thread at a time may ask. */
double lattice_tail(struct lattice *l, double x);

#endif
