/* model_print.c - the answers of `lancet model` as a table */
#include "lancet/cmd/model.h"

#include <math.h>
#include <string.h>

#include "lancet/core/unit.h"

/* Of a column, unless what stands in it is wider. */
#define WIDTH 10
#define CELL 112

const char *model_unit_name(const struct model_system *system)
{
	switch (system->unit) {
	case UNIT_MEAN:
		return "mean service times";
	case UNIT_WRITTEN:
		return "the unit of the service times as written";
	default:
		return "ns";
	}
}

bool model_is_time(const struct predict_ask *ask)
{
	return (ask->of == METRIC_SOJOURN || ask->of == METRIC_WAIT) &&
	       (ask->figure == FIGURE_QUANTILE || ask->figure == FIGURE_MEAN);
}

static void print_value(const struct model_answer *a, size_t metric,
			double value, char *text, size_t size)
{
	if (isinf(value))
		snprintf(text, size, "infinite");
	else if (model_is_time(&a->system->ask[metric]) &&
		 a->system->unit == UNIT_NS)
		unit_print_duration(value, text, size);
	else
		snprintf(text, size, "%.4g", value);
}

/*
 * Of a half-width two digits say all there is to say, rounded up, so that the
 * interval is never narrower; below 1e-5 of the value it is 0 for the reader.
 */
static double two_digits(double half, double value)
{
	double digit;

	if (!(half > 1e-5 * fabs(value)) || isinf(half))
		return isinf(half) ? half : 0;
	digit = pow(10, floor(log10(half)) - 1);
	return ceil(half / digit * (1 - 1e-12)) * digit;
}

/* One side is more than twice the other: an error's band, not a width. */
static bool lopsided(const struct predict_value *v)
{
	double up = v->hi - v->value, down = v->value - v->lo;

	return fmin(up, down) < 0.5 * fmax(up, down);
}

/* 5.3±0.2, or 1.4 (1.1 to 2.5); returns how many columns it takes. */
static int cell_text(const struct model_answer *a, const struct model_row *row,
		     size_t metric, char text[CELL])
{
	const struct predict_value *v;
	char value[32], lo[32], hi[32];
	double half;

	if (row->refused)
		return snprintf(text, CELL, "-");
	v = &row->result.answer[metric].value;
	if (isnan(v->value))
		return snprintf(text, CELL, "-");
	print_value(a, metric, v->value, value, sizeof(value));
	print_value(a, metric, v->lo, lo, sizeof(lo));
	print_value(a, metric, v->hi, hi, sizeof(hi));
	if (lopsided(v) && strcmp(lo, hi) != 0)
		return snprintf(text, CELL, "%s (%s to %s)", value, lo, hi);
	half = fmax(v->hi - v->value, v->value - v->lo);
	if (!(half > 0))
		return snprintf(text, CELL, "%s", value);
	print_value(a, metric, two_digits(half, v->value), hi, sizeof(hi));
	/* The sign is one column, but two bytes. */
	return snprintf(text, CELL, "%s±%s", value, hi) - 1;
}

static int column_width(const struct model_answer *a, size_t policy,
			size_t metric, const char *title)
{
	int width = (int)strlen(title);
	char text[CELL];

	for (size_t i = 0; i < a->system->nloads; i++) {
		int cell = cell_text(a, &a->curve[policy].row[i], metric, text);

		width = cell > width ? cell : width;
	}
	return width > WIDTH ? width : WIDTH;
}

static void print_cell(const struct model_answer *a, size_t policy, size_t load,
		       size_t metric, const char *title)
{
	int width = column_width(a, policy, metric, title);
	char text[CELL];
	int cell = cell_text(a, &a->curve[policy].row[load], metric, text);

	printf("  %*s%s", width - cell, "", text);
}

static void print_title(const struct model_answer *a, size_t policy,
			size_t metric, const char *title)
{
	printf("  %*s", column_width(a, policy, metric, title), title);
}

static void print_slo(const struct model_answer *a, size_t policy)
{
	const struct model_system *s = a->system;
	const struct model_curve *curve = &a->curve[policy];
	const struct predict_value *load = &curve->maxload.load;

	if (!s->slo || curve->slo_refused || s->policy[policy].connections)
		return;
	if (s->npolicies > 1)
		printf("%s, ", s->policy[policy].name);
	if (load->value <= 0) {
		printf("%s: not even at almost no load\n", s->slo);
		return;
	}
	printf("%s: up to a load of %.4g%%", s->slo, 100 * load->value);
	if (load->hi > load->lo)
		printf(" (%.4g%% to %.4g%%)", 100 * load->lo, 100 * load->hi);
	printf("; %s\n", curve->maxload.method);
}

static const struct model_row *answered(const struct model_answer *a,
					size_t policy)
{
	for (size_t i = a->system->nloads; i-- > 0;)
		if (!a->curve[policy].row[i].refused)
			return &a->curve[policy].row[i];
	return NULL;
}

static const char *unit_words(const struct model_system *s, char *text,
			      size_t size)
{
	if (s->unit == UNIT_NS)
		return "response times";
	snprintf(text, size, "times in %s", model_unit_name(s));
	return text;
}

/* One policy: a line a load, a column a metric. */
static void print_one(const struct model_answer *a)
{
	const struct model_row *some = answered(a, 0);
	const struct model_system *s = a->system;
	char unit[80];

	if (!some)
		return;
	printf("%s; %s\n%7s", some->result.model,
	       unit_words(s, unit, sizeof(unit)), "load");
	for (size_t i = 0; i < s->nmetrics; i++)
		print_title(a, 0, i, s->metric[i]);
	printf("  method\n");
	for (size_t i = 0; i < s->nloads; i++) {
		const struct model_row *row = &a->curve[0].row[i];

		if (row->refused)
			continue;
		printf("%6.4g%%", 100 * row->load);
		for (size_t j = 0; j < s->nmetrics; j++)
			print_cell(a, 0, i, j, s->metric[j]);
		printf("  %s\n", row->result.method);
	}
}

/* Several policies: for each metric a line a load, a column a policy. */
static void print_metric(const struct model_answer *a, size_t metric)
{
	const struct model_system *s = a->system;
	char unit[80] = "";

	printf("%s%s%s\n%7s", s->metric[metric],
	       model_is_time(&s->ask[metric]) ? "; " : "",
	       model_is_time(&s->ask[metric])
		       ? unit_words(s, unit, sizeof(unit))
		       : "",
	       "load");
	for (size_t p = 0; p < s->npolicies; p++)
		print_title(a, p, metric, s->policy[p].name);
	putchar('\n');
	for (size_t i = 0; i < s->nloads; i++) {
		printf("%6.4g%%", 100 * a->curve[0].row[i].load);
		for (size_t p = 0; p < s->npolicies; p++)
			print_cell(a, p, i, metric, s->policy[p].name);
		putchar('\n');
	}
}

static void print_several(const struct model_answer *a)
{
	const struct model_system *s = a->system;

	for (size_t i = 0; i < s->nmetrics; i++) {
		print_metric(a, i);
		putchar('\n');
	}
	for (size_t p = 0; p < s->npolicies; p++) {
		const struct model_row *some = answered(a, p);

		if (some)
			printf("%s: %s\n", some->result.model,
			       some->result.method);
	}
}

void model_print(const struct model_answer *a)
{
	if (a->system->npolicies > 1)
		print_several(a);
	else
		print_one(a);
	for (size_t p = 0; p < a->system->npolicies; p++)
		print_slo(a, p);
	for (size_t p = 0; p < a->system->npolicies; p++)
		model_print_comparison(a, p);
}
