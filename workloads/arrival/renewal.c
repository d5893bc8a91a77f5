/* renewal.c - independent gaps of any law */
#include "workloads/arrival.h"

#include "lancet/core/option.h"
#include "workloads/renewal.h"

struct renewal_options {
	struct choice law;
};

static const struct option_row renewal_rows[] = {
	{ .key = "",
	  .type = OPTION_TYPE_KIND,
	  .offset = offsetof(struct renewal_options, law),
	  .flags = OPTION_REQUIRED,
	  .class = KIND_DIST,
	  .help = "law of a gap, stretched to the rate of the load" },
	{ 0 },
};

static int init(void *state, const void *options,
		const struct arrival_share *share, struct arena *arena,
		struct err *err)
{
	const struct renewal_options *o = options;
	struct dist law;
	int rc = dist_init(&law, &o->law, arena, err);

	return rc ? rc : renewal_init(state, &law, share, err);
}

const struct arrival_ops arrival_renewal = {
	.kind = {
		.name = "renewal",
		.help = "independent gaps of any law",
		.options = renewal_rows,
		.options_size = sizeof(struct renewal_options),
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_TURNS,
	.state_size = sizeof(struct renewal),
	.init = init,
	.gaps = renewal_gaps,
	.cdf = renewal_cdf,
	.laplace = renewal_laplace,
};
