/* model_result.c - `lancet model RESULT`: the queue beside what was measured */
#include "lancet/cmd/model.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "coordinator/attribution.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/result.h"
#include "lancet/core/unit.h"

/* A prediction of the comparison's own takes so long at most, per load. */
#define TIME_LIMIT_S 1.5

static const double wanted[] = { .5, .9, .99, .999 };
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

/* Is the queue the one that the run itself was compared with? */
static bool is_own(const struct model_request *r)
{
	return !r->arrival && !r->service && !r->workers && !r->npolicies;
}

/* --- predictions --------------------------------------------------------- */

static struct result_predicted gap_of(const struct result_quantile *measured,
				      double q, const struct predict_value *v)
{
	struct result_predicted p = {
		.q = q, .predicted = v->value, .lo = v->lo, .hi = v->hi
	};

	p.gap = measured->value - v->value;
	p.gap_lo =
		p.gap - hypot(measured->value - measured->lo, v->hi - v->value);
	p.gap_hi =
		p.gap + hypot(measured->hi - measured->value, v->value - v->lo);
	return p;
}

/* The model of one point under another queue than the run's own. */
static struct result_model *model_of(const struct predict_query *of,
				     const struct result_point *point,
				     struct arena *arena)
{
	struct result_model *m = arena_alloc(arena, sizeof(*m));
	struct predict_query query = *of;
	struct predict_result found;
	struct predict_ask ask[WANTED] = { 0 };
	struct err err;

	for (size_t i = 0; i < WANTED; i++)
		ask[i] = (struct predict_ask){ .figure = FIGURE_QUANTILE,
					       .q = wanted[i] };
	query.ask = ask;
	query.nask = WANTED;
	query.rate = point->offered_rps / 1e9;
	query.time_limit_s = TIME_LIMIT_S;
	if (predict(&query, &found, arena, &err)) {
		m->reason = arena_strdup(arena, err.text);
		return m;
	}
	m->quantiles = arena_array(arena, WANTED, sizeof(*m->quantiles));
	for (size_t i = 0; i < WANTED; i++) {
		const struct result_quantile *q =
			result_quantile(&point->response_ns, wanted[i]);

		if (q && isfinite(found.answer[i].value.value))
			m->quantiles[m->nquantiles++] =
				gap_of(q, wanted[i], &found.answer[i].value);
	}
	return m;
}

static void compare(struct model_curve *curve, const struct model_request *r,
		    const struct result *result,
		    const struct predict_query *query, struct arena *arena)
{
	curve->point = arena_copy(arena, result->points,
				  result->npoints * sizeof(*curve->point));
	for (size_t i = 0; i < result->npoints; i++) {
		struct result_point *p = &curve->point[i];

		if (!is_own(r) || !p->model || !p->model->nquantiles)
			p->model = model_of(query, p, arena);
	}
	if (is_own(r) && result->overhead)
		curve->overhead = result->overhead;
	else
		curve->overhead = attribution_of(query, curve->point, NULL,
						 result->npoints, arena,
						 &curve->overhead_reason);
}

/* --- efficiency ---------------------------------------------------------- */

/* Requests per second at 100% of what max_load is a share of. */
static double full_rps(const struct result *result)
{
	const struct result_point *p = &result->points[0];

	return result->npoints && isfinite(p->utilisation)
		       ? p->offered_rps / p->utilisation
		       : 1;
}

static void efficiency(struct model_curve *curve, const struct result *result,
		       const struct model_system *s,
		       const struct choice *policy)
{
	const struct predict_value *ideal = &curve->maxload.load;
	const struct result_slo *slo = result->slo;
	double full = 1e9 * policy_workers(policy, s->workers) / s->mean;
	double by = full_rps(result) / full;

	curve->efficiency = predict_sure(NAN);
	if (!slo || !s->slo || strcmp(slo->expr, s->slo) != 0 || slo->reason ||
	    curve->slo_refused || !(ideal->value > 0))
		return;
	curve->efficiency = (struct predict_value){
		by * slo->max_load.value / ideal->value,
		by * slo->max_load.lo / ideal->hi,
		by * slo->max_load.hi / ideal->lo,
	};
}

void model_compare(struct model_curve *curve, const struct model_request *r,
		   const struct model_system *s,
		   const struct predict_query *query, struct arena *arena)
{
	if (!s->result)
		return;
	compare(curve, r, s->result, query, arena);
	efficiency(curve, s->result, s, &query->policy);
}

/* --- printing ------------------------------------------------------------ */

static const char *time_text(double ns, char *text, size_t size)
{
	if (!isfinite(ns))
		snprintf(text, size, isnan(ns) ? "-" : ns > 0 ? "inf" : "-inf");
	else
		unit_print_duration(ns, text, size);
	return text;
}

static void print_gap(const struct result_point *p,
		      const struct result_predicted *m)
{
	char load[40], q[40], measured[40], predicted[40], gap[40], lo[40],
		hi[40];

	if (isfinite(p->utilisation))
		snprintf(load, sizeof(load), "%.3g%%", 100 * p->utilisation);
	else
		unit_print_rate(p->offered_rps, load, sizeof(load));
	printf("%7s  %6s  %9s  %9s  %9s (%s to %s)%s\n", load,
	       unit_print_quantile(m->q, q, sizeof(q)),
	       time_text(m->predicted + m->gap, measured, sizeof(measured)),
	       time_text(m->predicted, predicted, sizeof(predicted)),
	       time_text(m->gap, gap, sizeof(gap)),
	       time_text(m->gap_lo, lo, sizeof(lo)),
	       time_text(m->gap_hi, hi, sizeof(hi)),
	       strcmp(p->verdict.status, "valid") ? "  invalid" : "");
}

static void print_gaps(const struct model_curve *curve, size_t npoints)
{
	printf("\n%7s  %6s  %9s  %9s  %9s\n", "load", "", "measured",
	       "predicted", "gap");
	for (size_t i = 0; i < npoints; i++) {
		const struct result_model *m = curve->point[i].model;

		for (size_t j = 0; j < m->nquantiles; j++)
			print_gap(&curve->point[i], &m->quantiles[j]);
	}
}

static void print_overhead(const struct model_curve *curve)
{
	const struct result_overhead *o = curve->overhead;

	if (!o) {
		printf("overhead: unknown: %s\n", curve->overhead_reason);
		return;
	}
	printf("overhead: %s\n", o->sentence);
	printf("fit: %s; work %s; %s, chi-square %.3g of %lld, "
	       "p = %.2g\n",
	       o->method, o->work, o->status, o->statistic,
	       (long long)o->freedom, o->p_value);
}

void model_print_comparison(const struct model_answer *a, size_t policy)
{
	const struct model_curve *curve = &a->curve[policy];
	const struct predict_value *e = &curve->efficiency;

	if (!curve->point)
		return;
	if (a->system->npolicies == 1)
		print_gaps(curve, a->system->result->npoints);
	else
		printf("%s: ", a->system->policy[policy].name);
	print_overhead(curve);
	if (isfinite(e->value))
		printf("efficiency: %.3g%% (%.3g%% to %.3g%%) of the load at "
		       "which the ideal queue meets %s\n",
		       100 * e->value, 100 * e->lo, 100 * e->hi,
		       a->system->slo);
}

/* --- JSON ---------------------------------------------------------------- */

/* As in a result: points[].model.response_ns, overhead; and efficiency. */
json_t *model_comparison_json(const struct model_answer *a, size_t policy)
{
	const struct model_curve *curve = &a->curve[policy];
	const struct predict_value *e = &curve->efficiency;
	struct result result = *a->system->result;
	json_t *all, *json = json_object(), *points = json_array();

	result.points = curve->point;
	result.overhead = curve->overhead;
	result.overhead_reason = curve->overhead_reason;
	all = result_to_json(&result);
	for (size_t i = 0; i < result.npoints; i++) {
		json_t *p = json_array_get(json_object_get(all, "points"), i);

		json_array_append_new(
			points, json_pack("{sf sO}", "rate_rps",
					  result.points[i].offered_rps, "model",
					  json_object_get(p, "model")));
	}
	json_object_set_new(json, "policy",
			    json_string(a->system->policy[policy].name));
	json_object_set_new(json, "points", points);
	json_object_set(json, "overhead", json_object_get(all, "overhead"));
	json_object_set(json, "overhead_reason",
			json_object_get(all, "overhead_reason"));
	json_object_set_new(json, "efficiency",
			    isfinite(e->value)
				    ? json_pack("{sf sf sf}", "value", e->value,
						"lo", e->lo, "hi", e->hi)
				    : json_null());
	json_decref(all);
	return json;
}
