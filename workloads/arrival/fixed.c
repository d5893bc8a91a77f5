/* fixed.c - requests at equal distances */
#include "workloads/arrival.h"

/*
 * Shares take turns: share i of n sends requests i+1, i+n+1, ... of the
 * whole, so that the whole keeps equal distances too.
 */
struct fixed {
	double interval_ns; /* of this share */
	double next_gap_ns; /* the first one is the phase */
};

static int fixed_init(void *state, const void *options,
		      const struct arrival_share *share, struct arena *arena,
		      struct err *err)
{
	struct fixed *s = state;

	(void)options;
	(void)arena;
	(void)err; /* the rate is the load's, which is checked there */
	s->interval_ns = 1e9 * share->of / share->rate_rps;
	s->next_gap_ns = 1e9 * (share->index + 1.0) / share->rate_rps;
	return 0;
}

static size_t fixed_gaps(void *state, struct rng *rng, double *gap_ns, size_t n)
{
	struct fixed *s = state;

	(void)rng;
	for (size_t i = 0; i < n; i++) {
		gap_ns[i] = s->next_gap_ns;
		s->next_gap_ns = s->interval_ns;
	}
	return n;
}

static double fixed_cdf(const void *state, double gap_ns)
{
	const struct fixed *s = state;

	return gap_ns >= s->interval_ns;
}

static double complex fixed_laplace(const void *state, double complex s)
{
	const struct fixed *f = state;

	return cexp(-s * f->interval_ns);
}

static double fixed_scv(const void *state)
{
	(void)state;
	return 0;
}

const struct arrival_ops arrival_fixed = {
	.kind = {
		.name = "fixed",
		.alias = "D",
		.help = "equal gaps, also over all threads together",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_CONSTANT,
	.state_size = sizeof(struct fixed),
	.init = fixed_init,
	.gaps = fixed_gaps,
	.cdf = fixed_cdf,
	.laplace = fixed_laplace,
	.scv = fixed_scv,
};
