/* gpareto.c - what lies above a threshold: the generalised Pareto law */
#include "workloads/dist.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "workloads/halfline.h"

/*
 * P(X > x) = (1 + shape y)^(-1 / shape) with y = (x - location) / scale, and
 * exp(-y) for shape 0 (Pickands 1975).
 */
struct gpareto {
	double location, scale, shape;
};

static const struct option_row gpareto_rows[] = {
	OPTION(VALUE, struct gpareto, location, OPTION_REQUIRED, NULL, 0, 1e15,
	       "the smallest value"),
	OPTION(VALUE, struct gpareto, scale, OPTION_REQUIRED, NULL, 0, 1e15,
	       "scale: the mean excess over location if shape is 0"),
	OPTION(REAL, struct gpareto, shape, OPTION_REQUIRED, NULL, -10, 10,
	       "exponent of the tail is 1/shape; below 0: bounded"),
	{ 0 },
};

static int gpareto_init(void *state, const void *options, struct arena *arena,
			struct err *err)
{
	struct gpareto *s = state;

	(void)arena;
	*s = *(const struct gpareto *)options;
	if (!(s->scale > 0))
		return err_set(err, -EINVAL,
			       "scale of gpareto is 0; give more than 0");
	return 0;
}

/* y of a tail exp(-e): (exp(shape e) - 1) / shape */
static double above(const struct gpareto *s, double e)
{
	return s->shape == 0 ? e : expm1(s->shape * e) / s->shape;
}

static void gpareto_sample(const void *state, struct rng *rng, double *x,
			   size_t n)
{
	const struct gpareto *s = state;

	for (size_t i = 0; i < n; i++)
		x[i] = s->location + s->scale * above(s, rng_exponential(rng));
}

/* E[y^j] = j! / ((1 - shape) (1 - 2 shape) ... (1 - j shape)) */
static double gpareto_moment(const void *state, int k)
{
	static const double choose[4][4] = {
		{ 1 }, { 1, 1 }, { 1, 2, 1 }, { 1, 3, 3, 1 }
	};
	const struct gpareto *s = state;
	double sum = 0, power = 1;

	if (k * s->shape >= 1)
		return INFINITY;
	for (int j = 0; j <= k; j++) {
		if (j)
			power *= j * s->scale / (1 - j * s->shape);
		sum += choose[k][j] * pow(s->location, k - j) * power;
	}
	return sum;
}

static double gpareto_cdf(const void *state, double x)
{
	const struct gpareto *s = state;
	double y = (x - s->location) / s->scale;

	if (!(y > 0))
		return 0;
	if (s->shape == 0)
		return -expm1(-y);
	return s->shape * y > -1 ? -expm1(-log1p(s->shape * y) / s->shape) : 1;
}

static double gpareto_quantile(const void *state, double p)
{
	const struct gpareto *s = state;

	return s->location + s->scale * above(s, -log1p(-p));
}

/* From location on, in units of scale. */
static double complex gpareto_density(double complex y, const void *law)
{
	const struct gpareto *s = law;

	return cexp(-(1 / s->shape + 1) * clog(1 + s->shape * y));
}

/* None where the law has an end: there its density is not analytic. */
static double complex gpareto_laplace(const void *state, double complex s)
{
	const struct gpareto *g = state;
	double complex z = s * g->scale;

	if (creal(s) < 0 || g->shape < 0)
		return NAN;
	if (s == 0)
		return 1;
	return cexp(-s * g->location) *
	       (g->shape == 0 ? 1 / (1 + z)
			      : halfline_laplace(gpareto_density, g, z, 1));
}

const struct dist_ops dist_gpareto = {
	.kind = {
		.name = "gpareto",
		.help = "generalised Pareto: exceedances over a threshold",
		.options = gpareto_rows,
		.options_size = sizeof(struct gpareto),
		.short_keys = "location scale shape",
		.short_help = "gpareto:LOCATION:SCALE:SHAPE",
	},
	.state_size = sizeof(struct gpareto),
	.init = gpareto_init,
	.sample = gpareto_sample,
	.moment = gpareto_moment,
	.cdf = gpareto_cdf,
	.quantile = gpareto_quantile,
	.laplace = gpareto_laplace,
};
