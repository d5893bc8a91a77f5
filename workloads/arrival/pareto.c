/* pareto.c - gaps with a tail that falls as a power */
#include "workloads/arrival.h"

#include "lancet/core/option.h"
#include "workloads/renewal.h"

struct pareto_options {
	double alpha;
};

static const struct option_row pareto_rows[] = {
	OPTION(REAL, struct pareto_options, alpha, OPTION_REQUIRED, NULL, 1.01,
	       100, "exponent of the tail; up to 2 the variance is infinite"),
	{ 0 },
};

static int pareto_init(void *state, const void *options,
		       const struct arrival_share *share, struct arena *arena,
		       struct err *err)
{
	const struct pareto_options *o = options;

	return renewal_parse(state, share, arena, err, "pareto:%.17g",
			     o->alpha);
}

const struct arrival_ops arrival_pareto = {
	.kind = {
		.name = "pareto",
		.help = "gaps with a power-law tail",
		.options = pareto_rows,
		.options_size = sizeof(struct pareto_options),
		.short_keys = "alpha",
		.short_help = "pareto:ALPHA",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_TURNS,
	.state_size = sizeof(struct renewal),
	.init = pareto_init,
	.gaps = renewal_gaps,
	.cdf = renewal_cdf,
	.laplace = renewal_laplace,
};
