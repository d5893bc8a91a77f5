/* gamma.c - gamma laws: what erlang and gamma share */
#include "workloads/gamma.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "lancet/core/rng.h"

/*
 * Marsaglia and Tsang 2000: d (1 + c z)^3 of a normal z, accepted where it
 * lies under the density; for shapes of at least 1.
 */
static double sample_one(double shape, struct rng *rng)
{
	double d = shape - 1. / 3, c = 1 / sqrt(9 * d);

	for (;;) {
		double z = rng_normal(rng), v = 1 + c * z;
		double u = rng_open(rng);

		if (v <= 0)
			continue;
		v = v * v * v;
		if (log(u) < z * z / 2 + d * (1 - v + log(v)))
			return d * v;
	}
}

/* Below shape 1: a draw of shape + 1, times U^(1/shape); ibidem. */
void gamma_sample(const void *state, struct rng *rng, double *x, size_t n)
{
	const struct gamma *s = state;

	for (size_t i = 0; i < n; i++)
		x[i] = s->scale *
		       (s->shape >= 1 ? sample_one(s->shape, rng)
				      : pow(rng_open(rng), 1 / s->shape) *
						sample_one(s->shape + 1, rng));
}

/* E[X^k] = scale^k shape (shape + 1) ... (shape + k - 1) */
double gamma_moment(const void *state, int k)
{
	const struct gamma *s = state;
	double moment = 1;

	for (int i = 0; i < k; i++)
		moment *= s->scale * (s->shape + i);
	return moment;
}

double gamma_cdf(const void *state, double x)
{
	const struct gamma *s = state;

	return x > 0 ? gsl_cdf_gamma_P(x, s->shape, s->scale) : 0;
}

/* From the nearer end, where the tail keeps its digits. */
double gamma_quantile(const void *state, double p)
{
	const struct gamma *s = state;

	return p < 0.5 ? gsl_cdf_gamma_Pinv(p, s->shape, s->scale)
		       : gsl_cdf_gamma_Qinv(1 - p, s->shape, s->scale);
}

/* (1 + s scale)^-shape, for Re s > -1 / scale */
double complex gamma_laplace(const void *state, double complex s)
{
	const struct gamma *g = state;

	return creal(s) * g->scale > -1
		       ? cexp(-g->shape * clog(1 + s * g->scale))
		       : NAN;
}
