/* gamma.c - gamma laws: what erlang and gamma share */
#include "workloads/gamma.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>

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

/* A sum of few exponential stages costs one logarithm. */
static double sample_stages(int stages, struct rng *rng)
{
	double product = rng_open(rng);

	while (--stages)
		product *= rng_open(rng);
	return -log(product);
}

#define FEW_STAGES 8

void gamma_sample(const void *state, struct rng *rng, double *x, size_t n)
{
	const struct gamma *s = state;
	bool few = s->shape <= FEW_STAGES && s->shape == floor(s->shape);

	for (size_t i = 0; i < n; i++) {
		if (few)
			x[i] = sample_stages((int)s->shape, rng);
		else if (s->shape >= 1)
			x[i] = sample_one(s->shape, rng);
		else /* ibidem: a draw of shape + 1, times U^(1/shape) */
			x[i] = pow(rng_open(rng), 1 / s->shape) *
			       sample_one(s->shape + 1, rng);
		x[i] *= s->scale;
	}
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

/* How far log x is from the quantile: on the scale of the nearer tail. */
static double miss(const struct gamma *s, double log_x, double p)
{
	double x = exp(log_x);

	return p < 0.5 ? log(gsl_cdf_gamma_P(x, s->shape, 1) / p)
		       : log((1 - p) / gsl_cdf_gamma_Q(x, s->shape, 1));
}

static double slope(const struct gamma *s, double log_x, double p)
{
	double x = exp(log_x);

	return x * gsl_ran_gamma_pdf(x, s->shape, 1) /
	       (p < 0.5 ? gsl_cdf_gamma_P(x, s->shape, 1)
			: gsl_cdf_gamma_Q(x, s->shape, 1));
}

/*
 * Newton's method in log x, where both tails are nearly straight, and halves
 * where a step leaves the bracket; gsl_cdf_gamma_Pinv gives up far from
 * shape 1. The lower end is P(x) = x^shape / Gamma(shape + 1), an upper
 * bound of P.
 */
double gamma_quantile(const void *state, double p)
{
	const struct gamma *s = state;
	double low = (log(p) + lgamma(s->shape + 1)) / s->shape - 1;
	double high = log(s->shape + 1) + 7, y = fmax(low, -740);

	for (int i = 0; i < 200 && high - low > 1e-15 * fabs(high); i++) {
		double off = miss(s, y, p), next;

		if (off == 0)
			break;
		if (off < 0)
			low = y;
		else
			high = y;
		next = y - off / slope(s, y, p);
		if (fabs(next - y) < 1e-15)
			break;
		y = next > low && next < high ? next : (low + high) / 2;
	}
	return s->scale * exp(y);
}

/* (1 + s scale)^-shape, for Re s > -1 / scale */
double complex gamma_laplace(const void *state, double complex s)
{
	const struct gamma *g = state;

	return creal(s) * g->scale > -1
		       ? cexp(-g->shape * clog(1 + s * g->scale))
		       : NAN;
}
