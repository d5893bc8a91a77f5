/* result.c - the one result structure, its JSON and its JSON Schema */
#include "lancet/core/result.h"

#include <errno.h>
#include <jansson.h>

#include "lancet/core/field.h"

const double result_quantiles[RESULT_QUANTILES] = { .5, .9, .95,
						    .99, .999, .9999 };

#define SHAPE(name_, s) \
	static const struct shape name_##_shape = { #name_, sizeof(s), \
						    name_##_fields }

static const struct field interval_fields[] = {
	FIELD(REAL, struct result_interval, value, "value", NULL),
	FIELD(REAL, struct result_interval, lo, "lo", NULL),
	FIELD(REAL, struct result_interval, hi, "hi", NULL),
	{ 0 },
};
SHAPE(interval, struct result_interval);

static const struct field quantile_fields[] = {
	FIELD(REAL, struct result_quantile, q, "q", NULL),
	FIELD(REAL, struct result_quantile, value, "value",
	      "not resolved: too few requests"),
	FIELD(REAL, struct result_quantile, lo, "lo", NULL),
	FIELD(REAL, struct result_quantile, hi, "hi", NULL),
	FIELD(STRING, struct result_quantile, status, "status", NULL),
	FIELD(STRING, struct result_quantile, reason, "reason", NULL),
	{ 0 },
};
SHAPE(quantile, struct result_quantile);

/* A metric holds its classes and its other self, which are metrics again. */
static const struct shape metric_shape;
static const struct field metric_fields[] = {
	FIELD_IN(OBJECT, struct result_metric, mean, "mean", &interval_shape,
		 NULL),
	FIELD_MANY(LIST, struct result_metric, quantiles, nquantiles,
		   "quantiles", &quantile_shape),
	FIELD_NAMED(struct result_metric, classes, nclasses, "classes",
		    struct result_class, metric, &metric_shape),
	FIELD_IN(POINTER, struct result_metric, with_excluded, "with_excluded",
		 &metric_shape, "no window was left out"),
	{ 0 },
};
SHAPE(metric, struct result_metric);

#define COUNT(member) FIELD(INT, struct result_counts, member, #member, NULL)
#define OUTCOME_COUNTS \
	COUNT(intended), COUNT(sent), COUNT(unsent), COUNT(received), \
	COUNT(nacked), COUNT(error), COUNT(timeout), COUNT(lost)
static const struct field counts_fields[] = {
	OUTCOME_COUNTS, COUNT(late_replies), COUNT(late_sends), { 0 },
};
SHAPE(counts, struct result_counts);

static const struct field class_counts_fields[] = { OUTCOME_COUNTS, { 0 } };
SHAPE(class_counts, struct result_counts);

static const struct field mix_fields[] = {
	FIELD_IN(OBJECT, struct result_mix, counts, "counts",
		 &class_counts_shape, NULL),
	FIELD_IN(POINTER, struct result_mix, requested_ns, "requested_ns",
		 &metric_shape, "requests carry no service time"),
	FIELD_IN(POINTER, struct result_mix, served_ns, "served_ns",
		 &metric_shape, "the target does not tell"),
	{ 0 },
};
SHAPE(mix, struct result_mix);

static const struct field code_fields[] = {
	FIELD(INT, struct result_code, code, "code", NULL),
	FIELD(INT, struct result_code, count, "count", NULL),
	{ 0 },
};
SHAPE(code, struct result_code);

static const struct field status_fields[] = {
	FIELD(STRING, struct result_replies, class, "class", NULL),
	FIELD(INT, struct result_replies, count, "count", NULL),
	FIELD_MANY(LIST, struct result_replies, codes, ncodes, "codes",
		   &code_shape),
	{ 0 },
};
SHAPE(status, struct result_replies);

static const struct field precision_fields[] = {
	FIELD(REAL, struct result_point, precision_asked, "asked",
	      "no precision was asked for"),
	FIELD(REAL, struct result_point, precision_reached, "reached",
	      "too few windows to tell"),
	{ 0 },
};
SHAPE(precision, struct result_point);

static const struct field attempt_fields[] = {
	FIELD(STRING, struct result_attempt, action, "action", NULL),
	FIELD(STRING, struct result_attempt, reason, "reason", NULL),
	{ 0 },
};
SHAPE(attempt, struct result_attempt);

static const struct field part_fields[] = {
	FIELD(REAL, struct result_breakdown, queue_ns, "queue", NULL),
	FIELD(REAL, struct result_breakdown, sched_ns, "sched",
	      "no stamps of the queueing discipline"),
	FIELD(REAL, struct result_breakdown, wire_out_ns, "wire_out", NULL),
	FIELD(REAL, struct result_breakdown, wire_ns, "wire", NULL),
	FIELD(REAL, struct result_breakdown, wire_in_ns, "wire_in", NULL),
	{ 0 },
};
SHAPE(part, struct result_breakdown);

static const struct field breakdown_fields[] = {
	FIELD_IN(POINTER, struct result_point, breakdown_p50, "p50",
		 &part_shape, "no request had all its stamps"),
	FIELD_IN(POINTER, struct result_point, breakdown_p99, "p99",
		 &part_shape, "no request had all its stamps"),
	{ 0 },
};
SHAPE(breakdown, struct result_point);

static const struct field one_way_fields[] = {
#define ONE_WAY(member, key) \
	FIELD(REAL, struct result_one_way, member, key, \
	      "the clocks are not related, or requests are too few")
	ONE_WAY(request_p50_ns, "request_p50"),
	ONE_WAY(request_p99_ns, "request_p99"),
	ONE_WAY(reply_p50_ns, "reply_p50"),
	ONE_WAY(reply_p99_ns, "reply_p99"),
	ONE_WAY(uncertainty_ns, "uncertainty"),
	FIELD(INT, struct result_one_way, requests, "requests", NULL),
	FIELD(STRING, struct result_one_way, reason, "reason", NULL),
	{ 0 },
};
SHAPE(one_way, struct result_one_way);

#define STAMPS(member) \
	FIELD(INT, struct result_stamp_counts, member, #member, NULL)
static const struct field stamp_counts_fields[] = {
	STAMPS(asked), STAMPS(replies), STAMPS(shared), STAMPS(stray),
	STAMPS(twice), STAMPS(disputed), STAMPS(misplaced), STAMPS(unclear),
	STAMPS(unrecorded), { 0 },
};
SHAPE(stamp_counts, struct result_stamp_counts);

static const struct field stamps_fields[] = {
	FIELD(STRING, struct result_stamps, source, "source", NULL),
	FIELD(STRING, struct result_stamps, reason, "reason", NULL),
	FIELD(REAL, struct result_stamps, uncertainty_ns, "uncertainty_ns",
	      "not calibrated"),
	FIELD(INT, struct result_stamps, lost_tx, "lost_tx", NULL),
	FIELD(INT, struct result_stamps, lost_rx, "lost_rx", NULL),
	FIELD(REAL, struct result_stamps, share, "share", NULL),
	FIELD_IN(POINTER, struct result_stamps, counts, "counts",
		 &stamp_counts_shape, "none were asked for"),
	{ 0 },
};
SHAPE(stamps, struct result_stamps);

static const struct field lateness_fields[] = {
	FIELD(REAL, struct result_pacing, p50_ns, "p50", NULL),
	FIELD(REAL, struct result_pacing, p99_ns, "p99", NULL),
	FIELD(REAL, struct result_pacing, p999_ns, "p999", NULL),
	FIELD(REAL, struct result_pacing, max_ns, "max", NULL),
	{ 0 },
};
SHAPE(lateness, struct result_pacing);

static const struct field pacing_fields[] = {
	FIELD_GROUP("lateness_ns", &lateness_shape),
	FIELD(REAL, struct result_pacing, distance, "distance", NULL),
	FIELD(REAL, struct result_pacing, dispersion, "dispersion", NULL),
	{ 0 },
};
SHAPE(pacing, struct result_pacing);

static const struct field stall_fields[] = {
	FIELD(STRING, struct result_stall, who, "who", NULL),
	FIELD(INT, struct result_stall, start_ns, "start_ns", NULL),
	FIELD(INT, struct result_stall, length_ns, "length_ns", NULL),
	FIELD(STRING, struct result_stall, cause, "cause", NULL),
	{ 0 },
};
SHAPE(stall, struct result_stall);

static const struct field left_out_fields[] = {
	FIELD(INT, struct result_left_out, index, "index", NULL),
	FIELD(STRING, struct result_left_out, reason, "reason", NULL),
	{ 0 },
};
SHAPE(left_out, struct result_left_out);

static const struct field windows_fields[] = {
	FIELD(INT, struct result_windows, window_ns, "window_ns", NULL),
	FIELD_MANY(INTS, struct result_windows, start_ns, n, "start_ns", NULL),
	FIELD_SAME(INTS, struct result_windows, count, n, "count"),
	FIELD_SAME(REALS, struct result_windows, p50_ns, n, "p50"),
	FIELD_SAME(REALS, struct result_windows, p99_ns, n, "p99"),
	FIELD_MANY(LIST, struct result_windows, left_out, nleft_out,
		   "left_out", &left_out_shape),
	{ 0 },
};
SHAPE(windows, struct result_windows);

#define CONNECTIONS(member) \
	FIELD(INT, struct result_connections, member, #member, NULL)
static const struct field connections_fields[] = {
	{ .key = "grown", .type = FIELD_INT, .late = true,
	  .offset = offsetof(struct result_connections, grown) },
	CONNECTIONS(opened), CONNECTIONS(worn), CONNECTIONS(closed),
	CONNECTIONS(refused), CONNECTIONS(timeout), CONNECTIONS(protocol),
	CONNECTIONS(failed), { 0 },
};
SHAPE(connections, struct result_connections);

static const struct field agent_fields[] = {
	FIELD(STRING, struct result_agent, name, "name", NULL),
	FIELD(STRING, struct result_agent, mode, "mode", "not recorded"),
	FIELD(REAL, struct result_agent, cpu_ns, "cpu_ns", "it sent nothing"),
	FIELD_IN(OBJECT, struct result_agent, counts, "counts", &counts_shape,
		 NULL),
	FIELD_IN(POINTER, struct result_agent, connections, "connections",
		 &connections_shape, "not recorded"),
	FIELD(STRING, struct result_agent, verdict, "verdict", NULL),
	{ 0 },
};
SHAPE(agent, struct result_agent);

static const struct field release_fields[] = {
	FIELD(REAL, struct result_target, release_p50_ns, "p50", NULL),
	FIELD(REAL, struct result_target, release_p99_ns, "p99", NULL),
	{ 0 },
};
SHAPE(release, struct result_target);

static const struct field target_fields[] = {
	FIELD(REAL, struct result_target, served_mean_ns, "served_ns", NULL),
	FIELD(REAL, struct result_target, idle, "idle", NULL),
	FIELD(INT, struct result_target, drops, "drops", NULL),
	FIELD(INT, struct result_target, preemptions, "preemptions", NULL),
	FIELD(INT, struct result_target, steals, "steals", NULL),
	FIELD(REAL, struct result_target, queue_mean, "queue", NULL),
	FIELD_GROUP("release_ns", &release_shape),
	{ .key = "calibration", .type = FIELD_NULL,
	  .why = "this back end needs none" },
	{ 0 },
};
SHAPE(target, struct result_target);

static const struct field check_fields[] = {
	FIELD(STRING, struct result_check, name, "name", NULL),
	FIELD(STRING, struct result_check, status, "status", NULL),
	FIELD(REAL, struct result_check, statistic, "statistic", NULL),
	FIELD(REAL, struct result_check, p_value, "p_value", NULL),
	FIELD(REAL, struct result_check, p_adjusted, "p_adjusted", NULL),
	FIELD(REAL, struct result_check, level, "level", NULL),
	FIELD(REAL, struct result_check, threshold, "threshold", NULL),
	FIELD(REAL, struct result_check, effect, "effect", NULL),
	FIELD(STRING, struct result_check, reason, "reason", NULL),
	FIELD(STRING, struct result_check, action, "action", NULL),
	{ 0 },
};
SHAPE(check, struct result_check);

static const struct field verdict_fields[] = {
	FIELD(STRING, struct result_verdict, status, "status", NULL),
	FIELD_MANY(STRINGS, struct result_verdict, reasons, nreasons,
		   "reasons", NULL),
	{ 0 },
};
SHAPE(verdict, struct result_verdict);

static const struct field predicted_fields[] = {
	FIELD(REAL, struct result_predicted, q, "q", NULL),
	FIELD(REAL, struct result_predicted, predicted, "predicted", NULL),
	FIELD(REAL, struct result_predicted, lo, "lo", NULL),
	FIELD(REAL, struct result_predicted, hi, "hi", NULL),
	FIELD(REAL, struct result_predicted, gap, "gap",
	      "the quantile was not resolved"),
	FIELD(REAL, struct result_predicted, gap_lo, "gap_lo", NULL),
	FIELD(REAL, struct result_predicted, gap_hi, "gap_hi", NULL),
	{ 0 },
};
SHAPE(predicted, struct result_predicted);

static const struct field replayed_fields[] = {
	FIELD(REAL, struct result_replayed, q, "q", NULL),
	FIELD(REAL, struct result_replayed, replayed, "replayed", NULL),
	FIELD(REAL, struct result_replayed, diff, "diff", NULL),
	FIELD(REAL, struct result_replayed, lo, "lo", NULL),
	FIELD(REAL, struct result_replayed, hi, "hi", NULL),
	{ 0 },
};
SHAPE(replayed, struct result_replayed);

static const struct field adjusted_fields[] = {
	FIELD(REAL, struct result_adjusted, q, "q", NULL),
	FIELD(REAL, struct result_adjusted, value, "value", NULL),
	FIELD(REAL, struct result_adjusted, lo, "lo", NULL),
	FIELD(REAL, struct result_adjusted, hi, "hi", NULL),
	{ 0 },
};
SHAPE(adjusted, struct result_adjusted);

static const struct field requests_fields[] = {
	FIELD(INT, struct result_model, requests, "count", NULL),
	FIELD(REAL, struct result_model, request_p50_ns, "p50",
	      "nothing was replayed"),
	FIELD(REAL, struct result_model, request_p90_ns, "p90",
	      "nothing was replayed"),
	FIELD(REAL, struct result_model, request_p99_ns, "p99",
	      "nothing was replayed"),
	{ 0 },
};
SHAPE(requests, struct result_model);

static const struct field replay_fields[] = {
	FIELD_MANY(LIST, struct result_model, replayed, nreplayed, "quantiles",
		   &replayed_shape),
	FIELD_MANY(LIST, struct result_model, adjusted, nadjusted, "adjusted",
		   &adjusted_shape),
	FIELD_GROUP("requests", &requests_shape),
	{ 0 },
};
SHAPE(replay, struct result_model);

static const struct field prediction_fields[] = {
	FIELD_MANY(LIST, struct result_model, quantiles, nquantiles,
		   "quantiles", &predicted_shape),
	{ 0 },
};
SHAPE(prediction, struct result_model);

static const struct field model_fields[] = {
	FIELD(STRING, struct result_model, name, "name", NULL),
	FIELD(STRING, struct result_model, method, "method", NULL),
	FIELD(REAL, struct result_model, left_out, "left_out", NULL),
	FIELD(STRING, struct result_model, reason, "reason", NULL),
	FIELD_GROUP("replay_ns", &replay_shape),
	FIELD_GROUP("response_ns", &prediction_shape),
	{ 0 },
};
SHAPE(model, struct result_model);

static const struct field pattern_fields[] = {
	FIELD(STRING, struct result_pattern, name, "name", NULL),
	FIELD_MANY(REALS, struct result_pattern, offered_rps, n, "offered_rps",
		   NULL),
	{ 0 },
};
SHAPE(pattern, struct result_pattern);

static const struct field records_fields[] = {
	FIELD(STRING, struct result_records, file, "file", NULL),
	FIELD(REAL, struct result_records, share, "share", NULL),
	FIELD(INT, struct result_records, count, "count", NULL),
	{ 0 },
};
SHAPE(records, struct result_records);

#define POINT(TYPE, member, shape, why) \
	FIELD_IN(TYPE, struct result_point, member, #member, shape, why)
#define POINTS(member, count, shape) \
	FIELD_MANY(LIST, struct result_point, member, count, #member, shape)
static const struct field point_fields[] = {
	POINT(REAL, offered_rps, NULL, NULL),
	POINT(REAL, intended_rps, NULL, NULL),
	POINT(REAL, sent_rps, NULL, NULL),
	POINT(REAL, achieved_rps, NULL, NULL),
	POINT(REAL, utilisation, NULL, "the target's capacity is not known"),
	POINT(REAL, duration_s, NULL, NULL),
	POINT(REAL, took_s, NULL, "not recorded"),
	FIELD_GROUP("precision", &precision_shape),
	POINTS(attempts, nattempts, &attempt_shape),
	POINT(OBJECT, counts, &counts_shape, NULL),
	{ .key = "classes", .type = FIELD_MAP, .late = true,
	  .offset = offsetof(struct result_point, classes),
	  .count = offsetof(struct result_point, nclasses),
	  .item = sizeof(struct result_kind), .shape = &mix_shape,
	  .inside = offsetof(struct result_kind, mix) },
	{ .key = "statuses", .type = FIELD_LIST, .late = true,
	  .offset = offsetof(struct result_point, statuses),
	  .count = offsetof(struct result_point, nstatuses),
	  .shape = &status_shape },
	POINT(OBJECT, response_ns, &metric_shape, NULL),
	POINT(POINTER, wire_ns, &metric_shape, "no wire stamps"),
	POINT(POINTER, slowdown, &metric_shape,
	      "requests carry no service time"),
	POINT(POINTER, connect_ns, &metric_shape, "nothing to connect"),
	FIELD_GROUP("breakdown_ns", &breakdown_shape),
	FIELD_IN(POINTER, struct result_point, one_way, "one_way_ns",
		 &one_way_shape, "no wire stamps"),
	POINT(OBJECT, timestamps, &stamps_shape, NULL),
	POINT(OBJECT, pacing, &pacing_shape, NULL),
	POINTS(stalls, nstalls, &stall_shape),
	POINT(OBJECT, windows, &windows_shape, NULL),
	POINTS(agents, nagents, &agent_shape),
	POINT(POINTER, target, &target_shape, "the target is not ours"),
	POINTS(checks, nchecks, &check_shape),
	POINT(OBJECT, verdict, &verdict_shape, NULL),
	POINT(POINTER, model, &model_shape, "no model was asked for"),
	FIELD_IN(POINTER, struct result_point, records, "samples",
		 &records_shape, "no raw records were asked for"),
	POINT(POINTER, pattern, &pattern_shape, "the load stayed as it was"),
	{ 0 },
};
SHAPE(point, struct result_point);

#define HOST(member) \
	FIELD(STRING, struct result_environment, member, #member, "unknown")
static const struct field environment_fields[] = {
	HOST(host), HOST(cpu),
	FIELD(INT, struct result_environment, cpus, "cpus", NULL),
	HOST(kernel), HOST(clocksource), HOST(nic), HOST(governor),
	FIELD_MANY(STRINGS, struct result_environment, warnings, nwarnings,
		   "warnings", NULL),
	{ 0 },
};
SHAPE(environment, struct result_environment);

static const struct field errors_fields[] = {
	FIELD_MANY(LIST, struct result_errors, quantiles, nquantiles,
		   "quantiles", &adjusted_shape),
	{ 0 },
};
SHAPE(errors, struct result_errors);

#define CALIBRATED(member) \
	FIELD(REAL, struct result_calibration, member, #member, \
	      "not calibrated on this path")
static const struct field calibration_fields[] = {
	FIELD(STRING, struct result_calibration, status, "status", NULL),
	FIELD(STRING, struct result_calibration, path, "path",
	      "an older result"),
	FIELD(STRING, struct result_calibration, made, "made",
	      "not calibrated on this path"),
	CALIBRATED(from_rps), CALIBRATED(to_rps),
	FIELD_IN(POINTER, struct result_calibration, error, "error_ns",
		 &errors_shape, "not calibrated on this path"),
	CALIBRATED(agent_ns), CALIBRATED(path_ns), CALIBRATED(target_ns),
	CALIBRATED(honest_rps),
	{ 0 },
};
const struct shape result_calibration_shape = {
	"calibration", sizeof(struct result_calibration), calibration_fields,
};

static const struct field slo_fields[] = {
	FIELD(STRING, struct result_slo, expr, "expr", NULL),
	FIELD(REAL, struct result_slo, quantile, "quantile",
	      "no bound on the response time of all requests"),
	FIELD(REAL, struct result_slo, bound_ns, "bound_ns",
	      "no bound on the response time of all requests"),
	FIELD_IN(OBJECT, struct result_slo, max_load, "max_load",
		 &interval_shape, NULL),
	FIELD(REAL, struct result_slo, confidence, "confidence",
	      "no search: max_load comes from the intervals of the points"),
	FIELD(REAL, struct result_slo, model_max_load, "model_max_load",
	      "no model"),
	FIELD(REAL, struct result_slo, efficiency, "efficiency",
	      "no model, or no end was measured"),
	FIELD(REAL, struct result_slo, efficiency_lo, "efficiency_lo", NULL),
	FIELD(REAL, struct result_slo, efficiency_hi, "efficiency_hi", NULL),
	FIELD(STRING, struct result_slo, reason, "reason", NULL),
	{ 0 },
};
SHAPE(slo, struct result_slo);

#define OVERHEAD(TYPE, member, shape) \
	FIELD_IN(TYPE, struct result_overhead, member, #member, shape, NULL)
static const struct field variant_fields[] = {
	FIELD(STRING, struct result_variant, work, "work", NULL),
	FIELD_IN(OBJECT, struct result_variant, communication_ns,
		 "communication_ns", &interval_shape, NULL),
	FIELD_IN(OBJECT, struct result_variant, per_request_ns,
		 "per_request_ns", &interval_shape, NULL),
	FIELD(REAL, struct result_variant, aicc, "aicc", NULL),
	{ 0 },
};
SHAPE(variant, struct result_variant);

static const struct field fit_fields[] = {
	OVERHEAD(STRING, status, NULL),
	OVERHEAD(REAL, p_value, NULL),
	OVERHEAD(REAL, statistic, NULL),
	OVERHEAD(INT, freedom, NULL),
	FIELD_MANY(LIST, struct result_overhead, variants, nvariants,
		   "variants", &variant_shape),
	{ 0 },
};
SHAPE(fit, struct result_overhead);

static const struct field overhead_fields[] = {
	OVERHEAD(OBJECT, communication_ns, &interval_shape),
	OVERHEAD(OBJECT, per_request_ns, &interval_shape),
	OVERHEAD(STRING, work, NULL),
	OVERHEAD(STRING, method, NULL),
	FIELD_GROUP("fit", &fit_shape),
	OVERHEAD(STRING, sentence, NULL),
	{ 0 },
};
SHAPE(overhead, struct result_overhead);

static const struct field result_fields[] = {
	{ .key = "schema", .type = FIELD_TEXT, .why = RESULT_SCHEMA },
	FIELD(STRING, struct result, name, "name", NULL),
	FIELD(STRING, struct result, started, "started", NULL),
	FIELD(INT, struct result, started_realtime_ns, "started_realtime_ns",
	      NULL),
	FIELD(STRING, struct result, lancet_version, "lancet_version", NULL),
	FIELD(INT, struct result, seed, "seed", NULL),
	FIELD(YAML, struct result, config_yaml, "config", NULL),
	FIELD_IN(OBJECT, struct result, environment, "environment",
		 &environment_shape, NULL),
	FIELD_IN(OBJECT, struct result, calibration, "calibration",
		 &result_calibration_shape, NULL),
	FIELD_MANY(LIST, struct result, points, npoints, "points",
		   &point_shape),
	FIELD_IN(POINTER, struct result, slo, "slo", &slo_shape,
		 "no slo was asked for"),
	FIELD_IN(POINTER, struct result, overhead, "overhead", &overhead_shape,
		 NULL),
	FIELD(STRING, struct result, overhead_reason, "overhead_reason", NULL),
	FIELD_IN(OBJECT, struct result, verdict, "verdict", &verdict_shape,
		 NULL),
	{ 0 },
};
SHAPE(result, struct result);

const struct result_quantile *result_quantile(const struct result_metric *m,
					      double q)
{
	for (size_t i = 0; m && i < m->nquantiles; i++)
		if (fabs(m->quantiles[i].q - q) < 1e-9)
			return &m->quantiles[i];
	return NULL;
}

json_t *result_to_json(const struct result *result)
{
	return field_write(&result_shape, result);
}

struct result *result_from_json(const json_t *json, struct arena *arena,
				struct err *err)
{
	struct result *result = arena_alloc(arena, sizeof(*result));

	return field_read(&result_shape, json, result, arena, err) ? NULL
								   : result;
}

int result_print(const struct result *result, FILE *out)
{
	json_t *json = result_to_json(result);
	int rc =
		json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));

	json_decref(json);
	return rc || fputc('\n', out) == EOF ? -EIO : 0;
}

json_t *result_schema(void)
{
	return field_schema(&result_shape, "urn:lancet.result:1",
			    "A result of lancet");
}
