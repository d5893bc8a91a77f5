/* uniform.c - gaps anywhere between none and twice the mean */
#include "workloads/arrival.h"

#include "workloads/renewal.h"

static int uniform_init(void *state, const void *options,
			const struct arrival_share *share, struct arena *arena,
			struct err *err)
{
	(void)options;
	return renewal_parse(state, share, arena, err, "uniform:0:2");
}

const struct arrival_ops arrival_uniform = {
	.kind = {
		.name = "uniform",
		.help = "gaps uniform between 0 and twice the mean",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_TURNS,
	.state_size = sizeof(struct renewal),
	.init = uniform_init,
	.gaps = renewal_gaps,
	.cdf = renewal_cdf,
	.laplace = renewal_laplace,
};
