/* overhead_sim.c - curves of a queue whose requests were not recorded */
#include <errno.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/rng.h"
#include "models/overhead.h"
#include "models/sections.h"

#define BURST 128
/* Jobs of a point: of policies that run in bursts, and event by event. */
#define JOBS_BURSTS 400000
#define JOBS_EVENTS 100000
/* A first look needs fewer. */
#define FIRST 8
/* A second look goes so many standard errors around the first's work. */
#define AROUND 6

/* The queue starts empty: the first 1/20 of the jobs let it forget that. */
#define WARM_UP 20

static void draw_services(const struct workload *w, struct job *job, size_t n,
			  const struct rng_key *of)
{
	struct rng_key key = *of;
	struct rng class, service;

	key.purpose = RNG_CLASS;
	rng_init(&class, &key);
	key.purpose = RNG_SERVICE;
	rng_init(&service, &key);
	for (size_t i = 0; i < n; i++) {
		const struct dist *law;

		job[i].class =
			w->nclasses > 1 ? workload_draw_class(w, &class) : 0;
		law = &w->class[job[i].class].service;
		law->ops->sample(law->state, &service, &job[i].service, 1);
	}
}

static int draw_arrivals(const struct predict_query *q, struct job *job,
			 size_t n, const struct rng_key *of,
			 struct arena *arena, struct err *err)
{
	const struct arrival_share whole = { .rate_rps = q->rate * 1e9,
					     .of = 1 };
	const struct arrival_ops *ops =
		(const struct arrival_ops *)q->workload->arrival.kind;
	void *state = arena_alloc(arena, ops->state_size);
	struct rng_key key = *of;
	double gap[BURST], now = 0;
	struct rng rng;

	if (ops->init(state, q->workload->arrival.options, &whole, arena, err))
		return err->code;
	key.purpose = RNG_ARRIVAL;
	rng_init(&rng, &key);
	for (size_t i = 0; i < n; i += BURST) {
		ops->gaps(state, &rng, gap, BURST);
		for (size_t j = 0; j < BURST && i + j < n; j++)
			job[i + j].arrival = now += gap[j];
	}
	return 0;
}

static int draw_jobs(const struct predict_query *q, struct job *job, size_t n,
		     struct arena *arena, struct err *err)
{
	const struct policy_ops *policy = (const void *)q->policy.kind;
	struct rng_key key = { .seed = q->seed, .agent = RNG_SIM };

	if (draw_arrivals(q, job, n, &key, arena, err))
		return err->code;
	draw_services(q->workload, job, n, &key);
	for (size_t i = 0; i < n; i++) {
		job[i].id = i;
		job[i].conn = (uint32_t)rng_mix(policy_draw(i));
		if (policy->flags & POLICY_PICKS)
			policy_pick(&q->policy, q->workers, policy_draw(i),
				    &job[i].aux);
	}
	return 0;
}

static int simulate(const struct predict_query *query, size_t n,
		    const struct overhead_near *near,
		    struct overhead_point *point, struct arena *arena,
		    struct err *err)
{
	struct overhead_jobs jobs = {
		.policy = &query->policy,
		.workers = query->workers,
		.n = n,
		.mean = workload_moment(query->workload, 1),
		.load = point->load,
		.near = near,
	};
	struct arena own;
	struct job *job;
	bool *counted;
	int rc;

	arena_init(&own);
	jobs.job = job = arena_array(&own, n, sizeof(*job));
	jobs.counted = counted = arena_array(&own, n, sizeof(*counted));
	for (size_t i = n / WARM_UP; i < n; i++)
		counted[i] = true;
	rc = draw_jobs(query, job, n, &own, err);
	if (!rc)
		rc = overhead_curves(&jobs, point, NULL, arena, err);
	point->simulated = (double)(n - n / WARM_UP);
	arena_fini(&own);
	return rc;
}

static int look(const struct predict_query *of, size_t n, size_t npoints,
		const struct overhead_near *near, struct overhead_point *points,
		struct overhead *found, struct arena *arena, struct err *err)
{
	struct predict_query query = *of;

	for (size_t i = 0; i < npoints; i++) {
		query.rate = points[i].rate;
		if (simulate(&query, n, near, &points[i], arena, err))
			return err->code;
	}
	return overhead_fit(points, npoints, workload_moment(of->workload, 1),
			    found, err);
}

static struct overhead_near around(const struct overhead *found, double mean)
{
	struct overhead_near near;

	for (int kind = 0; kind < OVERHEAD_KINDS; kind++) {
		const struct predict_value *v = &found->of[kind].work;
		double unit = kind == OVERHEAD_ADDED ? mean : 1;
		double half = AROUND / 2. * (v->hi - v->lo) / 2;

		half = fmax(half, .01 * unit);
		near.lo[kind] = fmax((v->value - half) / unit, -.5);
		near.hi[kind] = (v->value + half) / unit;
	}
	return near;
}

/* Poisson streams have 1; others are taken for it. */
#define GAPS_SCV 1

int overhead_stationary(const struct predict_query *query,
			struct overhead_point *points, size_t n,
			struct overhead *found, struct arena *arena,
			struct err *err)
{
	const struct policy_ops *policy = (const void *)query->policy.kind;
	size_t jobs = policy->departures ? JOBS_BURSTS : JOBS_EVENTS;
	double mean = workload_moment(query->workload, 1);
	struct overhead_near near;

	for (size_t i = 0; i < n; i++)
		points[i].scv =
			GAPS_SCV - 1 +
			workload_moment(query->workload, 2) / (mean * mean);
	if (look(query, jobs / FIRST, n, NULL, points, found, arena, err))
		return err->code;
	near = around(found, mean);
	return look(query, jobs, n, &near, points, found, arena, err);
}
