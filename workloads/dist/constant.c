/* constant.c - always the same value */
#include "workloads/dist.h"

#include <math.h>

#include "lancet/core/option.h"

struct constant {
	double value;
};

static const struct option_row constant_rows[] = {
	OPTION(VALUE, struct constant, value, OPTION_REQUIRED, NULL, 0, 1e15,
	       "the value"),
	{ 0 },
};

static int constant_init(void *state, const void *options, struct arena *arena,
			 struct err *err)
{
	(void)arena;
	(void)err; /* the row bounds the value */
	*(struct constant *)state = *(const struct constant *)options;
	return 0;
}

static void constant_sample(const void *state, struct rng *rng, double *x,
			    size_t n)
{
	const struct constant *s = state;

	(void)rng;
	for (size_t i = 0; i < n; i++)
		x[i] = s->value;
}

static double constant_moment(const void *state, int k)
{
	const struct constant *s = state;

	return pow(s->value, k);
}

static double constant_cdf(const void *state, double x)
{
	const struct constant *s = state;

	return x >= s->value;
}

static double constant_quantile(const void *state, double p)
{
	const struct constant *s = state;

	(void)p;
	return s->value;
}

static size_t constant_atoms(const void *state, double *x, double *p,
			     size_t max)
{
	const struct constant *s = state;

	if (max) {
		x[0] = s->value;
		p[0] = 1;
	}
	return 1;
}

static double complex constant_laplace(const void *state, double complex s)
{
	const struct constant *c = state;

	return cexp(-s * c->value);
}

const struct dist_ops dist_constant = {
	.kind = {
		.name = "constant",
		.alias = "det",
		.help = "always the same value",
		.options = constant_rows,
		.options_size = sizeof(struct constant),
		.short_keys = "value",
		.short_help = "det, det:VALUE",
	},
	.flags = DIST_CONSTANT,
	.state_size = sizeof(struct constant),
	.init = constant_init,
	.sample = constant_sample,
	.moment = constant_moment,
	.cdf = constant_cdf,
	.quantile = constant_quantile,
	.atoms = constant_atoms,
	.laplace = constant_laplace,
};
