/* gamma.c - any scv, light tails: erlang with a broken number of stages */
#include "workloads/dist.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/gamma.h"

/* shape 1 / scv, scale mean * scv (Johnson, Kotz, Balakrishnan 1994, ch. 17).
 */
struct gamma_options {
	double mean, scv;
};

static const struct option_row gamma_rows[] = {
	OPTION(VALUE, struct gamma_options, mean, OPTION_REQUIRED, NULL, 0,
	       1e15, "the mean"),
	OPTION(REAL, struct gamma_options, scv, 0, "1", 1e-4, 1e4,
	       "variance over the square of the mean"),
	{ 0 },
};

static int gamma_init(void *state, const void *options, struct arena *arena,
		      struct err *err)
{
	const struct gamma_options *o = options;

	(void)arena;
	if (!(o->mean > 0))
		return err_set(err, -EINVAL,
			       "mean of gamma is 0; give more than 0");
	*(struct gamma *)state = (struct gamma){ 1 / o->scv, o->mean * o->scv };
	return 0;
}

const struct dist_ops dist_gamma = {
	.kind = {
		.name = "gamma",
		.help = "any scv with a light tail; by mean and scv",
		.options = gamma_rows,
		.options_size = sizeof(struct gamma_options),
		.short_keys = "scv",
		.short_help = "gamma:SCV",
	},
	.state_size = sizeof(struct gamma),
	.init = gamma_init,
	.sample = gamma_sample,
	.moment = gamma_moment,
	.cdf = gamma_cdf,
	.quantile = gamma_quantile,
	.laplace = gamma_laplace,
};
