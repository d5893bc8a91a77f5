/* hyperexponential.c - one of two exponentials, by lot: scv above 1 */
#include "workloads/dist.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"

/*
 * Two branches with balanced means: p / a = (1 - p) / b, each brings half of
 * the mean m. With the squared coefficient of variation c
 *	p = (1 + sqrt((c - 1) / (c + 1))) / 2,  a = 2p / m,  b = 2(1 - p) / m
 * (Morse 1958; Whitt 1982).
 */
struct hyperexponential_options {
	double mean, scv;
};

struct hyperexponential {
	double p, q; /* of the short and the long branch */
	double a, b; /* their rates */
};

static const struct option_row hyperexponential_rows[] = {
	OPTION(VALUE, struct hyperexponential_options, mean, OPTION_REQUIRED,
	       NULL, 0, 1e15, "the mean"),
	OPTION(REAL, struct hyperexponential_options, scv, 0, "4", 1, 1e6,
	       "variance over the square of the mean"),
	{ 0 },
};

static int hyperexponential_init(void *state, const void *options,
				 struct arena *arena, struct err *err)
{
	const struct hyperexponential_options *o = options;
	struct hyperexponential *s = state;

	(void)arena;
	if (!(o->mean > 0))
		return err_set(err, -EINVAL,
			       "mean of hyperexponential is 0; give more "
			       "than 0");
	/* 1 - p without cancellation: p (1 - p) = 1 / 2(c + 1). */
	s->p = (1 + sqrt((o->scv - 1) / (o->scv + 1))) / 2;
	s->q = 1 / (2 * (o->scv + 1) * s->p);
	s->a = 2 * s->p / o->mean;
	s->b = 2 * s->q / o->mean;
	return 0;
}

static void hyperexponential_sample(const void *state, struct rng *rng,
				    double *x, size_t n)
{
	const struct hyperexponential *s = state;

	for (size_t i = 0; i < n; i++) {
		double rate = rng_uniform(rng) < s->q ? s->b : s->a;

		x[i] = rng_exponential(rng) / rate;
	}
}

/* E[X^k] = k! (p / a^k + q / b^k) */
static double hyperexponential_moment(const void *state, int k)
{
	const struct hyperexponential *s = state;

	return tgamma(k + 1.0) * (s->p / pow(s->a, k) + s->q / pow(s->b, k));
}

static double hyperexponential_cdf(const void *state, double x)
{
	const struct hyperexponential *s = state;

	if (!(x > 0))
		return 0;
	return -s->p * expm1(-s->a * x) - s->q * expm1(-s->b * x);
}

/* log P(X > x), with all digits at both ends. */
static double log_tail(const struct hyperexponential *s, double x)
{
	double below = hyperexponential_cdf(s, x);

	return below < 0.5
		       ? log1p(-below)
		       : log(s->p * exp((s->b - s->a) * x) + s->q) - s->b * x;
}

/*
 * Newton's method on the logarithm of the tail, which falls and is convex:
 * from 0 it comes up to the root and never beyond.
 */
static double hyperexponential_quantile(const void *state, double p)
{
	const struct hyperexponential *s = state;
	double goal = log1p(-p), x = 0;

	for (int i = 0; i < 200; i++) {
		double short_part = s->p * exp((s->b - s->a) * x);
		double hazard =
			(s->a * short_part + s->b * s->q) / (short_part + s->q);
		double step = (log_tail(s, x) - goal) / hazard;

		x += step;
		if (!(fabs(step) > 1e-15 * x))
			break;
	}
	return x;
}

static double complex hyperexponential_laplace(const void *state,
					       double complex z)
{
	const struct hyperexponential *s = state;

	return creal(z) > -s->b
		       ? s->p * s->a / (s->a + z) + s->q * s->b / (s->b + z)
		       : NAN;
}

static double complex hyperexponential_rest(const void *state, double complex z)
{
	const struct hyperexponential *s = state;

	return z * (s->p / (s->a + z) + s->q / (s->b + z));
}

static size_t hyperexponential_branches(const void *state,
					struct dist_branch *branch, size_t max)
{
	const struct hyperexponential *s = state;

	if (max > 0)
		branch[0] = (struct dist_branch){ s->p, 1, s->a };
	if (max > 1)
		branch[1] = (struct dist_branch){ s->q, 1, s->b };
	return 2;
}

const struct dist_ops dist_hyperexponential = {
	.kind = {
		.name = "hyperexponential",
		.alias = "h2",
		.help = "one of two exponentials (balanced means): scv above 1",
		.options = hyperexponential_rows,
		.options_size = sizeof(struct hyperexponential_options),
		.short_keys = "scv",
		.short_help = "h2:SCV",
	},
	.state_size = sizeof(struct hyperexponential),
	.init = hyperexponential_init,
	.sample = hyperexponential_sample,
	.moment = hyperexponential_moment,
	.cdf = hyperexponential_cdf,
	.quantile = hyperexponential_quantile,
	.laplace = hyperexponential_laplace,
	.laplace_rest = hyperexponential_rest,
	.branches = hyperexponential_branches,
};
