/* testimony.c - anybody's requests as a point, for the checks to judge */
#include "coordinator/testimony.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/plan.h"
#include "coordinator/rows.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/requests.h"
#include "lancet/core/sort.h"
#include "workloads/arrival.h"

#define WINDOWS_MOST 4096
#define WINDOW_REQUESTS 32

/*
 * What a send costs nobody says. No gap is shorter: so the shortest but one
 * in a thousand, if it is such a cost, and no property of the law itself.
 */
#define COST_RANK 1000
#define COST_MOST_NS 5000.
#define COST_SHARE .1		/* of the mean gap */

/* --- time ----------------------------------------------------------------- */

/* By agent, then by time; equal instants stay as the file has them. */
static int sample_order(const void *left, const void *right)
{
	const struct sample *a = left, *b = right;

	if (a->conn != b->conn)
		return a->conn < b->conn ? -1 : 1;
	if (a->intended_ns != b->intended_ns)
		return a->intended_ns < b->intended_ns ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* Counted from the first; returns the last. */
static int64_t rebase(struct requests *r)
{
	int64_t first = INT64_MAX, last = INT64_MIN;

	for (size_t i = 0; i < r->n; i++) {
		int64_t at = r->sample[i].intended_ns;

		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	for (size_t i = 0; i < r->n; i++) {
		struct sample *s = &r->sample[i];

		s->intended_ns -= first;
		s->sent_ns -= first;
		if (s->outcome == OUTCOME_RECEIVED)
			s->received_ns -= first;
	}
	return last - first;
}

static int64_t sent(const struct sample *s)
{
	return s->sent_ns;
}

static int64_t replied(const struct sample *s)
{
	return s->received_ns;
}

static int64_t took(const struct sample *s)
{
	return s->received_ns - s->sent_ns;
}

/* The greatest power of ten that all but one in a thousand are multiples of. */
static int64_t resolution(const struct requests *r,
			  int64_t (*of)(const struct sample *))
{
	int64_t unit = 1;

	for (; unit < 1000000000; unit *= 10) {
		size_t odd = 0, n = 0;

		for (size_t i = 0; i < r->n; i++) {
			const struct sample *s = &r->sample[i];

			if (of != sent && s->outcome != OUTCOME_RECEIVED)
				continue;
			n++;
			odd += of(s) % (10 * unit) != 0;
		}
		if (odd * 1000 > n || n < 10)
			break;
	}
	return unit;
}

static double send_cost(const struct wire_report *report, double gap_ns,
			struct arena *arena)
{
	const struct wire_gaps *gaps = report->gaps;
	double most = fmin(COST_SHARE * gap_ns, COST_MOST_NS);
	int32_t *gap;

	if (!report->ngaps || gaps->n < COST_RANK)
		return 0;
	gap = arena_copy(arena, gaps->gap_ns, gaps->n * sizeof(*gap));
	sort_i32(gap, gaps->n);
	return fmin(gap[gaps->n / COST_RANK], most);
}

/* --- what was asked ------------------------------------------------------- */

/* The plan that these requests would have had. */
static struct plan *plan_for(const struct requests *r,
			     const struct testimony *asked, double rate_rps,
			     int64_t window_ns, struct arena *arena,
			     struct err *err)
{
	struct option_problems problems = { 0 };
	struct plan_host host = { .ncpus = 0 };
	struct plan *plan;
	struct config *config;
	char text[512];

	snprintf(text, sizeof(text),
		 "name: check\ntarget: {address: '127.0.0.1:9'}\n"
		 "workload: {protocol: echo}\n"
		 "agents: [{count: %zu, connections: 1, mode: block}]\n"
		 "load: {rate: 1rps}\nmodel: none\n"
		 "measure: {warmup: 0s}\n", r->nagents);
	config = config_parse("check", text, strlen(text), asked->set,
			      asked->nset, arena, &problems);
	if (config)
		config->measure.window_ns = window_ns;
	plan = config ? plan_create(config, &host, arena, &problems, err)
		      : NULL;
	if (!plan) {
		err_set(err, -EINVAL, "%s", problems.n
			? problems.problem[0].text : "no plan for that");
		return NULL;
	}
	plan->point[0].rate_rps = rate_rps;
	plan->workload.nclasses = r->nclasses;
	plan->workload.class = arena_array(arena, r->nclasses,
					   sizeof(*plan->workload.class));
	for (size_t i = 0; i < r->nclasses; i++)
		plan->workload.class[i].name = r->class[i];
	return plan;
}

static int take_arrival(struct plan *plan, const char *law,
			struct arena *arena, struct err *err)
{
	struct choice *choice = &plan->workload.arrival;
	const struct arrival_ops *ops;

	if (option_parse_choice(KIND_ARRIVAL, OPTION_UNIT_TIME, law, choice,
				arena, err))
		return err->code;
	ops = (const void *)choice->kind;
	if (!ops->load)
		return 0;
	return ops->load(choice->options, &plan->workload.arrival_file, arena,
			 err);
}

/* --- the point ------------------------------------------------------------ */

/* In what windows the sender says that it stood still. */
static void leave_out(const struct requests *r, int64_t window_ns,
		      struct point_segment *segment)
{
	for (size_t i = 0; i < r->n; i++) {
		size_t at = (size_t)(r->sample[i].intended_ns / window_ns);

		if (!r->sample[i].thread || at >= segment->nwindows)
			continue;
		segment->window[at].out |= WINDOW_AGENT;
		segment->window[at].reason = "the file says so";
	}
}

static int send_order(const void *left, const void *right)
{
	const struct sample *a = left, *b = right;

	return (a->sent_ns > b->sent_ns) - (a->sent_ns < b->sent_ns);
}

static void add_agents(const struct requests *r, const struct rows_frame *frame,
		       int64_t until_ns, struct point_data *data,
		       struct arena *arena)
{
	struct wire_start start = {
		.rate_rps = data->point->rate_rps, .until_ns = until_ns,
	};
	struct wire_report *report = arena_array(arena, r->nagents,
						 sizeof(*report));
	const struct wire_report **reports = arena_array(arena, r->nagents,
							 sizeof(*reports));
	double gap_ns = 1e9 * (double)r->nagents / data->point->rate_rps;
	size_t first = 0, n;

	data->samples = arena_array(arena, r->nagents, sizeof(*data->samples));
	for (uint32_t a = 0; a < r->nagents; a++, first += n) {
		for (n = 0; first + n < r->n &&
			    r->sample[first + n].conn == a;)
			n++;
		rows_report(r->sample + first, n, frame, &report[a], arena);
		report[a].send_cost_ns = send_cost(&report[a], gap_ns, arena);
		reports[a] = &report[a];
		data->samples[data->nsamples++] = (struct point_samples){
			.agent = a, .sample = r->sample + first, .n = n,
		};
	}
	if (r->nagents > 1) {
		struct sample *all = arena_copy(arena, r->sample,
						r->n * sizeof(*all));

		qsort(all, r->n, sizeof(*all), send_order);
		data->together = (struct point_samples){ .sample = all,
							 .n = r->n };
	}
	point_add(data, &start, reports, NULL);
	leave_out(r, frame->window_ns, &data->segment[0]);
}

int testimony_take(struct requests *r, const struct testimony *asked,
		   struct point_data *data, struct arena *arena,
		   struct err *err)
{
	int64_t replies_ns = resolution(r, replied), length = rebase(r);
	int64_t windows = (int64_t)(r->n / WINDOW_REQUESTS), window_ns;
	struct rows_frame frame = { .gaps = r->n };
	struct plan *plan;
	double rate = asked->rate_rps;

	if (windows > WINDOWS_MOST)
		windows = WINDOWS_MOST;
	if (windows < 1)
		windows = 1;
	window_ns = length / windows + 1;
	frame.window_ns = window_ns;
	if (isnan(rate))
		rate = 1e9 * (double)r->n / (double)(window_ns * windows);
	plan = plan_for(r, asked, rate, window_ns, arena, err);
	if (!plan || (asked->arrival &&
		      take_arrival(plan, asked->arrival, arena, err)))
		return err->code;
	point_init(data, plan, &plan->point[0], arena);
	data->rows = true;
	data->sent_only = !r->intended;
	data->any_arrival = !asked->arrival;
	data->any_rate = isnan(asked->rate_rps);
	data->sent_unit_ns = resolution(r, sent);
	data->reply_unit_ns = resolution(r, took);
	if (data->reply_unit_ns < replies_ns)
		data->reply_unit_ns = replies_ns;
	qsort(r->sample, r->n, sizeof(*r->sample), sample_order);
	add_agents(r, &frame, window_ns * windows, data, arena);
	point_close(data, arena);
	return 0;
}
