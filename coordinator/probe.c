/* probe.c - a server tried out: alone, without work, in bursts, and full */
#include "coordinator/probe.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/interrupt.h"
#include "coordinator/plan.h"
#include "coordinator/session.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/vector.h"
#include "workloads/proto.h"

#define LEAD_NS INT64_C(50000000)	/* to wake up before the start */
#define LOOK_RPS 1000.0			/* at first, when nothing is known */
#define LOOK_NS INT64_C(300000000)
#define STAGE_NS INT64_C(500000000)
#define STAGE_MOST_NS INT64_C(4000000000)
#define ALONE 20000.0			/* single requests wanted */
#define BURSTS 1000.0			/* of each size */
#define BURST_MOST 64u
#define DEPTH_MOST 1024u
#define SLICES 20u			/* of a full stage, for its error */
#define PUSH 1.3			/* asked for over what is hoped for */
#define SATURATED 1.02			/* twice the callers bring less */
#define CARRIED_NS "1ns"		/* the least work there is */

/* How a stage loads the target; the rest is as the configuration says. */
struct stage {
	const char *what;
	double rate_rps;
	uint32_t connections, in_flight;	/* requests on each */
	uint32_t burst;		/* requests at once; 0: evenly spaced */
	int64_t length_ns;
	bool bare;
};

struct trial {
	const struct config *config;
	const struct plan_host *host;
	probe_progress *progress;
	void *context;
	struct arena *arena;
	struct option_problems *problems;
};

/* What came of a stage: records in order of sending, warm-up and all. */
struct reply {
	const struct sample *sample;
	size_t n;
	const struct stall *stall;	/* of the agent, in order */
	size_t nstalls;
	int64_t from_ns, until_ns;	/* after a tenth, to settle */
};

/* --- one stage ------------------------------------------------------------------ */

static int choose(enum kind_class class, enum option_unit unit,
		  const char *text, struct choice *choice, struct trial *t,
		  struct err *err)
{
	return option_parse_choice(class, unit, text, choice, t->arena, err);
}

static int stage_arrival(struct trial *t, const struct stage *stage,
			 struct config *c, struct err *err)
{
	char text[64];

	if (stage->burst)
		snprintf(text, sizeof(text), "{batch: {size: %u}}",
			 stage->burst);
	else
		snprintf(text, sizeof(text), "fixed");
	return choose(KIND_ARRIVAL, OPTION_UNIT_TIME, text,
		      &c->workload.arrival, t, err);
}

static int stage_bare(struct trial *t, struct config *c, struct err *err)
{
	c->workload.classes = (struct option_list){ 0 };
	return choose(KIND_DIST, OPTION_UNIT_TIME, "{constant: {value: "
		      CARRIED_NS "}}", &c->workload.service, t, err);
}

/* The configuration of a stage: the user's own, loaded in this way. */
static struct config *stage_config(struct trial *t, const struct stage *stage,
				   struct err *err)
{
	struct config *c = arena_copy(t->arena, t->config, sizeof(*c));
	struct config_agent *agent =
		arena_copy(t->arena, c->agents.items, sizeof(*agent));

	agent->count = agent->threads = 1;
	agent->connections = stage->connections;
	agent->pick = PICK_ROUND_ROBIN;
	agent->in_flight = stage->in_flight;
	agent->pipeline = 1;
	agent->requests_per_connection = 0;
	agent->queue = stage->burst ? 0 : 2 * stage->connections *
					  stage->in_flight;
	c->agents = (struct option_list){ .items = agent, .n = 1 };
	c->workload.preset = NULL;	/* it stands in the rest already */
	c->load = (struct config_load){
		.rate = { .value = stage->rate_rps, .set = true },
	};
	c->workload.trailer = proto_flags(&c->workload.protocol) &
			      PROTO_TRAILER;
	c->measure.precision = NULL;
	c->measure.warmup_ns = 0;
	c->measure.time_limit_ns = stage->length_ns;
	c->measure.samples = 1;
	c->slo = NULL;
	c->model.mode = MODEL_NONE;
	if (stage_arrival(t, stage, c, err) ||
	    (stage->bare && stage_bare(t, c, err)))
		return NULL;
	return c;
}

static int stage_segment(struct trial *t, const struct plan *plan,
			 const struct stage *stage, struct reply *reply,
			 struct err *err)
{
	struct wire_start start = {
		.rate_rps = stage->rate_rps,
		.until_ns = stage->length_ns,
	};
	const struct wire_report *report;
	struct session session;
	int rc = session_open(&session, plan, t->arena, err);

	session.progress = NULL;
	start.at_ns = clock_now_ns() + LEAD_NS;
	if (!rc)
		rc = session_segment(&session, &start, t->arena, t->arena,
				     err);
	if (!rc) {
		report = session.peer[0].in.report;
		*reply = (struct reply){
			.sample = report->sample,
			.n = report->nsamples,
			.stall = report->stall,
			.nstalls = report->nstalls,
			.from_ns = start.at_ns + stage->length_ns / 10,
			.until_ns = start.at_ns + stage->length_ns,
		};
	}
	session_close(&session);
	if (!rc && interrupted())
		rc = err_set(err, -EINTR, "interrupted");
	return rc;
}

static int stage_run(struct trial *t, const struct stage *stage,
		     struct reply *reply, struct err *err)
{
	const struct config *c = stage_config(t, stage, err);
	const struct plan *plan;

	if (!c)
		return err->code;
	plan = plan_create(c, t->host, t->arena, t->problems, err);
	if (!plan)
		return t->problems->n ? -EINVAL : err->code;
	t->progress(t->context, stage->what);
	return stage_segment(t, plan, stage, reply, err);
}

/* --- latencies of single requests ----------------------------------------------------- */

static int ascending(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

/* The agent stood still while this one was on its way. */
static bool stalled(const struct reply *r, const struct sample *s)
{
	for (size_t i = 0; i < r->nstalls; i++)
		if (r->stall[i].start_ns < s->received_ns &&
		    r->stall[i].start_ns + r->stall[i].length_ns > s->sent_ns)
			return true;
	return false;
}

static bool counts(const struct reply *r, const struct sample *s, int class)
{
	return s->outcome == OUTCOME_RECEIVED && s->sent_ns >= r->from_ns &&
	       (class < 0 || s->class == class) && !stalled(r, s);
}

/* In rising order; of one class, or of all where it is -1. */
static double *latencies(const struct reply *r, int class, size_t *n,
			 struct arena *arena)
{
	double *x = arena_array(arena, r->n, sizeof(*x));

	*n = 0;
	for (size_t i = 0; i < r->n; i++)
		if (counts(r, &r->sample[i], class))
			x[(*n)++] = (double)(r->sample[i].received_ns -
					     r->sample[i].sent_ns);
	qsort(x, *n, sizeof(*x), ascending);
	return x;
}

/* Of the work that is known of each: as the server tells, or as carried. */
static double *work_of(const struct trial *t, const struct reply *r,
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
		if (counts(r, &r->sample[i], -1))
			x[(*n)++] = (double)(*told ? r->sample[i].served_ns
						   : r->sample[i].service_ns);
	qsort(x, *n, sizeof(*x), ascending);
	return x;
}

/* Mean work that requests carried; NAN where they carry none. */
static double carried_mean(const struct trial *t, const struct reply *r)
{
	double sum = 0, n = 0;

	if (!(proto_flags(&t->config->workload.protocol) & PROTO_SERVICE))
		return (double)NAN;
	for (size_t i = 0; i < r->n; i++) {
		if (!counts(r, &r->sample[i], -1))
			continue;
		sum += (double)r->sample[i].service_ns;
		n++;
	}
	return sum / n;
}

static int too_few(const struct stage *stage, size_t n, struct err *err)
{
	return err_set(err, -ENODATA,
		       "only %zu replies while %s; see with `lancet run` "
		       "whether the target answers", n, stage->what);
}

/* A few requests tell how long one takes. */
static int look(struct trial *t, double *latency_ns, struct err *err)
{
	struct stage stage = { "looking at it", LOOK_RPS, 1, 1, 0, LOOK_NS,
			       false };
	struct reply reply;
	double *x;
	size_t n;
	int rc;

	/* Slow ones answer few in so short a time. */
	for (;; stage.length_ns *= 4) {
		rc = stage_run(t, &stage, &reply, err);
		if (rc)
			return rc;
		x = latencies(&reply, -1, &n, t->arena);
		if (n >= 20)
			break;
		if (stage.length_ns > STAGE_MOST_NS)
			return too_few(&stage, n, err);
	}
	*latency_ns = order_quantile(x, n, .5);
	return 0;
}

/* Half of the time nobody is there, so that few wait for their turn. */
static int alone(struct trial *t, double latency_ns, bool bare,
		 struct reply *reply, const double **x, size_t *n,
		 struct err *err)
{
	double length_ns = 2 * latency_ns * ALONE;
	struct stage stage = {
		.what = bare ? "sending requests without work, one at a time"
			     : "sending requests one at a time",
		.rate_rps = .5e9 / latency_ns,
		.connections = 1,
		.in_flight = 1,
		.bare = bare,
	};
	int rc;

	length_ns = fmin(fmax(length_ns, (double)STAGE_NS),
			 (double)STAGE_MOST_NS);
	stage.length_ns = (int64_t)length_ns;
	rc = stage_run(t, &stage, reply, err);
	if (rc)
		return rc;
	*x = latencies(reply, -1, n, t->arena);
	return *n < 100 ? too_few(&stage, *n, err) : 0;
}

/* --- full ------------------------------------------------------------------------------ */

static void rate_of(const struct reply *r, struct identify_depth *to)
{
	double count[SLICES] = { 0 };
	double slice_ns = (double)(r->until_ns - r->from_ns) / SLICES;
	double mean, sum = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct sample *s = &r->sample[i];
		double at = (double)(s->received_ns - r->from_ns) / slice_ns;

		if (s->outcome == OUTCOME_RECEIVED && at >= 0 && at < SLICES)
			count[(size_t)at]++;
	}
	mean = vector_mean(count, SLICES);
	for (size_t i = 0; i < SLICES; i++)
		sum += (count[i] - mean) * (count[i] - mean);
	to->rate = mean / slice_ns;
	to->error = sqrt(sum / (SLICES - 1) / SLICES) / slice_ns;
}

/* More callers than the configuration has connections share those. */
static uint32_t connections_of(const struct config *c)
{
	const struct config_agent *agent = c->agents.items;
	int64_t n = 0;

	for (size_t i = 0; i < c->agents.n; i++)
		n += agent[i].count * agent[i].connections;
	return n < DEPTH_MOST ? (uint32_t)n : DEPTH_MOST;
}

/* Room for DEPTH_MOST and all powers of two below it. */
#define DEPTHS 11u

static int fill(struct trial *t, double latency_ns, double carried_ns,
		struct probe *probe, struct err *err)
{
	struct identify_depth *depth =
		arena_array(t->arena, DEPTHS, sizeof(*depth));
	double rate = 1 / latency_ns;	/* a caller's */
	double full_mean = carried_ns;
	uint32_t idle = 0, most = connections_of(t->config);

	probe->data.depth = depth;
	for (uint32_t d = 1; d <= DEPTH_MOST && idle < 2; d *= 2) {
		struct identify_depth *at = &depth[probe->data.ndepths];
		/* Each doubling may double the rate, and then some. */
		struct stage stage = {
			arena_printf(t->arena, "keeping %u requests there", d),
			fmin(1e9 * PUSH * rate * (d == 1 ? 1 : 2), 1e8),
			d < most ? d : most, (d + most - 1) / most, 0,
			STAGE_NS, false,
		};
		struct reply reply;
		int rc = stage_run(t, &stage, &reply, err);

		if (rc)
			return rc;
		at->depth = d;
		rate_of(&reply, at);
		if (!(at->rate > 0))
			return too_few(&stage, 0, err);
		full_mean = carried_mean(t, &reply);
		probe->data.ndepths++;
		idle = at->rate < SATURATED * rate ? idle + 1 : 0;
		rate = fmax(at->rate, rate);
	}
	if (full_mean > 0 && carried_ns > 0)
		probe->data.luck = full_mean / carried_ns;
	return 0;
}

/* --- bursts ------------------------------------------------------------------------------ */

static int by_intended(const void *left, const void *right)
{
	const struct sample *a = left, *b = right;

	if (a->intended_ns != b->intended_ns)
		return a->intended_ns < b->intended_ns ? -1 : 1;
	return a->sent_ns < b->sent_ns ? -1 : a->sent_ns > b->sent_ns;
}

/* One burst's records: all answered, and before it nobody there. */
static void burst_take(const struct sample *s, int64_t *busy_ns,
		       struct identify_burst *to)
{
	int64_t before = *busy_ns, stagger_ns;
	double mean = 0;
	bool whole = true;

	for (uint32_t i = 0; i < to->size; i++) {
		whole &= s[i].outcome == OUTCOME_RECEIVED;
		mean += (double)(s[i].received_ns - s[i].sent_ns) / to->size;
		if (s[i].received_ns > *busy_ns)
			*busy_ns = s[i].received_ns;
	}
	if (!whole || before >= s[0].sent_ns)
		return;
	stagger_ns = s[to->size - 1].sent_ns - s[0].sent_ns;
	to->mean[to->n] = mean;
	to->last[to->n++] = (double)(*busy_ns - s[0].sent_ns);
	to->stagger += ((double)stagger_ns / (to->size - 1) - to->stagger) /
		       (double)to->n;
}

static void burst_read(const struct reply *r, uint32_t size,
		       struct identify_burst *to, struct arena *arena)
{
	struct sample *s = arena_copy(arena, r->sample,
				      r->n * sizeof(*r->sample));
	int64_t busy_ns = 0;

	*to = (struct identify_burst){
		.size = size,
		.mean = arena_array(arena, r->n / size + 1, sizeof(double)),
		.last = arena_array(arena, r->n / size + 1, sizeof(double)),
	};
	qsort(s, r->n, sizeof(*s), by_intended);
	for (size_t i = 0, end; i < r->n; i = end) {
		for (end = i; end < r->n &&
			      s[end].intended_ns == s[i].intended_ns; end++)
			;
		if (end - i == size)
			burst_take(&s[i], &busy_ns, to);
	}
	qsort(to->mean, to->n, sizeof(*to->mean), ascending);
	qsort(to->last, to->n, sizeof(*to->last), ascending);
}

static int bursts(struct trial *t, double latency_ns, struct probe *probe,
		  struct err *err)
{
	const struct identify_depth *full =
		&probe->data.depth[probe->data.ndepths - 1];
	struct identify_burst *burst =
		arena_array(t->arena, BURST_MOST, sizeof(*burst));
	/* Twice of all that may be served at once shows them waiting. */
	double most = fmin(4 * fmax(full->rate * latency_ns, 1), BURST_MOST);

	probe->data.burst = burst;
	for (uint32_t size = 2; size <= most; size *= 2) {
		double gap_ns = 5 * (size / full->rate + latency_ns);
		struct stage stage = {
			arena_printf(t->arena, "sending %u at once", size),
			1e9 * size / gap_ns, size, 1, size,
			(int64_t)fmin(fmax(BURSTS * gap_ns, STAGE_NS),
				      STAGE_MOST_NS), false,
		};
		struct identify_burst *to = &burst[probe->data.nbursts];
		struct reply reply;
		int rc = stage_run(t, &stage, &reply, err);

		if (rc)
			return rc;
		burst_read(&reply, size, to, t->arena);
		if (to->n >= 20)
			probe->data.nbursts++;
	}
	return 0;
}

/* --- all of it ----------------------------------------------------------------------------- */

static void classes_of(struct trial *t, const struct reply *reply,
		       struct probe *probe)
{
	const struct config_class *class = t->config->workload.classes.items;
	double away = probe->found.communication.value;

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
			mean - away, mean - away - half, mean - away + half,
		};
	}
}

static int probe_stages(struct trial *t, struct probe *probe, struct err *err)
{
	struct identify_data *d = &probe->data;
	struct reply single, bare;
	double latency_ns = 0;
	int rc = look(t, &latency_ns, err);

	if (!rc)
		rc = alone(t, latency_ns, false, &single, &d->alone,
			   &d->nalone, err);
	if (rc)
		return rc;
	d->work = work_of(t, &single, &d->nwork, &d->told);
	if (d->nwork && !d->told)
		rc = alone(t, latency_ns, true, &bare, &d->bare, &d->nbare,
			   err);
	if (!rc)
		rc = fill(t, latency_ns, carried_mean(t, &single), probe,
			  err);
	if (!rc && !d->nwork)
		rc = bursts(t, latency_ns, probe, err);
	if (rc)
		return rc;
	identify(d, &probe->found, t->arena);
	classes_of(t, &single, probe);
	return 0;
}

int probe_run(const struct config *config, const struct plan_host *host,
	      probe_progress *progress, void *context, struct probe *probe,
	      struct arena *arena, struct option_problems *problems,
	      struct err *err)
{
	struct trial t = { config, host, progress, context, arena, problems };

	*probe = (struct probe){ .data = {
		.seed = (uint64_t)config->seed,
		.luck = 1,
	} };
	clock_sync();
	return probe_stages(&t, probe, err);
}
