/* replica.c - one replication of a simulated queue */
#include "models/replica.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"

#define BURST REPLICA_BURST
/* Clocks go back to 0 after so many mean services: they keep 26 bits below. */
#define REBASE 0x1p26
/* Requests come over so many, each as often: as many as the evaluation of
 * ZygOS had (Prekas et al., SOSP 2017). */
#define CONNECTIONS 2752

/* --- what arrives ----------------------------------------------------------
 */

static void draw_services(struct replica *r, struct replica_burst *b)
{
	const struct workload *w = r->plan->query->workload;
	const struct dist *law = &w->class[0].service;

	if (w->nclasses == 1) {
		law->ops->sample(law->state, &r->service, b->service, BURST);
		return;
	}
	for (size_t i = 0; i < BURST; i++) {
		b->class[i] = workload_draw_class(w, &r->class);
		law = &w->class[b->class[i]].service;
		law->ops->sample(law->state, &r->service, &b->service[i], 1);
	}
}

static void draw_picks(struct replica *r, struct job *job)
{
	const struct policy *p = &r->policy;

	for (size_t i = 0; i < BURST; i++) {
		uint64_t draw = rng_next(&r->pick);

		job[i].conn = (uint32_t)(rng_mix(draw) % CONNECTIONS);
		if (p->ops->flags & POLICY_PICKS)
			p->ops->pick(p->options, p->workers, draw, &job[i].aux);
	}
}

static void draw_jobs(struct replica *r, struct replica_burst *b,
		      struct job *job)
{
	r->arrival->gaps(r->arrival_state, &r->gap, b->arrival, BURST);
	draw_services(r, b);
	for (size_t i = 0; i < BURST; i++) {
		r->now += b->arrival[i];
		b->arrival[i] = r->now;
		job[i] = (struct job){ .id = r->jobs++,
				       .class = b->class[i],
				       .arrival = r->now,
				       .service = b->service[i] };
	}
	if (r->policy.ops->flags & (POLICY_PICKS | POLICY_CONN))
		draw_picks(r, job);
}

/* --- what is recorded ------------------------------------------------------
 */

static bool belongs(const struct replica_series *s, uint32_t class,
		    double service)
{
	return (!s->class || class == s->class - 1) &&
	       (!(s->given > 0) || fabs(service - s->given) <= 1e-9 * s->given);
}

static void values_of(enum predict_metric metric, const struct replica_burst *b,
		      double *x)
{
	for (size_t i = 0; i < b->n; i++)
		x[i] = (metric == METRIC_WAIT ? b->start[i]
					      : b->completion[i]) -
		       b->arrival[i];
	for (size_t i = 0; metric == METRIC_SLOWDOWN && i < b->n; i++)
		x[i] /= b->service[i];
}

static void add(struct tally *t, enum predict_metric metric,
		const struct replica_burst *b)
{
	double x[BURST], sum = 0, sum2 = 0, least = t->least, most = t->most;
	uint64_t waited = 0, beyond = 0;

	values_of(metric, b, x);
	for (size_t i = 0; i < b->n; i++) {
		sum += x[i];
		sum2 += x[i] * x[i];
		least = x[i] < least ? x[i] : least;
		most = x[i] > most ? x[i] : most;
		waited += b->start[i] > b->arrival[i];
	}
	t->n += b->n;
	t->sum += sum;
	t->sum2 += sum2;
	t->least = least;
	t->most = most;
	t->waited += waited;
	for (size_t i = 0; t->bound > 0 && i < b->n; i++)
		beyond += x[i] > t->bound;
	t->beyond += beyond;
	for (size_t i = 0; t->bin && i < b->n; i++)
		tally_bin(t, x[i]);
}

static void choose(struct replica_burst *part, const struct replica_series *s,
		   const struct replica_burst *b)
{
	part->n = 0;
	for (size_t i = 0; i < b->n; i++) {
		size_t n = part->n;

		if (!belongs(s, b->class[i], b -> service[i]))
			continue;
		part->arrival[n] = b->arrival[i];
		part->start[n] = b->start[i];
		part->completion[n] = b->completion[i];
		part->service[n] = b->service[i];
		part->n++;
	}
}

static void record(struct replica *r, const struct replica_burst *b)
{
	struct replica_burst part;

	for (size_t i = 0; i < r->plan->nseries; i++) {
		const struct replica_series *s = &r->plan->series[i];

		if (!s->class && !(s->given > 0)) {
			add(&r->tally[i], s->metric, b);
			continue;
		}
		choose(&part, s, b);
		add(&r->tally[i], s->metric, &part);
	}
}

static void record_refusal(struct replica *r, uint32_t class, double service)
{
	if (!r->plan->refuses)
		r->overflow = true;
	for (size_t i = 0; i < r->plan->nseries; i++)
		r->tally[i].refused +=
			belongs(&r->plan->series[i], class, service);
}

/* --- what happens between --------------------------------------------------
 */

/* The system starts empty: what comes until it forgot that is left out. */
static bool warm(const struct replica *r)
{
	return r->jobs > r->plan->warm_up;
}

static void collect(struct replica *r, const struct done *d)
{
	struct replica_burst *b = &r->done;

	if (d->outcome != JOB_DONE) {
		record_refusal(r, d->job.class, d->job.service);
		return;
	}
	b->arrival[b->n] = d->job.arrival;
	b->service[b->n] = d->job.service;
	b->class[b->n] = d->job.class;
	b->start[b->n] = d->first_start;
	b->completion[b->n] = d->completion;
	if (++b->n < BURST)
		return;
	record(r, b);
	b->n = 0;
}

static void advance(struct replica *r, sim_time t)
{
	const struct policy_ops *ops = r->policy.ops;
	struct done done[BURST];
	size_t n;

	do {
		n = ops->advance(r->policy.state, t, done, BURST);
		for (size_t i = 0; warm(r) && i < n; i++)
			collect(r, &done[i]);
	} while (n == BURST || ops->next(r->policy.state) <= t);
}

static void run_events(struct replica *r, const struct job *job)
{
	const struct policy_ops *ops = r->policy.ops;

	for (size_t i = 0; i < BURST; i++) {
		advance(r, job[i].arrival);
		if (ops->arrive(r->policy.state, job[i].arrival, &job[i]) !=
			    JOB_DONE &&
		    (warm(r) || !r->plan->refuses))
			record_refusal(r, job[i].class, job[i].service);
	}
}

static void drop_refused(struct replica *r, struct replica_burst *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (isinf(b->completion[i])) {
			record_refusal(r, b->class[i], b -> service[i]);
			continue;
		}
		b->arrival[n] = b->arrival[i];
		b->start[n] = b->start[i];
		b->completion[n] = b->completion[i];
		b->service[n] = b->service[i];
		b->class[n++] = b->class[i];
	}
	b->n = n;
}

static void run_departures(struct replica *r, struct replica_burst *b,
			   const struct job *job)
{
	b->n = BURST;
	r->policy.ops->departures(r->policy.state, job, b->start, b->completion,
				  BURST);
	if (!warm(r))
		return;
	if (r->plan->refuses)
		drop_refused(r, b);
	record(r, b);
}

bool replica_burst(struct replica *r)
{
	const struct policy_ops *ops = r->policy.ops;
	struct job job[BURST];
	struct replica_burst b;

	memset(b.class, 0, sizeof(b.class));
	draw_jobs(r, &b, job);
	if (ops->departures)
		run_departures(r, &b, job);
	else
		run_events(r, job);
	if (ops->rebase && r->now > REBASE * r->plan->mean) {
		ops->rebase(r->policy.state, r->now);
		r->now = 0;
	}
	return !r->overflow;
}

/* --- begin and end ---------------------------------------------------------
 */

static void init_streams(struct replica *r, uint64_t seed, uint32_t number)
{
	/* Apart from the streams of a run of the same seed. */
	struct rng_key key = { .seed = seed,
			       .point = number,
			       .agent = RNG_SIM,
			       .thread = UINT32_MAX };
	struct {
		struct rng *rng;
		enum rng_purpose purpose;
	} stream[] = {
		{ &r->gap, RNG_ARRIVAL },
		{ &r->class, RNG_CLASS },
		{ &r->service, RNG_SERVICE },
		{ &r->pick, RNG_POLICY },
	};

	for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++) {
		key.purpose = stream[i].purpose;
		rng_init(stream[i].rng, &key);
	}
}

static int init_tallies(struct replica *r, struct err *err)
{
	const struct replica_plan *plan = r->plan;

	r->tally = arena_array(&r->arena, plan->nseries, sizeof(*r->tally));
	for (size_t i = 0; i < plan->nseries; i++) {
		const struct replica_series *s = &plan->series[i];
		double unit = s->metric == METRIC_SLOWDOWN ? 1 : plan->mean;

		if (tally_init(&r->tally[i], unit, s->quantiles))
			return err_set(err, -ENOMEM, "no memory to simulate");
		/* An atom at the bound is not above it for rounding. */
		r->tally[i].bound = s->bound * (1 + 1e-6);
	}
	return 0;
}

int replica_init(struct replica *r, const struct replica_plan *plan,
		 uint32_t number, struct err *err)
{
	const struct predict_query *q = plan->query;
	const struct choice *arrival = &q->workload->arrival;
	/* The law's unit of time stands for the nanosecond of the ops. */
	const struct arrival_share whole = { .rate_rps = q->rate * 1e9,
					     .of = 1 };
	const struct policy_ops *ops = (const void *)q->policy.kind;
	int rc;

	*r = (struct replica){ .plan = plan };
	arena_init(&r->arena);
	rc = init_tallies(r, err);
	if (rc)
		return rc;
	init_streams(r, q->seed, number);
	r->arrival = (const struct arrival_ops *)arrival->kind;
	r->arrival_state = arena_alloc(&r->arena, r->arrival->state_size);
	rc = r->arrival->init(r->arrival_state, arrival->options, &whole,
			      &r->arena, err);
	if (!rc)
		rc = policy_init(&r->policy, &q->policy, q->workers,
				 ops->departures ? 1 : plan->room, &r->arena,
				 err);
	return rc;
}

void replica_fini(struct replica *r)
{
	for (size_t i = 0; r->tally && i < r->plan->nseries; i++)
		tally_fini(&r->tally[i]);
	arena_fini(&r->arena);
}
