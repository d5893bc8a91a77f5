/* qbd.h - chains that go up and down by one level: quasi birth and death */
#ifndef MODELS_QBD_H
#define MODELS_QBD_H

#include <gsl/gsl_matrix.h>

struct arena;

/* Zeroed, in the arena. */
gsl_matrix *qbd_matrix(size_t rows, size_t columns, struct arena *arena);

/* to = a b */
void qbd_multiply(const gsl_matrix *a, const gsl_matrix *b, gsl_matrix *to);

/* to = (-a)^-1 of a matrix of rates, which is lost. */
void qbd_invert(gsl_matrix *a, gsl_matrix *to);

/*
 * The least R >= 0 with up + R stay + R^2 down = 0: levels far from the ground
 * have the law of the level below times R. For a stable chain.
 */
gsl_matrix *qbd_rate(const gsl_matrix *up, const gsl_matrix *stay,
		     const gsl_matrix *down, struct arena *arena);

#endif
