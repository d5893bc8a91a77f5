/* model_print.c - the answers of `lancet model`: table, JSON, picture */
#include "lancet/cmd/model.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/unit.h"
#include "reports/gnuplot.h"
#include "reports/output.h"

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

static bool is_time(const struct model_metric *m)
{
	return (m->ask.of == METRIC_SOJOURN || m->ask.of == METRIC_WAIT) &&
	       (m->ask.figure == FIGURE_QUANTILE ||
		m->ask.figure == FIGURE_MEAN);
}

static void print_value(const struct model_answer *a, size_t metric,
			double value, char *text, size_t size)
{
	if (is_time(&a->request->metric[metric]) && a->system->unit == UNIT_NS)
		unit_print_duration(value, text, size);
	else
		snprintf(text, size, "%.4g", value);
}

static void print_cell(const struct model_answer *a,
		       const struct model_row *row, size_t metric)
{
	const struct predict_value *v = &row->result.answer[metric].value;
	char value[32] = "-", half[32] = "", cell[80];
	int wide = 0;

	if (isfinite(v->value))
		print_value(a, metric, v->value, value, sizeof(value));
	if (isfinite(v->value) && v->hi > v->value) {
		print_value(a, metric, v->hi - v->value, half, sizeof(half));
		wide = 1; /* the sign is one column, but two bytes */
	}
	snprintf(cell, sizeof(cell), "%s%s%s", value, *half ? "±" : "", half);
	printf("  %*s", 16 + wide, cell);
}

static void print_slo(const struct model_answer *a)
{
	const struct predict_value *load = &a->maxload.load;

	if (!a->system->slo || a->slo_refused)
		return;
	if (load->value <= 0) {
		printf("%s: not even at almost no load\n", a->system->slo);
		return;
	}
	printf("%s: up to a load of %.4g%%", a->system->slo, 100 * load->value);
	if (load->hi > load->lo)
		printf(" (%.4g%% to %.4g%%)", 100 * load->lo, 100 * load->hi);
	printf("; %s\n", a->maxload.method);
}

static const struct model_row *answered(const struct model_answer *a)
{
	for (size_t i = 0; i < a->nrows; i++)
		if (!a->row[i].refused)
			return &a->row[i];
	return NULL;
}

void model_print(const struct model_answer *a)
{
	const struct model_request *r = a->request;
	const struct model_row *some = answered(a);

	if (some)
		printf("%s; %s%s\n%7s", some->result.model,
		       a->system->unit == UNIT_NS ? "" : "times in ",
		       a->system->unit == UNIT_NS ? "response times"
						  : model_unit_name(a->system),
		       "load");
	for (size_t i = 0; some && i < r->nmetrics; i++)
		printf("  %16s", r->metric[i].name);
	if (some)
		printf("  method\n");
	for (size_t i = 0; i < a->nrows; i++) {
		if (a->row[i].refused)
			continue;
		printf("%6.4g%%", 100 * a->row[i].load);
		for (size_t j = 0; j < r->nmetrics; j++)
			print_cell(a, &a->row[i], j);
		printf("  %s\n", a->row[i].result.method);
	}
	print_slo(a);
}

/* --- JSON ---------------------------------------------------------------- */

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *value_json(const struct predict_value *v)
{
	return json_pack("{so so so}", "value", number(v->value), "lo",
			 number(v->lo), "hi", number(v->hi));
}

static json_t *row_json(const struct model_answer *a,
			const struct model_row *row)
{
	json_t *metrics = json_object();
	json_t *json =
		json_pack("{sf sf}", "load", row->load, "rate", row->rate);

	if (a->system->unit == UNIT_NS)
		json_object_set_new(json, "rate_rps",
				    json_real(row->rate * 1e9));
	if (row->refused) {
		json_decref(metrics);
		json_object_set_new(json, "refused", json_string(row->refused));
		return json;
	}
	for (size_t i = 0; i < a->request->nmetrics; i++)
		json_object_set_new(metrics, a->request->metric[i].name,
				    value_json(&row->result.answer[i].value));
	json_object_set_new(json, "model", json_string(row->result.model));
	json_object_set_new(json, "method", json_string(row->result.method));
	json_object_set_new(json, "metrics", metrics);
	return json;
}

static json_t *slo_json(const struct model_answer *a)
{
	json_t *json = json_pack("{ss}", "expr", a->system->slo);

	if (a->slo_refused) {
		json_object_set_new(json, "refused",
				    json_string(a->slo_refused));
		return json;
	}
	json_object_set_new(json, "max_load", value_json(&a->maxload.load));
	json_object_set_new(json, "method", json_string(a->maxload.method));
	return json;
}

void model_print_json(const struct model_answer *a)
{
	static const char *const units[] = { "mean_service", "as_written",
					     "ns" };
	const struct model_row *some = answered(a);
	json_t *points = json_array();
	json_t *json = json_pack(
		"{ss? ss sf si sI}", "model", some ? some->result.model : NULL,
		"unit", units[a->system->unit], "mean_service", a->system->mean,
		"workers", (int)a->system->workers, "seed",
		(json_int_t)a->request->seed);

	for (size_t i = 0; i < a->nrows; i++)
		json_array_append_new(points, row_json(a, &a->row[i]));
	json_object_set_new(json, "points", points);
	if (a->system->slo)
		json_object_set_new(json, "slo", slo_json(a));
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(json);
}

/* --- picture ---------------------------------------------------------------
 */

static const char *terminal(const char *file)
{
	const char *dot = strrchr(file, '.');

	if (dot && !strcmp(dot, ".svg"))
		return "svg noenhanced size 860,520 dynamic "
		       "font 'Helvetica,14' background '#ffffff'";
	if (dot && !strcmp(dot, ".pdf"))
		return "pdfcairo noenhanced size 7in,4.3in font 'Sans,11'";
	if (dot && !strcmp(dot, ".png"))
		return "pngcairo noenhanced size 1720,1040 font 'Sans,22' "
		       "linewidth 2";
	return NULL;
}

/* One block of data a metric: load, value, lo, hi. */
static void write_data(const struct model_answer *a, FILE *out)
{
	double unit = a->system->unit == UNIT_NS ? 1e3 : 1;

	for (size_t m = 0; m < a->request->nmetrics; m++) {
		double by = is_time(&a->request->metric[m]) ? unit : 1;

		for (size_t i = 0; i < a->nrows; i++) {
			const struct predict_value *v = &a->row[i].result.answer[m].value;

			if (!a->row[i].refused && isfinite(v->value))
				fprintf(out, "%.6g %.9g %.9g %.9g\n",
					100 * a->row[i].load, v->value / by,
					v->lo / by, v->hi / by);
		}
		fputs("\n\n", out);
	}
}

static void write_script(const struct model_answer *a, const char *data,
			 FILE *out)
{
	const char *base = strrchr(data, '/');

	fprintf(out,
		"# gnuplot script by lancet; data in the file beside it\n"
		"set terminal %s\nset title \"%s\"\nset key left top\n"
		"set grid\nset logscale y\nset xlabel 'load (%%)'\n"
		"set ylabel '%s'\nplot \\\n",
		terminal(a->request->plot), answered(a)->result.model,
		a->system->unit == UNIT_NS ? "response time (us)"
					   : model_unit_name(a->system));
	for (size_t m = 0; m < a->request->nmetrics; m++)
		fprintf(out,
			"'%s' index %zu using 1:2:3:4 with yerrorlines "
			"lw 2 pt 0 title '%s'%s\n",
			base ? base + 1 : data, m, a->request->metric[m].name,
			m + 1 < a->request->nmetrics ? ", \\" : "");
}

int model_plot(const struct model_answer *a, struct err *err)
{
	const char *file = a->request->plot;
	char stem[PATH_MAX - 8], data[PATH_MAX];
	struct gnuplot gnuplot;
	struct output output;
	int rc;

	if (!terminal(file))
		return err_set(err, -EINVAL,
			       "--plot %s: unknown format; let "
			       "it end in .svg, .pdf or .png",
			       file);
	if (!answered(a))
		return err_set(err, -EDOM, "--plot: nothing to draw");
	snprintf(stem, sizeof(stem), "%.*s", (int)(strlen(file) - 4), file);
	snprintf(data, sizeof(data), "%s.dat", stem);
	rc = output_open(&output, file, err);
	if (rc)
		return rc;
	rc = gnuplot_open(&gnuplot, stem, err);
	if (!rc) {
		write_data(a, gnuplot.data);
		write_script(a, data, gnuplot.script);
		rc = gnuplot_close(&gnuplot, 0, output.file, err);
	}
	return output_close(&output, rc, err);
}
