/* hyperexponential.c - gaps of two exponentials by lot: burstier than poisson
 */
#include "workloads/arrival.h"

#include "lancet/core/option.h"
#include "workloads/renewal.h"

struct hyperexponential_options {
	double scv;
};

static const struct option_row hyperexponential_rows[] = {
	OPTION(REAL, struct hyperexponential_options, scv, 0, "4", 1, 1e6,
	       "variance of a gap over the square of its mean"),
	{ 0 },
};

static int hyperexponential_init(void *state, const void *options,
				 const struct arrival_share *share,
				 struct arena *arena, struct err *err)
{
	const struct hyperexponential_options *o = options;

	return renewal_parse(state, share, arena, err,
			     "{hyperexponential: {mean: 1, scv: %.17g}}",
			     o->scv);
}

const struct arrival_ops arrival_hyperexponential = {
	.kind = {
		.name = "hyperexponential",
		.alias = "H2 h2",
		.help = "gaps drawn from one of two exponentials: burstier "
			"than poisson",
		.options = hyperexponential_rows,
		.options_size = sizeof(struct hyperexponential_options),
		.short_keys = "scv",
		.short_help = "H2:SCV",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_TURNS,
	.state_size = sizeof(struct renewal),
	.init = hyperexponential_init,
	.gaps = renewal_gaps,
	.cdf = renewal_cdf,
	.laplace = renewal_laplace,
	.scv = renewal_scv,
};
