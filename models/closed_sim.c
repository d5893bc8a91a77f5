/* closed_sim.c - the simulated closed loop: connections that wait for replies
 */
#include "models/closed_sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/rng.h"
#include "models/estimate.h"
#include "models/heap.h"

#define BURST 128
#define REPLICATIONS 20
/* Jobs of a connection and of all that are left out at first: the loop starts
 * with every connection in its pause. */
#define WARM_UP 20
#define WARM_UP_LEAST 20000
/* Clocks go back to 0 after so many mean services: they keep 26 bits below. */
#define REBASE 0x1p26

struct loop {
	const struct predict_query *query;
	struct arena arena;
	struct policy policy;
	struct heap sends; /* connections in their pause, by its end */
	double pause, mean;
	uint64_t jobs, left; /* sent in all; to be completed yet */
	double sojourns;     /* sum, of the last run */
	struct rng class, service, think, pick;
	struct tally tally[METRIC_SLOWDOWN + 1];
	bool recording, refused;
};

static void init_streams(struct loop *l, uint32_t number)
{
	struct rng_key key = { .seed = l->query->seed,
			       .agent = RNG_SIM,
			       .thread = number };
	struct {
		struct rng *rng;
		enum rng_purpose purpose;
	} stream[] = {
		{ &l->think, RNG_ARRIVAL },
		{ &l->class, RNG_CLASS },
		{ &l->service, RNG_SERVICE },
		{ &l->pick, RNG_POLICY },
	};

	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++) {
		key.purpose = stream[i].purpose;
		rng_init(stream[i].rng, &key);
	}
}

static double draw_pause(struct loop *l)
{
	return l->pause > 0 ? l->pause * rng_exponential(&l->think) : 0;
}

static int loop_init(struct loop *l, const struct predict_query *query,
		     uint32_t connections, double pause, uint32_t number,
		     struct err *err)
{
	int rc;

	*l = (struct loop){ .query = query, .pause = pause };
	l->mean = workload_moment(query->workload, 1);
	init_streams(l, number);
	arena_init(&l->arena);
	l->sends.entry =
		arena_array(&l->arena, connections, sizeof(*l->sends.entry));
	rc = policy_init(&l->policy, &query->policy, query->workers,
			 connections, &l->arena, err);
	for (int m = 0; !rc && m <= METRIC_SLOWDOWN; m++)
		if (tally_init(&l->tally[m], m == METRIC_SLOWDOWN ? 1 : l->mean,
			       true))
			rc = err_set(err, -ENOMEM, "no memory to simulate");
	for (uint32_t i = 0; i < connections; i++)
		heap_push(&l->sends, draw_pause(l), i, i);
	return rc;
}

static void loop_fini(struct loop *l)
{
	for (int m = 0; m <= METRIC_SLOWDOWN; m++)
		tally_fini(&l->tally[m]);
	arena_fini(&l->arena);
}

static void note(struct tally *t, double x, bool waited)
{
	t->n++;
	t->waited += waited;
	t->sum += x;
	t->sum2 += x * x;
	t->least = fmin(t->least, x);
	t->most = fmax(t->most, x);
	tally_bin(t, x);
}

static void receive(struct loop *l, const struct done *d)
{
	double sojourn = d->completion - d->job.arrival;
	double wait = d->first_start - d->job.arrival;

	heap_push(&l->sends, d->completion + draw_pause(l), l->jobs,
		  d->job.conn);
	l->left -= l->left > 0;
	l->sojourns += sojourn;
	if (!l->recording)
		return;
	note(&l->tally[METRIC_SOJOURN], sojourn, wait > 0);
	note(&l->tally[METRIC_WAIT], wait, wait > 0);
	note(&l->tally[METRIC_SLOWDOWN], sojourn / d->job.service, wait > 0);
}

static void send(struct loop *l, sim_time t)
{
	const struct workload *w = l->query->workload;
	const struct policy *p = &l->policy;
	struct job job = { .id = l->jobs++, .arrival = t };
	const struct dist *law;

	job.conn = heap_pop(&l->sends);
	job.class = w->nclasses > 1 ? workload_draw_class(w, &l->class) : 0;
	law = &w->class[job.class].service;
	law->ops->sample(law->state, &l->service, &job.service, 1);
	if (p->ops->flags & POLICY_PICKS)
		p->ops->pick(p->options, p->workers, rng_next(&l->pick),
			     &job.aux);
	if (p->ops->arrive(p->state, t, &job) != JOB_DONE)
		l->refused = true;
}

static void rebase(struct loop *l, sim_time by)
{
	if (!l->policy.ops->rebase || by < REBASE * l->mean)
		return;
	l->policy.ops->rebase(l->policy.state, by);
	for (uint32_t i = 0; i < l->sends.n; i++)
		l->sends.entry[i].key -= by;
}

/* Until so many jobs more are done. */
static void loop_jobs(struct loop *l, uint64_t jobs)
{
	const struct policy_ops *ops = l->policy.ops;
	struct done done[BURST];

	l->left = jobs;
	l->sojourns = 0;
	while (l->left && !l->refused) {
		sim_time due = l->sends.n ? l->sends.entry[0].key : INFINITY;
		sim_time next = ops->next(l->policy.state);
		size_t n;

		n = ops->advance(l->policy.state, fmin(due, next), done, BURST);
		for (size_t i = 0; i < n; i++)
			receive(l, &done[i]);
		if (n == BURST || next <= due)
			continue;
		send(l, due);
		rebase(l, due);
	}
}

static int refuse(const struct loop *l, struct err *err)
{
	return err_set(err, -EDOM,
		       "%s refuses requests, for which there is no closed-loop "
		       "model",
		       l->query->policy.kind->name);
}

static uint64_t warm_up(uint32_t connections)
{
	uint64_t jobs = (uint64_t)WARM_UP * connections;

	return jobs > WARM_UP_LEAST ? jobs : WARM_UP_LEAST;
}

/*
 * The pause is moved half the way to what would make the rate with the sojourn
 * that was seen: near saturation a longer pause shortens it by as much, so that
 * the whole way would swing to and fro.
 */
int closed_sim_pause(const struct predict_query *query, uint32_t connections,
		     double *pause, struct err *err)
{
	double cycle = connections / query->rate, sum = 0, sojourn = 0;
	struct loop l;
	int rc = loop_init(&l, query, connections, cycle, UINT32_MAX, err);

	for (int turn = 0; !rc && turn < 40 && !l.refused; turn++) {
		uint64_t jobs = warm_up(connections);

		loop_jobs(&l, jobs);
		sojourn = l.sojourns / (double)jobs;
		l.pause = fmax(0, (l.pause + cycle - sojourn) / 2);
		sum += turn < 20 ? 0 : l.pause;
	}
	if (!rc && l.refused)
		rc = refuse(&l, err);
	*pause = sojourn > cycle * 1.01 ? NAN : sum / 20;
	loop_fini(&l);
	return rc;
}

/* --- figures ---------------------------------------------------------------
 */

static struct predict_value of_tallies(const struct tally *t, uint32_t n,
				       const struct predict_ask *ask)
{
	struct estimate_pool *pool;
	struct predict_value v, tail;

	if (ask->class || ask->stage || ask->given > 0 ||
	    ask->of == METRIC_IN_SYSTEM)
		return predict_sure(NAN);
	switch (ask->figure) {
	case FIGURE_MEAN:
		return estimate_mean(t, n);
	case FIGURE_VARIANCE:
		return estimate_variance(t, n);
	case FIGURE_P_WAIT:
		return estimate_waited(t, n);
	case FIGURE_QUANTILE:
		pool = estimate_pool(t, n);
		v = pool ? estimate_quantile(pool, t, n, ask->q, &tail)
			 : predict_sure(NAN);
		free(pool);
		return v;
	default:
		return predict_sure(NAN);
	}
}

static struct predict_value figure(const struct loop *l,
				   const struct predict_ask *ask)
{
	struct tally t[REPLICATIONS];
	enum predict_metric of =
		ask->of <= METRIC_SLOWDOWN ? ask->of : METRIC_SOJOURN;

	for (int i = 0; i < REPLICATIONS; i++)
		t[i] = l[i].tally[of];
	return of_tallies(t, REPLICATIONS, ask);
}

/* Fills the answers; true where all are as narrow as was asked. */
static bool evaluate(const struct loop *l, const struct predict_query *query,
		     struct predict_answer *answer)
{
	double mean = workload_moment(query->workload, 1);
	bool good = true;

	for (size_t i = 0; i < query->nask; i++) {
		const struct predict_ask *ask = &query->ask[i];
		struct predict_value v = figure(l, ask);
		double least = ask->figure == FIGURE_P_WAIT ? 0.05
			       : ask->of == METRIC_WAIT	    ? mean / 10
							    : 0;

		answer[i].value = v;
		if (isnan(v.value))
			answer[i].refused = "the simulated closed loop does "
					    "not have this metric";
		else if (ask->of != METRIC_SLOWDOWN ||
			 ask->figure == FIGURE_QUANTILE)
			good = good &&
			       v.hi - v.value <=
				       query->relative * fmax(v.value, least);
	}
	return good;
}

/* Rounds, each as long as all before it, of all replications. */
static int run_rounds(struct loop *l, const struct predict_query *query,
		      uint32_t connections, struct predict_answer *answer,
		      struct err *err)
{
	int64_t start = clock_now_ns();
	uint64_t jobs = warm_up(connections);

	for (int i = 0; i < REPLICATIONS; i++) {
		loop_jobs(&l[i], jobs);
		l[i].recording = true;
	}
	do {
		for (int i = 0; i < REPLICATIONS; i++) {
			loop_jobs(&l[i], jobs);
			if (l[i].refused)
				return refuse(&l[i], err);
		}
		jobs = l[0].tally[METRIC_SOJOURN].n;
	} while (!evaluate(l, query, answer) &&
		 2e-9 * (double)(clock_now_ns() - start) < query->time_limit_s);
	return 0;
}

static void tell_method(const struct loop *l, const struct predict_query *query,
			struct predict_answer *answer, struct arena *arena)
{
	double jobs = REPLICATIONS * (double)l->tally[METRIC_SOJOURN].n;

	for (size_t i = 0; i < query->nask; i++)
		answer[i].method = arena_printf(
			arena, "simulation of %.3g requests, seed %llu", jobs,
			(unsigned long long)query->seed);
}

int closed_sim_run(const struct predict_query *query, uint32_t connections,
		   double pause, struct predict_answer *answer,
		   struct predict_value *sojourn, struct arena *arena,
		   struct err *err)
{
	struct loop *l = arena_array(arena, REPLICATIONS, sizeof(*l));
	const struct predict_ask mean_sojourn = { 0 };
	uint32_t n = 0;
	int rc = 0;

	while (!rc && n < REPLICATIONS) {
		rc = loop_init(&l[n], query, connections, pause, n, err);
		n++;
	}
	if (!rc)
		rc = run_rounds(l, query, connections, answer, err);
	if (!rc) {
		*sojourn = figure(l, &mean_sojourn);
		tell_method(l, query, answer, arena);
	}
	while (n--)
		loop_fini(&l[n]);
	return rc;
}
