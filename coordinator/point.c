/* point.c - one point's data: what agents and target reported, in windows */
#include "coordinator/point.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/exclude.h"
#include "coordinator/plan.h"
#include "lancet/core/arena.h"

void point_init(struct point_data *data, const struct plan *plan,
		const struct plan_point *point, struct arena *arena)
{
	memset(data, 0, sizeof(*data));
	data->plan = plan;
	data->point = point;
	data->arena = arena;
	data->agent_counts = arena_array(arena, plan->nagents,
					 sizeof(*data->agent_counts));
	data->agent_connections =
		arena_array(arena, plan->nagents,
			    sizeof(*data->agent_connections));
	data->agent_cost = arena_array(arena, plan->nagents,
				       sizeof(*data->agent_cost));
	data->lateness = arena_alloc(arena, sizeof(*data->lateness));
	data->connect = arena_alloc(arena, sizeof(*data->connect));
	data->warmup_ns = point->warmup_ns;
	data->confidence = plan->config->measure.precision
			   ? plan->config->measure.precision->confidence
			   : .95;
	data->round = wire_round(point->index, 0);
	data->steal = (double)NAN;
}

static int64_t window_ns(const struct point_data *data)
{
	return data->plan->config->measure.window_ns;
}

/* --- windows -------------------------------------------------------------- */

static int part_order(const void *left, const void *right)
{
	const struct point_part *a = left, *b = right;

	if (a->window.index != b->window.index)
		return a->window.index < b->window.index ? -1 : 1;
	if (a->window.class != b->window.class)
		return a->window.class < b->window.class ? -1 : 1;
	if (a->window.outcome != b->window.outcome)
		return a->window.outcome < b->window.outcome ? -1 : 1;
	return a->agent < b->agent ? -1 : a->agent > b->agent;
}

static bool outcome_fine(uint8_t outcome, bool wire)
{
	return outcome < OUTCOMES || (wire && outcome == WIRE_UNSTAMPED);
}

/* What an agent says of one metric. */
static const struct wire_window *windows_of(const struct wire_report *report,
					    bool wire, size_t *n)
{
	*n = wire ? report->nwire : report->nwindows;
	return wire ? report->wire : report->window;
}

/* The parts that lie in the segment, of all agents, in order. */
static struct point_part *parts_of(struct point_data *data,
				   const struct point_segment *segment,
				   const struct wire_report *const *report,
				   bool wire, size_t *n)
{
	uint32_t first = (uint32_t)(segment->from_ns / window_ns(data));
	struct point_part *part;
	size_t room = 0, have;

	for (size_t a = 0; a < data->plan->nagents; a++) {
		windows_of(report[a], wire, &have);
		room += have;
	}
	part = arena_array(data->arena, room, sizeof(*part));
	*n = 0;
	for (uint32_t a = 0; a < data->plan->nagents; a++) {
		const struct wire_window *w =
			windows_of(report[a], wire, &have);

		for (size_t i = 0; i < have; i++, w++) {

			if (w->index < first ||
			    !outcome_fine(w->outcome, wire) ||
			    w->index - first >= segment->nwindows ||
			    w->class >= data->plan->workload.nclasses)
				continue;
			part[*n].window = *w;
			part[(*n)++].agent = a;
		}
	}
	if (data->plan->nagents > 1)
		qsort(part, *n, sizeof(*part), part_order);
	return part;
}

static void windows_fill(struct point_data *data, struct point_segment *segment,
			 const struct wire_report *const *report)
{
	uint32_t first = (uint32_t)(segment->from_ns / window_ns(data));
	struct point_part *part, *end, *wire, *wire_end;
	size_t n;

	segment->nwindows = (size_t)((segment->until_ns - segment->from_ns) /
				     window_ns(data));
	segment->window = arena_array(data->arena, segment->nwindows,
				      sizeof(*segment->window));
	part = parts_of(data, segment, report, false, &n);
	end = part + n;
	wire = parts_of(data, segment, report, true, &n);
	wire_end = wire + n;
	for (size_t i = 0; i < segment->nwindows; i++) {
		struct point_window *window = &segment->window[i];

		window->index = first + (uint32_t)i;
		window->part = part;
		while (part < end && part->window.index == window->index) {
			window->count[part->window.outcome] +=
				part->window.response.total;
			part++;
		}
		window->nparts = (size_t)(part - window->part);
		window->wire = wire;
		while (wire < wire_end && wire->window.index == window->index)
			wire++;
		window->nwire = (size_t)(wire - window->wire);
	}
}

/* --- everything else in a report ------------------------------------------ */

static void take_stall(struct point_data *data, const struct stall *stall,
		       const char *who, bool target)
{
	uint32_t index = (uint32_t)data->nsegments - 1;
	const struct point_segment *segment = &data->segment[index];
	int64_t start = stall->start_ns - segment->at_ns + segment->from_ns;

	/* Before the load and after its drain nobody was held up. */
	if (start + stall->length_ns < segment->from_ns)
		return;
	data->stall = arena_grow(data->arena, data->stall, data->nstalls,
				 &data->stall_room, sizeof(*data->stall));
	data->stall[data->nstalls++] = (struct point_stall){
		.who = who,
		.target = target,
		.segment = index,
		.start_ns = start,
		.length_ns = stall->length_ns,
		.cause = stall->cause,
	};
}

static void take_stalls(struct point_data *data, uint32_t agent,
			const struct wire_report *report)
{
	const struct plan_agent *plan = &data->plan->agent[agent];
	const char **who = arena_array(data->arena, plan->threads,
				       sizeof(*who));

	for (uint32_t t = 0; t < plan->threads; t++)
		who[t] = plan->threads == 1
			 ? arena_printf(data->arena, "agent %u", agent)
			 : arena_printf(data->arena, "agent %u thread %u",
					agent, t);
	for (size_t i = 0; i < report->nstalls; i++)
		if (report->stall_thread[i] < plan->threads)
			take_stall(data, &report->stall[i],
				   who[report->stall_thread[i]], false);
}

static void take_gaps(struct point_data *data, uint32_t agent,
		      const struct wire_report *report)
{
	const struct plan_agent *plan = &data->plan->agent[agent];

	for (size_t i = 0; i < report->ngaps; i++) {
		const struct wire_gaps *gaps = &report->gaps[i];

		if (gaps->thread >= plan->threads)
			continue;
		data->gaps = arena_grow(data->arena, data->gaps, data->ngaps,
					&data->gaps_room, sizeof(*data->gaps));
		data->gaps[data->ngaps++] = (struct point_gaps){
			.agent = agent,
			.thread = gaps->thread,
			.segment = (uint32_t)data->nsegments - 1,
			.n = gaps->n,
			.gap_ns = gaps->gap_ns,
			.intended_gap_ns = gaps->intended_gap_ns,
		};
	}
}

static void take_samples(struct point_data *data, uint32_t agent,
			 const struct wire_report *report)
{
	/* A share of them serves nobody here. */
	if (!report->nsamples || !data->plan->samples)
		return;
	data->samples = arena_grow(data->arena, data->samples, data->nsamples,
				   &data->samples_room, sizeof(*data->samples));
	data->samples[data->nsamples++] = (struct point_samples){
		.agent = agent,
		.segment = (uint32_t)data->nsegments - 1,
		.sample = report->sample,
		.n = report->nsamples,
	};
}

/* One source of several agents: the least sure of them is named. */
static void take_stamps(struct point_data *data,
			const struct wire_report *report)
{
	struct wire_stamps *to = &data->stamps;
	bool none = !report->nwire && !report->stamps.asked;

	if (!to->source || none) {
		to->source = report->stamps.source;
		to->reason = report->stamps.reason;
	}
	wire_add_stamps(to, &report->stamps);
	if (!report->nways)
		return;
	data->ways = arena_grow(data->arena, data->ways, data->nways,
				&data->ways_room, sizeof(*data->ways));
	data->ways[data->nways++] = (struct point_ways){
		.segment = (uint32_t)data->nsegments - 1,
		.way = report->way,
		.n = report->nways,
	};
}

static void take_report(struct point_data *data, uint32_t agent,
			const struct wire_report *report)
{
	take_stamps(data, report);
	take_stalls(data, agent, report);
	take_gaps(data, agent, report);
	take_samples(data, agent, report);
	hist_add_sparse(data->lateness, &report->lateness);
	hist_add_sparse(data->connect, &report->connect);
	mix_add(data, report);
	if (report->send_cost_ns > data->send_cost_ns)
		data->send_cost_ns = report->send_cost_ns;
	data->records_dropped += report->records_dropped;
	data->stalls_dropped += report->stalls_dropped;
	data->bad_replies += report->bad_replies;
	data->unasked += report->unasked;
	data->waited += report->waited;
	data->cut_off += report->cut_off;
	data->parts += (uint64_t)report->counts.intended *
		       (data->plan->workload.fanout > 1
				? data->plan->workload.fanout : 1);
	wire_add_connections(&data->agent_connections[agent],
			     &report->connections);
	data->agent_cost[agent].cpu_s += report->cpu_s;
	data->agent_cost[agent].sent += report->counts.sent;
	data->agent_counts[agent].late_replies += report->counts.late_replies;
	data->agent_counts[agent].late_sends += report->counts.late_sends;
}

/* Means over segments are weighted by how many each served. */
static double mean_of(double a, double na, double b, double nb)
{
	if (isnan(a) || isnan(b))
		return isnan(a) ? b : a;
	return na + nb > 0 ? (a * na + b * nb) / (na + nb) : b;
}

static void take_target(struct point_data *data,
			const struct wire_target *target)
{
	const struct result_target *from = &target->stats;
	double was = (double)data->target_served;
	double is = (double)target->served;
	struct result_target *to = data->target;

	for (size_t i = 0; i < target->nstalls; i++)
		take_stall(data, &target->stall[i], "target", true);
	data->stalls_dropped += target->stalls_dropped;
	data->target_served += target->served;
	if (!to) {
		data->target = arena_copy(data->arena, from, sizeof(*from));
		return;
	}
	to->served_mean_ns = mean_of(to->served_mean_ns, was,
				     from->served_mean_ns, is);
	to->idle = mean_of(to->idle, was, from->idle, is);
	to->queue_mean = mean_of(to->queue_mean, was, from->queue_mean, is);
	to->drops += from->drops;
	to->preemptions += from->preemptions;
	to->steals += from->steals;
	to->release_p50_ns = mean_of(to->release_p50_ns, was,
				     from->release_p50_ns, is);
	to->release_p99_ns = fmax(to->release_p99_ns, from->release_p99_ns);
}

static int stall_order(const void *left, const void *right)
{
	const struct point_stall *a = left, *b = right;

	return a->start_ns < b->start_ns ? -1 : a->start_ns > b->start_ns;
}

static int64_t typical_ns(const struct point_segment *segment,
			  struct arena *arena)
{
	struct hist *all = arena_alloc(arena, sizeof(*all));

	for (size_t i = 0; i < segment->nwindows; i++) {
		const struct point_window *w = &segment->window[i];

		for (size_t p = 0; p < w->nparts; p++)
			if (w->part[p].window.outcome == OUTCOME_RECEIVED)
				hist_add_sparse(all,
						&w->part[p].window.response);
	}
	return all->total ? (int64_t)hist_quantile(all, .5) : 0;
}

void point_add(struct point_data *data, const struct wire_start *start,
	       const struct wire_report *const *report,
	       const struct wire_target *target)
{
	struct exclude_rule rule = exclude_rule(data->plan, data->point);
	uint32_t stalls = (uint32_t)data->nstalls;
	struct point_segment *segment;

	data->segment = arena_grow(data->arena, data->segment, data->nsegments,
				   &data->segment_room, sizeof(*data->segment));
	segment = &data->segment[data->nsegments++];
	*segment = (struct point_segment){
		.at_ns = start->at_ns,
		.from_ns = start->from_ns,
		.until_ns = start->until_ns,
	};
	windows_fill(data, segment, report);
	for (uint32_t a = 0; a < data->plan->nagents; a++)
		take_report(data, a, report[a]);
	if (target)
		take_target(data, target);
	if (data->nstalls > stalls)
		qsort(&data->stall[stalls], data->nstalls - stalls,
		      sizeof(*data->stall), stall_order);
	rule.typical_ns = typical_ns(segment, data->arena);
	exclude_segment(segment, data->stall ? &data->stall[stalls] : NULL,
			(uint32_t)data->nstalls - stalls, &rule);
	exclude_warmup(segment, data->warmup_ns);
}

void point_cut(struct point_data *data, int64_t warmup_ns)
{
	data->warmup_ns = warmup_ns;
	for (size_t s = 0; s < data->nsegments; s++)
		exclude_warmup(&data->segment[s], warmup_ns);
}

/* --- figures -------------------------------------------------------------- */

void point_count_part(struct result_counts *counts, unsigned outcome, int64_t n)
{
	counts->intended += n;
	counts->sent += outcome == OUTCOME_UNSENT ? 0 : n;
	counts->unsent += outcome == OUTCOME_UNSENT ? n : 0;
	counts->received += outcome == OUTCOME_RECEIVED ? n : 0;
	counts->nacked += outcome == OUTCOME_NACKED ? n : 0;
	counts->error += outcome == OUTCOME_ERROR ? n : 0;
	counts->timeout += outcome == OUTCOME_TIMEOUT ? n : 0;
	counts->lost += outcome == OUTCOME_LOST ? n : 0;
}

static void counts_reset(struct result_counts *counts)
{
	*counts = (struct result_counts){
		.late_replies = counts->late_replies,
		.late_sends = counts->late_sends,
	};
}

/* Counts of the time after the warm-up, nothing left out. */
static void point_count(struct point_data *data)
{
	size_t windows = 0, agent = 0, compared = 0;

	counts_reset(&data->counts);
	data->counts.late_replies = 0;
	data->counts.late_sends = 0;
	for (size_t a = 0; a < data->plan->nagents; a++) {
		counts_reset(&data->agent_counts[a]);
		data->counts.late_replies += data->agent_counts[a].late_replies;
		data->counts.late_sends += data->agent_counts[a].late_sends;
	}
	for (size_t s = 0; s < data->nsegments; s++) {
		for (size_t i = 0; i < data->segment[s].nwindows; i++) {
			struct point_window *w = &data->segment[s].window[i];

			if (w->out & WINDOW_WARMUP)
				continue;
			windows++;
			agent += !!(w->out & WINDOW_HEADLINE);
			compared += !!(w->out & WINDOW_COMPARED);
			for (size_t p = 0; p < w->nparts; p++) {
				struct point_part *part = &w->part[p];
				int64_t n =
					(int64_t)part->window.response.total;

				point_count_part(&data->counts,
						 part->window.outcome, n);
				point_count_part(
					&data->agent_counts[part->agent],
					part->window.outcome, n);
			}
		}
	}
	data->duration_s = (double)windows * (double)window_ns(data) / 1e9;
	data->left_out = windows ? (double)agent / (double)windows : 0;
	data->left_out_compared = windows ? (double)compared / (double)windows
					  : 0;
}

void point_close(struct point_data *data, struct arena *arena)
{
	point_count(data);
	point_response(data, data->confidence, &data->response, arena);
	if (data->stamps.asked)
		point_wire(data, data->confidence, &data->wire, arena);
}

double point_lateness(const struct point_data *data)
{
	double q = .99 * (1 - data->left_out);

	return q > 0 ? hist_quantile(data->lateness, q) : (double)NAN;
}

int64_t point_broken(const struct point_data *data)
{
	int64_t n = 0;

	for (size_t a = 0; a < data->plan->nagents; a++) {
		const struct result_connections *c =
			&data->agent_connections[a];

		n += c->closed + c->refused + c->timeout + c->protocol;
	}
	return n;
}
