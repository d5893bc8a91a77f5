/* gev.c - the largest of many: the generalised extreme value law */
#include "workloads/dist.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "workloads/halfline.h"

/*
 * P(X <= x) = exp(-e) with e = (1 + shape y)^(-1 / shape), or exp(-y) for
 * shape 0, and y = (x - location) / scale (Jenkinson 1955). Times and sizes
 * are never negative: the law is that of X given X > 0, as if values below 0
 * were drawn again.
 */
struct gev_options {
	double location, scale, shape;
};

struct gev {
	double location, scale, shape;
	double most;  /* e at 0; or INFINITY */
	double below; /* P(X <= 0) of the law as it is written */
	double moment[4];
};

static const struct option_row gev_rows[] = {
	OPTION(VALUE, struct gev_options, location, OPTION_REQUIRED, NULL, 0,
	       1e15, "location of the bulk of the values"),
	OPTION(VALUE, struct gev_options, scale, OPTION_REQUIRED, NULL, 0, 1e15,
	       "scale: how widely they are spread"),
	OPTION(REAL, struct gev_options, shape, OPTION_REQUIRED, NULL, -10, 10,
	       "exponent of the tail is 1/shape; 0: Gumbel's law; below 0: "
	       "bounded"),
	{ 0 },
};

static double value(const struct gev *s, double log_e)
{
	double y = s->shape == 0 ? -log_e : expm1(-s->shape * log_e) / s->shape;

	return fmax(s->location + s->scale * y, 0);
}

/* e at x, from 0 above the end to INFINITY below the start. */
static double exponent(const struct gev *s, double x)
{
	double y = (x - s->location) / s->scale;

	if (s->shape == 0)
		return exp(-y);
	if (s->shape * y <= -1)
		return s->shape > 0 ? INFINITY : 0;
	return exp(-log1p(s->shape * y) / s->shape);
}

struct integrand {
	const struct gev *law;
	int k;
	double from; /* log e where X = 0 */
};

/* x^k exp(-e) de at log e = from - t */
static double complex power(double t, const void *context)
{
	const struct integrand *c = context;
	double log_e = c->from - t;

	return pow(value(c->law, log_e), c->k) * exp(log_e - exp(log_e));
}

/* The integrand falls as exp(-(1 - k shape) t); -exp(-exp(4)) is nothing. */
static double moment(const struct gev *s, int k)
{
	struct integrand c = { s, k, fmin(log(s->most), 4) };
	double rate = fmin(1 - k * s->shape, 1);

	if (rate <= 0)
		return INFINITY;
	return creal(halfline(power, &c, 60 / rate)) / (1 - s->below);
}

static int gev_init(void *state, const void *options, struct arena *arena,
		    struct err *err)
{
	const struct gev_options *o = options;
	struct gev *s = state;

	(void)arena;
	*s = (struct gev){ .location = o->location,
			   .scale = o->scale,
			   .shape = o->shape };
	if (!(s->scale > 0))
		return err_set(err, -EINVAL,
			       "scale of gev is 0; give more than 0");
	s->most = exponent(s, 0);
	s->below = exp(-s->most);
	for (int k = 1; k <= 3; k++)
		s->moment[k] = moment(s, k);
	return 0;
}

static double gev_quantile(const void *state, double p)
{
	const struct gev *s = state;
	double e = -log(p + s->below * (1 - p));

	/* Near 1 the digits are in 1 - p. */
	if (p > 0.5)
		e = -log1p(-(1 - p) * (1 - s->below));
	return value(s, log(e));
}

static void gev_sample(const void *state, struct rng *rng, double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = gev_quantile(state, rng_open(rng));
}

static double gev_moment(const void *state, int k)
{
	return ((const struct gev *)state)->moment[k];
}

static double gev_cdf(const void *state, double x)
{
	const struct gev *s = state;

	if (!(x > 0))
		return 0;
	return (exp(-exponent(s, x)) - s->below) / (1 - s->below);
}

const struct dist_ops dist_gev = {
	.kind = {
		.name = "gev",
		.help = "generalised extreme value law, restricted to values "
			"above 0",
		.options = gev_rows,
		.options_size = sizeof(struct gev_options),
		.short_keys = "location scale shape",
		.short_help = "gev:LOCATION:SCALE:SHAPE",
	},
	.state_size = sizeof(struct gev),
	.init = gev_init,
	.sample = gev_sample,
	.moment = gev_moment,
	.cdf = gev_cdf,
	.quantile = gev_quantile,
};
