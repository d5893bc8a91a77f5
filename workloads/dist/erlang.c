/* erlang.c - exponential stages in series */
#include "workloads/dist.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/gamma.h"

/* n stages of mean m / n (Erlang 1917): scv 1/n, a gamma law of shape n. */
struct erlang_options {
	double mean;
	int64_t stages;
};

static const struct option_row erlang_rows[] = {
	OPTION(VALUE, struct erlang_options, mean, OPTION_REQUIRED, NULL, 0,
	       1e15, "the mean"),
	OPTION(INT, struct erlang_options, stages, 0, "2", 1, 10000,
	       "how many exponential stages it runs through"),
	{ 0 },
};

static int erlang_init(void *state, const void *options, struct arena *arena,
		       struct err *err)
{
	const struct erlang_options *o = options;
	struct gamma *s = state;

	(void)arena;
	if (!(o->mean > 0))
		return err_set(err, -EINVAL,
			       "mean of erlang is 0; give more than 0");
	s->shape = (double)o->stages;
	s->scale = o->mean / s->shape;
	return 0;
}

static size_t erlang_branches(const void *state, struct dist_branch *branch,
			      size_t max)
{
	const struct gamma *s = state;

	if (max)
		branch[0] = (struct dist_branch){ 1, (uint32_t)s->shape,
						  1 / s->scale };
	return 1;
}

const struct dist_ops dist_erlang = {
	.kind = {
		.name = "erlang",
		.help = "exponential stages in series: scv 1/stages",
		.options = erlang_rows,
		.options_size = sizeof(struct erlang_options),
		.short_keys = "stages",
		.short_help = "erlang:STAGES",
	},
	.state_size = sizeof(struct gamma),
	.init = erlang_init,
	.sample = gamma_sample,
	.moment = gamma_moment,
	.cdf = gamma_cdf,
	.quantile = gamma_quantile,
	.laplace = gamma_laplace,
	.branches = erlang_branches,
};
