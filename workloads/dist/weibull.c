/* weibull.c - a stretched exponential: heavy below shape 1, light above */
#include "workloads/dist.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "workloads/halfline.h"

/*
 * P(X > x) = exp(-(x / scale)^shape), E[X^k] = scale^k Gamma(1 + k / shape)
 * (Weibull 1951; Johnson, Kotz, Balakrishnan 1994, ch. 21).
 */
struct weibull_options {
	double mean, shape;
};

struct weibull {
	double scale, shape;
};

static const struct option_row weibull_rows[] = {
	OPTION(VALUE, struct weibull_options, mean, OPTION_REQUIRED, NULL, 0,
	       1e15, "the mean"),
	OPTION(REAL, struct weibull_options, shape, 0, "1", 0.1, 100,
	       "below 1 a heavy tail, 1 exponential, above a light one"),
	{ 0 },
};

static int weibull_init(void *state, const void *options, struct arena *arena,
			struct err *err)
{
	const struct weibull_options *o = options;
	struct weibull *s = state;

	(void)arena;
	if (!(o->mean > 0))
		return err_set(err, -EINVAL,
			       "mean of weibull is 0; give more than 0");
	s->shape = o->shape;
	s->scale = o->mean / tgamma(1 + 1 / o->shape);
	return 0;
}

static void weibull_sample(const void *state, struct rng *rng, double *x,
			   size_t n)
{
	const struct weibull *s = state;

	for (size_t i = 0; i < n; i++)
		x[i] = s->scale * pow(rng_exponential(rng), 1 / s->shape);
}

static double weibull_moment(const void *state, int k)
{
	const struct weibull *s = state;

	return pow(s->scale, k) * tgamma(1 + k / s->shape);
}

static double weibull_cdf(const void *state, double x)
{
	const struct weibull *s = state;

	return x > 0 ? -expm1(-pow(x / s->scale, s->shape)) : 0;
}

static double weibull_quantile(const void *state, double p)
{
	const struct weibull *s = state;

	return s->scale * pow(-log1p(-p), 1 / s->shape);
}

/* In units of scale. */
static double complex weibull_density(double complex x, const void *law)
{
	const struct weibull *s = law;
	double complex power = cexp(s->shape * clog(x));

	return s->shape * power / x * cexp(-power);
}

/*
 * The density falls where the shape times the turn stays below a right
 * angle: all of the argument of s up to shape 1, half of that share above.
 */
static double complex weibull_laplace(const void *state, double complex s)
{
	const struct weibull *w = state;

	if (creal(s) < 0)
		return NAN;
	if (s == 0)
		return 1;
	return halfline_laplace(weibull_density, w, s * w->scale,
				w->shape <= 1 ? 1 : 1 / (2 * w->shape));
}

const struct dist_ops dist_weibull = {
	.kind = {
		.name = "weibull",
		.help = "a stretched exponential; by mean and shape",
		.options = weibull_rows,
		.options_size = sizeof(struct weibull_options),
		.short_keys = "shape",
		.short_help = "weibull:SHAPE",
	},
	.state_size = sizeof(struct weibull),
	.init = weibull_init,
	.sample = weibull_sample,
	.moment = weibull_moment,
	.cdf = weibull_cdf,
	.quantile = weibull_quantile,
	.laplace = weibull_laplace,
};
