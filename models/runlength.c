/* runlength.c - how long a simulation must be to be believed */
#include "models/runlength.h"

#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/queue.h"
#include "models/replica.h"

/* A run must end: laws without a variance count as this one. */
#define SCV_MOST 1000

/*
 * Of an MMPP whose states follow each other in a circle: the variance of how
 * many come in a long time, over its mean (Fischer and Meier-Hellstern 1993,
 * "The MMPP cookbook", by Poisson's equation Q h = mean - rate, which a circle
 * solves step by step); and how many come until it has gone round once.
 */
static double mmpp_dispersion(const struct arrival_mmpp *m, double *round)
{
	double time = 0, mean = 0, h = 0, sum = 0;

	for (size_t i = 0; i < m->n; i++) {
		time += 1 / m->leave[i];
		mean += m->rate[i] / m->leave[i];
	}
	*round = mean;
	mean /= time;
	for (size_t i = 0; i < m->n; i++) {
		double off = (m->rate[i] - mean) / m->leave[i];

		sum += off * h;
		h -= off;
	}
	return 1 + 2 * sum / (time * mean);
}

/*
 * The ca2 of an arrival process: of gaps that depend on each other the
 * dispersion of their counts, which is what long queues see. One that tells
 * neither counts as Poisson. *round: what comes until it has forgotten.
 */
static double arrival_scv(const struct queue *q, double *round)
{
	const struct arrival_share whole = { .rate_rps = q->rate * 1e9,
					     .of = 1 };
	const struct arrival_ops *ops = q->arrival;
	struct arena arena;
	struct err err = { 0 };
	double scv = 1;
	void *state;

	*round = 0;
	arena_init(&arena);
	state = arena_alloc(&arena, ops->state_size);
	if (ops->flags & ARRIVAL_RENEWAL)
		scv = queue_gap_scv(q, &arena);
	else if (ops->mmpp && !ops->init(state, q->workload->arrival.options,
					 &whole, &arena, &err))
		scv = mmpp_dispersion(ops->mmpp(state), round);
	arena_fini(&arena);
	return isnan(scv) ? 1 : fmin(scv, SCV_MOST);
}

/*
 * (ca2 + cs2) / (k (1 - rho)^2) service times (MODELS; Whitt 1989, "Planning
 * queueing simulations"); what is in service ends: a long request is
 * remembered while it lasts, E[S^3] / E[S^2]; and so is a state of the
 * arrivals.
 */
static double relaxation(const struct queue *q, double load)
{
	double round, ca2 = arrival_scv(q, &round);
	double scv = fmin(fmax(queue_scv(q), 0), SCV_MOST);
	double longest = fmin(q->m3 / q->m2, SCV_MOST * q->mean);

	if (!isfinite(q->m2))
		scv = SCV_MOST;
	if (!isfinite(q->m3) || !isfinite(longest))
		longest = SCV_MOST * q->mean;
	return (ca2 + scv) * load / ((1 - load) * (1 - load)) +
	       q->rate * longest + round;
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

/*
 * Room for the queue: at M/G/k's mean number waiting times 64, or each
 * server's where they are split (MODELS: exponential tails).
 */
static uint32_t room_for(const struct runlength *l, uint32_t workers)
{
	double relaxed = l->relaxation * (1 - l->load);

	return (uint32_t)fmin(4096 + 64 * workers * relaxed, 1 << 20);
}

void runlength_plan(const struct runlength *r,
		    const struct predict_query *query,
		    struct replica_plan *plan)
{
	plan->query = query;
	plan->mean = workload_moment(query->workload, 1);
	plan->refuses =
		policy_refuses(&query->policy, query->workers, query->workload);
	plan->room =
		room_for(r, policy_workers(&query->policy, query->workers));
	plan->warm_up = (uint64_t)ceil(500 + 5 * r->relaxation);
}
