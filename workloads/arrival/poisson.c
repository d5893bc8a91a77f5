/* poisson.c - requests come independently of each other */
#include "workloads/arrival.h"

#include <math.h>

#include "lancet/core/rng.h"

/* Thinning at random leaves a Poisson process of the share's rate. */
struct poisson {
	double mean_ns;
};

static int poisson_init(void *state, const void *options,
			const struct arrival_share *share, struct arena *arena,
			struct err *err)
{
	struct poisson *s = state;

	(void)options;
	(void)arena;
	(void)err; /* the rate is the load's, which is checked there */
	s->mean_ns = 1e9 * share->of / share->rate_rps;
	return 0;
}

static size_t poisson_gaps(void *state, struct rng *rng, double *gap_ns,
			   size_t n)
{
	const struct poisson *s = state;

	for (size_t i = 0; i < n; i++)
		gap_ns[i] = s->mean_ns * rng_exponential(rng);
	return n;
}

static double poisson_cdf(const void *state, double gap_ns)
{
	const struct poisson *s = state;

	return gap_ns > 0 ? -expm1(-gap_ns / s->mean_ns) : 0;
}

static double complex poisson_laplace(const void *state, double complex s)
{
	const struct poisson *p = state;

	return creal(s) * p->mean_ns > -1 ? 1 / (1 + s * p->mean_ns) : NAN;
}

static double poisson_scv(const void *state)
{
	(void)state;
	return 1;
}

const struct arrival_ops arrival_poisson = {
	.kind = {
		.name = "poisson",
		.alias = "M",
		.help = "independent requests: exponential gaps",
	},
	.flags = ARRIVAL_RENEWAL | ARRIVAL_POISSON,
	.state_size = sizeof(struct poisson),
	.init = poisson_init,
	.gaps = poisson_gaps,
	.cdf = poisson_cdf,
	.laplace = poisson_laplace,
	.scv = poisson_scv,
};
