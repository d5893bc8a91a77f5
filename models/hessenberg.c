/* hessenberg.c - systems in a matrix with one diagonal below the main one */
#include "models/hessenberg.h"

#include <assert.h>

typedef double complex row[HESSENBERG_ROWS];

static void fill(const gsl_matrix *h, double complex a, double complex b,
		 row *to)
{
	for (size_t i = 0; i < h->size1; i++) {
		for (size_t j = i ? i - 1 : 0; j < h->size1; j++)
			to[i][j] = b * gsl_matrix_get(h, i, j);
		to[i][i] += a;
	}
}

static void swap(double complex *a, double complex *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		double complex other = a[i];

		a[i] = b[i];
		b[i] = other;
	}
}

/* Gauss's elimination; of two rows the one with the larger head is pivot. */
static void eliminate(row *m, size_t n, double complex *x)
{
	for (size_t i = 0; i + 1 < n; i++) {
		double complex part;

		if (cabs(m[i + 1][i]) > cabs(m[i][i])) {
			swap(m[i] + i, m[i + 1] + i, n - i);
			swap(x + i, x + i + 1, 1);
		}
		part = m[i + 1][i] / m[i][i];
		for (size_t j = i + 1; j < n; j++)
			m[i + 1][j] -= part * m[i][j];
		x[i + 1] -= part * x[i];
	}
}

void hessenberg_solve(const gsl_matrix *h, double complex a, double complex b,
		      double complex *x)
{
	row m[HESSENBERG_ROWS];
	size_t n = h->size1;

	assert(n <= HESSENBERG_ROWS);
	fill(h, a, b, m);
	eliminate(m, n, x);
	for (size_t i = n; i--;) {
		for (size_t j = i + 1; j < n; j++)
			x[i] -= m[i][j] * x[j];
		x[i] /= m[i][i];
	}
}

void hessenberg_multiply(const gsl_matrix *h, double b, double complex *x)
{
	size_t n = h->size1;
	double complex before = 0;

	for (size_t i = 0; i < n; i++) {
		double complex sum =
			i ? gsl_matrix_get(h, i, i - 1) * before : 0;

		for (size_t j = i; j < n; j++)
			sum += gsl_matrix_get(h, i, j) * x[j];
		before = x[i];
		x[i] = b * sum;
	}
}
