/* compare.c - the measured point beside what an ideal queue would do */
#include "coordinator/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "coordinator/pairs.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/text.h"
#include "models/fanout.h"
#include "models/predict.h"

/* Seconds a point's simulation may take where no formula holds. */
#define SIMULATE_S 1.5

struct compare_queue compare_queue(const struct plan *plan,
				   struct arena *arena)
{
	const struct config *config = plan->config;
	const struct config_builtin *builtin = config->target.builtin;
	struct compare_queue queue = { 0 };
	struct err err;

	if (plan->host.memory) {
		queue.unknown = "requests do not leave the agent's memory "
				"(transport loop): there is no queue to "
				"compare with";
		return queue;
	}
	queue.servers = config->target.address ?
		(uint32_t)text_items(config->target.address) : 1;
	if (queue.servers > 1 && plan->workload.fanout < 2) {
		queue.unknown = "connections spread the requests over several "
				"servers, which has no model";
		return queue;
	}
	queue.workers = (uint32_t)(builtin ? builtin->workers
					   : config->target.workers);
	if (!queue.workers || !(plan->mean_service_ns > 0)) {
		queue.unknown = "the target's queue is not known: run "
				"`lancet probe`, or set target.workers and "
				"target.service";
		return queue;
	}
	if (config->model.mode == MODEL_POLICY)
		queue.policy = config->model.policy;
	else if (builtin)
		queue.policy = builtin->policy;
	else if (option_parse_choice(KIND_POLICY, OPTION_UNIT_TIME, "fcfs",
				     &queue.policy, arena, &err) < 0)
		queue.unknown = arena_strdup(arena, err.text);
	return queue;
}

/* --- replay --------------------------------------------------------------- */

static void requests_figures(const struct pair *pair, size_t n,
			     struct result_model *model, struct arena *arena)
{
	double *scratch = arena_array(arena, n, sizeof(*scratch));

	model->requests = (int64_t)n;
	model->request_p50_ns = pairs_difference(pair, n, .5, scratch);
	model->request_p90_ns = pairs_difference(pair, n, .9, scratch);
	model->request_p99_ns = pairs_difference(pair, n, .99, scratch);
}

/* Move the pairs of windows to be compared to the front. */
static size_t pairs_kept(struct pair *pair, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!(pair[i].out & WINDOW_COMPARED))
			pair[kept++] = pair[i];
	return kept;
}

static void replay_figures(const struct point_data *data,
			   const struct pair *pair, size_t n,
			   struct result_model *model, struct arena *scratch,
			   struct arena *arena)
{
	const struct plan *plan = data->plan;
	struct pair_quantile *at = arena_array(scratch, plan->nq, sizeof(*at));

	for (size_t i = 0; i < plan->nq; i++)
		at[i].q = plan->q[i];
	pairs_quantile(pair, n, data->confidence, at, plan->nq, scratch);
	model->replayed = arena_array(arena, plan->nq,
				      sizeof(*model->replayed));
	for (size_t i = 0; i < plan->nq; i++) {
		double diff = at[i].measured_ns - at[i].replayed_ns;

		if (isnan(diff))
			continue;
		model->replayed[model->nreplayed++] = (struct result_replayed){
			.q = at[i].q,
			.replayed = at[i].replayed_ns,
			.diff = diff,
			.lo = diff - at[i].half_ns,
			.hi = diff + at[i].half_ns,
		};
	}
}

static void compare_replay(const struct point_data *data,
			   const struct compare_queue *queue,
			   struct result_model *model, struct arena *arena)
{
	struct arena scratch;
	struct pair *pair;
	size_t n;
	struct err err;

	arena_init(&scratch);
	if (pairs_replay(data, &queue->policy, queue->workers, &pair, &n,
			 &scratch, &err) < 0) {
		model->reason = arena_printf(arena, "no replay: %s", err.text);
	} else {
		requests_figures(pair, n, model, &scratch);
		n = pairs_kept(pair, n);
		if (n)
			replay_figures(data, pair, n, model, &scratch, arena);
	}
	arena_fini(&scratch);
}

/* --- measured, in the windows to be compared ------------------------------ */

static void compare_measured(const struct point_data *data,
			     struct result_model *model, struct arena *arena)
{
	struct result_metric metric = { 0 };
	struct series series;

	point_series(data, -1, WINDOW_COMPARED, &series, data->arena);
	interval_metric(&series, data->confidence, data->plan->q,
			data->plan->nq, data->arena, &metric);
	model->nquantiles = data->plan->nq;
	model->quantiles = arena_array(arena, model->nquantiles,
				       sizeof(*model->quantiles));
	for (size_t i = 0; i < model->nquantiles; i++) {
		const struct result_quantile *q = &metric.quantiles[i];

		/* The prediction is 0 for now: a gap is what was measured. */
		model->quantiles[i] = (struct result_predicted){
			.q = q->q,
			.gap = q->value,
			.gap_lo = q->lo,
			.gap_hi = q->hi,
		};
	}
}

struct result_model *compare_point(const struct point_data *data,
				   struct arena *arena)
{
	const struct plan *plan = data->plan;
	struct compare_queue queue = compare_queue(plan, arena);
	struct result_model *model;

	if (plan->config->model.mode == MODEL_NONE)
		return NULL;
	model = arena_alloc(arena, sizeof(*model));
	model->request_p50_ns = (double)NAN;
	model->request_p90_ns = (double)NAN;
	model->request_p99_ns = (double)NAN;
	model->left_out = data->left_out_compared;
	model->reason = queue.unknown;
	if (queue.unknown)
		return model;
	if (data->nsamples && (plan_builtin(plan) ||
			       plan->config->model.mode == MODEL_REPLAY))
		compare_replay(data, &queue, model, arena);
	else
		model->reason = "no replay: it needs the built-in target, and "
				"requests that carry a service time";
	if (plan->config->model.mode != MODEL_REPLAY)
		compare_measured(data, model, arena);
	return model;
}

/* --- the stationary queue ------------------------------------------------- */

static const struct predict_ask *quantile_asks(const double *q, size_t n,
					       struct arena *arena)
{
	struct predict_ask *ask = arena_array(arena, n, sizeof(*ask));

	for (size_t i = 0; i < n; i++)
		ask[i] = (struct predict_ask){ .figure = FIGURE_QUANTILE,
					       .q = q[i] };
	return ask;
}

struct predict_query compare_query(const struct plan *plan,
				   const struct compare_queue *queue)
{
	return (struct predict_query){
		.workload = &plan->served,
		.policy = queue->policy,
		.workers = queue->workers,
		.seed = (uint64_t)plan->config->seed,
	};
}

static struct predict_query query_of(const struct plan *plan,
				     const struct compare_queue *queue,
				     double rate_rps, const double *q,
				     size_t nq, struct arena *arena)
{
	struct predict_query query = compare_query(plan, queue);

	query.rate = rate_rps / 1e9;
	query.ask = quantile_asks(q, nq, arena);
	query.nask = nq;
	query.relative = .005;
	query.time_limit_s = SIMULATE_S;
	return query;
}

/* Independent errors: half-widths add as squares, each side by itself. */
static void gap_of(struct result_predicted *at,
		   const struct predict_value *predicted)
{
	double measured = at->gap;
	double below = measured - at->gap_lo, above = at->gap_hi - measured;

	at->predicted = predicted->value;
	at->lo = predicted->lo;
	at->hi = predicted->hi;
	at->gap = measured - predicted->value;
	at->gap_lo = at->gap - hypot(below, predicted->hi - predicted->value);
	at->gap_hi = at->gap + hypot(above, predicted->value - predicted->lo);
}

/* Replay and prediction err independently of each other. */
static void adjust(struct result_model *model, struct arena *arena)
{
	model->adjusted = arena_array(arena, model->nreplayed,
				      sizeof(*model->adjusted));
	for (size_t i = 0; i < model->nreplayed; i++) {
		const struct result_replayed *r = &model->replayed[i];
		const struct result_predicted *p = NULL;
		double value;

		for (size_t j = 0; j < model->nquantiles; j++)
			if (model->quantiles[j].q == r->q)
				p = &model->quantiles[j];
		if (!p)
			continue;
		value = p->predicted + r->diff;
		model->adjusted[model->nadjusted++] = (struct result_adjusted){
			.q = r->q,
			.value = value,
			.lo = value - hypot(p->predicted - p->lo,
					    r->diff - r->lo),
			.hi = value + hypot(p->hi - p->predicted,
					    r->hi - r->diff),
		};
	}
}

static void stationary_failed(struct result_model *model, const char *why,
			      struct arena *arena)
{
	model->nquantiles = 0;
	model->reason = model->reason
			? arena_printf(arena, "%s; no prediction: %s",
				       model->reason, why)
			: arena_printf(arena, "no prediction: %s", why);
}

/* Requests that fan out are done when the last of several queues is. */
static int predict_any(const struct plan *plan,
		       const struct compare_queue *queue,
		       const struct predict_query *query,
		       struct predict_result *found, struct arena *arena,
		       struct err *err)
{
	const struct fanout fanout = { query, queue->servers,
				       plan->connections };

	if (plan->workload.fanout > 1)
		return fanout_predict(&fanout, found, arena, err);
	return predict(query, found, arena, err);
}

static struct result_predicted *predictions(const struct predict_query *query,
					    const struct predict_result *found,
					    struct arena *arena)
{
	struct result_predicted *to = arena_array(arena, query->nask,
						  sizeof(*to));

	for (size_t i = 0; i < query->nask; i++)
		to[i] = (struct result_predicted){
			.q = query->ask[i].q,
			.predicted = found->answer[i].value.value,
			.lo = found->answer[i].value.lo,
			.hi = found->answer[i].value.hi,
		};
	return to;
}

/*
 * `model: replay`: the stationary queue only serves to adjust what was
 * measured; where there is none, there is the replay.
 */
static void replay_only(const struct predict_query *query,
			const struct compare_queue *queue,
			const struct plan *plan, struct result_model *model,
			struct arena *arena)
{
	struct predict_result found = { 0 };
	struct err err;

	model->name = query->policy.kind->name;
	model->method = "replay";
	if (!model->nreplayed || plan->workload.pattern ||
	    predict_any(plan, queue, query, &found, arena, &err) < 0)
		return;
	model->quantiles = predictions(query, &found, arena);
	model->nquantiles = query->nask;
	adjust(model, arena);
	model->nquantiles = 0;
}

void compare_stationary(const struct plan *plan, const struct plan_point *point,
			struct result_model *model, struct arena *arena)
{
	struct compare_queue queue = compare_queue(plan, arena);
	struct predict_query query = query_of(plan, &queue, point->rate_rps,
					      plan->q, plan->nq, arena);
	struct predict_result found = { 0 };
	struct err err;

	if (queue.unknown)
		return;
	if (plan->config->model.mode == MODEL_REPLAY) {
		replay_only(&query, &queue, plan, model, arena);
		return;
	}
	if (plan->workload.pattern) {
		model->name = queue.policy.kind->name;
		stationary_failed(model, "the load changes over time", arena);
		return;
	}
	if (predict_any(plan, &queue, &query, &found, arena, &err) < 0) {
		model->name = queue.policy.kind->name;
		stationary_failed(model, err.text, arena);
		return;
	}
	model->name = arena_strdup(arena, found.model);
	model->method = arena_strdup(arena, found.method);
	for (size_t i = 0; i < model->nquantiles; i++)
		gap_of(&model->quantiles[i], &found.answer[i].value);
	adjust(model, arena);
}

/* --- while it is measured ------------------------------------------------- */

const struct result_predicted *compare_forecast(const struct plan *plan,
						double rate_rps,
						struct arena *arena)
{
	struct compare_queue queue = compare_queue(plan, arena);
	struct predict_query query = query_of(plan, &queue, rate_rps, plan->q,
					      plan->nq, arena);
	struct predict_result found = { 0 };
	struct err err;

	if (plan->config->model.mode == MODEL_NONE || queue.unknown ||
	    !plan_builtin(plan) || !plan->samples || plan->workload.pattern ||
	    predict_any(plan, &queue, &query, &found, arena, &err) < 0)
		return NULL;
	return predictions(&query, &found, arena);
}

size_t compare_adjusted(const struct point_data *data,
			const struct result_predicted *forecast,
			double confidence,
			const struct result_adjusted **adjusted,
			struct arena *arena)
{
	struct compare_queue queue = compare_queue(data->plan, arena);
	struct point_data trusted = *data;
	struct result_model model = {
		.quantiles = (struct result_predicted *)forecast,
		.nquantiles = data->plan->nq,
	};

	if (!data->nsamples)
		return 0;
	trusted.confidence = confidence;
	compare_replay(&trusted, &queue, &model, arena);
	adjust(&model, arena);
	*adjusted = model.adjusted;
	return model.nadjusted;
}
