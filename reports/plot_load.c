/* plot_load.c - over load: latency, and what is left of it beside a model */
#include "reports/plot_kind.h"

#include <math.h>
#include <stdbool.h>

#include "lancet/core/unit.h"
#include "reports/words.h"

/* The quantiles shown where the user named none: middle and tail. */
static const double middle_and_tail[] = { .5, .99 };

static const char *tail_name(const struct plot *plot, char *text, size_t size)
{
	return unit_print_quantile(plot->q > 0 ? plot->q : .99, text, size);
}

/* --- load -------------------------------------------------------------- */

static void band(struct curves *c, const struct result *r, double q,
		 const char *colour)
{
	curve_begin(c, CURVE_BAND, colour, NULL);
	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_point *p = &r->points[i];
		const struct result_quantile *v =
			result_quantile(&p->response_ns, q);

		if (v && words_valid(&p->verdict))
			curve_row(c, plot_krps(p->achieved_rps), plot_us(v->lo),
				  plot_us(v->hi), plot_us(v->hi));
	}
}

static void measured(struct curves *c, const struct result *r, double q,
		     const char *colour, enum curve_style style, bool valid,
		     const char *title)
{
	curve_begin(c, style, colour, title);
	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_point *p = &r->points[i];
		const struct result_quantile *v =
			result_quantile(&p->response_ns, q);
		double y = v ? plot_us(v->value) : NAN;

		if (words_valid(&p->verdict) == valid)
			curve_row(c, plot_krps(p->achieved_rps), y, y, y);
	}
}

static bool any_valid(const struct result *r)
{
	for (size_t i = 0; i < r->npoints; i++)
		if (words_valid(&r->points[i].verdict))
			return true;
	return false;
}

static bool has_model(const struct result *r)
{
	for (size_t i = 0; i < r->npoints; i++)
		if (r->points[i].model && r->points[i].model->nquantiles)
			return true;
	return false;
}

static void modelled(struct curves *c, const struct result *r, double q,
		     const char *colour, const char *title)
{
	curve_begin(c, CURVE_DASHED, colour, title);
	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_predicted *m =
			words_predicted(&r->points[i], q);
		double y = m ? plot_us(m->predicted) : NAN;

		curve_row(c, plot_krps(r->points[i].offered_rps), y, y, y);
	}
}

/*
 * What the model is compared with, where that is not the headline: a target
 * that stood still is in the one and not in the other. NAN elsewhere.
 */
static double unstalled(const struct result_point *p, double q)
{
	const struct result_predicted *m = words_predicted(p, q);
	const struct result_quantile *v = result_quantile(&p->response_ns, q);
	double ns = m ? m->predicted + m->gap : NAN;

	return words_valid(&p->verdict) && v &&
			       fabs(ns - v->value) > .03 * v->value
		       ? ns
		       : NAN;
}

static bool stalls_show(const struct result *r, double q)
{
	for (size_t i = 0; i < r->npoints; i++)
		if (isfinite(unstalled(&r->points[i], q)) ||
		    isfinite(unstalled(&r->points[i], .99)))
			return true;
	return false;
}

static void without_stalls(struct curves *c, const struct result *r, double q,
			   const char *colour, const char *title)
{
	curve_begin(c, CURVE_CROSSES, colour, title);
	for (size_t i = 0; i < r->npoints; i++) {
		double y = plot_us(unstalled(&r->points[i], q));

		curve_row(c, plot_krps(r->points[i].achieved_rps), y, y, y);
	}
}

static void load_curve(struct curves *c, const struct result *r, double q,
		       const char *colour, const char *title)
{
	char text[160];

	band(c, r, q, colour);
	measured(c, r, q, colour, CURVE_LINE, true, title);
	if (has_model(r)) {
		snprintf(text, sizeof(text), "%s, model", title);
		modelled(c, r, q, colour, text);
	}
	if (stalls_show(r, q)) {
		snprintf(text, sizeof(text), "%s, unstalled", title);
		without_stalls(c, r, q, colour, text);
	}
	measured(c, r, q, colour, CURVE_MARKS, true, NULL);
	measured(c, r, q, colour, CURVE_HOLLOW, false,
		 any_valid(r) ? NULL : title);
}

static void connect_row(struct curves *c, const struct result_point *p)
{
	const struct result_quantile *q = result_quantile(p->connect_ns, .99);
	double us = q ? plot_us(q->value) : (double)NAN;

	curve_row(c, plot_krps(p->achieved_rps), us, us, us);
}

/* Of a churn or of a pool that grows, beside what requests took. */
static void connect_curve(struct curves *c, const struct result *r)
{
	bool any = false;

	for (size_t i = 0; i < r->npoints; i++)
		any |= r->points[i].connect_ns != NULL;
	if (!any)
		return;
	for (int k = 0; k < 2; k++) {
		/* A single point makes no line. */
		curve_begin(c, k ? CURVE_CROSSES : CURVE_DASHED, CURVE_GREY,
			    k ? NULL : "connecting, p99");
		for (size_t i = 0; i < r->npoints; i++)
			connect_row(c, &r->points[i]);
	}
}

static void slo_line(struct curves *c, const struct result_slo *slo)
{
	char text[160];

	if (!slo || !(slo->bound_ns > 0) ||
	    plot_us(slo->bound_ns) > c->ymax * 5)
		return;
	c->ymax = fmax(c->ymax, plot_us(slo->bound_ns));
	fprintf(c->head,
		"set arrow 1 from graph 0, first %.9g to graph 1, "
		"first %.9g nohead dt (3,3) lw 1.4 lc rgb '%s'\n",
		plot_us(slo->bound_ns), plot_us(slo->bound_ns), CURVE_GREY);
	snprintf(text, sizeof(text), "slo %s", slo->expr ? slo->expr : "");
	fputs("set label 1 ", c->head);
	curve_quote(c->head, text);
	fprintf(c->head,
		" at graph 0.01, first %.9g left offset 0,0.6 "
		"tc rgb '%s'\n",
		plot_us(slo->bound_ns), CURVE_GREY);
}

/* A second scale on top: the same loads as shares of the capacity. */
static void capacity_axis(struct curves *c, const struct result *r)
{
	const struct result_point *p = r->npoints ? &r->points[0] : NULL;
	double full;

	if (!p || !(p->utilisation > 0) || !isfinite(p->utilisation))
		return;
	full = plot_krps(p->offered_rps) / p->utilisation;
	fputs("set x2tics (", c->head);
	for (int i = 0; i <= 10; i++)
		fprintf(c->head, "%s'%d%%%%' %.9g", i ? ", " : "", i * 10,
			full * i / 10);
	fputs(") scale 0.5 offset 0,-0.4\nset link x2\n"
	      "set x2label 'share of capacity' offset 0,-0.8\n",
	      c->head);
}

void plot_load(const struct plot *plot, struct curves *c)
{
	char text[200], quantile[24];

	if (plot->n == 1 && plot->q == 0) {
		for (int i = 0; i < 2; i++)
			load_curve(c, plot->result[0], middle_and_tail[i],
				   curve_colour[i],
				   unit_print_quantile(middle_and_tail[i],
						       quantile,
						       sizeof(quantile)));
		connect_curve(c, plot->result[0]);
		slo_line(c, plot->result[0]->slo);
	}
	for (size_t i = 0; (plot->n > 1 || plot->q > 0) && i < plot->n; i++) {
		snprintf(text, sizeof(text), "%.100s %s", plot_name(plot, i),
			 tail_name(plot, quantile, sizeof(quantile)));
		load_curve(c, plot->result[i], plot->q > 0 ? plot->q : .99,
			   curve_colour[i % CURVE_COLOURS], text);
	}
	if (plot->n == 1)
		capacity_axis(c, plot->result[0]);
	curve_time_axis(c, "y", c->ymin / 1.4, c->ymax * 1.5);
	fprintf(c->head, "set xrange [0:%.6g]\n",
		c->xmax > 0 ? c->xmax * 1.05 : 1);
	fputs("set xlabel 'achieved load (krps)'\n"
	      "set ylabel 'response time'\n"
	      "set key below vertical maxrows 3\n",
	      c->head);
}

/* --- residual ---------------------------------------------------------- */

/* shift: in rps, so that bars of one load do not hide each other. */
static void residual(struct curves *c, const struct result *r, double q,
		     double shift, const char *colour, const char *title)
{
	curve_begin(c, CURVE_ERRORS, colour, title);
	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_predicted *m =
			words_predicted(&r->points[i], q);

		if (m && words_valid(&r->points[i].verdict))
			curve_row(c,
				  plot_krps(r->points[i].achieved_rps + shift),
				  plot_us(m->gap), plot_us(m->gap_lo),
				  plot_us(m->gap_hi));
	}
}

static double highest_load(const struct plot *plot)
{
	double rps = 0;

	for (size_t r = 0; r < plot->n; r++)
		for (size_t i = 0; i < plot->result[r]->npoints; i++)
			rps = fmax(rps,
				   plot->result[r]->points[i].achieved_rps);
	return rps;
}

void plot_residual(const struct plot *plot, struct curves *c)
{
	static const double several[] = { .5, .9, .99 };
	const double *q = plot->q > 0 ? &plot->q : several;
	size_t n = plot->q > 0 ? 1 : 3;
	double apart = highest_load(plot) * .012;
	char title[200], text[24];

	for (size_t r = 0; r < plot->n; r++)
		for (size_t i = 0; i < n; i++) {
			unit_print_quantile(q[i], text, sizeof(text));
			snprintf(title, sizeof(title), "%.100s %s",
				 plot_name(plot, r), text);
			residual(c, plot->result[r], q[i],
				 apart * ((double)(r * n + i) -
					  (double)(plot->n * n - 1) / 2),
				 curve_colour[(r * n + i) % CURVE_COLOURS],
				 title);
		}
	fprintf(c->head,
		"set xrange [0:%.6g]\n"
		"set xzeroaxis lw 1 lc rgb '%s'\n"
		"set xlabel 'achieved load (krps)'\n"
		"set ylabel 'measured - model (us)'\nset key top left\n",
		c->xmax > 0 ? c->xmax * 1.05 : 1, CURVE_GREY);
}
