/* model_json.c - the answers of `lancet model` as a document */
#include "lancet/cmd/model.h"

#include <jansson.h>
#include <math.h>

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *value_json(const struct predict_value *v)
{
	return json_pack("{so so so}", "value", number(v->value), "lo",
			 number(v->lo), "hi", number(v->hi));
}

static json_t *answer_json(const struct predict_answer *answer)
{
	json_t *json = value_json(&answer->value);

	if (answer->refused)
		json_object_set_new(json, "refused",
				    json_string(answer->refused));
	else
		json_object_set_new(json, "method",
				    json_string(answer->method));
	if (isinf(answer->value.value))
		json_object_set_new(json, "infinite", json_true());
	return json;
}

static json_t *metrics_json(const struct model_system *s,
			    const struct model_row *row)
{
	json_t *json = json_object();

	for (size_t i = 0; i < s->nmetrics; i++)
		json_object_set_new(json, s->metric[i],
				    answer_json(&row->result.answer[i]));
	return json;
}

static json_t *row_json(const struct model_system *s, size_t policy,
			const struct model_row *row)
{
	json_t *json = json_pack("{ss sf sf}", "policy", s->policy[policy].name,
				 "load", row->load, "rate", row->rate);

	if (s->unit == UNIT_NS)
		json_object_set_new(json, "rate_rps",
				    json_real(row->rate * 1e9));
	if (s->policy[policy].connections)
		json_object_set_new(
			json, "closed",
			json_integer(s->policy[policy].connections));
	if (row->refused) {
		json_object_set_new(json, "refused", json_string(row->refused));
		return json;
	}
	json_object_set_new(json, "model", json_string(row->result.model));
	json_object_set_new(json, "method", json_string(row->result.method));
	json_object_set_new(json, "metrics", metrics_json(s, row));
	return json;
}

static json_t *slo_json(const struct model_system *s, size_t policy,
			const struct model_curve *curve)
{
	json_t *json = json_pack("{ss ss}", "policy", s->policy[policy].name,
				 "expr", s->slo);

	if (curve->slo_refused) {
		json_object_set_new(json, "refused",
				    json_string(curve->slo_refused));
		return json;
	}
	json_object_set_new(json, "max_load", value_json(&curve->maxload.load));
	json_object_set_new(json, "method", json_string(curve->maxload.method));
	return json;
}

/* One object for one policy, as nothing needs to be looked up then. */
static json_t *all_slo_json(const struct model_answer *a)
{
	const struct model_system *s = a->system;
	json_t *json;

	if (s->npolicies == (a->request->closed ? 2 : 1))
		return slo_json(s, 0, &a->curve[0]);
	json = json_array();
	for (size_t p = 0; p < s->npolicies; p += a->request->closed ? 2 : 1)
		json_array_append_new(json, slo_json(s, p, &a->curve[p]));
	return json;
}

static json_t *all_comparisons(const struct model_answer *a)
{
	json_t *json;

	if (a->system->npolicies == 1)
		return model_comparison_json(a, 0);
	json = json_array();
	for (size_t p = 0; p < a->system->npolicies; p++)
		json_array_append_new(json, model_comparison_json(a, p));
	return json;
}

void model_print_json(const struct model_answer *a)
{
	static const char *const units[] = { "mean_service", "as_written",
					     "ns" };
	const struct model_system *s = a->system;
	json_t *points = json_array();
	json_t *json = json_pack("{ss ss sf si sI}", "schema", "lancet.model/1",
				 "unit", units[s->unit], "mean_service",
				 s->mean, "workers", (int)s->workers, "seed",
				 (json_int_t)a->request->seed);

	for (size_t p = 0; p < s->npolicies; p++)
		for (size_t i = 0; i < s->nloads; i++)
			json_array_append_new(
				points, row_json(s, p, &a->curve[p].row[i]));
	json_object_set_new(json, "points", points);
	if (s->slo)
		json_object_set_new(json, "slo", all_slo_json(a));
	if (s->result)
		json_object_set_new(json, "comparison", all_comparisons(a));
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(json);
}
