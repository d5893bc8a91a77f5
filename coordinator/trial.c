/* trial.c - a point of a search: is the promise kept at this load? */
#include "coordinator/trial.h"

#include <math.h>

#include "coordinator/compare.h"
#include "coordinator/objective.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "coordinator/slowdown.h"
#include "lancet/core/err.h"
#include "lancet/core/slo.h"

#define PAIRED_LEAST .2		/* of the windows */

static bool can_pair(const struct point_data *data,
		     const struct result_predicted *forecast)
{
	return forecast && !data->stalls_dropped &&
	       data->left_out_compared <= 1 - PAIRED_LEAST;
}

/*
 * What had no answer is later than any pair says: where that could move the
 * quantile, by more than a thousandth of what is beyond it, pairs are silent.
 */
static bool lost(const struct result_counts *c, double quantile)
{
	return 1000. * (double)(c->intended - c->received) >
	       (1 - quantile) * (double)c->intended;
}

/* What pairs say of a term's quantile; NULL: nothing. */
static const struct result_adjusted *
said_of(const struct slo_term *term, const struct result_counts *counts,
	const struct result_adjusted *adjusted, size_t n)
{
	if (term->metric != SLO_RESPONSE || term->class[0] ||
	    lost(counts, term->quantile))
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (fabs(adjusted[i].q - term->quantile) < 1e-12)
			return isfinite(adjusted[i].hi) ? &adjusted[i] : NULL;
	return NULL;
}

static void say(struct result_metric *metric,
		const struct result_adjusted *from)
{
	for (size_t i = 0; i < metric->nquantiles; i++) {
		struct result_quantile *to = &metric->quantiles[i];

		if (fabs(to->q - from->q) > 1e-12)
			continue;
		to->value = from->value;
		to->lo = from->lo;
		to->hi = from->hi;
	}
}

/* All that the promise bounds, or nothing; errors are counted anyway. */
static bool pair(const struct plan *plan, struct result_point *point,
		 const struct result_adjusted *adjusted, size_t n)
{
	const struct result_adjusted *said[SLO_TERMS] = { NULL };
	struct slo slo;
	struct err err;
	bool any = false;

	if (slo_parse(plan->config->slo, &slo, &err) < 0)
		return false;
	for (size_t i = 0; i < slo.n; i++) {
		if (slo.term[i].metric == SLO_ERRORS)
			continue;
		said[i] = said_of(&slo.term[i], &point->counts, adjusted, n);
		if (!said[i])
			return false;
		any = true;
	}
	for (size_t i = 0; i < slo.n; i++)
		if (said[i])
			say(&point->response_ns, said[i]);
	return any;
}

void trial_judge(const struct point_data *data,
		 const struct result_predicted *forecast, struct trial *trial,
		 struct arena *arena)
{
	double confidence = data->plan->trial_confidence;
	struct result_point point = { .counts = data->counts };
	const struct result_adjusted *adjusted = NULL;
	size_t n = 0;

	point_response(data, confidence, &point.response_ns, arena);
	slowdown_of(data, confidence, &point, arena);
	if (can_pair(data, forecast))
		n = compare_adjusted(data, forecast, confidence, &adjusted,
				     arena);
	trial->paired = pair(data->plan, &point, adjusted, n);
	trial->promise = objective_ratio(data->plan, &point);
}

double trial_width(const struct trial *trial)
{
	const struct result_interval *p = &trial->promise;
	double width;

	if (p->hi <= 1 || p->lo > 1)
		return 0;
	width = p->value < 1 ? (p->hi - p->value) / (1 - p->value)
			     : (p->value - p->lo) / (p->value - 1);
	return isnan(width) ? (double)INFINITY : width;
}
