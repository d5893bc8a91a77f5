/* synthetic.h - a result as a run makes it, for the tests of who reads it */
#ifndef TESTS_UNIT_SYNTHETIC_H
#define TESTS_UNIT_SYNTHETIC_H

#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/result.h"

/*
 * Eight points, 10% to 80%, of an M/M/4 queue with mean service 100 us and
 * 7 us of path: histograms from the queue's own law, windows, stalls, a
 * model with a replay, an slo; the point at 70% is invalid. Nothing in it is
 * random: a small multiplicative hash stands in for luck.
 */
#define SYN_POINTS 8
#define SYN_WORKERS 4
#define SYN_MEAN 100e3
#define SYN_PATH 7e3
#define SYN_REQUESTS 20000
#define SYN_WINDOWS 300
#define SYN_INVALID 6

static inline double syn_luck(unsigned i)	/* in (0, 1) */
{
	return ((i + 1) * 2654435761u % 65536 + .5) / 65536;
}

/* Erlang C: the share of requests that wait. */
static inline double syn_wait(double load)
{
	double a = load * SYN_WORKERS, term = 1, sum = 0;

	for (int i = 0; i < SYN_WORKERS; i++) {
		sum += term;
		term *= a / (i + 1);
	}
	term /= 1 - load;
	return term / (sum + term);
}

/* P(sojourn > t mean services) of M/M/k (Gross & Harris, section 2.3). */
static inline double syn_tail(double load, double t)
{
	double r = SYN_WORKERS * (1 - load), c = syn_wait(load);

	if (fabs(r - 1) < 1e-9)
		return exp(-t) * (1 + c * t);
	return exp(-t) + c * (exp(-t) - exp(-r * t)) / (r - 1);
}

static inline double syn_quantile(double load, double q)
{
	double lo = 0, hi = 200;

	for (int i = 0; i < 60; i++) {
		double mid = (lo + hi) / 2;

		if (syn_tail(load, mid) > 1 - q)
			lo = mid;
		else
			hi = mid;
	}
	return lo * SYN_MEAN;
}

static inline struct result_metric syn_metric(struct arena *arena, double load,
					      double scale, double path)
{
	struct result_metric m = { .nquantiles = RESULT_QUANTILES };

	m.quantiles = arena_array(arena, RESULT_QUANTILES,
				  sizeof(*m.quantiles));
	m.mean = (struct result_interval){ 1.1 * scale * SYN_MEAN + path,
					   scale * SYN_MEAN, 1.2 * scale *
					   SYN_MEAN + path };
	for (unsigned i = 0; i < RESULT_QUANTILES; i++) {
		double q = result_quantiles[i], wide = .004 / sqrt(1 - q);
		double v = syn_quantile(load, q) * scale + path;

		m.quantiles[i] = (struct result_quantile){
			q, v, v * (1 - wide * (.7 + load)),
			v * (1 + wide * (.8 + load)), "resolved",
			NULL, 0,
		};
	}
	if (load > .55) {
		struct result_quantile *last = &m.quantiles[5];

		last->value = NAN;
		last->hi = INFINITY;
		last->status = "unresolved";
		last->reason = "2 requests were lost, and 2.0 would be later";
	}
	return m;
}

static inline struct result_model *syn_model(struct arena *arena, double load,
					     const struct result_metric *m)
{
	struct result_model *model = arena_alloc(arena, sizeof(*model));

	model->name = "M/M/4 fcfs";
	model->method = "exact (Erlang C)";
	model->nquantiles = model->nreplayed = model->nadjusted = 4;
	model->quantiles = arena_array(arena, 4, sizeof(*model->quantiles));
	model->replayed = arena_array(arena, 4, sizeof(*model->replayed));
	model->adjusted = arena_array(arena, 4, sizeof(*model->adjusted));
	for (unsigned i = 0; i < 4; i++) {
		const struct result_quantile *q = &m->quantiles[i + (i > 1)];
		double ideal = syn_quantile(load, q->q);
		double replayed = q->value - SYN_PATH + 600 * i;

		model->quantiles[i] = (struct result_predicted){
			q->q, ideal, ideal, ideal, q->value - ideal,
			q->lo - ideal, q->hi - ideal,
		};
		model->replayed[i] = (struct result_replayed){
			q->q, replayed, q->value - replayed,
			q->value - replayed - 400, q->value - replayed + 500,
		};
		model->adjusted[i] = (struct result_adjusted){
			q->q, ideal + SYN_PATH, ideal + SYN_PATH - 500,
			ideal + SYN_PATH + 700,
		};
	}
	model->requests = SYN_REQUESTS;
	model->request_p50_ns = 6100;
	model->request_p90_ns = 9800;
	model->request_p99_ns = 61200;
	model->left_out = .04 + .1 * load;
	return model;
}

static inline void syn_windows(struct arena *arena, struct result_point *p,
			       unsigned point)
{
	struct result_windows *w = &p->windows;

	w->window_ns = 10000000;
	w->n = SYN_WINDOWS;
	w->start_ns = arena_array(arena, w->n, sizeof(*w->start_ns));
	w->count = arena_array(arena, w->n, sizeof(*w->count));
	w->p50_ns = arena_array(arena, w->n, sizeof(*w->p50_ns));
	w->p99_ns = arena_array(arena, w->n, sizeof(*w->p99_ns));
	w->left_out = arena_array(arena, 3, sizeof(*w->left_out));
	w->nleft_out = 3;
	for (unsigned i = 0; i < w->n; i++) {
		double luck = syn_luck(point * 1000 + i) - .5;
		bool stalled = i == 120 || i == 121 || i == 250;

		w->start_ns[i] = i * w->window_ns;
		w->count[i] = (int64_t)(p->offered_rps / 100 * (1 + luck / 3));
		w->p50_ns[i] = p->response_ns.quantiles[0].value *
			       (1 + luck / 4) * (stalled ? 3 : 1);
		w->p99_ns[i] = p->response_ns.quantiles[3].value *
			       (1 + luck / 2) * (stalled ? 8 : 1);
	}
	w->left_out[0] = (struct result_left_out){ 120, "agent 0 thread 0" };
	w->left_out[1] = (struct result_left_out){ 121, "agent 0 thread 0" };
	w->left_out[2] = (struct result_left_out){ 122, "drain" };
	p->stalls = arena_array(arena, 2, sizeof(*p->stalls));
	p->nstalls = 2;
	p->stalls[0] = (struct result_stall){ "agent 0 thread 0", 1203000000,
					      3400000, "preempted" };
	p->stalls[1] = (struct result_stall){ "target", 2501000000, 1900000,
					      "host" };
}

static inline void syn_checks(struct arena *arena, struct result_point *p,
			      bool bad)
{
	struct result_check *c = arena_array(arena, 4, sizeof(*c));
	static const char *const why[] = {
		"stalls: the agent stood still for 26% of the point",
	};

	c[0] = (struct result_check){ "rate", "pass", .0004, NAN, .01, .0004,
				      "sent 99.96% of the asked rate", NULL,
				      NAN, NAN };
	c[1] = (struct result_check){ "gaps", "pass", .61, .64, .001, .003,
				      "send gaps follow the asked law", NULL,
				      .001, 1 };
	c[2] = (struct result_check){ "stalls", bad ? "fail" : "pass",
				      bad ? .26 : .03, NAN, .2, NAN,
				      bad ? why[0] : "3% of windows left out",
				      bad ? "reject" : NULL, NAN, NAN };
	c[3] = (struct result_check){ "steal", "not_run", NAN, NAN, NAN, NAN,
				      "this kernel does not tell steal time",
				      NULL, NAN, NAN };
	p->checks = c;
	p->nchecks = 4;
	p->verdict.status = bad ? "invalid" : "valid";
	p->verdict.nreasons = bad;
	p->verdict.reasons = arena_copy(arena, why, sizeof(why));
}

static inline struct hist *syn_hist(struct arena *arena, double load,
				    double scale, double path)
{
	struct hist *hist = arena_alloc(arena, sizeof(*hist));

	for (unsigned i = 0; i < SYN_REQUESTS; i++)
		hist_record(hist, (int64_t)(syn_quantile(load, (i + .5) /
							 SYN_REQUESTS) *
					    scale + path));
	return hist;
}

static inline void syn_target(struct arena *arena, struct result_point *p)
{
	struct result_target *t = arena_alloc(arena, sizeof(*t));

	t->served_mean_ns = SYN_MEAN;
	t->idle = .9;
	t->queue_mean = 4 * p->utilisation;
	t->release_p50_ns = 120;
	t->release_p99_ns = 3400;
	p->target = t;
}

static inline void syn_point(struct arena *arena, struct result_point *p,
			     unsigned i)
{
	double load = (i + 1) / 10.0, rate = load * SYN_WORKERS / SYN_MEAN *
					     1e9;
	struct result_agent *agent = arena_alloc(arena, sizeof(*agent));
	struct result_attempt *attempt = arena_alloc(arena, sizeof(*attempt));

	p->utilisation = load;
	p->offered_rps = rate;
	p->intended_rps = p->sent_rps = rate * 1.001;
	p->achieved_rps = rate * .9995;
	p->duration_s = 3;
	p->took_s = 3.2;
	p->precision_asked = .05;
	p->precision_reached = .02 + load / 20;
	*attempt = (struct result_attempt){ "measure", "precision reached" };
	p->attempts = attempt;
	p->nattempts = 1;
	p->counts = (struct result_counts){
		.intended = (int64_t)(3 * rate), .sent = (int64_t)(3 * rate),
		.received = (int64_t)(3 * rate), .late_sends = i,
	};
	p->response_ns = syn_metric(arena, load, i == SYN_INVALID ? 1.7 : 1,
				    SYN_PATH);
	p->response_ns.with_excluded = arena_alloc(arena,
						   sizeof(p->response_ns));
	*p->response_ns.with_excluded = syn_metric(arena, load, 1.1, SYN_PATH);
	p->slowdown = arena_alloc(arena, sizeof(*p->slowdown));
	*p->slowdown = syn_metric(arena, load, 1 / SYN_MEAN, 0);
	p->timestamps = (struct result_stamps){
		"user", NULL, NAN, 0, 0, 1, NULL
	};
	p->pacing = (struct result_pacing){ 180, 2100, 9000, 3400000, .004,
					    1.01 };
	syn_windows(arena, p, i);
	*agent = (struct result_agent){
		.name = "agent 0", .mode = "poll", .cpu_ns = 4200,
		.counts = p->counts, .verdict = "valid",
	};
	p->agents = agent;
	p->nagents = 1;
	syn_target(arena, p);
	syn_checks(arena, p, i == SYN_INVALID);
	p->model = syn_model(arena, load, &p->response_ns);
	p->response_hist = syn_hist(arena, load, 1, SYN_PATH);
	p->slowdown_hist = syn_hist(arena, load, 1e3 / SYN_MEAN, 0);
}

static inline void syn_overhead(struct arena *arena, struct result *r)
{
	struct result_overhead *o = arena_alloc(arena, sizeof(*o));

	*o = (struct result_overhead){
		.communication_ns = { SYN_PATH, 6.8e3, 7.3e3 },
		.per_request_ns = { 40, -60, 140 },
		.work = "added", .method = "paired with replays",
		.status = "pass", .p_value = .41, .statistic = 31,
		.freedom = 30, .nvariants = 2,
		.sentence = "communication dominates: it costs 7us (6.8us to "
			    "7.3us) per request, while the system adds 40ns "
			    "(-60ns to 140ns) of work",
	};
	o->variants = arena_array(arena, 2, sizeof(*o->variants));
	o->variants[0] = (struct result_variant){
		"added", o->communication_ns, o->per_request_ns, 35.4,
	};
	o->variants[1] = (struct result_variant){
		"proportional", { 7.01e3, 6.8e3, 7.3e3 }, { 30, -70, 130 }, 36,
	};
	r->overhead = o;
}

static inline void syn_around(struct arena *arena, struct result *r)
{
	static const char *const warnings[] = {
		"the CPU governor is unknown: frequencies may change",
	};
	static const char *const reasons[] = {
		"point 7 (70%): stalls: the agent stood still for 26% of the point",
	};

	r->environment = (struct result_environment){
		"bench-1", "AMD EPYC 9B14", "Linux 6.1.0", "tsc", NULL, NULL,
		2, arena_copy(arena, warnings, sizeof(warnings)), 1,
	};
	r->calibration.status = "not calibrated on this path";
	r->slo = arena_alloc(arena, sizeof(*r->slo));
	*r->slo = (struct result_slo){ "p99 <= 10x", .99, 1e6, { .6, .6, .7 },
					NAN, .83, .72, .72, .84,
					NULL };
	syn_overhead(arena, r);
	r->verdict.status = "invalid";
	r->verdict.reasons = arena_copy(arena, reasons, sizeof(reasons));
	r->verdict.nreasons = 1;
}

static inline struct result *synthetic_result(struct arena *arena)
{
	struct result *r = arena_alloc(arena, sizeof(*r));

	r->name = "synthetic </script><b>";
	r->started = "2026-01-02T03:04:05Z";
	r->started_realtime_ns = INT64_C(1767323045000000000);
	r->lancet_version = "0.1.0";
	r->seed = 42;
	r->config_yaml = "name: synthetic\nseed: 42\n"
			 "target:\n  builtin:\n    workers: 4\n"
			 "    policy: fcfs\n"
			 "workload:\n  service:\n    exponential:\n"
			 "      mean: 100us\n"
			 "report: [text, json]\nslo: p99 <= 10x\n";
	r->npoints = SYN_POINTS;
	r->points = arena_array(arena, r->npoints, sizeof(*r->points));
	for (unsigned i = 0; i < SYN_POINTS; i++)
		syn_point(arena, &r->points[i], i);
	syn_around(arena, r);
	return r;
}

#endif
