/* erlang.c - gaps of exponential stages: steadier than poisson */
#include "workloads/arrival.h"

#include "lancet/core/option.h"
#include "workloads/renewal.h"

struct erlang_options {
	int64_t stages;
};

static const struct option_row erlang_rows[] = {
	OPTION(INT, struct erlang_options, stages, 0, "2", 1, 10000,
	       "exponential stages of a gap: its scv is 1/stages"),
	{ 0 },
};

static int erlang_init(void *state, const void *options,
		       const struct arrival_share *share, struct arena *arena,
		       struct err *err)
{
	const struct erlang_options *o = options;

	return renewal_parse(state, share, arena, err,
			     "{erlang: {mean: 1, stages: %lld}}",
			     (long long)o->stages);
}

const struct arrival_ops arrival_erlang = {
	.kind = {
		.name = "erlang",
		.alias = "E#",
		.help = "gaps of several exponential stages: more regular than "
			"poisson",
		.options = erlang_rows,
		.options_size = sizeof(struct erlang_options),
		.short_keys = "stages",
		.short_help = "E2, E4 ..., erlang:STAGES",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_TURNS,
	.state_size = sizeof(struct renewal),
	.init = erlang_init,
	.gaps = renewal_gaps,
	.cdf = renewal_gamma_cdf,
	.laplace = renewal_laplace,
	.scv = renewal_scv,
};
