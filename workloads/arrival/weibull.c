/* weibull.c - gaps of a stretched exponential */
#include "workloads/arrival.h"

#include "lancet/core/option.h"
#include "workloads/renewal.h"

struct weibull_options {
	double shape;
};

static const struct option_row weibull_rows[] = {
	OPTION(REAL, struct weibull_options, shape, 0, "1", 0.1, 100,
	       "below 1 burstier than poisson, above 1 more regular"),
	{ 0 },
};

static int weibull_init(void *state, const void *options,
			const struct arrival_share *share, struct arena *arena,
			struct err *err)
{
	const struct weibull_options *o = options;

	return renewal_parse(state, share, arena, err,
			     "{weibull: {mean: 1, shape: %.17g}}", o->shape);
}

const struct arrival_ops arrival_weibull = {
	.kind = {
		.name = "weibull",
		.help = "gaps with a Weibull (stretched exponential) law",
		.options = weibull_rows,
		.options_size = sizeof(struct weibull_options),
		.short_keys = "shape",
		.short_help = "weibull:SHAPE",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_TURNS,
	.state_size = sizeof(struct renewal),
	.init = weibull_init,
	.gaps = renewal_gaps,
	.cdf = renewal_cdf,
	.laplace = renewal_laplace,
};
