/* uniform.c - any value between two, each as likely */
#include "workloads/dist.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"

struct uniform {
	double min, max;
};

static const struct option_row uniform_rows[] = {
	OPTION(VALUE, struct uniform, min, OPTION_REQUIRED, NULL, 0, 1e15,
	       "the smallest value"),
	OPTION(VALUE, struct uniform, max, OPTION_REQUIRED, NULL, 0, 1e15,
	       "the largest value"),
	{ 0 },
};

static int uniform_init(void *state, const void *options, struct arena *arena,
			struct err *err)
{
	struct uniform *s = state;

	(void)arena;
	*s = *(const struct uniform *)options;
	if (!(s->max > s->min))
		return err_set(err, -EINVAL,
			       "max of uniform is not above its min; give a "
			       "larger one, or constant");
	return 0;
}

static void uniform_sample(const void *state, struct rng *rng, double *x,
			   size_t n)
{
	const struct uniform *s = state;

	for (size_t i = 0; i < n; i++)
		x[i] = s->min + (s->max - s->min) * rng_open(rng);
}

/* E[X^k] = (a^k + a^(k-1) b + ... + b^k) / (k + 1) */
static double uniform_moment(const void *state, int k)
{
	const struct uniform *s = state;
	double sum = 0;

	for (int i = 0; i <= k; i++)
		sum += pow(s->min, i) * pow(s->max, k - i);
	return sum / (k + 1);
}

static double uniform_cdf(const void *state, double x)
{
	const struct uniform *s = state;

	return fmin(fmax((x - s->min) / (s->max - s->min), 0), 1);
}

static double uniform_quantile(const void *state, double p)
{
	const struct uniform *s = state;

	return s->min + (s->max - s->min) * p;
}

/* exp(-s middle) sinh(z) / z with z = s (max - min) / 2, for all s */
static double complex uniform_laplace(const void *state, double complex s)
{
	const struct uniform *u = state;
	double complex z = s * ((u->max - u->min) / 2);
	double complex middle = s * ((u->max + u->min) / 2);

	if (cabs(z) < 0.01)
		return cexp(-middle) * (1 + z * z / 6 * (1 + z * z / 20));
	return (cexp(z - middle) - cexp(-z - middle)) / (2 * z);
}

const struct dist_ops dist_uniform = {
	.kind = {
		.name = "uniform",
		.help = "uniform between two values",
		.options = uniform_rows,
		.options_size = sizeof(struct uniform),
		.short_keys = "min max",
		.short_help = "uniform:MIN:MAX",
	},
	.state_size = sizeof(struct uniform),
	.init = uniform_init,
	.sample = uniform_sample,
	.moment = uniform_moment,
	.cdf = uniform_cdf,
	.quantile = uniform_quantile,
	.laplace = uniform_laplace,
};
