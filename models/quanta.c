/* quanta.c - work in slices: a job that needs more goes back to a queue */
#include "models/quanta.h"

#include <gsl/gsl_cdf.h>

#include "lancet/core/rng.h"
#include "workloads/schedule.h"

/* Sums of slices with overshoot are looked at in so many places of their law:
 * a step of the law of service is then off by at most 1/32. */
#define PLACES 16
/* Where sums of expiries end: by then, or at so little more. */
#define SLICES_MOST 1000000
#define LATER_LEAST 1e-12

/* |N(0, 1)| from 64 bits. */
static double half_normal(uint64_t draw)
{
	double u = ((double)(draw >> 11) + 0.5) * 0x1p-53;

	return gsl_cdf_ugaussian_Qinv(u / 2);
}

static double overshoot(const struct quanta_options *q, const struct done *d)
{
	if (!(q->overshoot > 0))
		return 0;
	return q->overshoot *
	       half_normal(rng_mix(d->job.aux.draw[1] + d->slices));
}

void quanta_put(const struct quanta_options *q, struct workers *w,
		uint32_t worker, uint32_t slot, sim_time t)
{
	struct done *d = &w->pool.slot[slot];
	double slice = q->quantum + overshoot(q, d);
	sim_time until;

	if (w->left[slot] > slice) {
		until = t + slice + q->cost;
		w->left[slot] -= slice;
		d->overhead += q->cost;
	} else {
		until = t + w->left[slot];
		w->left[slot] = 0;
	}
	workers_put(w, worker, slot, t, until);
}

/*
 * P(S > the sum of j slices). Overshoots are independent: their sum has j
 * times the mean sqrt(2 / pi) and the variance 1 - 2 / pi of one, and is
 * nearly normal from two on.
 */
static double outlives(const struct dist *law, const struct quanta_options *q,
		       int j)
{
	double sum = 0;

	if (!(q->overshoot > 0))
		return 1 - law->ops->cdf(law->state, j * q->quantum);
	for (int i = 0; i < PLACES; i++) {
		double p = (i + 0.5) / PLACES, x;

		if (j == 1)
			x = gsl_cdf_ugaussian_Qinv(p / 2);
		else
			x = j * sqrt(M_2_PI) +
			    sqrt(j * (1 - M_2_PI)) * gsl_cdf_ugaussian_Pinv(p);
		x = fmax(x, 0) * q->overshoot;
		sum += 1 - law->ops->cdf(law->state, j * q->quantum + x);
	}
	return sum / PLACES;
}

/* How many of its slices run out: the sum over j of P(S > j slices). */
static double mean_expiries(const struct dist *law,
			    const struct quanta_options *q)
{
	double sum = 0, later = 1;

	for (int j = 1; j <= SLICES_MOST && later > LATER_LEAST; j++) {
		later = outlives(law, q, j);
		sum += later;
	}
	return sum;
}

double quanta_capacity(const void *options, uint32_t workers,
		       const struct workload *workload)
{
	const struct quanta_options *q = options;
	double work = workload_moment(workload, 1);

	for (size_t i = 0; q->cost > 0 && i < workload->nclasses; i++)
		work += q->cost * workload->class[i].weight *
			mean_expiries(&workload->class[i].service, q);
	return workers / work;
}

/* Clear of what others pick. */
void quanta_pick(const void *options, uint32_t workers, uint64_t draw,
		 union job_aux *aux)
{
	(void)options;
	(void)workers;
	aux->draw[1] = draw;
}
