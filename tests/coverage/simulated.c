/* simulated.c - a point measured on a simulated queue, in virtual time */
#include "tests/coverage/simulated.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/decide.h"
#include "coordinator/point.h"
#include "coordinator/settle.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "tests/coverage/fold.h"

/* An extension's own time: to wake up, to draw ahead. */
#define LEAD_NS INT64_C(50000000)

/* --- the plan ------------------------------------------------------------- */

static const char *text_of(const struct cell *cell,
			   const struct protocol *protocol,
			   struct arena *arena)
{
	const char *precision = "";

	if (protocol->relative > 0)
		precision = arena_printf(arena,
					 "precision: {quantile: p%.15g, "
					 "relative: %g%%}, ",
					 100 * protocol->q,
					 100 * protocol->relative);
	return arena_printf(arena,
		"name: coverage\n"
		"target: {builtin: {policy: %s, workers: %u, "
		"backend: virtual}}\n"
		"workload: {protocol: spin, transport: udp, arrival: %s, "
		"service: %s}\n"
		"load: {rate: %g%%}\n"
		"model: none\n"
		"measure: {%stime_limit: %.9gs}\n",
		cell->policy, cell->workers, cell->arrival, cell->service,
		100 * cell->load, precision, protocol->limit_s);
}

const struct plan *simulated_plan(const struct cell *cell,
				  const struct protocol *protocol,
				  struct arena *arena)
{
	const char *text = text_of(cell, protocol, arena);
	static int32_t cpus[] = { 0, 1, 2, 3 };
	struct plan_host host = { .cpu = cpus, .ncpus = 4 };
	struct option_problems problems = { 0 };
	struct err err = { 0 };
	const struct config *config = config_parse("cell", text, strlen(text),
						   NULL, 0, arena, &problems);
	struct plan *plan = NULL;

	if (config)
		plan = plan_create(config, &host, arena, &problems, &err);
	if (!plan) {
		option_problems_print(&problems, NULL, stderr);
		fprintf(stderr, "coverage: %s: %s\n", cell->name, err.text);
		exit(2);
	}
	return plan;
}

struct stream_queue simulated_queue(const struct plan *plan)
{
	const struct config_builtin *builtin = plan->config->target.builtin;

	return (struct stream_queue){
		.workload = &plan->workload,
		.policy = builtin->policy,
		.workers = (uint32_t)builtin->workers,
		.rate = plan->point->rate_rps / 1e9,
	};
}

/* --- one segment, as an agent reports it ---------------------------------- */

struct report {
	struct arena *arena;
	struct wire_report wire;
	int64_t from_ns, window_ns;
	uint64_t first;		/* number of the segment's first request */
	double *response;	/* by number */
	uint32_t *window;	/* of the segment */
	size_t n, room, stall_room;
};

static void take(void *ctx, const struct stream_request *request, size_t n)
{
	struct report *r = ctx;

	for (size_t i = 0; i < n; i++) {
		size_t at = request[i].id - r->first;

		if (at >= r->room) {
			r->room = 2 * r->room + 65536;
			r->response = realloc(r->response,
					      r->room * sizeof(double));
			r->window = realloc(r->window,
					    r->room * sizeof(uint32_t));
			if (!r->response || !r->window)
				abort();
		}
		r->response[at] = request[i].response;
		r->window[at] = (uint32_t)((request[i].at -
					    (double)r->from_ns) /
					   (double)r->window_ns);
		r->n = at + 1 > r->n ? at + 1 : r->n;
	}
}

static void take_stall(void *ctx, double start_ns, double length_ns)
{
	struct report *r = ctx;

	if (start_ns < (double)r->from_ns)
		return;
	r->wire.stall = arena_grow(r->arena, r->wire.stall, r->wire.nstalls,
				   &r->stall_room, sizeof(*r->wire.stall));
	r->wire.stall[r->wire.nstalls++] = (struct stall){
		.start_ns = (int64_t)start_ns, .length_ns = (int64_t)length_ns,
	};
}

static void fold_all(struct report *r)
{
	uint32_t first = (uint32_t)(r->from_ns / r->window_ns);
	size_t windows = r->n ? r->window[r->n - 1] + 1 : 0;

	r->wire.window = arena_array(r->arena, windows,
				     sizeof(*r->wire.window));
	for (size_t i = 0, end; i < r->n; i = end) {
		struct wire_window *w = &r->wire.window[r->wire.nwindows++];

		for (end = i; end < r->n && r->window[end] == r->window[i];)
			end++;
		w->index = first + r->window[i];
		w->outcome = OUTCOME_RECEIVED;
		fold(&r->response[i], end - i, &w->response, r->arena);
	}
	free(r->response);
	free(r->window);
}

static void run_segment(struct stream *stream, struct simulated *point,
			const struct wire_start *start)
{
	struct report r = {
		.arena = &point->arena,
		.from_ns = start->from_ns,
		.window_ns = point->data.plan->config->measure.window_ns,
		.first = stream->n,
	};
	const struct wire_report *report = &r.wire;

	stream_run(stream, (double)start->until_ns, take, take_stall, &r);
	fold_all(&r);
	r.wire.stall_thread = arena_array(r.arena, r.wire.nstalls,
					  sizeof(*r.wire.stall_thread));
	point_add(&point->data, start, &report, NULL);
}

/* --- the point ------------------------------------------------------------ */

/* 1 ms on average, so often that some 5% of the windows are left out. */
static struct stream_stalls stalls_of(const struct plan *plan,
				      const struct protocol *protocol)
{
	double out_ns = 3e6 + 1e6 / (1 - plan->point->utilisation) +
			(double)plan->config->measure.window_ns;

	return (struct stream_stalls){
		.every_ns = protocol->stalls ? 20 * out_ns : (double)INFINITY,
		.least_ns = 1e5,
		.most_ns = 19e5,
	};
}

/* What measure_point() would decide upon; no check is asked. */
static struct decision next(struct simulated *point, int64_t left_ns)
{
	const struct point_data *data = &point->data;
	const struct config_measure *m = &data->plan->config->measure;
	struct decide_state state = {
		.begun = data->nsegments > 0,
		.left_ns = left_ns,
		.window_ns = m->window_ns,
		.warmup_ns = data->warmup_ns,
		.settled_ns = settle_ns(data),
		.measured_s = data->duration_s,
		.shrink = (double)NAN,
		.attempts = 1,
	};

	if (m->precision)
		state.shrink = state.begun ? measure_shrink(data)
					   : (double)INFINITY;
	return decide(&state, &point->arena);
}

void simulated_run(struct simulated *point, const struct plan *plan,
		   const struct protocol *protocol, uint64_t seed)
{
	struct stream_queue queue = simulated_queue(plan);
	struct stream_stalls stalls = stalls_of(plan, protocol);
	struct wire_start start = { .rate_rps = plan->point->rate_rps };
	int64_t left_ns = plan_length_ns(plan);
	struct stream stream;
	struct decision d;

	arena_init(&point->arena);
	point->cuts = 0;
	point_init(&point->data, plan, plan->point, &point->arena);
	stream_init(&stream, &queue, &stalls, seed);
	while (d = next(point, left_ns), d.length_ns > 0 ||
					  d.action == DECIDE_CUT) {
		if (d.action == DECIDE_CUT) {
			point_cut(&point->data, settle_ns(&point->data));
			point_close(&point->data, &point->arena);
			point->cuts++;
			continue;
		}
		start.from_ns = start.at_ns = start.until_ns;
		start.until_ns += d.length_ns;
		left_ns -= d.length_ns + LEAD_NS;
		run_segment(&stream, point, &start);
		point_close(&point->data, &point->arena);
		start.segment++;
	}
	point->segments = start.segment;
	point->reached = measure_reached(&point->data);
	stream_fini(&stream);
}

void simulated_fini(struct simulated *point)
{
	arena_fini(&point->arena);
}
