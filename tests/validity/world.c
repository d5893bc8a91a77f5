/* world.c - simulated experiments: agents, a queue, and what goes wrong */
#include "tests/validity/world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/plan.h"
#include "coordinator/rows.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/rng.h"
#include "workloads/arrival.h"

#define SECOND INT64_C(1000000000)
#define COST_NS 1000		/* of a send */
#define JITTER_NS 1000		/* mean lateness of a spinning loop, and */
#define HICCUP_NS 15000		/* of one send in a hundred */
#define PATH_NS 5000		/* there and back, and as much again in mean */
#define LATER_NS 1000000
#define IN_A_ROW 10		/* lines that are missing */
#define RECORDER_GAPS 20000	/* what an agent tells (agents/recorder.h) */

enum stream { GAPS, SERVICE, LATE, PATH, LUCK };

static void stream(struct rng *rng, const struct world *w, size_t point,
		   unsigned agent, enum stream purpose)
{
	struct rng_key key = { w->seed, point, 0, agent, 0, purpose };

	rng_init(rng, &key);
}

struct plan *world_plan(const struct world *world, double from, double to,
			unsigned points, struct arena *arena)
{
	struct plan_host host = { .ncpus = 4 };
	struct option_problems problems = { 0 };
	const struct config *config;
	struct plan *plan;
	struct err err = { .text = "" };
	char text[1024];

	snprintf(text, sizeof(text),
		 "name: validity\n"
		 "target: {address: '127.0.0.1:9', workers: 1,\n"
		 "  capacity: 20krps}\n"
		 "workload: {protocol: spin, transport: udp,\n"
		 "  arrival: %s, service: {exponential: {mean: 50us}}}\n"
		 "agents: [{count: %u, connections: 64, mode: block}]\n"
		 "load: {sweep: {from: %.6f%%, to: %.6f%%, steps: %u}}\n"
		 "measure: {warmup: 0s, time_limit: 1h}\n"
		 "model: none\n",
		 world->arrival, world->agents, 100 * from, 100 * to, points);
	config = config_parse("validity", text, strlen(text), NULL, 0, arena,
			      &problems);
	host.cpu = arena_array(arena, host.ncpus, sizeof(*host.cpu));
	for (size_t i = 0; i < host.ncpus; i++)
		host.cpu[i] = (int32_t)i;
	plan = config ? plan_create(config, &host, arena, &problems, &err)
		      : NULL;
	if (plan)
		return plan;
	option_problems_print(&problems, NULL, stderr);
	fprintf(stderr, "%s\n", err.text);
	exit(2);
}

/* --- what agents send ----------------------------------------------------- */

/* One agent's requests, and who of all is next. */
struct sender {
	struct sample *sample;
	size_t n, next;
	int64_t *free_ns;	/* when connections have room again, a ring */
	size_t connections;
	int64_t sent_ns;	/* the last */
	uint64_t waited;
	struct rng late;
};

static void draw_intended(const struct world *w, const struct plan *plan,
			  size_t point, unsigned agent, size_t n,
			  struct sender *to, struct arena *arena)
{
	struct choice law = plan->workload.arrival;
	struct arrival_share share = {
		.rate_rps = plan->point[point].rate_rps * (1 + w->rate),
		.index = agent, .of = w->agents,
	};
	const struct arrival_ops *ops;
	double *gap = arena_array(arena, n, sizeof(*gap)), at = 0;
	struct err err;
	struct rng rng;
	void *state;
	bool same;

	if (w->sent_arrival &&
	    option_parse_choice(KIND_ARRIVAL, OPTION_UNIT_TIME,
				w->sent_arrival, &law, arena, &err))
		exit(2);
	ops = (const void *)law.kind;
	state = arena_alloc(arena, ops->state_size);
	same = w->one_seed || ops->flags & ARRIVAL_TURNS;
	if (w->one_seed)
		share.index = 0;
	stream(&rng, w, point, same ? 0 : agent, GAPS);
	if (ops->init(state, law.options, &share, arena, &err))
		exit(2);
	to->n = ops->gaps(state, &rng, gap, n);
	to->sample = arena_array(arena, n, sizeof(*to->sample));
	for (size_t i = 0; i < n; i++) {
		at += gap[i];
		to->sample[i].intended_ns = (int64_t)at;
	}
}

/* Where a share of requests should find no connection free (M/M/1). */
static void give_connections(const struct world *w, double load,
			     struct sender *to, struct arena *arena)
{
	if (!(w->waiting > 0))
		return;
	to->connections = (size_t)fmax(log(w->waiting) / log(load), 1);
	to->free_ns = arena_array(arena, to->connections, sizeof(int64_t));
}

static int64_t sent_at(const struct world *w, struct sender *from)
{
	const struct sample *s = &from->sample[from->next];
	double late = rng_exponential(&from->late) *
		      (rng_uniform(&from->late) < .01 ? HICCUP_NS : JITTER_NS);
	int64_t at = s->intended_ns + (int64_t)late;

	if (at < from->sent_ns + COST_NS)
		at = from->sent_ns + COST_NS;
	if (w->pause_ns && at > SECOND && at < SECOND + w->pause_ns)
		at = SECOND + w->pause_ns;
	if (at % SECOND < w->freeze_ns)
		at = at / SECOND * SECOND + w->freeze_ns;
	if (from->connections) {
		int64_t room = from->free_ns[from->next % from->connections];

		from->waited += at < room;
		at = at > room ? at : room + COST_NS;
	}
	return at;
}

/* --- what they get -------------------------------------------------------- */

/* What spoils a latency at a share of the point. */
static double factor(const struct world *w, double share, double when)
{
	double wave = w->wave > 0 ? w->wave * sin(2 * M_PI *
			(w->periods * share + when)) : 0;

	return 1 + w->rise * share + (share > when ? w->step : 0) + wave;
}

struct queue {
	struct rng service, path, luck;
	double free_ns, served_ns;
	uint64_t served;
	double when, length_ns;
};

static void serve(const struct world *w, struct queue *q, struct sender *from,
		  unsigned agent)
{
	struct sample *s = &from->sample[from->next];
	double service = WORLD_SERVICE_NS * (1 + w->longer) *
			 rng_exponential(&q->service);
	double path = PATH_NS * (1 + rng_exponential(&q->path)), took;

	q->free_ns = fmax(q->free_ns, (double)s->sent_ns) + service;
	q->served_ns += service;
	q->served++;
	took = q->free_ns - (double)s->sent_ns + path;
	took *= factor(w, (double)s->intended_ns / q->length_ns, q->when);
	if (agent % 2)
		took += (double)w->apart_ns;
	if (agent % 2 && w->tail > 0 && rng_uniform(&q->luck) < w->tail)
		took += LATER_NS;
	if (w->zero > 0 && rng_uniform(&q->luck) < w->zero)
		took = 0;
	s->received_ns = s->sent_ns + (int64_t)took;
	if (w->in_us > 0 && rng_uniform(&q->luck) < w->in_us)
		s->received_ns = s->sent_ns + (int64_t)took / 1000;
	if (w->lost > 0 && rng_uniform(&q->luck) < w->lost)
		s->outcome = OUTCOME_LOST;
	if (from->connections)
		from->free_ns[from->next % from->connections] =
			s->received_ns;
}

static void run(const struct world *w, struct sender *sender, struct queue *q)
{
	int64_t due[WORLD_AGENTS];

	for (unsigned a = 0; a < w->agents; a++)
		due[a] = sent_at(w, &sender[a]);
	for (;;) {
		struct sender *first;
		unsigned at = 0;

		for (unsigned a = 1; a < w->agents; a++)
			if (due[a] < due[at])
				at = a;
		first = &sender[at];
		if (due[at] == INT64_MAX)
			return;
		first->sample[first->next].sent_ns = due[at];
		first->sent_ns = due[at];
		serve(w, q, first, at);
		due[at] = ++first->next < first->n ? sent_at(w, first)
						   : INT64_MAX;
	}
}

/* What a file has of it, and does not. */
static void write_file(const struct world *w, struct sender *s)
{
	size_t first = (size_t)((1 - w->copied) * (double)s->n), n = 0;
	int64_t done = 0;

	for (size_t i = first; i < s->n; i++)
		s->sample[i].received_ns = s->sample[i].sent_ns +
					   s->sample[i - first].received_ns -
					   s->sample[i - first].sent_ns;
	for (size_t i = 0; w->shy && i < s->n; i++) {
		if (s->sample[i].sent_ns < done)
			continue;
		done = s->sample[i].received_ns;
		s->sample[n++] = s->sample[i];
	}
	s->n = w->shy ? n : s->n;
	n = 0;
	for (size_t i = 0, left = 0; w->missing > 0 && i < s->n; i++) {
		left -= left > 0;
		if (!left && rng_uniform(&s->late) < w->missing / IN_A_ROW)
			left = IN_A_ROW + 1;
		if (left <= 1)
			s->sample[n++] = s->sample[i];
	}
	s->n = w->missing > 0 ? n : s->n;
	for (size_t i = 0; w->round_ns && i < s->n; i++) {
		int64_t took = s->sample[i].received_ns - s->sample[i].sent_ns;

		s->sample[i].received_ns +=
			(w->round_ns - took % w->round_ns) % w->round_ns;
	}
	for (size_t i = 0; i < s->n; i++) {
		s->sample[i].seq = (uint32_t)i;
		if (w->any_arrival)
			s->sample[i].intended_ns = s->sample[i].sent_ns;
	}
}

/* --- a point -------------------------------------------------------------- */

static void add(const struct world *w, const struct plan *plan, size_t point,
		struct sender *sender, double length_ns, struct queue *q,
		struct point_data *data, struct arena *arena)
{
	unsigned agents = w->agents;
	int64_t window = plan->config->measure.window_ns;
	struct wire_start start = {
		.rate_rps = plan->point[point].rate_rps,
		.until_ns = (int64_t)length_ns / window * window,
	};
	struct rows_frame frame = { .window_ns = window,
				    .gaps = RECORDER_GAPS };
	struct wire_report *report = arena_array(arena, agents,
						 sizeof(*report));
	const struct wire_report *reports[WORLD_AGENTS];
	struct wire_target account = {
		.stats = { .served_mean_ns = q->served_ns / (double)q->served },
		.served = q->served,
	};

	for (unsigned a = 0; a < agents; a++) {
		struct sender *s = &sender[a];

		while (s->n && s->sample[s->n - 1].intended_ns >=
			       start.until_ns)
			s->n--;
		if (w->file)
			write_file(w, s);
		if (w->missing > 0)
			frame.gaps = s->n;
		rows_report(s->sample, s->n, &frame, &report[a], arena);
		report[a].send_cost_ns = COST_NS;
		report[a].counts.intended = (int64_t)s->n;
		report[a].waited = s->waited;
		reports[a] = &report[a];
	}
	point_add(data, &start, reports, &account);
	data->samples = arena_array(arena, agents, sizeof(*data->samples));
	data->rows = w->file;
	data->any_arrival = data->sent_only = w->any_arrival;
	data->sent_unit_ns = 1;
	data->reply_unit_ns = w->round_ns ? w->round_ns : 1;
	for (unsigned a = 0; (w->records || w->file) && a < agents; a++)
		data->samples[data->nsamples++] = (struct point_samples){
			.agent = a, .sample = sender[a].sample,
			.n = sender[a].n,
		};
	point_close(data, arena);
}

void world_point(const struct world *w, const struct plan *plan,
		 size_t point, size_t requests, struct point_data *data,
		 struct arena *arena)
{
	struct sender sender[WORLD_AGENTS] = { 0 };
	double rate = plan->point[point].rate_rps;
	struct queue q = { .length_ns = (double)requests / rate * 1e9 };

	stream(&q.service, w, point, 0, SERVICE);
	stream(&q.path, w, point, 0, PATH);
	stream(&q.luck, w, point, 0, LUCK);
	q.when = .3 + .4 * rng_uniform(&q.luck);
	for (unsigned a = 0; a < w->agents; a++) {
		/* Somewhat more than fit: what is beyond the end goes. */
		size_t n = (size_t)((double)requests / w->agents *
				    (1.1 + w->rate)) + 1000;

		draw_intended(w, plan, point, a, n, &sender[a], arena);
		give_connections(w, rate * WORLD_SERVICE_NS / 1e9, &sender[a],
				 arena);
		stream(&sender[a].late, w, point, a, LATE);
	}
	point_init(data, plan, &plan->point[point], arena);
	run(w, sender, &q);
	add(w, plan, point, sender, q.length_ns, &q, data, arena);
}
