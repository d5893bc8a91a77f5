/* quadratic.c - limit laws of the quadratic statistics of goodness of fit */
#include "lancet/core/stats/quadratic.h"

#include <math.h>

/*
 * With u in terms of v both D(u) are a cosine over a half period times
 * something smooth, so with s in (-1, 1) the root in each integral is that of
 * cos(pi s / 2) = (1 - s^2) smooth: Gauss-Chebyshev quadrature converges
 * exponentially. 200 nodes resolve e^(-ux/2) as far as it does not underflow.
 */
#define NODES 200

/* Factor of the integrand beside 1 / sqrt cos(pi s / 2), without du. */
typedef double integrand_fn(double s, int k, double x);

/* u = (v^2 - 1) / 4, v = 4k - 1..4k + 1, D = cos(pi v / 2) / -(pi u). */
static double anderson(double s, int k, double x)
{
	double v = 4 * k + s;
	double u = (v * v - 1) / 4;

	return exp(-u * x / 2) * sqrt(M_PI / u) * v / 2;
}

/* u = v^2, v = (2k - 1) pi..2k pi, D = sin(v) / v; dv = pi / 2 ds. */
static double cramer(double s, int k, double x)
{
	double v = (2 * k - .5) * M_PI + s * M_PI / 2;

	return exp(-v * v * x / 2) / sqrt(v) * M_PI;
}

static double integral(integrand_fn *f, int k, double x)
{
	double sum = 0;

	for (int i = 0; i < NODES; i++) {
		double angle = (i + .5) * M_PI / NODES;
		double s = cos(angle);
		/* cos(pi s / 2), exact near the ends too */
		double root = sin(M_PI / 2 * (1 - fabs(s)));

		if (angle < M_PI / 4 || angle > 3 * M_PI / 4) {
			double half = angle < M_PI / 2 ? angle : M_PI - angle;

			root = sin(M_PI * pow(sin(half / 2), 2));
		}
		sum += f(s, k, x) * sin(angle) / sqrt(root);
	}
	return sum * M_PI / NODES;
}

static double series(integrand_fn *f, double x)
{
	double sum = 0, sign = 1;

	for (int k = 1; k < 100; k++, sign = -sign) {
		double term = integral(f, k, x);

		sum += sign * term;
		if (term <= 1e-14 * sum)
			break;
	}
	return fmin(fmax(sum / M_PI, 0), 1);
}

double quadratic_anderson_p(double x)
{
	return x < .03 ? 1 : series(anderson, x);
}

double quadratic_cramer_p(double x)
{
	return x < .003 ? 1 : series(cramer, x);
}
