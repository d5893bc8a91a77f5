/* sim.c - an event simulator of G/G/k queues under any policy */
#include "models/sim.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/rng.h"
#include "models/batch.h"

#define SIM_BURST 128
/* Jobs in the system at once: at 99% load M/M/1 has 100 on average. */
#define SIM_ROOM (1u << 17)
/* Clocks go back to 0 after so many jobs, so that sums keep precision. */
#define SIM_REBASE ((uint64_t)1 << 20)
/* Requests come over so many, each as often: as many as the evaluation of
 * ZygOS had (Prekas et al., SOSP 2017). */
#define SIM_CONNECTIONS 2752
/* Resolution: this many ticks to a mean service time, or to a slowdown of 1;
 * the histogram then spans 1e-6 to 3e6 of them. */
#define SIM_TICKS 0x1p20

struct sim {
	const struct predict_query *query;
	enum predict_metric metric; /* that this run records */
	struct policy policy;
	const struct arrival_ops *arrival;
	void *arrival_state;
	struct rng gap, class, service, pick;
	sim_time now;	  /* of the last arrival */
	uint64_t jobs;	  /* so far */
	bool refuses;	  /* jobs are dropped by rule, not for room */
	uint64_t warm_up; /* completions still to be left out */
	struct batch batch;
	bool overflow;
	int batches; /* closed since the last look */
	double mean; /* of service */
	int64_t start_ns;
};

static void draw_service(struct sim *s, struct job *job, size_t n)
{
	const struct workload *w = s->query->workload;
	double x[SIM_BURST];

	if (w->nclasses == 1) {
		const struct dist *law = &w->class[0].service;

		law->ops->sample(law->state, &s->service, x, n);
		for (size_t i = 0; i < n; i++)
			job[i].service = x[i];
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct dist *law;

		job[i].class = workload_draw_class(w, &s->class);
		law = &w->class[job[i].class].service;
		law->ops->sample(law->state, &s->service, &job[i].service, 1);
	}
}

static void draw_jobs(struct sim *s, struct job *job, size_t n)
{
	unsigned flags =
		s->policy.ops->flags & (POLICY_PICKS | POLICY_CONN);
	double gap[SIM_BURST];

	s->arrival->gaps(s->arrival_state, &s->gap, gap, n);
	for (size_t i = 0; i < n; i++) {
		s->now += gap[i];
		job[i] = (struct job){ .id = s->jobs++, .arrival = s->now };
	}
	draw_service(s, job, n);
	for (size_t i = 0; flags && i < n; i++) {
		uint64_t draw = rng_next(&s->pick);

		job[i].conn = (uint32_t)(rng_mix(draw) % SIM_CONNECTIONS);
		if (flags & POLICY_PICKS)
			s->policy.ops->pick(s->policy.options,
					    s->policy.workers, draw,
					    &job[i].aux);
	}
}

static double metric_of(enum predict_metric metric, const struct done *d)
{
	double sojourn = d->completion - d->job.arrival;

	switch (metric) {
	case METRIC_SOJOURN:
		return sojourn;
	case METRIC_WAIT:
		return d->first_start - d->job.arrival;
	default:
		return sojourn / d->job.service;
	}
}

static void record(struct sim *s, const struct done *done, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s->warm_up) {
			s->warm_up--;
			continue;
		}
		if (!batch_add(&s->batch, metric_of(s->metric, &done[i]),
			       done[i].first_start > done[i].job.arrival))
			continue;
		batch_close(&s->batch);
		s->batches++;
	}
}

static void run_events(struct sim *s, const struct job *job, size_t n)
{
	const struct policy_ops *ops = s->policy.ops;
	struct done done[SIM_BURST];
	size_t out;

	for (size_t i = 0; i < n; i++) {
		do {
			out = ops->advance(s->policy.state, job[i].arrival,
					   done, SIM_BURST);
			record(s, done, out);
		} while (out == SIM_BURST ||
			 ops->next(s->policy.state) <= job[i].arrival);
		if (ops->arrive(s->policy.state, job[i].arrival, &job[i]) ==
			    JOB_DROPPED &&
		    !s->refuses) {
			s->overflow = true;
			return;
		}
	}
}

static void run_departures(struct sim *s, const struct job *job)
{
	sim_time start[SIM_BURST], completion[SIM_BURST];
	struct done done[SIM_BURST];

	s->policy.ops->departures(s->policy.state, job, start, completion,
				  SIM_BURST);
	for (size_t i = 0; i < SIM_BURST; i++)
		done[i] = (struct done){ .job = job[i],
					 .first_start = start[i],
					 .completion = completion[i] };
	record(s, done, SIM_BURST);
}

static void run_burst(struct sim *s)
{
	const struct policy_ops *ops = s->policy.ops;
	struct job job[SIM_BURST];

	draw_jobs(s, job, SIM_BURST);
	if (ops->departures)
		run_departures(s, job);
	else
		run_events(s, job, SIM_BURST);
	if (ops->rebase && s->jobs % SIM_REBASE < SIM_BURST) {
		ops->rebase(s->policy.state, s->now);
		s->now = 0;
	}
}

/*
 * Is the interval as narrow as was asked? A wait may be near 0, of which no
 * share is narrow: then of a tenth of the mean service.
 */
static bool narrow(const struct sim *s, const struct predict_ask *ask,
		   const struct predict_value *v)
{
	double floor = s->metric == METRIC_WAIT ? s->mean / 10 : 0;

	if (ask->relative > 0)
		return v->hi - v->value <= ask->relative * v->value;
	return v->hi - v->value <= s->query->relative * fmax(v->value, floor);
}

static struct predict_value times(struct predict_value v, double by)
{
	return (struct predict_value){ v.value * by, v.lo * by, v.hi * by };
}

/* Is this ask for what the run records? */
static bool asked(const struct sim *s, const struct predict_ask *ask)
{
	if (ask->figure == FIGURE_P_WAIT)
		return s->metric == METRIC_WAIT;
	if (ask->of == METRIC_IN_SYSTEM)
		return s->metric == METRIC_SOJOURN;
	return s->metric == ask->of;
}

static struct predict_value figure(struct sim *s, const struct predict_ask *ask)
{
	if (ask->class || ask->stage || ask->given > 0)
		return predict_sure(NAN);
	if (ask->figure == FIGURE_P_WAIT)
		return batch_share(&s->batch);
	if (ask->of == METRIC_IN_SYSTEM)
		return ask->figure == FIGURE_MEAN
			       ? times(batch_mean(&s->batch), s->query->rate)
			       : predict_sure(NAN);
	if (ask->figure == FIGURE_QUANTILE)
		return batch_quantile(&s->batch, ask->q);
	return ask->figure == FIGURE_MEAN ? batch_mean(&s->batch)
					  : predict_sure(NAN);
}

/* Put what is known into the answers; true when it is good enough. */
static bool evaluate(struct sim *s, struct predict_answer *answer)
{
	bool good = true;

	for (size_t i = 0; i < s->query->nask; i++) {
		const struct predict_ask *ask = &s->query->ask[i];
		struct predict_value *v = &answer[i].value;

		if (!asked(s, ask))
			continue;
		*v = figure(s, ask);
		if (isnan(v->value))
			answer[i].refused = "not simulated yet";
		/* A mean slowdown may be infinite: it is not waited for. */
		else if (ask->relative > 0 ||
			 (ask->figure != FIGURE_P_WAIT &&
			  (ask->of != METRIC_SLOWDOWN ||
			   ask->figure == FIGURE_QUANTILE)))
			good = good && narrow(s, ask, v);
	}
	return good;
}

/*
 * Jobs after which the queue has forgotten its past: (ca2 + cs2) / (k (1 -
 * rho)^2) service times (MODELS; Whitt 1989, "Planning queueing
 * simulations"), with cs2 bounded, as a run must end.
 */
static double relaxation_jobs(const struct predict_query *q, double load)
{
	double m1 = workload_moment(q->workload, 1);
	double scv = workload_moment(q->workload, 2) / (m1 * m1) - 1;

	return (1 + fmin(fmax(scv, 0), 100)) * load / ((1 - load) * (1 - load));
}

/* Long enough to be nearly independent and to hold the quantiles. */
static uint64_t batch_size(const struct predict_query *q, double load)
{
	double size = fmax(1000, 10 * relaxation_jobs(q, load));

	for (size_t i = 0; i < q->nask; i++)
		if (q->ask[i].figure == FIGURE_QUANTILE)
			size = fmax(size, 10 / (1 - q->ask[i].q));
	return (uint64_t)ceil(size);
}

static void init_streams(struct sim *s)
{
	struct rng_key key = { .seed = s->query->seed };
	struct {
		struct rng *rng;
		enum rng_purpose purpose;
	} stream[] = {
		{ &s->gap, RNG_ARRIVAL },
		{ &s->class, RNG_CLASS },
		{ &s->service, RNG_SERVICE },
		{ &s->pick, RNG_POLICY },
	};

	/* Apart from the streams of a run of the same seed. */
	key.agent = RNG_SIM;
	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++) {
		key.purpose = stream[i].purpose;
		key.thread = UINT32_MAX;
		rng_init(stream[i].rng, &key);
	}
}

static int sim_init(struct sim *s, const struct predict_query *query,
		    enum predict_metric metric, double load,
		    struct arena *arena, struct err *err)
{
	/* The law's unit of time stands for the nanosecond of the ops. */
	const struct arrival_share whole = { .rate_rps = query->rate * 1e9,
					     .of = 1 };
	int rc;

	*s = (struct sim){ .query = query, .metric = metric };
	s->mean = workload_moment(query->workload, 1);
	s->refuses = policy_refuses(&query->policy, query->workers,
				    query->workload);
	init_streams(s);
	s->arrival = (const struct arrival_ops *)query->workload->arrival.kind;
	s->arrival_state = arena_alloc(arena, s->arrival->state_size);
	rc = s->arrival->init(s->arrival_state,
			      query->workload->arrival.options, &whole, arena,
			      err);
	if (!rc)
		rc = policy_init(&s->policy, &query->policy, query->workers,
				 SIM_ROOM, arena, err);
	if (rc)
		return rc;
	if (batch_init(&s->batch, batch_size(query, load),
		       metric == METRIC_SLOWDOWN ? SIM_TICKS
							: SIM_TICKS / s->mean))
		return err_set(err, -ENOMEM, "no memory to simulate");
	/* The system starts empty: let it forget that. */
	s->warm_up = s->batch.size;
	return 0;
}

static bool out_of_time(const struct sim *s)
{
	return (double)(clock_now_ns() - s->start_ns) >
	       s->query->time_limit_s * 1e9;
}

/* Looks cost some milliseconds, so not at every batch. */
static bool time_to_look(struct sim *s)
{
	if (s->batch.n < BATCH_LEAST || s->batches < BATCH_LEAST / 2)
		return false;
	s->batches = 0;
	return true;
}

static int sim_loop(struct sim *s, struct predict_answer *answer,
		    struct err *err)
{
	s->start_ns = clock_now_ns();
	for (uint64_t turn = 1;; turn++) {
		run_burst(s);
		if (s->overflow)
			return err_set(err, -EDOM,
				       "more than %u jobs in the "
				       "queue: no steady state in sight",
				       SIM_ROOM);
		if (time_to_look(s) && evaluate(s, answer))
			return 0;
		if (turn % 512 || !out_of_time(s))
			continue;
		if (s->batch.n < BATCH_LEAST)
			return err_set(err, -EDOM,
				       "%.1f s were too short for "
				       "an interval at this load and quantile; "
				       "simulate longer",
				       s->query->time_limit_s);
		evaluate(s, answer);
		return 0;
	}
}

static int run_metric(const struct predict_query *query,
		      enum predict_metric metric, struct predict_answer *answer,
		      struct arena *text, struct err *err)
{
	double load =
		query->rate / policy_capacity(&query->policy, query->workers,
					      query->workload);
	struct arena
		arena; /* a policy's room is some 15 MB: not the caller's */
	struct sim s;
	int rc;

	arena_init(&arena);
	rc = sim_init(&s, query, metric, fmin(load, 0.999), &arena, err);
	if (!rc) {
		const char *method;

		rc = sim_loop(&s, answer, err);
		method = arena_printf(
			text, "simulation of %.3g requests, seed %llu",
			(double)batch_total(&s.batch),
			(unsigned long long)query->seed);
		for (size_t i = 0; i < query->nask; i++)
			if (asked(&s, &query->ask[i]))
				answer[i].method = method;
		batch_fini(&s.batch);
	}
	arena_fini(&arena);
	return rc;
}

int sim_run(const struct predict_query *query, struct predict_answer *answer,
	    struct arena *arena, struct err *err)
{
	int rc = 0;

	for (int m = METRIC_SOJOURN; !rc && m <= METRIC_SLOWDOWN; m++) {
		struct sim probe = { .metric = (enum predict_metric)m };
		bool any = false;

		for (size_t i = 0; i < query->nask; i++)
			any |= asked(&probe, &query->ask[i]);
		if (any)
			rc = run_metric(query, probe.metric, answer, arena,
					err);
	}
	return rc;
}
