/* gamma.c - gaps of any scv, with a light tail */
#include "workloads/arrival.h"

#include "lancet/core/option.h"
#include "workloads/renewal.h"

struct gamma_options {
	double scv;
};

static const struct option_row gamma_rows[] = {
	OPTION(REAL, struct gamma_options, scv, 0, "1", 1e-4, 1e4,
	       "variance of a gap over the square of its mean"),
	{ 0 },
};

static int gamma_init(void *state, const void *options,
		      const struct arrival_share *share, struct arena *arena,
		      struct err *err)
{
	const struct gamma_options *o = options;

	return renewal_parse(state, share, arena, err,
			     "{gamma: {mean: 1, scv: %.17g}}", o->scv);
}

const struct arrival_ops arrival_gamma = {
	.kind = {
		.name = "gamma",
		.help = "gaps of any scv, with a light tail",
		.options = gamma_rows,
		.options_size = sizeof(struct gamma_options),
		.short_keys = "scv",
		.short_help = "gamma:SCV",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_TURNS,
	.state_size = sizeof(struct renewal),
	.init = gamma_init,
	.gaps = renewal_gaps,
	.cdf = renewal_gamma_cdf,
	.laplace = renewal_laplace,
};
