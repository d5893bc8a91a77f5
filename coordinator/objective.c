/* objective.c - up to which load a service keeps its promise */
#include "coordinator/objective.h"

#include <math.h>
#include <string.h>

#include "coordinator/compare.h"
#include "coordinator/plan.h"
#include "coordinator/search.h"
#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/slo.h"
#include "models/maxload.h"

enum end { END_VALUE, END_LO, END_HI, ENDS };

static const struct result_metric *metric_of(const struct result_point *point,
					     const struct slo_term *term)
{
	const struct result_metric *metric = term->metric == SLO_SLOWDOWN
					     ? point->slowdown
					     : &point->response_ns;

	if (!metric || !term->class[0])
		return metric;
	for (size_t i = 0; i < metric->nclasses; i++)
		if (!strcmp(metric->classes[i].name, term->class))
			return &metric->classes[i].metric;
	/* The only class there is has no entry of its own. */
	return metric->nclasses ? NULL : metric;
}

static double bound_of(const struct plan *plan, const struct slo_term *term)
{
	return term->relative ? term->bound * plan->mean_service_ns
			      : term->bound;
}

/*
 * Three times as many went without an answer as may be later than the
 * quantile: whatever became of them, they did not keep to it.
 */
static bool surely_beyond(const struct result_counts *c, double quantile)
{
	return (double)(c->sent - c->received) >
	       3 * (1 - quantile) * (double)c->intended + 10;
}

/* What one term bounds, at a point: NAN where it is not known. */
static double quantity(const struct result_point *point,
		       const struct slo_term *term, enum end end)
{
	const struct result_counts *c = &point->counts;
	const struct result_metric *metric;
	const struct result_quantile *q;

	if (term->metric == SLO_ERRORS)
		return c->intended ? (double)(c->intended - c->received) /
					     (double)c->intended
				   : (double)NAN;
	metric = metric_of(point, term);
	q = metric ? result_quantile(metric, term->quantile) : NULL;
	if (!q)
		return (double)NAN;
	if (end == END_LO)
		return surely_beyond(c, term->quantile) ? (double)INFINITY
							: q->lo;
	/* Unresolved: as far as is known, infinitely late. */
	if (end == END_HI || isnan(q->value))
		return isnan(q->hi) ? (double)INFINITY : q->hi;
	return q->value;
}

/* The worst term's quantity over its bound; above 1 the promise is broken. */
static double ratio_of(const struct plan *plan, const struct slo *slo,
		       const struct result_point *point, enum end end)
{
	double worst = 0;

	for (size_t i = 0; i < slo->n; i++) {
		double value = quantity(point, &slo->term[i], end);
		double bound = bound_of(plan, &slo->term[i]);

		if (isnan(value))
			return (double)NAN;
		if (bound > 0)
			worst = fmax(worst, value / bound);
		else if (value > 0)
			worst = (double)INFINITY;
	}
	return worst;
}

static bool is_valid(const struct result_point *point)
{
	return !strcmp(point->verdict.status, "valid");
}

static double load_of(const struct result_point *point)
{
	return isnan(point->utilisation) ? point->offered_rps
					 : point->utilisation;
}

/* Where the ratio crosses 1: 0 below the first load, INFINITY beyond all. */
static double crossing(const struct plan *plan, const struct slo *slo,
		       const struct result_point *points, size_t n,
		       enum end end)
{
	double load = 0, ratio = (double)NAN;

	for (size_t i = 0; i < n; i++) {
		double now = is_valid(&points[i])
			     ? ratio_of(plan, slo, &points[i], end)
			     : (double)NAN;
		double part;

		if (isnan(now))
			continue;
		if (now > 1 && isnan(ratio))
			return 0;
		if (now > 1) {
			part = log(1 / fmax(ratio, 1e-9)) /
			       log(now / fmax(ratio, 1e-9));
			return load + part * (load_of(&points[i]) - load);
		}
		load = load_of(&points[i]);
		ratio = now;
	}
	return isnan(ratio) ? (double)NAN : (double)INFINITY;
}

/* --- the model's own limit ------------------------------------------------ */

/* The search takes at most so long. */
#define SIMULATE_S 10
#define PRECISION .01

/* Exact where formulas hold, else by simulation; as a share of capacity. */
static struct predict_value model_max(const struct plan *plan,
				      const struct slo *slo,
				      struct arena *arena)
{
	struct compare_queue queue = compare_queue(plan, arena);
	struct predict_query query = compare_query(plan, &queue);
	struct maxload found;
	struct err err;
	double by;

	query.relative = PRECISION;
	query.time_limit_s = SIMULATE_S;

	if (plan->config->model.mode == MODEL_NONE || queue.unknown ||
	    plan->workload.fanout > 1 || !(plan->capacity_rps > 0) ||
	    maxload(&query, slo, &found, &err))
		return predict_sure(NAN);
	by = policy_workers(&queue.policy, queue.workers) * 1e9 /
	     workload_mean_service_ns(&plan->served) / plan->capacity_rps;
	return (struct predict_value){ found.load.value * by,
				       found.load.lo * by, found.load.hi * by };
}

/* The highest load that a valid point speaks for; NAN where none does. */
static double known_load(const struct plan *plan, const struct slo *slo,
			 const struct result_point *points, size_t n)
{
	while (n-- > 0)
		if (is_valid(&points[n]) &&
		    !isnan(ratio_of(plan, slo, &points[n], END_VALUE)))
			return load_of(&points[n]);
	return (double)NAN;
}

/* `end` is where values and both ends of their intervals cross the bound. */
static const char *objective_reason(const double *end,
				    const struct result_point *points,
				    double known, struct arena *arena)
{
	const char *kept = isinf(end[END_HI]) ? "kept at every load with a"
					      : "not surely missed by any";

	if (isnan(end[END_VALUE]))
		return "no valid point shows it";
	if (isinf(end[END_LO]) && isnan(points->utilisation))
		return arena_printf(arena, "%s valid measurement; nothing is "
				    "known beyond %.0f requests/s", kept,
				    known);
	if (isinf(end[END_LO]))
		return arena_printf(arena, "%s valid measurement; nothing is "
				    "known beyond %.1f%%", kept, 100 * known);
	if (end[END_VALUE] <= 0 && end[END_LO] > 0)
		return "the lowest load probably misses it";
	if (end[END_VALUE] <= 0)
		return "missed at the lowest load";
	return NULL;
}

/* The line in a picture of response times: the first bound on them all. */
static void drawn_bound(const struct plan *plan, const struct slo *slo,
			struct result_slo *to)
{
	to->quantile = to->bound_ns = (double)NAN;
	for (size_t i = 0; i < slo->n; i++) {
		const struct slo_term *term = &slo->term[i];

		if (term->metric != SLO_RESPONSE || term->class[0])
			continue;
		to->quantile = term->quantile;
		to->bound_ns = bound_of(plan, term);
		return;
	}
}

/* Measured over ideal, where the measurement found an end. */
static void compare_loads(const struct plan *plan, const struct slo *slo,
			  double max_load, struct result_slo *to,
			  struct arena *arena)
{
	struct predict_value ideal = model_max(plan, slo, arena);
	bool known = isfinite(max_load) && ideal.value > 0;

	to->model_max_load = ideal.value;
	to->efficiency = known ? max_load / ideal.value : (double)NAN;
	to->efficiency_lo = known ? to->max_load.lo / ideal.hi : (double)NAN;
	to->efficiency_hi = known ? to->max_load.hi / ideal.lo : (double)NAN;
}

struct result_slo *objective_of(const struct plan *plan,
				const struct result_point *points, size_t n,
				struct arena *arena)
{
	struct result_slo *to;
	struct slo slo;
	struct err err;
	double end[ENDS], known;

	if (!plan->config->slo || slo_parse(plan->config->slo, &slo, &err) < 0)
		return NULL;
	to = arena_alloc(arena, sizeof(*to));
	to->expr = plan->config->slo;
	to->confidence = (double)NAN;
	drawn_bound(plan, &slo, to);
	for (enum end i = 0; i < ENDS; i++)
		end[i] = crossing(plan, &slo, points, n, i);
	known = known_load(plan, &slo, points, n);
	to->reason = objective_reason(end, points, known, arena);
	/* The later bound breaks the promise first. */
	to->max_load.lo = end[END_HI];
	to->max_load.hi = end[END_LO];
	to->max_load.value = end[END_VALUE];
	if (isinf(to->max_load.value))
		to->max_load.value = known;
	if (isinf(to->max_load.lo))
		to->max_load.lo = to->max_load.value;
	if (end[END_VALUE] <= 0)
		to->max_load.value = (double)NAN;
	compare_loads(plan, &slo, end[END_VALUE], to, arena);
	return to;
}

struct result_interval objective_ratio(const struct plan *plan,
				       const struct result_point *point)
{
	struct result_interval ratio = { NAN, NAN, NAN };
	struct slo slo;
	struct err err;

	if (!plan->config->slo || slo_parse(plan->config->slo, &slo, &err) < 0)
		return ratio;
	ratio.value = ratio_of(plan, &slo, point, END_VALUE);
	ratio.lo = ratio_of(plan, &slo, point, END_LO);
	ratio.hi = ratio_of(plan, &slo, point, END_HI);
	return ratio;
}

/* --- a search's ----------------------------------------------------------- */

static const char *search_reason(const struct plan *plan,
				 const struct search *search, bool share,
				 struct arena *arena)
{
	if (search->lo >= search->to)
		return arena_printf(arena, share
			? "kept at the highest load of the search; nothing "
			  "is known beyond %.1f%%"
			: "kept at the highest load of the search; nothing "
			  "is known beyond %.0f requests/s",
			share ? 100 * search->to / plan->capacity_rps
			      : search->to);
	if (search->hi <= search->from)
		return "missed at the lowest load of the search";
	if (search_resolved(search))
		return NULL;
	return arena_printf(arena,
		"%zu of %zu loads could not be decided within "
		"measure.time_limit, %zu could not be measured", search->open,
		search->n, search->voids);
}

struct result_slo *objective_search(const struct plan *plan,
				    const struct search *search,
				    const struct result_point *points,
				    size_t n, struct arena *arena)
{
	bool share = plan->capacity_rps > 0;
	double unit = share ? plan->capacity_rps : 1;
	double lo = search->lo / unit, hi = search->hi / unit, at;
	struct result_slo *to = arena_alloc(arena, sizeof(*to));
	struct slo slo;
	struct err err;

	if (slo_parse(plan->config->slo, &slo, &err) < 0)
		return NULL;
	to->expr = plan->config->slo;
	to->confidence = plan->config->load.search->confidence;
	drawn_bound(plan, &slo, to);
	at = crossing(plan, &slo, points, n, END_VALUE);
	/* What cannot be interpolated is taken to be in the middle. */
	if (!(at >= lo && at <= hi))
		at = isnan(hi) ? lo : (lo + hi) / 2;
	to->max_load = (struct result_interval){
		.value = at,
		.lo = isnan(lo) ? 0 : lo,
		.hi = isnan(hi) ? (double)INFINITY : hi,
	};
	to->reason = search_reason(plan, search, share, arena);
	compare_loads(plan, &slo, isnan(hi) ? (double)INFINITY : at, to,
		      arena);
	return to;
}

bool objective_missed(const struct plan *plan,
		      const struct result_point *points, size_t n)
{
	struct slo slo;
	struct err err;

	if (!plan->config->slo || !plan->config->load.rate.set ||
	    slo_parse(plan->config->slo, &slo, &err) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (is_valid(&points[i]) &&
		    ratio_of(plan, &slo, &points[i], END_VALUE) > 1)
			return true;
	return false;
}
