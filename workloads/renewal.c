/* renewal.c - independent gaps of any law: what such arrivals share */
#include "workloads/renewal.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/arrival.h"
#include "workloads/gamma.h"

int renewal_init(struct renewal *r, const struct dist *law,
		 const struct arrival_share *share, struct err *err)
{
	double mean = dist_mean(law);

	if (!isfinite(mean) || !(mean > 0))
		return err_set(err, -EINVAL,
			       "the mean gap is %g; choose a law with a mean "
			       "above 0, which the rate can stretch",
			       mean);
	*r = (struct renewal){
		.law = *law,
		.unit_ns = 1e9 / share->rate_rps / mean,
		.of = share->of,
		.pass = share->index + 1,
	};
	return 0;
}

int renewal_parse(struct renewal *r, const struct arrival_share *share,
		  struct arena *arena, struct err *err, const char *law, ...)
{
	struct choice choice;
	struct dist dist;
	char text[256];
	va_list args;
	int rc;

	va_start(args, law);
	vsnprintf(text, sizeof(text), law, args);
	va_end(args);
	rc = option_parse_choice(KIND_DIST, OPTION_UNIT_NONE, text, &choice,
				 arena, err);
	if (!rc)
		rc = dist_init(&dist, &choice, arena, err);
	return rc ? rc : renewal_init(r, &dist, share, err);
}

/* The sum of the next n gaps of the whole process. */
static double sum_gaps(const struct dist *law, struct rng *rng, uint32_t n)
{
	double gap[32], sum = 0;

	while (n) {
		uint32_t burst = n < 32 ? n : 32;

		law->ops->sample(law->state, rng, gap, burst);
		for (uint32_t i = 0; i < burst; i++)
			sum += gap[i];
		n -= burst;
	}
	return sum;
}

size_t renewal_gaps(void *state, struct rng *rng, double *gap_ns, size_t n)
{
	struct renewal *r = state;

	if (r->of == 1)
		r->law.ops->sample(r->law.state, rng, gap_ns, n);
	for (size_t i = 0; i < n; i++) {
		if (r->of > 1)
			gap_ns[i] = sum_gaps(&r->law, rng, r->pass);
		gap_ns[i] *= r->unit_ns;
		r->pass = r->of;
	}
	return n;
}

double renewal_cdf(const void *state, double gap_ns)
{
	const struct renewal *r = state;

	/* Stretching moves atoms by rounding, and so off their steps. */
	if (r->of > 1 || r->law.ops->atoms)
		return NAN;
	return r->law.ops->cdf(r->law.state, gap_ns / r->unit_ns);
}

double renewal_gamma_cdf(const void *state, double gap_ns)
{
	const struct renewal *r = state;
	struct gamma all = *(const struct gamma *)r->law.state;

	all.shape *= r->of;
	return gamma_cdf(&all, gap_ns / r->unit_ns);
}

double complex renewal_laplace(const void *state, double complex s)
{
	const struct renewal *r = state;
	double complex one = NAN, all = 1;

	if (r->law.ops->laplace)
		one = r->law.ops->laplace(r->law.state, s * r->unit_ns);
	for (uint32_t i = 0; i < r->of; i++)
		all *= one;
	return all;
}

double renewal_scv(const void *state)
{
	const struct renewal *r = state;

	return dist_scv(&r->law);
}
