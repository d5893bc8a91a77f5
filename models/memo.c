/* memo.c - a costly smooth function, remembered where it was computed */
#include "models/memo.h"

#include <math.h>

#define PER_EFOLD 4
#define LOG_LEAST (-20.0) /* of x over the unit */
/* A tail is rounding below this. */
#define NOTHING 3e-9
#define AGREE 1e-6
/* Points of the longer polynomial; the shorter leaves out both ends. */
#define STENCIL 8

static double point(struct memo *m, int at)
{
	if (!m->known[at]) {
		double x = m->unit * exp(LOG_LEAST + (double)at / PER_EFOLD);
		double f = m->f(x, m->context);

		m->log_f[at] = log(f);
		m->known[at] = true;
		if (f < NOTHING)
			m->end = m->end ? (int)fmin(at, m->end) : at;
	}
	return m->end && at >= m->end ? -INFINITY : m->log_f[at];
}

/* Lagrange's polynomial through points first .. first + n - 1. */
static double through(struct memo *m, int first, int n, double at)
{
	double sum = 0;

	for (int i = first; i < first + n; i++) {
		double weight = 1;

		for (int j = first; j < first + n; j++)
			if (j != i)
				weight *= (at - j) / (i - j);
		sum += weight * point(m, i);
	}
	return sum;
}

/* Upward, as far beyond it f may be NAN. */
static void find_end(struct memo *m)
{
	for (int at = 0; at < MEMO_POINTS && !m->end; at += 4)
		if (isnan(point(m, at)))
			return;
}

double memo_value(struct memo *m, double x)
{
	double at = (log(x / m->unit) - LOG_LEAST) * PER_EFOLD;
	double value, other;
	int first;

	if (at > 0 && !m->end)
		find_end(m);
	if (m->end && at >= m->end)
		return 0;
	if (!(at >= STENCIL && at <= MEMO_POINTS - STENCIL))
		return m->f(x, m->context);
	first = (int)at - STENCIL / 2 + 1;
	while (first > 0 && isinf(point(m, first + STENCIL - 1)))
		first--;
	if (at > first + STENCIL - 1)
		return 0;
	value = exp(through(m, first, STENCIL, at));
	other = exp(through(m, first + 1, STENCIL - 2, at));
	if (fabs(value - other) > AGREE * value + NOTHING)
		return m->f(x, m->context);
	return value;
}
