/* exponential.c - the law without memory */
#include "workloads/dist.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"

struct exponential {
	double mean;
};

static const struct option_row exponential_rows[] = {
	OPTION(VALUE, struct exponential, mean, OPTION_REQUIRED, NULL, 0, 1e15,
	       "the mean"),
	{ 0 },
};

static int exponential_init(void *state, const void *options,
			    struct arena *arena, struct err *err)
{
	struct exponential *s = state;

	(void)arena;
	*s = *(const struct exponential *)options;
	if (!(s->mean > 0))
		return err_set(err, -EINVAL,
			       "mean of exponential is 0; give more than 0");
	return 0;
}

static void exponential_sample(const void *state, struct rng *rng, double *x,
			       size_t n)
{
	const struct exponential *s = state;

	for (size_t i = 0; i < n; i++)
		x[i] = s->mean * rng_exponential(rng);
}

/* E[X^k] = k! mean^k */
static double exponential_moment(const void *state, int k)
{
	const struct exponential *s = state;

	return tgamma(k + 1.0) * pow(s->mean, k);
}

static double exponential_cdf(const void *state, double x)
{
	const struct exponential *s = state;

	return x > 0 ? -expm1(-x / s->mean) : 0;
}

static double exponential_quantile(const void *state, double p)
{
	const struct exponential *s = state;

	return -s->mean * log1p(-p);
}

/* 1 / (1 + s mean), for Re s > -1 / mean */
static double complex exponential_laplace(const void *state, double complex s)
{
	const struct exponential *e = state;

	return creal(s) * e->mean > -1 ? 1 / (1 + s * e->mean) : NAN;
}

static size_t exponential_branches(const void *state,
				   struct dist_branch *branch, size_t max)
{
	const struct exponential *s = state;

	if (max)
		branch[0] = (struct dist_branch){ 1, 1, 1 / s->mean };
	return 1;
}

const struct dist_ops dist_exponential = {
	.kind = {
		.name = "exponential",
		.alias = "exp",
		.help = "the memoryless law",
		.options = exponential_rows,
		.options_size = sizeof(struct exponential),
		.short_keys = "mean",
		.short_help = "exp, exp:MEAN",
	},
	.flags = DIST_EXPONENTIAL,
	.state_size = sizeof(struct exponential),
	.init = exponential_init,
	.sample = exponential_sample,
	.moment = exponential_moment,
	.cdf = exponential_cdf,
	.quantile = exponential_quantile,
	.branches = exponential_branches,
	.laplace = exponential_laplace,
};
