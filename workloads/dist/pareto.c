/* pareto.c - a tail that falls as a power, with or without an end */
#include "workloads/dist.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/rng.h"
#include "workloads/halfline.h"
#include "lancet/core/lines.h"

/*
 * P(X > x) = (min / x)^alpha from min on; with max, given that X <= max: the
 * bounded Pareto law of Harchol-Balter, Crovella and Murta (1999).
 */
struct pareto_options {
	double alpha, min, max; /* max 0: none */
};

struct pareto {
	double alpha, min;
	double span; /* log(max / min), or INFINITY */
	double mass; /* of the law without end below max */
};

static const struct option_row pareto_rows[] = {
	OPTION(REAL, struct pareto_options, alpha, OPTION_REQUIRED, NULL, 0.01,
	       100, "exponent of the tail; the k-th moment is finite only if "
		    "it exceeds k"),
	OPTION(VALUE, struct pareto_options, min, OPTION_REQUIRED, NULL, 0,
	       1e15, "the smallest value"),
	OPTION(VALUE, struct pareto_options, max, 0, NULL, 0, 1e18,
	       "the largest value; default: unbounded"),
	{ 0 },
};

/* "1.5", "1.5:min=0.3" or "1.5:0.3:1000"; without min, such that the mean is
 * 1. */
static int pareto_short(void *options, const char *text, struct arena *arena,
			struct err *err)
{
	static const char *const keys[] = { "alpha=", "min=", "max=" };
	struct pareto_options *o = options;
	double *const to[] = { &o->alpha, &o->min, &o->max };
	char *rest = arena_strdup(arena, text), *field;
	size_t n = 0;

	for (; (field = strsep(&rest, ":")); n++) {
		if (n < 3 && !strncmp(field, keys[n], strlen(keys[n])))
			field += strlen(keys[n]);
		if (n >= 3 || value_parse(field, to[n]))
			return err_set(err, -EINVAL,
				       "'%.40s' is no number here; write "
				       "pareto:ALPHA:MIN or "
				       "bounded-pareto:ALPHA:MIN:MAX",
				       field);
	}
	if (n == 1)
		o->min = o->alpha > 1 ? 1 - 1 / o->alpha : 1;
	return 0;
}

static int pareto_init(void *state, const void *options, struct arena *arena,
		       struct err *err)
{
	const struct pareto_options *o = options;
	struct pareto *s = state;

	(void)arena;
	if (!(o->alpha >= 0.01) || !(o->alpha <= 100))
		return err_set(err, -EINVAL,
			       "alpha of pareto is %g; give 0.01 to 100",
			       o->alpha);
	if (!(o->min > 0) || (o->max > 0 && !(o->max > o->min)))
		return err_set(err, -EINVAL,
			       "pareto needs 0 < min < max; give min above 0, "
			       "and max above min or none");
	s->alpha = o->alpha;
	s->min = o->min;
	s->span = o->max > 0 ? log(o->max / o->min) : INFINITY;
	s->mass = -expm1(-s->alpha * s->span);
	return 0;
}

static double pareto_quantile(const void *state, double p)
{
	const struct pareto *s = state;

	return s->min * exp(-log1p(-p * s->mass) / s->alpha);
}

static void pareto_sample(const void *state, struct rng *rng, double *x,
			  size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = pareto_quantile(state, rng_open(rng));
}

/* The integral of x^k alpha min^alpha / x^(alpha + 1), over the mass. */
static double pareto_moment(const void *state, int k)
{
	const struct pareto *s = state;
	double power = k - s->alpha, scale;

	if (isinf(s->span) && power >= 0)
		return INFINITY;
	scale = s->alpha * pow(s->min, k) / s->mass;
	return scale * (power == 0 ? s->span : expm1(power * s->span) / power);
}

static double pareto_cdf(const void *state, double x)
{
	const struct pareto *s = state;
	double at;

	if (!(x > s->min))
		return 0;
	at = log(x / s->min);
	return at < s->span ? -expm1(-s->alpha * at) / s->mass : 1;
}

/* Of the law without end, from its min on, in units of it. */
static double complex pareto_density(double complex x, const void *law)
{
	const struct pareto *s = law;

	return s->alpha * cexp(-(s->alpha + 1) * clog(1 + x));
}

static double complex endless_laplace(const struct pareto *s, double complex z)
{
	return cexp(-z) * halfline_laplace(pareto_density, s, z, 1);
}

/* With an end: what is left without the tail. */
static double complex pareto_laplace(const void *state, double complex s)
{
	const struct pareto *p = state;
	double complex z = s * p->min, all;

	if (creal(s) < 0)
		return NAN;
	if (s == 0)
		return 1;
	all = endless_laplace(p, z);
	if (isinf(p->span))
		return all;
	return (all - (1 - p->mass) * endless_laplace(p, z * exp(p->span))) /
	       p->mass;
}

const struct dist_ops dist_pareto = {
	.kind = {
		.name = "pareto",
		.alias = "bounded-pareto",
		.help = "power-law tail, bounded if max is given",
		.options = pareto_rows,
		.options_size = sizeof(struct pareto_options),
		.short_help = "pareto:ALPHA:MIN, bounded-pareto:ALPHA:MIN:MAX",
		.short_parse = pareto_short,
	},
	.state_size = sizeof(struct pareto),
	.init = pareto_init,
	.sample = pareto_sample,
	.moment = pareto_moment,
	.cdf = pareto_cdf,
	.quantile = pareto_quantile,
	.laplace = pareto_laplace,
};
