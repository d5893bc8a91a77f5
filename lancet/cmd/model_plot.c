/* model_plot.c - the answers of `lancet model` as a picture */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lancet/cmd/model.h"
#include "lancet/core/err.h"
#include "reports/output.h"
#include "reports/picture.h"

/* Pictures speak of us where times have a unit. */
static double scale(const struct model_system *s, const struct predict_ask *ask)
{
	return model_is_time(ask) && s->unit == UNIT_NS ? 1e-3 : 1;
}

static void add_rows(const struct model_answer *a, size_t policy, size_t metric,
		     bool band, struct curves *c)
{
	const struct model_system *s = a->system;
	double by = scale(s, &s->ask[metric]);

	for (size_t i = 0; i < s->nloads; i++) {
		const struct model_row *row = &a->curve[policy].row[i];
		const struct predict_value *v;

		if (row->refused)
			continue;
		v = &row->result.answer[metric].value;
		if (v->value <= 0) /* is nowhere on this axis */
			continue;
		curve_row(c, 100 * row->load, by * (band ? v->lo : v->value),
			  by * (band ? v->hi : v->value),
			  by * (band ? v->hi : v->value));
	}
}

static void add_curve(const struct model_answer *a, size_t policy,
		      size_t metric, struct curves *c)
{
	const struct model_system *s = a->system;
	bool several = s->npolicies > 1;
	size_t nth = several ? policy : metric;
	const char *colour = curve_colour[nth % CURVE_COLOURS];
	/* Of several policies the last metric, mostly the tail, stands out. */
	bool solid = several ? metric + 1 == s->nmetrics : nth < CURVE_COLOURS;
	char title[160];

	snprintf(title, sizeof(title), "%.80s%s%.64s",
		 several ? s->policy[policy].name : "", several ? " " : "",
		 s->metric[metric]);
	curve_begin(c, CURVE_BAND, colour, NULL);
	add_rows(a, policy, metric, true, c);
	curve_begin(c, solid ? CURVE_LINE : CURVE_DASHED, colour, title);
	add_rows(a, policy, metric, false, c);
	curve_begin(c, CURVE_MARKS, colour, NULL);
	add_rows(a, policy, metric, false, c);
}

/* A bound on what is drawn, in the picture's unit; NAN: there is none. */
static double promise(const struct model_system *s)
{
	for (size_t i = 0; i < s->promise.n; i++)
		for (size_t j = 0; j < s->nmetrics; j++) {
			const struct slo_term *t = &s->promise.term[i];
			const struct predict_ask *ask = &s->ask[j];

			if (t->metric == SLO_ERRORS ||
			    ask->figure != FIGURE_QUANTILE ||
			    ask->of != (t->metric == SLO_SLOWDOWN
						? METRIC_SLOWDOWN
						: METRIC_SOJOURN))
				continue;
			return t->bound * (t->relative ? s->mean : 1) *
			       scale(s, ask);
		}
	return NAN;
}

static void add_promise(const struct model_system *s, struct curves *c)
{
	double bound = promise(s);

	if (!(bound > 0))
		return;
	c->ymin = fmin(c->ymin, bound);
	c->ymax = fmax(c->ymax, bound);
	fprintf(c->head,
		"set arrow 1 from graph 0, first %.9g to graph 1, first %.9g "
		"nohead dt (3,3) lw 1.4 lc rgb '%s'\nset label 1 ",
		bound, bound, CURVE_GREY);
	curve_quote(c->head, s->slo);
	fprintf(c->head,
		" at graph 0.01, first %.9g left offset 0,0.6 tc rgb '%s'\n",
		bound, CURVE_GREY);
}

static bool all_times(const struct model_system *s)
{
	for (size_t i = 0; i < s->nmetrics; i++)
		if (!model_is_time(&s->ask[i]))
			return false;
	return s->unit == UNIT_NS;
}

static void draw(const void *of, struct curves *c)
{
	const struct model_answer *a = of;
	const struct model_system *s = a->system;

	for (size_t p = 0; p < s->npolicies; p++)
		for (size_t i = 0; i < s->nmetrics; i++)
			add_curve(a, p, i, c);
	add_promise(s, c);
	if (all_times(s))
		curve_time_axis(c, "y", c->ymin / 1.4, c->ymax * 1.5);
	else
		curve_ratio_axis(c, "y", c->ymin / 1.4, c->ymax * 1.5);
	fprintf(c->head, "set xrange [0:%.6g]\nset xlabel 'load (%%)'\n",
		c->xmax * 1.02);
	fputs("set ylabel ", c->head);
	curve_quote(c->head, all_times(s)	  ? "response time"
			     : s->unit == UNIT_NS ? "us, or a ratio"
						  : model_unit_name(s));
	fputs("\nset key below vertical maxrows 3\n", c->head);
}

/* "M/G/16: mean, p99", with the policy where there is one. */
static const char *model_name(const struct model_answer *a)
{
	const struct model_system *s = a->system;

	for (size_t p = 0; p < s->npolicies; p++)
		for (size_t i = 0; i < s->nloads; i++)
			if (!a->curve[p].row[i].refused)
				return a->curve[p].row[i].result.model;
	return NULL;
}

static int draw_to(const struct picture *picture, const char *file,
		   struct err *err)
{
	char stem[PATH_MAX];
	struct output output;
	int rc = output_open(&output, file, err);

	if (rc)
		return rc;
	snprintf(stem, sizeof(stem), "%.*s", (int)(strlen(file) - 4), file);
	rc = picture_draw(picture, (enum plot_format)plot_format_of(file), stem,
			  output.file, err);
	return output_close(&output, rc, err);
}

int model_plot(const struct model_answer *a, struct err *err)
{
	const char *file = a->request->plot, *name = model_name(a);
	char title[160];
	const struct picture picture = {
		title, "shaded: interval or error, where it is not exact", draw,
		a
	};

	if (!name)
		return err_set(err, -EDOM, "--plot: nothing to draw");
	if (a->system->npolicies > 1)
		snprintf(title, sizeof(title), "%.*s: policies side by side",
			 (int)strcspn(name, " "), name);
	else
		snprintf(title, sizeof(title), "%s over load", name);
	return draw_to(&picture, file, err);
}
