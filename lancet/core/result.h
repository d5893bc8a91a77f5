/* result.h - the one result structure: what a run found, and how far to trust it */
#ifndef LANCET_CORE_RESULT_H
#define LANCET_CORE_RESULT_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lancet/core/arena.h"
#include "lancet/core/hist.h"

struct err;

/*
 * Filled by the coordinator, read and written by reports/. The tables in
 * result.c map it to and from `result.json` (schema lancet.result/1) and
 * make the JSON Schema, so that the three cannot drift apart. Units stand in
 * the names. Unknown numbers are NAN and null in JSON, with X_reason beside
 * them where a reader would ask why. Strings and arrays live in the arena.
 */
#define RESULT_SCHEMA "lancet.result/1"

enum result_status { QUANTILE_RESOLVED, QUANTILE_UNRESOLVED };

struct result_quantile {
	double q;
	double value, lo, hi;	/* hi INFINITY (null): unresolved above */
	const char *status;	/* "resolved" | "unresolved" */
	const char *reason;	/* why unresolved; or NULL */
	double worth;		/* independent requests that tell as much; not
				 * written down, 0: not known */
};

struct result_interval {
	double value, lo, hi;
};

struct result_metric {
	struct result_interval mean;
	struct result_quantile *quantiles;
	size_t nquantiles;
	struct result_class *classes;	/* per class: the same */
	size_t nclasses;
	struct result_metric *with_excluded; /* nothing left out; or NULL */
};

struct result_class {
	const char *name;
	struct result_metric metric;
};

struct result_counts {
	int64_t intended, sent, unsent, received, nacked, error, timeout,
		lost, late_replies, late_sends;
};

struct result_code {
	int64_t code, count;
};

struct result_replies {		/* replies by their codes, HTTP's */
	const char *class;	/* 2xx */
	int64_t count;
	struct result_code *codes;
	size_t ncodes;
};

/* One class of requests by itself; late_replies, late_sends are not known. */
struct result_mix {
	struct result_counts counts;
	struct result_metric *requested_ns, *served_ns; /* or NULL */
	struct hist *requested_hist, *served_hist; /* latency.hlog; or NULL */
};

struct result_kind {
	const char *name;
	struct result_mix mix;
};

struct result_attempt {
	const char *action;	/* measure, extend, rerun, ... accept */
	const char *reason;
};

struct result_breakdown {	/* of requests about that quantile, ns */
	double queue_ns;	/* intended -> sent */
	double sched_ns;	/* sent -> queueing discipline; NAN: unknown */
	double wire_out_ns;	/* from there, or from sent -> wire out */
	double wire_ns;		/* wire out -> wire in */
	double wire_in_ns;	/* wire in -> received */
};

/* Of stamped requests, where the target's clock and ours are related; ns. */
struct result_one_way {
	double request_p50_ns, request_p99_ns; /* wire out -> at the target */
	double reply_p50_ns, reply_p99_ns; /* it hands it over -> wire in */
	double uncertainty_ns;	/* of each */
	int64_t requests;	/* these are of */
	const char *reason;	/* why they are not related; NULL: they are */
};

struct result_stamp_counts {	/* of requests, and of stamps */
	int64_t asked, replies;	/* sent with stamps asked for; answered */
	int64_t shared;		/* have the stamp of a later byte's packet */
	int64_t stray, twice, disputed, misplaced; /* not believed */
	int64_t unclear;	/* taken while the clocks moved */
	int64_t unrecorded;	/* found no room in the agent's log */
};

struct result_stamps {
	const char *source;	/* hardware xdp kernel user pcap */
	const char *reason;	/* why none better; NULL: the one asked for */
	double uncertainty_ns;
	int64_t lost_tx, lost_rx; /* no stamp to believe of a send; a reply */
	double share;		/* of the requests sent: stamps asked for */
	struct result_stamp_counts *counts; /* NULL: none were asked for */
};

struct result_pacing {
	double p50_ns, p99_ns, p999_ns, max_ns;	/* sent - intended */
	double distance;	/* Kolmogorov's, of gaps from the asked law */
	double dispersion;	/* var/mean of counts per ms; Poisson 1 */
};

struct result_stall {
	const char *who;	/* agent 0 thread 0, target, ... */
	int64_t start_ns;	/* in the point's schedule time */
	int64_t length_ns;
	const char *cause;	/* preempted, steal, unknown ... */
};

struct result_left_out {
	int64_t index;
	const char *reason;
};

struct result_windows {
	int64_t window_ns;
	int64_t *start_ns, *count;
	double *p50_ns, *p99_ns;
	size_t n;
	struct result_left_out *left_out;
	size_t nleft_out;
};

struct result_pattern {		/* of a load that changes over time */
	const char *name;
	double *offered_rps;	/* of each window */
	size_t n;
};

struct result_connections {	/* opened again, and why they had to be */
	int64_t grown;		/* opened beyond those there were at first */
	int64_t opened, worn;	/* worn: had requests_per_connection */
	int64_t closed;		/* by the peer, reset or not */
	int64_t refused, timeout, protocol; /* protocol: it sent rubbish */
	int64_t failed;		/* no file or port left on this side */
};

struct result_agent {
	const char *name;
	const char *mode;	/* poll | block; NULL: an older result */
	double cpu_ns;		/* CPU time of its process a request */
	struct result_counts counts;
	struct result_connections *connections; /* NULL: an older result */
	const char *verdict;	/* "valid" or why not */
};

struct result_target {		/* by the built-in target's own report */
	double served_mean_ns;
	double idle;		/* share of its loop spent idle */
	int64_t drops, preemptions, steals;
	double queue_mean;	/* jobs in system, seen by arrivals */
	double release_p50_ns, release_p99_ns;	/* released after due */
};

struct result_check {
	const char *name;
	const char *status;	/* pass | fail | not_run */
	double statistic, p_value, threshold, effect;
	const char *reason;	/* one sentence with the numbers */
	const char *action;	/* what the decision did about it */
	double level;		/* NAN: its limit alone decides */
	double p_adjusted;	/* by Holm, over all tests of the run */
};

struct result_verdict {
	const char *status;	/* valid | invalid */
	const char **reasons;
	size_t nreasons;
};

struct result_predicted {
	double q;
	double predicted, lo, hi;
	double gap, gap_lo, gap_hi;	/* measured - predicted, ns */
};

struct result_replayed {
	double q;
	double replayed;
	double diff, lo, hi;	/* measured - replayed, ns */
};

struct result_adjusted {	/* measured - replayed + exact */
	double q, value, lo, hi;
};

struct result_model {
	const char *name;	/* M/M/4 fcfs */
	const char *method;	/* exact: Erlang C; simulation ... */
	struct result_predicted *quantiles;
	size_t nquantiles;
	struct result_replayed *replayed;
	size_t nreplayed;
	struct result_adjusted *adjusted;
	size_t nadjusted;
	/* measured - replayed of each request, over all windows */
	double request_p50_ns, request_p90_ns, request_p99_ns;
	int64_t requests;
	double left_out;	/* share of windows not compared */
	const char *reason;	/* why there is no model, or no replay */
};

struct result_records {		/* raw ones, of a share of the requests */
	const char *file;	/* in the result's folder */
	double share;
	int64_t count;		/* of the warm-up, too */
};

struct result_point {
	double offered_rps, intended_rps, sent_rps, achieved_rps;
	double utilisation;	/* NAN: capacity unknown */
	double duration_s;	/* measured, without warm-up */
	double took_s;		/* all of it: attempts, warm-ups, drains */
	double precision_asked, precision_reached;
	struct result_attempt *attempts;
	size_t nattempts;
	struct result_counts counts;
	struct result_kind *classes;	/* every one, also where it is alone */
	size_t nclasses;
	struct result_replies *statuses;
	size_t nstatuses;
	struct result_metric response_ns;
	struct result_metric *wire_ns, *slowdown, *connect_ns; /* or NULL */
	struct result_breakdown *breakdown_p50, *breakdown_p99;
	struct result_one_way *one_way;	/* NULL: no stamps of the wire */
	struct result_stamps timestamps;
	struct result_pacing pacing;
	struct result_stall *stalls;
	size_t nstalls;
	struct result_windows windows;
	struct result_agent *agents;
	size_t nagents;
	struct result_target *target;	/* NULL: not ours */
	struct result_check *checks;
	size_t nchecks;
	struct result_verdict verdict;
	struct result_model *model;	/* NULL: model: none */
	struct result_records *records;	/* NULL: none were kept */
	struct result_pattern *pattern;	/* NULL: the load stayed as it was */

	/* For latency.hlog only, not in the JSON; slowdown times 1000. */
	struct hist *response_hist, *slowdown_hist;
};

struct result_environment {
	const char *host, *cpu, *kernel, *clocksource, *nic, *governor;
	int64_t cpus;
	const char **warnings;
	size_t nwarnings;
};

struct result_slo {
	const char *expr;
	double quantile, bound_ns;	/* of response time; NAN: none */
	struct result_interval max_load;	/* share of capacity, or rps */
	double confidence;	/* of max_load, by a search; else NAN */
	double model_max_load;
	double efficiency, efficiency_lo, efficiency_hi; /* max_load over it */
	const char *reason;
};

/* One way in which a system may add work: a constant, or a share of it. */
struct result_variant {
	const char *work;	/* added | proportional */
	struct result_interval communication_ns, per_request_ns;
	double aicc;		/* the lower, the better it fits */
};

/* measured = communication + the model with more work in each service. */
struct result_overhead {
	struct result_interval communication_ns, per_request_ns;
	const char *work;	/* added | proportional: the better variant */
	const char *method;	/* against what: replay, or prediction */
	const char *status;	/* pass | fail: do two constants explain it? */
	double p_value, statistic;
	int64_t freedom;
	struct result_variant *variants;
	size_t nvariants;
	const char *sentence;
};

struct result_errors {		/* measured - replayed, ns */
	struct result_adjusted *quantiles;
	size_t nquantiles;
};

/* What the instrument itself adds, as `lancet calibrate` found it. */
struct result_calibration {
	const char *status;	/* "calibrated", "not calibrated on this path" */
	const char *path;	/* host, transport, stamps, threads, mode */
	const char *made;	/* ISO 8601, UTC; NULL: never on this path */
	double from_rps, to_rps; /* of one thread: where it holds */
	struct result_errors *error;
	double agent_ns, path_ns, target_ns;	/* medians: who adds what */
	double honest_rps;	/* the most a thread does, found valid */
};

struct result {
	const char *name;
	const char *started;		/* ISO 8601, UTC */
	int64_t started_realtime_ns;
	const char *lancet_version;
	int64_t seed;
	const char *config_yaml;	/* resolved; config{} in the JSON */
	struct result_environment environment;
	struct result_calibration calibration;
	struct result_point *points;
	size_t npoints;
	struct result_slo *slo;
	struct result_overhead *overhead;
	const char *overhead_reason;	/* why there is none */
	struct result_verdict verdict;
};

/* The quantiles that every metric carries. */
#define RESULT_QUANTILES 6
extern const double result_quantiles[RESULT_QUANTILES];
/* .5, .9, .95, .99, .999, .9999 */

/* NULL when the metric has no such quantile. */
const struct result_quantile *result_quantile(const struct result_metric *m,
					      double q);

struct json_t *result_to_json(const struct result *result);

/* The same as text, as result.json and `--json` have it; 0 or -EIO. */
int result_print(const struct result *result, FILE *out);

/* NULL with one line: which field, what is wrong with it. */
struct result *result_from_json(const struct json_t *json, struct arena *arena,
				struct err *err);

/*
 * A result read back from FOLDER or FOLDER/result.json; every field is
 * checked for type. NULL with one line: what, where.
 */
struct result *result_load(const char *path, struct arena *arena,
			   struct err *err);

struct json_t *result_schema(void);

/* Of struct result_calibration, which has a file of its own as well. */
struct shape;
extern const struct shape result_calibration_shape;

#endif
