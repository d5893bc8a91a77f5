/* lognormal.c - times whose logarithm is normal */
#include "workloads/dist.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"

/*
 * Given by mean m and squared coefficient of variation c, as people measure
 * them, not by the mu and sigma of log X:
 *	sigma^2 = ln(1 + c),  mu = ln m - sigma^2 / 2,
 *	E[X^k] = exp(k mu + k^2 sigma^2 / 2)
 * (Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions 1, 1994,
 * ch. 14).
 */
struct lognormal_options {
	double mean, scv;
};

struct lognormal {
	double mu, sigma;
};

static const struct option_row lognormal_rows[] = {
	OPTION(VALUE, struct lognormal_options, mean, OPTION_REQUIRED, NULL, 0,
	       1e15, "the mean"),
	OPTION(REAL, struct lognormal_options, scv, 0, "1", 0, 1e6,
	       "variance over the square of the mean"),
	{ 0 },
};

static int lognormal_init(void *state, const void *options, struct arena *arena,
			  struct err *err)
{
	const struct lognormal_options *o = options;
	struct lognormal *s = state;
	double var = log1p(o->scv);

	(void)arena;
	if (!(o->mean > 0) || !(o->scv > 0))
		return err_set(err, -EINVAL,
			       "mean and scv of lognormal must be more than 0");
	s->mu = log(o->mean) - var / 2;
	s->sigma = sqrt(var);
	return 0;
}

static void lognormal_sample(const void *state, struct rng *rng, double *x,
			     size_t n)
{
	const struct lognormal *s = state;

	for (size_t i = 0; i < n; i++)
		x[i] = exp(s->mu + s->sigma * rng_normal(rng));
}

static double lognormal_moment(const void *state, int k)
{
	const struct lognormal *s = state;

	return exp(k * s->mu + k * k * s->sigma * s->sigma / 2);
}

static double lognormal_cdf(const void *state, double x)
{
	const struct lognormal *s = state;

	return x > 0 ? gsl_cdf_lognormal_P(x, s->mu, s->sigma) : 0;
}

static double lognormal_quantile(const void *state, double p)
{
	const struct lognormal *s = state;

	return gsl_cdf_lognormal_Pinv(p, s->mu, s->sigma);
}

/*
 * With X = exp(mu + sigma z) the transform is the integral of
 *	phi(z) exp(-s exp(mu + sigma z))
 * over z. The path is moved to z - i turn / sigma, so that the argument of s
 * is `left` = arg s - turn: with none left nothing oscillates. Turning costs
 * digits, exp(turn^2 / 2 sigma^2) of them; hence at most 3 sigma. On the
 * strip |Im z| <= width the integrand keeps below phi's growth, and the
 * trapezoidal rule of step h is off by exp(-2 pi width / h) times that
 * (Trefethen and Weideman 2014, theorem 5.1); h makes this 1e-16.
 */
static double complex integral(const struct lognormal *l, double complex s,
			       double complex (*part)(double complex))
{
	double arg = carg(s), scale = cabs(s) * exp(l->mu);
	double turn = copysign(fmin(fabs(arg), 3 * l->sigma), arg);
	double shift = turn / l->sigma, left = arg - turn;
	double width = fmin(6, (M_PI_2 - fabs(left)) / l->sigma);
	double growth = pow(width + fabs(shift), 2) / 2;
	double h = 2 * M_PI * width / (37 + growth);
	double complex sum = 0, direction = cexp(I * left);

	if (creal(s) < 0)
		return NAN;
	for (double z = -9 - fabs(shift); z < 9 + fabs(shift); z += h) {
		double size = scale * exp(l->sigma * z);

		sum += cexp(-z * z / 2 + I * z * shift) *
		       part(fmin(size, 750 / cos(left)) * direction);
	}
	return h / sqrt(2 * M_PI) * exp(shift * shift / 2) * sum;
}

static double complex decayed(double complex s)
{
	return cexp(-s);
}

/* 1 - e^-s, part by part. */
static double complex lost(double complex s)
{
	double a = -creal(s), b = -cimag(s), half = sin(b / 2);

	return 2 * half * half - expm1(a) * cos(b) - I * exp(a) * sin(b);
}

static double complex lognormal_laplace(const void *state, double complex s)
{
	return s == 0 ? 1 : integral(state, s, decayed);
}

static double complex lognormal_rest(const void *state, double complex s)
{
	return s == 0 ? 0 : integral(state, s, lost);
}

const struct dist_ops dist_lognormal = {
	.kind = {
		.name = "lognormal",
		.alias = "logn",
		.help = "its logarithm is normal; by mean and scv",
		.options = lognormal_rows,
		.options_size = sizeof(struct lognormal_options),
		.short_keys = "scv",
		.short_help = "lognormal:SCV",
	},
	.state_size = sizeof(struct lognormal),
	.init = lognormal_init,
	.sample = lognormal_sample,
	.moment = lognormal_moment,
	.cdf = lognormal_cdf,
	.quantile = lognormal_quantile,
	.laplace = lognormal_laplace,
	.laplace_rest = lognormal_rest,
};
