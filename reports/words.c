/* words.c - a result in sentences and numbers as people write them */
#include "reports/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lancet/core/text.h"
#include "lancet/core/unit.h"

/* Invalid points that are named; the rest is in the report. */
#define NAMED 4

char *words_time(double ns, char *text, size_t size)
{
	if (isfinite(ns))
		return unit_print_duration(ns, text, size);
	snprintf(text, size, isnan(ns) ? "-" : ns > 0 ? "inf" : "-inf");
	return text;
}

char *words_difference(double ns, char *text, size_t size)
{
	char number[40];

	words_time(ns, number, sizeof(number));
	snprintf(text, size, "%s%s", ns > 0 ? "+" : "", number);
	return text;
}

char *words_load(const struct result_point *point, char *text, size_t size)
{
	if (isfinite(point->utilisation))
		snprintf(text, size, "%.3g%%", point->utilisation * 100);
	else
		unit_print_rate(point->offered_rps, text, size);
	return text;
}

bool words_valid(const struct result_verdict *verdict)
{
	return verdict->status && !strcmp(verdict->status, "valid");
}

/* The check that a point failed stands before the colon of its reason. */
static void add_invalid(const struct result *result, char *text, size_t size)
{
	size_t n = 0;
	char load[40];

	for (size_t i = 0; i < result->npoints; i++) {
		const struct result_point *p = &result->points[i];
		const char *why = p->verdict.nreasons ? p->verdict.reasons[0]
						      : "no reason";

		if (words_valid(&p->verdict) || n++ >= NAMED)
			continue;
		text_add(text, size, "%s %s (%.*s)", n == 1 ? "; not" : ",",
		    words_load(p, load, sizeof(load)), (int)strcspn(why, ":"),
		    why);
	}
	if (n > NAMED)
		text_add(text, size, " and %zu more", n - NAMED);
}

/* What is said of a point is said with the point; the rest is of the run. */
static void add_reasons(const struct result_verdict *v, char *text, size_t size)
{
	for (size_t i = 0; i < v->nreasons; i++)
		if (strncmp(v->reasons[i], "point ", 6))
			text_add(text, size, "; %s", v->reasons[i]);
}

char *words_verdict(const struct result *result, char *text, size_t size)
{
	const struct result_verdict *v = &result->verdict;
	size_t valid = 0;

	for (size_t i = 0; i < result->npoints; i++)
		valid += words_valid(&result->points[i].verdict);
	text[0] = '\0';
	if (words_valid(v) && valid < result->npoints) {
		text_add(text, size, "valid: the answer rests on %zu of %zu "
			 "points", valid, result->npoints);
		return text;
	}
	if (words_valid(v)) {
		text_add(text, size, "valid: %s %zu point%s passed every check",
		    valid == 1 ? "the" : "all", valid, valid == 1 ? "" : "s");
		return text;
	}
	text_add(text, size, "invalid: %zu of %zu point%s valid", valid,
	    result->npoints, result->npoints == 1 ? "" : "s");
	add_invalid(result, text, size);
	add_reasons(v, text, size);
	return text;
}

bool words_routine(const char *action)
{
	static const char *const routine[] = { "measure", "extend",
					       "leave out", "accept",
					       "reject" };

	for (size_t i = 0; i < sizeof(routine) / sizeof(routine[0]); i++)
		if (action && !strcmp(action, routine[i]))
			return true;
	return false;
}

/* slo loads are shares of the capacity where it is known. */
static void load_value(const struct result *result, double load, char *text,
		       size_t size)
{
	if (result->npoints && isfinite(result->points[0].utilisation))
		snprintf(text, size, "%.3g%%", load * 100);
	else
		unit_print_rate(load, text, size);
}

/* What the points' intervals leave no doubt of, and what is likely. */
static void add_slo_loads(const struct result *result,
			  const struct result_interval *x, char *text,
			  size_t size)
{
	bool sure = isfinite(x->lo) && x->lo > 0;
	char load[40];

	load_value(result, x->lo, load, sizeof(load));
	text_add(text, size, sure ? "holds up to %s"
				  : "not known to hold at any load", load);
	if (sure && x->value > x->lo) {
		load_value(result, x->value, load, sizeof(load));
		text_add(text, size, ", likely to %s", load);
	}
	if (isfinite(x->hi)) {
		load_value(result, x->hi, load, sizeof(load));
		text_add(text, size, ", not from %s on", load);
	} else if (!(x->lo >= x->value)) {
		text_add(text, size, ", undecided beyond");
	}
}

char *words_slo(const struct result *result, char *text, size_t size)
{
	const struct result_slo *s = result->slo;
	char load[40];

	text[0] = '\0';
	if (!s)
		return text;
	text_add(text, size, "slo %s: ", s->expr ? s->expr : "");
	if (!isfinite(s->max_load.value)) {
		text_add(text, size, "%s",
		    s->reason ? s->reason : "no load is known to hold it");
		return text;
	}
	add_slo_loads(result, &s->max_load, text, size);
	if (isfinite(s->model_max_load)) {
		load_value(result, s->model_max_load, load, sizeof(load));
		text_add(text, size, "; the model would reach %s", load);
	}
	if (isfinite(s->efficiency))
		text_add(text, size, ", efficiency %.3g%%",
			 100 * s->efficiency);
	if (isfinite(s->efficiency_lo) && isfinite(s->efficiency_hi))
		text_add(text, size, " [%.3g%%, %.3g%%]",
			 100 * s->efficiency_lo, 100 * s->efficiency_hi);
	if (s->reason)
		text_add(text, size, " (%s)", s->reason);
	return text;
}

char *words_overhead(const struct result *result, char *text, size_t size)
{
	bool model = false;

	text[0] = '\0';
	for (size_t i = 0; i < result->npoints; i++)
		model |= result->points[i].model != NULL;
	if (result->overhead && result->overhead->sentence)
		text_add(text, size, "overhead: %s",
			 result->overhead->sentence);
	else if (model && result->overhead_reason)
		text_add(text, size, "overhead: not known: %s",
		    result->overhead_reason);
	return text;
}

const struct result_predicted *words_predicted(const struct result_point *point,
					       double q)
{
	const struct result_model *m = point->model;

	for (size_t i = 0; m && i < m->nquantiles; i++)
		if (fabs(m->quantiles[i].q - q) < 1e-9)
			return &m->quantiles[i];
	return NULL;
}
