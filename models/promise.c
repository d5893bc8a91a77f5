/* promise.c - how far a queue is from keeping what was promised of it */
#include "models/promise.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/slo.h"

uint32_t promise_class(const struct workload *w, const struct slo_term *term)
{
	for (size_t i = 0; *term->class && i < w->nclasses; i++)
		if (!strcmp(term->class, w->class[i].name))
			return (uint32_t)i + 1;
	return 0;
}

double promise_bound(const struct workload *w, const struct slo_term *term)
{
	return term->bound * (term->relative ? workload_moment(w, 1) : 1);
}

int promise_check(const struct workload *workload, const struct slo *slo,
		  struct err *err)
{
	size_t terms = 0;

	for (size_t i = 0; i < slo->n; i++) {
		terms += slo->term[i].metric != SLO_ERRORS;
		if (*slo->term[i].class && workload->nclasses > 1 &&
		    !promise_class(workload, &slo->term[i]))
			return err_set(err, -EDOM, "there is no class %s",
				       slo->term[i].class);
	}
	if (!terms)
		return err_set(err, -EDOM,
			       "an ideal queue makes no errors; give a bound "
			       "on a quantile of time");
	return 0;
}

/* Log of value over bound. An atom at the bound is not above it for rounding.
 */
static double over(double value, double bound)
{
	return value > bound * (1 + 1e-6) ? log(value / bound)
					  : fmin(0, log(value / bound));
}

static int look_at_term(const struct predict_query *asked,
			const struct slo_term *term, struct promise *promise,
			char *method, size_t size, struct err *err)
{
	struct predict_ask ask = { .figure = FIGURE_QUANTILE,
				   .q = term->quantile,
				   .class = promise_class(asked->workload,
							  term) };
	struct predict_query query = *asked;
	struct predict_result result;
	struct arena arena;
	int rc;

	ask.of =
		term->metric == SLO_SLOWDOWN ? METRIC_SLOWDOWN : METRIC_SOJOURN;
	query.ask = &ask;
	query.nask = 1;
	arena_init(&arena);
	rc = predict(&query, &result, &arena, err);
	if (!rc && result.answer[0].refused)
		rc = err_set(err, -EDOM, "%s", result.answer[0].refused);
	if (!rc) {
		const struct predict_value *v = &result.answer[0].value;
		double worst =
			over(v->value, promise_bound(query.workload, term));

		if (worst > promise->worst) {
			promise->worst = worst;
			promise->half = log(v->hi / v->value);
		}
		promise->band |= v->hi > v->value;
		snprintf(method, size, "%s", result.method);
	}
	arena_fini(&arena);
	return rc;
}

int promise_look(const struct predict_query *query, const struct slo *slo,
		 struct promise *promise, char *method, size_t size,
		 struct err *err)
{
	*promise = (struct promise){ .worst = -INFINITY };
	for (size_t i = 0; i < slo->n; i++) {
		const struct slo_term *term = &slo->term[i];

		/* An ideal queue makes no errors. */
		if (term->metric != SLO_ERRORS &&
		    look_at_term(query, term, promise, method, size, err))
			return err->code;
	}
	return 0;
}

/* P(S <= x) of one class, or of all. */
static double served_within(const struct workload *w, uint32_t class, double x)
{
	double sum = 0, of = 0;

	for (size_t i = 0; i < w->nclasses; i++) {
		const struct dist *law = &w->class[i].service;

		if (class && class != i + 1)
			continue;
		sum += w->class[i].weight * law->ops->cdf(law->state, x);
		of += w->class[i].weight;
	}
	return sum / of;
}

bool promise_possible(const struct workload *workload, const struct slo *slo)
{
	for (size_t i = 0; i < slo->n; i++) {
		const struct slo_term *term = &slo->term[i];

		if (term->metric == SLO_SLOWDOWN && term->bound < 1)
			return false;
		if (term->metric == SLO_RESPONSE &&
		    served_within(workload, promise_class(workload, term),
				  promise_bound(workload, term)) <
			    term->quantile)
			return false;
	}
	return true;
}
