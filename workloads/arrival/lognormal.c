/* lognormal.c - gaps whose logarithm is normal */
#include "workloads/arrival.h"

#include "lancet/core/option.h"
#include "workloads/renewal.h"

struct lognormal_options {
	double scv;
};

static const struct option_row lognormal_rows[] = {
	OPTION(REAL, struct lognormal_options, scv, 0, "1", 0, 1e6,
	       "variance of a gap over the square of its mean"),
	{ 0 },
};

static int lognormal_init(void *state, const void *options,
			  const struct arrival_share *share,
			  struct arena *arena, struct err *err)
{
	const struct lognormal_options *o = options;

	return renewal_parse(state, share, arena, err,
			     "{lognormal: {mean: 1, scv: %.17g}}", o->scv);
}

const struct arrival_ops arrival_lognormal = {
	.kind = {
		.name = "lognormal",
		.help = "gaps whose logarithm is normal",
		.options = lognormal_rows,
		.options_size = sizeof(struct lognormal_options),
		.short_keys = "scv",
		.short_help = "lognormal:SCV",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_TURNS,
	.state_size = sizeof(struct renewal),
	.init = lognormal_init,
	.gaps = renewal_gaps,
	.cdf = renewal_cdf,
	.laplace = renewal_laplace,
};
