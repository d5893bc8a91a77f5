/* account.c - a point's data as the result structure tells them */
#include "coordinator/account.h"

#include <math.h>
#include <string.h>

#include "coordinator/breakdown.h"
#include "coordinator/mix.h"
#include "coordinator/plan.h"
#include "coordinator/slowdown.h"
#include "coordinator/verdict.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"

static double rate(int64_t n, double seconds)
{
	return seconds > 0 ? (double)n / seconds : (double)NAN;
}

/* --- pacing --------------------------------------------------------------- */

/* Variance over mean of sends per millisecond of one thread; 1 if Poisson. */
static double dispersion_of(const struct point_gaps *gaps)
{
	double n = 0, sum = 0, square = 0, count = 1;
	int64_t at = 0, end = 1000000;

	for (uint32_t i = 0; i < gaps->n; i++) {
		at += gaps->gap_ns[i];
		for (; at >= end; end += 1000000) {
			n++;
			sum += count;
			square += count * count;
			count = 0;
		}
		count++;
	}
	if (n < 2 || sum <= 0)
		return (double)NAN;
	return (square - sum * sum / n) / (n - 1) / (sum / n);
}

static void account_pacing(const struct point_data *data,
			   struct result_point *to)
{
	struct result_pacing *pacing = &to->pacing;
	double dispersion = 0, n = 0;

	pacing->p50_ns = hist_quantile(data->lateness, .5);
	pacing->p99_ns = hist_quantile(data->lateness, .99);
	pacing->p999_ns = hist_quantile(data->lateness, .999);
	pacing->max_ns = (double)data->lateness->max;
	pacing->distance = (double)NAN;
	for (size_t i = 0; i < to->nchecks; i++)
		if (!strcmp(to->checks[i].name, "arrivals"))
			pacing->distance = to->checks[i].effect;
	/* Of a changing rate it has no meaning. */
	for (size_t i = 0; i < data->ngaps && !data->plan->workload.pattern;
	     i++) {
		double of = dispersion_of(&data->gaps[i]);

		if (isnan(of))
			continue;
		dispersion += of * data->gaps[i].n;
		n += data->gaps[i].n;
	}
	pacing->dispersion = n > 0 ? dispersion / n : (double)NAN;
}

/* --- windows and stalls --------------------------------------------------- */

static void account_stalls(const struct point_data *data,
			   struct result_point *to, struct arena *arena)
{
	to->nstalls = data->nstalls;
	to->stalls = arena_array(arena, data->nstalls, sizeof(*to->stalls));
	for (size_t i = 0; i < data->nstalls; i++)
		to->stalls[i] = (struct result_stall){
			.who = arena_strdup(arena, data->stall[i].who),
			.start_ns = data->stall[i].start_ns,
			.length_ns = data->stall[i].length_ns,
			.cause = stall_cause_name[data->stall[i].cause],
		};
}

/* Of a window's intended requests; NAN where it is beyond the replies. */
static double window_quantile(const struct series_window *window, double q)
{
	double value = hist_sparse_quantile(&window->response, q,
					    window->later);

	return window->response.total && isfinite(value) ? value
							 : (double)NAN;
}

static void account_window(const struct point_window *from,
			   const struct series_window *series,
			   struct result_windows *to, struct arena *arena)
{
	size_t i = to->n++;

	to->start_ns[i] = (int64_t)from->index * to->window_ns;
	for (int o = 0; o < OUTCOMES; o++)
		to->count[i] += (int64_t)from->count[o];
	to->p50_ns[i] = window_quantile(series, .5);
	to->p99_ns[i] = window_quantile(series, .99);
	if (!(from->out & WINDOW_HEADLINE))
		return;
	to->left_out[to->nleft_out++] = (struct result_left_out){
		.index = (int64_t)i,
		.reason = arena_strdup(arena, from->reason),
	};
}

static void account_windows(const struct point_data *data,
			    struct result_windows *to, struct arena *arena)
{
	struct series all;

	point_series(data, -1, 0, &all, data->arena);
	to->window_ns = data->plan->config->measure.window_ns;
	to->start_ns = arena_array(arena, all.n, sizeof(*to->start_ns));
	to->count = arena_array(arena, all.n, sizeof(*to->count));
	to->p50_ns = arena_array(arena, all.n, sizeof(*to->p50_ns));
	to->p99_ns = arena_array(arena, all.n, sizeof(*to->p99_ns));
	to->left_out = arena_array(arena, all.n, sizeof(*to->left_out));
	for (size_t s = 0; s < data->nsegments; s++)
		for (size_t i = 0; i < data->segment[s].nwindows; i++)
			account_window(&data->segment[s].window[i],
				       &all.window[to->n], to, arena);
}

/* The offered load of each window. */
static struct result_pattern *account_pattern(const struct point_data *data,
					      const struct result_windows *w,
					      struct arena *arena)
{
	const struct pattern *pattern = data->plan->workload.pattern;
	struct result_pattern *to;

	if (!pattern)
		return NULL;
	to = arena_alloc(arena, sizeof(*to));
	to->name = pattern->name;
	to->n = w->n;
	to->offered_rps = arena_array(arena, w->n, sizeof(*to->offered_rps));
	for (size_t i = 0; i < w->n; i++)
		to->offered_rps[i] = point_window_rps(data, w->start_ns[i]);
	return to;
}

/* --- the rest ------------------------------------------------------------- */

static double account_cost(const struct point_cost *cost)
{
	return cost->sent ? 1e9 * cost->cpu_s / (double)cost->sent :
			    (double)NAN;
}

static void account_agents(const struct point_data *data,
			   struct result_point *to, struct arena *arena)
{
	to->nagents = data->plan->nagents;
	to->agents = arena_array(arena, to->nagents, sizeof(*to->agents));
	for (size_t i = 0; i < to->nagents; i++)
		to->agents[i] = (struct result_agent){
			.name = arena_printf(arena, "agent %zu", i),
			.mode = data->plan->agent[i].poll ? "poll" : "block",
			.cpu_ns = account_cost(&data->agent_cost[i]),
			.counts = data->agent_counts[i],
			.connections = arena_copy(arena,
				&data->agent_connections[i],
				sizeof(data->agent_connections[i])),
			.verdict = verdict_agent(&data->agent_counts[i],
						 arena),
		};
}

struct result_metric *account_hist(const struct point_data *data,
				   const struct hist *hist, const char *few,
				   struct arena *arena)
{
	struct result_metric *metric;

	if (!hist || !hist->total)
		return NULL;
	metric = arena_alloc(arena, sizeof(*metric));
	metric->mean = (struct result_interval){
		hist_mean(hist), NAN, NAN
	};
	metric->quantiles = arena_array(arena, data->plan->nq,
					sizeof(*metric->quantiles));
	for (size_t i = 0; i < data->plan->nq; i++) {
		double q = data->plan->q[i];
		double beyond = (double)hist->total * (1 - q);

		metric->quantiles[metric->nquantiles++] =
			(struct result_quantile){
				.q = q,
				.value = hist_quantile(hist, q),
				.lo = (double)NAN,
				.hi = beyond < 1 ? (double)INFINITY
						 : (double)NAN,
				.status = beyond < 1 ? "unresolved"
						     : "resolved",
				.reason = beyond < 1 ? few
						     : NULL,
			};
	}
	return metric;
}

static void account_rates(const struct point_data *data,
			  struct result_point *to)
{
	to->offered_rps = point_offered_rps(data);
	to->intended_rps = rate(data->counts.intended, data->duration_s);
	to->sent_rps = rate(data->counts.sent, data->duration_s);
	to->achieved_rps = point_achieved_rps(data);
	to->utilisation = data->point->utilisation;
	to->duration_s = data->duration_s;
	to->counts = data->counts;
}

/* So many lost are told beside whatever kept a better source away. */
#define LOST_MANY .25	/* as the check wire's limit */

static const char *stamps_reason(const struct wire_stamps *s,
				 struct arena *arena)
{
	bool reason = s->reason && *s->reason;
	bool many = (double)s->lost_tx > LOST_MANY * (double)s->asked ||
		    (double)s->lost_rx > LOST_MANY * (double)s->replies;

	if (!many || !s->asked)
		return reason ? arena_strdup(arena, s->reason) : NULL;
	return arena_printf(arena, "%s%smore than a quarter of the stamps "
			    "were lost: wire times are of the others",
			    reason ? s->reason : "", reason ? "; " : "");
}

/* The user's own clock stamps everything. */
static void account_stamps(const struct point_data *data,
			   struct result_point *to, struct arena *arena)
{
	const struct wire_stamps *s = &data->stamps;
	int64_t sent = 0;

	for (size_t a = 0; a < data->plan->nagents; a++)
		sent += data->agent_cost[a].sent;
	to->timestamps = (struct result_stamps){
		.source = s->source ? arena_strdup(arena, s->source) : "user",
		.reason = stamps_reason(s, arena),
		.uncertainty_ns = (double)(s->uncertainty_ns
						   ? s->uncertainty_ns
						   : clock_error_ns()),
		.lost_tx = s->lost_tx,
		.lost_rx = s->lost_rx,
		.share = s->asked && sent
				 ? (double)s->asked / (double)sent : 1,
	};
	if (!s->asked)
		return;
	to->timestamps.counts =
		arena_copy(arena, &(struct result_stamp_counts){
			.asked = s->asked, .replies = s->replies,
			.shared = s->shared, .stray = s->stray,
			.twice = s->twice, .disputed = s->disputed,
			.misplaced = s->misplaced, .unclear = s->unclear,
			.unrecorded = s->log_dropped,
		}, sizeof(struct result_stamp_counts));
	to->wire_ns = arena_copy(arena, &data->wire, sizeof(data->wire));
	to->breakdown_p50 = breakdown_at(data, .5, arena);
	to->breakdown_p99 = breakdown_at(data, .99, arena);
	to->one_way = breakdown_one_way(data, to->timestamps.uncertainty_ns,
					arena);
}

void account_point(const struct point_data *data,
		   const struct measured *measured, struct result_point *to,
		   struct arena *arena)
{
	struct series headline;

	account_rates(data, to);
	to->took_s = measured->took_s;
	to->precision_asked = measured->asked;
	to->precision_reached = measured->reached;
	to->attempts = measured->attempts;
	to->nattempts = measured->nattempts;
	to->response_ns = data->response;
	to->response_ns.with_excluded =
		arena_alloc(arena, sizeof(*to->response_ns.with_excluded));
	point_with_excluded(data, data->confidence,
			    to->response_ns.with_excluded, arena);
	/* Cold, and so few that no interval would mean anything. */
	to->connect_ns = account_hist(data, data->connect,
				      "too few connections", arena);
	account_stamps(data, to, arena);
	account_pacing(data, to);
	account_stalls(data, to, arena);
	account_windows(data, &to->windows, arena);
	to->pattern = account_pattern(data, &to->windows, arena);
	account_agents(data, to, arena);
	mix_account(data, to, arena);
	if (data->target)
		to->target = arena_copy(arena, data->target,
					sizeof(*data->target));
	point_series(data, -1, WINDOW_HEADLINE, &headline, data->arena);
	to->response_hist = arena_alloc(arena, sizeof(*to->response_hist));
	series_merge(&headline, to->response_hist);
	slowdown_of(data, data->confidence, to, arena);
}
