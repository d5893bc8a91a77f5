/* memo.h - a costly smooth function, remembered where it was computed */
#ifndef MODELS_MEMO_H
#define MODELS_MEMO_H

#include <stdbool.h>

/* Four points an e-fold from 2e-9 of the unit to 2e10 of it. */
#define MEMO_POINTS 176

struct memo {
	double (*f)(double x, const void *context); /* falls to 0 */
	const void *context;
	double unit;
	double log_f[MEMO_POINTS];
	bool known[MEMO_POINTS];
	int end; /* f is 0 from here on; or 0: not known where */
};

/*
 * f(x) to a relative 1e-6 and 3e-9: by polynomials through points of log f
 * over log x, or by f itself where two degrees differ, or x is outside. From a
 * point below 3e-9 on it is 0.
 */
double memo_value(struct memo *m, double x);

#endif
