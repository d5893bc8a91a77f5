/* probe.c - a server tried out: alone, without work, in bursts, and full */
#include "coordinator/probe.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/plan.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/sample.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/vector.h"
#include "workloads/proto.h"

#define LOOK_RPS 1000.0			/* at first, when nothing is known */
#define LOOK_NS INT64_C(300000000)
#define LOOK_LEAST 20			/* replies */
#define STAGE_NS INT64_C(500000000)
#define STAGE_MOST_NS INT64_C(4000000000)
#define SETTLED .9			/* of a stage: after its first tenth */
#define ALONE 20000.0			/* single requests wanted */
#define BURSTS 400.0			/* of each size */
#define BURSTS_LEAST 20			/* fewer tell nothing */
#define APART 5				/* times what a burst should take */
#define ALONE_LEAST 100			/* of them there have to be */
#define LOST 1.3			/* so many more, as some do not count */
#define SLOW_NS INT64_C(30000000000)	/* for these, where servers are slow */
#define BURSTS_MOST_NS INT64_C(60000000000)	/* of all sizes */
#define TRIES 3				/* while no queue is like the server, */
#define TRIES_NS INT64_C(15000000000)	/* and that takes no longer */

/* --- latencies of single requests ----------------------------------------- */

/* In rising order; of one class, or of all where it is -1. */
static double *latencies(const struct stage_reply *r, int class, size_t *n,
			 struct arena *arena)
{
	double *x = arena_array(arena, r->n, sizeof(*x));

	*n = 0;
	for (size_t i = 0; i < r->n; i++)
		if (stage_counts(r, &r->sample[i], class))
			x[(*n)++] = (double)(r->sample[i].received_ns -
					     r->sample[i].sent_ns);
	vector_sort(x, *n);
	return x;
}

/* Of the work that is known of each: as the server tells, or as carried. */
static double *work_of(const struct stage_trial *t, const struct stage_reply *r,
		       size_t *n, bool *told)
{
	double *x = arena_array(t->arena, r->n, sizeof(*x));
	bool carried = proto_flags(&t->config->workload.protocol) &
		       PROTO_SERVICE;

	*told = true;
	for (size_t i = 0; i < r->n; i++)
		*told &= r->sample[i].served_ns > 0 ||
			 r->sample[i].outcome != OUTCOME_RECEIVED;
	*n = 0;
	for (size_t i = 0; i < r->n && (*told || carried); i++)
		if (stage_counts(r, &r->sample[i], -1))
			x[(*n)++] = (double)(*told ? r->sample[i].served_ns
						   : r->sample[i].service_ns);
	vector_sort(x, *n);
	return x;
}

static int too_slow(double latency_ns, struct err *err)
{
	return err_set(err, -ENODATA, "a request takes %.0f ms, and a probe of "
		       "such a server minutes; state its target.workers and "
		       "target.capacity yourself", latency_ns / 1e6);
}

/*
 * Few replies, one after the other, are those of a slow server if most of the
 * time went by for them: what is lost holds the connection up as well.
 */
static int few_seen(const struct stage *stage, const struct stage_reply *r,
		    size_t n, struct err *err)
{
	size_t received = stage_received(r);
	double taken_ns = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->sample[i].outcome == OUTCOME_RECEIVED)
			taken_ns += (double)(r->sample[i].received_ns -
					     r->sample[i].sent_ns);
	if (received < LOOK_LEAST && 2 * taken_ns > (double)stage->length_ns)
		return too_slow(taken_ns / (double)received, err);
	return stage_too_few(stage, r, n, err);
}

/* A few requests tell how long one takes. */
static int look(struct stage_trial *t, double *latency_ns, struct err *err)
{
	struct stage stage = {
		.what = "looking at it",
		.rate_rps = LOOK_RPS,
		.threads = 1,
		.connections = 1,
		.in_flight = 1,
		.length_ns = LOOK_NS,
	};
	struct stage_reply reply;
	size_t n;
	double *x;
	int rc;

	/* Slow ones answer few in so short a time. */
	for (;; stage.length_ns *= 4) {
		rc = stage_run(t, &stage, &reply, err);
		if (rc)
			return rc;
		x = latencies(&reply, -1, &n, t->arena);
		if (n >= LOOK_LEAST)
			break;
		if (stage.length_ns > STAGE_MOST_NS)
			break;
	}
	if (n < LOOK_LEAST)
		return few_seen(&stage, &reply, n, err);
	*latency_ns = order_quantile(x, n, .5);
	return 0;
}

/* So many, each after such a gap, where that is not too long; or the least. */
static int64_t length_for(double gap_ns, double wanted, double least)
{
	double length_ns = fmin(fmax(wanted * gap_ns, (double)STAGE_NS),
				(double)STAGE_MOST_NS);

	return (int64_t)fmax(length_ns, LOST * least * gap_ns / SETTLED);
}

/* Half of the time nobody is there, so that few wait for their turn. */
static int alone(struct stage_trial *t, double latency_ns, bool bare,
		 struct stage_reply *reply, const double **x, size_t *n,
		 struct err *err)
{
	struct stage stage = {
		.what = bare ? "sending requests without work, one at a time"
			     : "sending requests one at a time",
		.rate_rps = .5e9 / latency_ns,
		.threads = 1,
		.connections = 1,
		.in_flight = 1,
		.bare = bare,
	};
	int rc;

	stage.length_ns = length_for(2 * latency_ns, ALONE, ALONE_LEAST);
	if (stage.length_ns > SLOW_NS)
		return too_slow(latency_ns, err);
	for (int tries = 1;; tries++) {
		rc = stage_run(t, &stage, reply, err);
		if (rc)
			return rc;
		*x = latencies(reply, -1, n, t->arena);
		if (*n >= ALONE_LEAST)
			return 0;
		/* A server may have been stopped for a moment. */
		if (tries == TRIES)
			return stage_too_few(&stage, reply, *n, err);
	}
}

static double every(const struct stage_reply *r, size_t n)
{
	return (double)(r->until_ns - r->from_ns) / (double)n;
}

/* --- bursts --------------------------------------------------------------- */

static int by_intended(const void *left, const void *right)
{
	const struct sample *a = left, *b = right;

	if (a->intended_ns != b->intended_ns)
		return a->intended_ns < b->intended_ns ? -1 : 1;
	return a->sent_ns < b->sent_ns ? -1 : a->sent_ns > b->sent_ns;
}

/*
 * One burst's records, where all were answered, no stall of the agent was in
 * the way, and before it nobody was there.
 */
static bool burst_take(const struct stage_reply *r, const struct sample *s,
		       uint32_t size, int64_t *busy_ns, struct burst_seen *seen)
{
	int64_t before = *busy_ns, first_ns = INT64_MAX;
	bool counts = true;

	seen->mean = 0;
	for (uint32_t i = 0; i < size; i++) {
		int64_t received_ns = s[i].received_ns;

		counts &= stage_counts(r, &s[i], -1);
		seen->mean += (double)(received_ns - s[i].sent_ns) / size;
		*busy_ns = received_ns > *busy_ns ? received_ns : *busy_ns;
		first_ns = received_ns < first_ns ? received_ns : first_ns;
	}
	seen->first = (double)(first_ns - s[0].sent_ns);
	seen->last = (double)(*busy_ns - s[0].sent_ns);
	return counts && before < s[0].sent_ns;
}

static void burst_read(const struct stage_reply *r, uint32_t size,
		       struct identify_burst *to, struct arena *arena)
{
	struct sample *s = arena_copy(arena, r->sample,
				      r->n * sizeof(*r->sample));
	struct burst_seen *seen = arena_array(arena, r->n / size + 1,
					      sizeof(*seen));
	int64_t busy_ns = 0, spread_ns = 0;
	size_t n = 0;

	qsort(s, r->n, sizeof(*s), by_intended);
	for (size_t i = 0, end; i < r->n; i = end) {
		for (end = i; end < r->n &&
			      s[end].intended_ns == s[i].intended_ns; end++)
			;
		if (end - i != size ||
		    !burst_take(r, &s[i], size, &busy_ns, &seen[n]))
			continue;
		spread_ns += s[end - 1].sent_ns - s[i].sent_ns;
		n++;
	}
	*to = (struct identify_burst){ .size = size };
	if (n && size > 1)
		to->stagger = (double)spread_ns / (double)n / (size - 1);
	burst_settle(to, seen, n, arena);
}

/*
 * From one on, which shows what a request's way takes when it comes as bursts
 * do, each after a pause; close together where few workers would differ.
 */
static const uint32_t burst_size[] = {
	1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, BURST_SIZE
};
#define SIZES (sizeof(burst_size) / sizeof(*burst_size))

static int bursts(struct stage_trial *t, double latency_ns, double capacity,
		  struct identify_data *data, struct err *err)
{
	struct identify_burst *burst =
		arena_array(t->arena, SIZES, sizeof(*burst));
	/* Twice of all that may be served at once shows them waiting. */
	double most = 4 * fmax(capacity * latency_ns, 1);
	int64_t left_ns = BURSTS_MOST_NS;

	data->burst = burst;
	for (size_t i = 0; i < SIZES && burst_size[i] <= most; i++) {
		uint32_t size = burst_size[i];
		double gap_ns = APART * (size / capacity + latency_ns);
		struct stage stage = {
			.what = arena_printf(t->arena, "sending %u at once",
					     size),
			.rate_rps = 1e9 * size / gap_ns,
			.threads = 1, .connections = size, .in_flight = 1,
			.burst = size,
			.length_ns = length_for(gap_ns, BURSTS, BURSTS_LEAST),
		};
		struct identify_burst *to = &burst[data->nbursts];
		struct stage_reply reply;
		int rc;

		/* A slow server's larger ones would be seen too rarely. */
		left_ns -= stage.length_ns;
		if (left_ns < 0)
			break;
		rc = stage_run(t, &stage, &reply, err);
		if (rc)
			return rc;
		burst_read(&reply, size, to, t->arena);
		if (to->n >= BURSTS_LEAST)
			data->nbursts++;
	}
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

static void classes_of(struct stage_trial *t, const struct stage_reply *reply,
		       struct probe *probe)
{
	const struct config_class *class = t->config->workload.classes.items;
	struct predict_value away = probe->found.communication;

	/* One that is not known still has an interval. */
	if (!isnan(away.value))
		away.lo = away.hi = away.value;
	probe->nclasses = t->config->workload.classes.n;
	probe->class = arena_array(t->arena, probe->nclasses + 1,
				   sizeof(*probe->class));
	for (size_t i = 0; i < probe->nclasses; i++) {
		struct probe_class *to = &probe->class[i];
		const double *x = latencies(reply, (int)i, &to->n, t->arena);
		double mean, half;

		to->name = class[i].name;
		if (to->n < 2)
			continue;
		mean = vector_mean(x, to->n);
		half = 2 * sqrt(1 / (double)to->n) *
		       (order_quantile(x, to->n, .84) -
			order_quantile(x, to->n, .16)) / 2;
		to->p50_ns = order_quantile(x, to->n, .5);
		to->p99_ns = order_quantile(x, to->n, .99);
		to->service_ns = (struct predict_value){
			mean - away.value, mean - away.hi - half,
			mean - away.lo + half,
		};
	}
}

static double full_rate(const struct identify_data *d)
{
	double sum = 0;

	for (size_t i = 0; i < d->nlooks; i++)
		sum += d->look[i].rate;
	return sum / (double)d->nlooks;
}

static void simulated(void *context, double share)
{
	const struct stage_trial *t = context;
	char text[80];

	snprintf(text, sizeof(text), "simulating servers like it, %.0f%%",
		 100 * share);
	t->progress(t->context, text);
}

/*
 * A machine that is busy with something else makes bursts that no queue does:
 * then once more, and what a queue is most like is kept. A try of a slow server
 * takes long, and stalls of the machine are not what it is slow by.
 */
static int silent(struct stage_trial *t, double latency_ns,
		  struct probe *probe, struct stage_reply *single,
		  struct err *err)
{
	struct identify_data *d = &probe->data, now = *d;
	struct identified found;
	struct stage_reply reply = *single;
	double capacity = full_rate(d);
	int64_t until_ns = clock_now_ns() + TRIES_NS;

	for (probe->tries = 1;; probe->tries++) {
		int rc = bursts(t, vector_mean(now.alone, now.nalone),
				capacity, &now, err);

		if (rc)
			return rc;
		identify(&now, &found, t->arena);
		if (probe->tries == 1 || found.misfit < probe->found.misfit) {
			probe->found = found;
			*d = now;
			*single = reply;
		}
		if (found.misfit < IDENTIFY_UNLIKE || probe->tries == TRIES ||
		    clock_now_ns() >= until_ns)
			return 0;
		now.nbursts = 0;
		rc = alone(t, latency_ns, false, &reply, &now.alone,
			   &now.nalone, err);
		if (rc)
			return rc;
		now.every = every(&reply, now.nalone);
	}
}

static int probe_stages(struct stage_trial *t, struct probe *probe,
			struct err *err)
{
	struct identify_data *d = &probe->data;
	struct stage_reply single, bare;
	double latency_ns = 0;
	int rc = look(t, &latency_ns, err);

	if (!rc)
		rc = alone(t, latency_ns, false, &single, &d->alone,
			   &d->nalone, err);
	if (rc)
		return rc;
	d->every = every(&single, d->nalone);
	d->work = work_of(t, &single, &d->nwork, &d->told);
	if (d->nwork && !d->told)
		rc = alone(t, latency_ns, true, &bare, &d->bare, &d->nbare,
			   err);
	if (!rc)
		rc = saturate(t, latency_ns, d, &probe->full, err);
	if (rc)
		return rc;
	d->progress = simulated;
	d->context = t;
	if (d->nwork)
		identify(d, &probe->found, t->arena);
	else
		rc = silent(t, latency_ns, probe, &single, err);
	if (!rc)
		classes_of(t, &single, probe);
	return rc;
}

int probe_run(const struct plan *plan, stage_progress *progress,
	      void *context, struct probe *probe, struct arena *arena,
	      struct option_problems *problems, struct err *err)
{
	bool local = plan_local(plan);
	struct stage_trial t = {
		plan->config, &plan->host, local && !plan_builtin(plan),
		progress, context, arena, problems, 0, 0,
	};

	*probe = (struct probe){
		.shared = local,
		.data = { .seed = (uint64_t)plan->config->seed },
	};
	clock_sync();
	return probe_stages(&t, probe, err);
}
