/* runlength.c - how long a simulation must be to be believed */
#include "models/runlength.h"

#include <math.h>

#include "models/queue.h"

/* A run must end: laws without a variance count as this one. */
#define SCV_MOST 1000

/*
 * (ca2 + cs2) / (k (1 - rho)^2) service times (MODELS; Whitt 1989, "Planning
 * queueing simulations"), as if arrivals were Poisson; and what is in service
 * ends: a long request is remembered while it lasts, E[S^3] / E[S^2].
 */
static double relaxation(const struct queue *q, double load)
{
	double scv = fmin(fmax(queue_scv(q), 0), SCV_MOST);
	double longest = fmin(q->m3 / q->m2, SCV_MOST * q->mean);

	if (!isfinite(q->m2))
		scv = SCV_MOST;
	if (!isfinite(q->m3) || !isfinite(longest))
		longest = SCV_MOST * q->mean;
	return (1 + scv) * load / ((1 - load) * (1 - load)) + q->rate * longest;
}

/* The share of requests that make up most of the law's second moment. */
static double long_share(const struct queue *q)
{
	return isfinite(q->m2) ? 1 - queue_cdf(q, q->m2 / q->mean) : 1;
}

double runlength_share(const struct predict_query *query,
		       const struct predict_ask *ask)
{
	const struct workload *w = query->workload;
	double sum = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;
		double at = ask->given, part = 1;

		if (ask->class && ask->class != i + 1)
			continue;
		if (at > 0)
			part = law->ops->cdf(law->state, at * (1 + 1e-9)) -
			       law->ops->cdf(law->state, at * (1 - 1e-9));
		sum += w->class[i].weight * part;
	}
	return sum;
}

/*
 * What lies beyond a quantile comes in bursts, which last about a relaxation
 * each: 100 of them, so that their sum is near normal (of M/M/16 at load 0.9
 * intervals of the p99 hold the truth in 92% of runs then, 86% of runs of a
 * tenth of it). Who asks for a rough answer, 5% or worse, gets a rough run.
 */
static double tail_jobs(const struct runlength *r,
			const struct predict_query *query,
			const struct predict_ask *ask)
{
	double share = runlength_share(query, ask);
	double precision = ask->relative > 0 ? ask->relative : query->relative;
	double rough = fmin(1, 0.0025 / (precision * precision));

	if (ask->figure != FIGURE_QUANTILE || !(share > 0))
		return 0;
	return 100 * rough * r->relaxation / (share * fmin(ask->q, 1 - ask->q));
}

/*
 * 20 times the relaxation in each of some 30 replications. 1000 of the long
 * requests, without which a tail that is made of them is not seen at all (a
 * run that holds few overstates the highest load by up to 5 points).
 */
void runlength_init(struct runlength *r, const struct predict_query *query)
{
	double capacity = policy_capacity(&query->policy, query->workers,
					  query->workload);
	struct queue q;
	double rare;

	queue_init(&q, query);
	r->load = isfinite(capacity) ? fmin(query->rate / capacity, 0.9999)
				     : fmin(q.rho, 0.9);
	r->relaxation = relaxation(&q, r->load);
	r->first = r->least = fmax(32000, 640 * r->relaxation);
	rare = long_share(&q);
	if (rare > 1e-9)
		r->least = fmax(r->least, 1000 / rare);
	for (size_t i = 0; i < query->nask; i++)
		r->least = fmax(r->least, tail_jobs(r, query, &query->ask[i]));
}
