/* hessenberg.h - systems in a matrix with one diagonal below the main one */
#ifndef MODELS_HESSENBERG_H
#define MODELS_HESSENBERG_H

#include <complex.h>
#include <gsl/gsl_matrix.h>

#define HESSENBERG_ROWS 200

/* x = (a I + b H)^-1 x, in the square of the rows, at most so many. */
void hessenberg_solve(const gsl_matrix *h, double complex a, double complex b,
		      double complex *x);

/* x = b H x */
void hessenberg_multiply(const gsl_matrix *h, double b, double complex *x);

#endif
