/* attribution.c - how much of the gaps is communication, how much the system's
 */
#include "coordinator/attribution.h"

#include <math.h>
#include <string.h>

#include "coordinator/compare.h"
#include "coordinator/pairs.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"

static const double wanted[] = { .5, .9, .99, .999 };
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

/* Fewer requests beyond a quantile say little of its error. */
#define BEYOND 100
/* More requests would cost seconds between points; and of policies that are
 * replayed event by event. */
#define REQUESTS_MOST 100000
#define REQUESTS_EVENTS 40000
/* Segments are this far apart, so that queues run empty between them. */
#define SEGMENT_NS 1e13
/* Two-sided 95% of the normal law. */
#define NORMAL 1.959964

/* --- paired --- */

struct pairing {
	struct job *job;
	bool *counted;
	double *measured; /* of those counted */
	size_t n, ncounted, room;
};

static void take(struct pairing *to, const struct request *request,
		 const struct job *job, size_t n, uint32_t segment)
{
	for (size_t i = 0; i < n && to->n < to->room; i++) {
		const struct sample *s = request[i].sample;
		bool counted = s->outcome == OUTCOME_RECEIVED &&
			       !(request[i].out & WINDOW_COMPARED);

		to->job[to->n] = job[i];
		to->job[to->n].arrival += segment * SEGMENT_NS;
		to->counted[to->n++] = counted;
		if (counted)
			to->measured[to->ncounted++] =
				(double)(s->received_ns - s->intended_ns);
	}
}

static int take_segments(const struct point_data *data,
			 const struct compare_queue *queue, struct pairing *to,
			 struct arena *arena, struct err *err)
{
	const struct policy_ops *policy = (const void *)queue->policy.kind;
	size_t most = policy->departures ? REQUESTS_MOST : REQUESTS_EVENTS;

	for (size_t i = 0; i < data->nsamples; i++)
		to->room += data->samples[i].n;
	if (to->room > most)
		to->room = most;
	to->job = arena_array(arena, to->room, sizeof(*to->job));
	to->counted = arena_array(arena, to->room, sizeof(*to->counted));
	to->measured = arena_array(arena, to->room, sizeof(*to->measured));
	for (uint32_t s = 0; s < data->nsegments && to->n < to->room; s++) {
		struct request *request;
		struct job *job;
		size_t n;

		if (pairs_jobs(data, s, &queue->policy, queue->workers,
			       &request, &job, &n, arena, err))
			return err->code;
		take(to, request, job, n, s);
	}
	return 0;
}

static int compare_pairs(const struct plan *plan,
			 const struct compare_queue *queue,
			 const struct pairing *pairs,
			 struct overhead_point *point, struct arena *arena,
			 struct err *err)
{
	struct overhead_jobs jobs = {
		.policy = &queue->policy,
		.workers = queue->workers,
		.job = pairs->job,
		.n = pairs->n,
		.counted = pairs->counted,
		.mean = plan->mean_service_ns,
		.load = point->load,
	};
	size_t nq = point->nq;
	double *rows = arena_array(arena, OVERHEAD_ROWS * nq, sizeof(*rows));
	double *gap = arena_array(arena, nq, sizeof(*gap));
	struct arena own;
	int rc;

	arena_init(&own);
	sections_quantiles(pairs->measured, pairs->ncounted, point->q, nq, rows,
			   arena_array(&own, pairs->ncounted,
				       sizeof(struct section_value)));
	rc = overhead_curves(&jobs, point, gap, arena, err);
	arena_fini(&own);
	for (size_t i = 0; i < nq; i++)
		gap[i] = rows[i] - gap[i];
	point->measured = rows;
	point->gap = gap;
	return rc;
}

bool attribution_pair(const struct point_data *data,
		      struct overhead_point *point, struct arena *arena)
{
	const struct plan *plan = data->plan;
	struct compare_queue queue = compare_queue(plan, arena);
	struct pairing pairs = { 0 };
	struct arena own;
	struct err err;
	size_t nq = 0;
	int rc;

	*point = (struct overhead_point){ .q = wanted };
	if (plan->config->model.mode == MODEL_NONE || queue.unknown ||
	    plan->workload.fanout > 1 || !data->nsamples || !plan_builtin(plan))
		return false;
	point->load = data->point->utilisation;
	arena_init(&own);
	rc = take_segments(data, &queue, &pairs, &own, &err);
	while (nq < WANTED &&
	       (double)pairs.ncounted * (1 - wanted[nq]) >= BEYOND)
		nq++;
	point->nq = nq;
	if (!rc && pairs.ncounted >= SECTIONS_LEAST && nq)
		rc = compare_pairs(plan, &queue, &pairs, point, arena, &err);
	else
		point->nq = 0;
	arena_fini(&own);
	if (rc)
		point->nq = 0;
	return point->nq > 0;
}

/* --- against a prediction --- */

/* On the wire where it was stamped: then only the network's part is left. */
static double gap_of(const struct result_point *from,
		     const struct result_predicted *p, double *error)
{
	const struct result_quantile *wire =
		result_quantile(from->wire_ns, p->q);
	double half = (p->hi - p->lo) / 2;

	if (wire) {
		*error = hypot((wire->hi - wire->lo) / 2, half) / NORMAL;
		return wire->value - p->predicted;
	}
	*error = (p->gap_hi - p->gap_lo) / 2 / NORMAL;
	return p->gap;
}

static bool is_wanted(double q)
{
	for (size_t i = 0; i < WANTED; i++)
		if (fabs(q - wanted[i]) < 1e-9)
			return true;
	return false;
}

/* How many quantiles say nothing, since they have no upper end? */
static size_t take_gaps(const struct result_point *from,
			struct overhead_point *to, struct arena *arena)
{
	const struct result_model *m = from->model;
	double *q = arena_array(arena, WANTED, sizeof(*q));
	double *gap = arena_array(arena, WANTED, sizeof(*gap));
	double *error = arena_array(arena, WANTED, sizeof(*error));
	size_t open = 0;

	to->q = q;
	to->gap = gap;
	to->error = error;
	to->requests = (double)from->counts.received * (1 - m->left_out);
	for (size_t i = 0; i < m->nquantiles && to->nq < WANTED; i++) {
		const struct result_predicted *p = &m->quantiles[i];
		double e, g = gap_of(from, p, &e);

		if (!is_wanted(p->q) || to->requests * (1 - p->q) < BEYOND)
			continue;
		open += isinf(e) != 0;
		if (!isfinite(g) || !(e > 0) || !isfinite(e))
			continue;
		q[to->nq] = p->q;
		gap[to->nq] = g;
		error[to->nq++] = e;
	}
	return open;
}

static size_t take_points(const struct predict_query *query,
			  const struct result_point *points, size_t n,
			  struct overhead_point *to, size_t *open,
			  struct arena *arena)
{
	double mean = workload_moment(query->workload, 1);
	double capacity = policy_capacity(&query->policy, query->workers,
					  query->workload);
	size_t taken = 0;

	if (!isfinite(capacity))
		capacity = query->workers / mean;
	for (size_t i = 0; i < n; i++) {
		struct overhead_point *p = &to[taken];

		if (!points[i].model || !points[i].verdict.status ||
		    strcmp(points[i].verdict.status, "valid") != 0)
			continue;
		*p = (struct overhead_point){ 0 };
		p->rate = points[i].offered_rps / 1e9;
		p->load = p->rate / capacity;
		if (p->load >= 1)
			continue;
		*open += take_gaps(&points[i], p, arena);
		taken += p->nq > 0;
	}
	return taken;
}

/* --- the result --- */

static struct result_interval interval(struct predict_value v, double unit)
{
	return (struct result_interval){ v.value * unit, v.lo * unit,
					 v.hi * unit };
}

/* What the fit did not see. */
static const char *sentence_of(const struct overhead *found, size_t open,
			       struct arena *arena)
{
	char text[600];

	overhead_sentence(found, text, sizeof(text));
	if (!open)
		return arena_strdup(arena, text);
	return arena_printf(arena, "%s; left out: %zu unresolved quantile%s",
			    text, open, open == 1 ? "" : "s");
}

static struct result_overhead *fill(const struct overhead *found, double mean,
				    const char *method, size_t open,
				    struct arena *arena)
{
	static const char *const names[] = { "added", "proportional" };
	struct result_overhead *to = arena_alloc(arena, sizeof(*to));
	const struct overhead_fit *best = &found->of[found->best];

	to->nvariants = OVERHEAD_KINDS;
	to->variants =
		arena_array(arena, OVERHEAD_KINDS, sizeof(*to->variants));
	for (int i = 0; i < OVERHEAD_KINDS; i++) {
		const struct overhead_fit *f = &found->of[i];
		double unit = i == OVERHEAD_SCALED ? mean : 1;

		to->variants[i] = (struct result_variant){
			.work = names[i],
			.communication_ns = interval(f->communication, 1),
			.per_request_ns = interval(f->work, unit),
			.aicc = f->aicc,
		};
	}
	to->communication_ns = to->variants[found->best].communication_ns;
	to->per_request_ns = to->variants[found->best].per_request_ns;
	to->work = names[found->best];
	to->method = method;
	to->status = found->fits ? "pass" : "fail";
	to->p_value = best->p_value;
	to->statistic = best->chi2;
	to->freedom = (int64_t)best->freedom;
	to->sentence = sentence_of(found, open, arena);
	return to;
}

struct result_overhead *attribution_of(const struct predict_query *query,
				       const struct result_point *points,
				       const struct overhead_point *paired,
				       size_t n, struct arena *arena,
				       const char **reason)
{
	struct overhead_point *at = arena_array(arena, n, sizeof(*at));
	double mean = workload_moment(query->workload, 1);
	struct overhead found;
	struct err err;
	size_t replayed = 0, used, open = 0;

	for (size_t i = 0; paired && i < n; i++)
		if (paired[i].nq && points[i].verdict.status &&
		    !strcmp(points[i].verdict.status, "valid"))
			at[replayed++] = paired[i];
	if (replayed && !overhead_fit(at, replayed, mean, &found, &err))
		return fill(&found, mean, "paired with replays", 0, arena);
	used = take_points(query, points, n, at, &open, arena);
	if (!used && !replayed)
		*reason = "no point is valid and comparable to the model";
	else if (used < 2)
		*reason = arena_printf(
			arena,
			"of %zu points too few are valid and comparable; a "
			"single load cannot separate communication from work",
			n);
	else if (overhead_stationary(query, at, used, &found, arena, &err))
		*reason = arena_strdup(arena, err.text);
	else
		return fill(&found, mean, "beside the stationary model", open,
			    arena);
	return NULL;
}

void attribution_run(const struct plan *plan,
		     const struct overhead_point *paired, struct result *result,
		     struct arena *arena)
{
	struct compare_queue queue = compare_queue(plan, arena);
	struct predict_query query = compare_query(plan, &queue);

	if (plan->config->model.mode == MODEL_NONE)
		result->overhead_reason = "no model was asked for";
	else if (queue.unknown)
		result->overhead_reason = queue.unknown;
	else if (plan->workload.fanout > 1)
		result->overhead_reason = "with fanout the overhead of a "
					  "single part cannot be separated";
	else
		result->overhead = attribution_of(
			&query, result->points, paired, result->npoints, arena,
			&result->overhead_reason);
}
