/* plot.c - static pictures of results, drawn by gnuplot */
#include "reports/plot.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"
#include "lancet/core/unit.h"
#include "reports/curve.h"
#include "reports/gnuplot.h"
#include "reports/words.h"

const char *const plot_kind_name[PLOT_KINDS + 1] = {
	"load", "tail", "cdf", "timeline", "residual", NULL,
};

const char *const plot_format_name[PLOT_FORMATS + 1] = { "svg", "pdf", "png",
							 NULL };

static const char *const terminal[PLOT_FORMATS] = {
	"svg noenhanced size 860,520 dynamic font 'Helvetica,14' "
	"background '#ffffff'",
	"pdfcairo noenhanced size 7in,4.3in font 'Sans,11'",
	"pngcairo noenhanced size 1720,1040 font 'Sans,22' linewidth 2 "
	"pointscale 2",
};

/* The quantiles shown where the user named none: middle and tail. */
static const double middle_and_tail[] = { .5, .99 };

static double us(double ns)
{
	return ns / 1e3;
}

static double krps(double rps)
{
	return rps / 1e3;
}

static const char *name_of(const struct result *result)
{
	return result->name ? result->name : "?";
}

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
		const struct result_quantile *v = result_quantile(
			&p->response_ns, q);

		if (v && words_valid(&p->verdict))
			curve_row(c, krps(p->achieved_rps), us(v->lo),
				  us(v->hi), us(v->hi));
	}
}

static void measured(struct curves *c, const struct result *r, double q,
		     const char *colour, enum curve_style style, bool valid,
		     const char *title)
{
	curve_begin(c, style, colour, title);
	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_point *p = &r->points[i];
		const struct result_quantile *v = result_quantile(
			&p->response_ns, q);
		double y = v ? us(v->value) : NAN;

		if (words_valid(&p->verdict) == valid)
			curve_row(c, krps(p->achieved_rps), y, y, y);
	}
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
		const struct result_predicted *m = words_predicted(
			&r->points[i], q);
		double y = m ? us(m->predicted) : NAN;

		curve_row(c, krps(r->points[i].offered_rps), y, y, y);
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
		if (isfinite(unstalled(&r->points[i], q)))
			return true;
	return false;
}

static void without_stalls(struct curves *c, const struct result *r, double q,
			   const char *colour, const char *title)
{
	curve_begin(c, CURVE_CROSSES, colour, title);
	for (size_t i = 0; i < r->npoints; i++) {
		double y = us(unstalled(&r->points[i], q));

		curve_row(c, krps(r->points[i].achieved_rps), y, y, y);
	}
}

static void load_curve(struct curves *c, const struct result *r, double q,
		       const char *colour, const char *title)
{
	char text[160];

	band(c, r, q, colour);
	if (has_model(r)) {
		snprintf(text, sizeof(text), "%s, model", title);
		modelled(c, r, q, colour, text);
	}
	if (stalls_show(r, q)) {
		snprintf(text, sizeof(text), "%s, unstalled", title);
		without_stalls(c, r, q, colour, text);
	}
	measured(c, r, q, colour, CURVE_LINE, true, title);
	measured(c, r, q, colour, CURVE_MARKS, true, NULL);
	measured(c, r, q, colour, CURVE_HOLLOW, false, NULL);
}

static void slo_line(struct curves *c, const struct result_slo *slo)
{
	char text[160];

	if (!slo || !(slo->bound_ns > 0) || us(slo->bound_ns) > c->ymax * 5)
		return;
	c->ymax = fmax(c->ymax, us(slo->bound_ns));
	fprintf(c->head, "set arrow 1 from graph 0, first %.9g to graph 1, "
		"first %.9g nohead dt (3,3) lw 1.4 lc rgb '%s'\n",
		us(slo->bound_ns), us(slo->bound_ns), CURVE_GREY);
	snprintf(text, sizeof(text), "slo %s", slo->expr ? slo->expr : "");
	fputs("set label 1 ", c->head);
	curve_quote(c->head, text);
	fprintf(c->head, " at graph 0.99, first %.9g right offset 0,0.6 "
		"tc rgb '%s'\n", us(slo->bound_ns), CURVE_GREY);
}

/* A second scale on top: the same loads as shares of the capacity. */
static void capacity_axis(struct curves *c, const struct result *r)
{
	const struct result_point *p = r->npoints ? &r->points[0] : NULL;
	double full;

	if (!p || !(p->utilisation > 0) || !isfinite(p->utilisation))
		return;
	full = krps(p->offered_rps) / p->utilisation;
	fputs("set x2tics (", c->head);
	for (int i = 0; i <= 10; i++)
		fprintf(c->head, "%s'%d%%%%' %.9g", i ? ", " : "", i * 10,
			full * i / 10);
	fputs(") scale 0.5 offset 0,-0.4\nset link x2\n"
	      "set x2label 'share of capacity' offset 0,-0.8\n", c->head);
}

static void draw_load(const struct plot *plot, struct curves *c)
{
	char text[200], quantile[24];

	if (plot->n == 1 && plot->q == 0) {
		for (int i = 0; i < 2; i++)
			load_curve(c, plot->result[0], middle_and_tail[i],
				   curve_colour[i],
				   unit_print_quantile(middle_and_tail[i],
						       quantile,
						       sizeof(quantile)));
		slo_line(c, plot->result[0]->slo);
	}
	for (size_t i = 0; (plot->n > 1 || plot->q > 0) && i < plot->n; i++) {
		snprintf(text, sizeof(text), "%.100s %s",
			 name_of(plot->result[i]),
			 tail_name(plot, quantile, sizeof(quantile)));
		load_curve(c, plot->result[i],
			   plot->q > 0 ? plot->q : .99,
			   curve_colour[i % CURVE_COLOURS], text);
	}
	if (plot->n == 1)
		capacity_axis(c, plot->result[0]);
	curve_time_axis(c, "y", c->ymin / 1.4, c->ymax * 1.5);
	fprintf(c->head, "set xrange [0:%.6g]\n",
		c->xmax > 0 ? c->xmax * 1.05 : 1);
	fputs("set xlabel 'achieved load (krps)'\n"
	      "set ylabel 'response time'\nset key below\n", c->head);
}

/* --- tail and cdf ------------------------------------------------------ */

/* Down to the last ten requests; the six quantiles where all else is lost. */
static void distribution(struct curves *c, const struct result_point *p,
			 void (*row)(struct curves *c, double q, double v))
{
	const struct hist *hist = p->response_hist;

	if (!hist || !hist->total) {
		for (size_t i = 0; i < p->response_ns.nquantiles; i++)
			row(c, p->response_ns.quantiles[i].q,
			    us(p->response_ns.quantiles[i].value));
		return;
	}
	for (int k = 0; k < 400; k++) {
		double rest = pow(10, -k / 40.0 - 1e-3);

		if (rest * (double)hist->total < 10 && k > 40)
			break;
		row(c, 1 - rest, us(hist_quantile(hist, 1 - rest)));
	}
}

static void tail_row(struct curves *c, double q, double v)
{
	curve_row(c, 1 / (1 - q), v, v, v);
}

static void cdf_row(struct curves *c, double q, double v)
{
	if (v > 0)
		curve_row(c, v, q, q, q);
}

static void distributions(const struct plot *plot, struct curves *c,
			  void (*row)(struct curves *c, double q, double v))
{
	for (size_t r = 0; r < plot->n; r++)
		for (size_t i = 0; i < plot->result[r]->npoints; i++) {
			const struct result *result = plot->result[r];
			char colour[16], load[40], title[200];

			words_load(&result->points[i], load, sizeof(load));
			snprintf(title, sizeof(title), "%.100s %s",
				 plot->n > 1 ? name_of(result) : "", load);
			curve_ramp(i, result->npoints, colour, sizeof(colour));
			curve_begin(c, words_valid(&result->points[i].verdict)
					       ? CURVE_LINE : CURVE_DASHED,
				    plot->n > 1
					    ? curve_colour[r % CURVE_COLOURS]
					    : colour, title);
			distribution(c, &result->points[i], row);
		}
}

static void draw_tail(const struct plot *plot, struct curves *c)
{
	double rest = .5;

	distributions(plot, c, tail_row);
	curve_time_axis(c, "y", c->ymin / 1.2, c->ymax * 1.2);
	fprintf(c->head, "set logscale x\nset xrange [1:%.6g]\n"
		"set xtics ('0%%%%' 1", fmax(c->xmax, 100));
	for (int i = 0; i < 9; i++, rest = pow(10, -i)) {
		char text[24];

		fprintf(c->head, ", '%s' %.9g",
			unit_print_quantile(1 - rest, text, sizeof(text)),
			1 / rest);
	}
	fputs(")\nset xlabel 'percentile of requests'\n"
	      "set ylabel 'response time'\nset key bottom right\n", c->head);
}

static void draw_cdf(const struct plot *plot, struct curves *c)
{
	distributions(plot, c, cdf_row);
	curve_time_axis(c, "x", c->xmin, c->xmax);
	fputs("set yrange [0:1]\nset xlabel 'response time'\n"
	      "set ylabel 'share of requests'\nset key bottom right\n",
	      c->head);
}

/* --- timeline ---------------------------------------------------------- */

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

/* Windows left out, as shades; neighbours become one. */
static void shades(struct curves *c, const struct result_windows *w, double at)
{
	double width = seconds(w->window_ns);

	for (size_t i = 0; i < w->nleft_out;) {
		double from = at + (double)w->left_out[i].index * width;
		size_t n = 1;

		while (i + n < w->nleft_out && w->left_out[i + n].index ==
						w->left_out[i + n - 1].index + 1)
			n++;
		fprintf(c->head, "set object rectangle from %.9g, graph 0 to "
			"%.9g, graph 1 fc rgb '%s' fs solid 0.3 noborder "
			"behind\n", from, from + (double)n * width, CURVE_GREY);
		i += n;
	}
}

static void stall_ticks(struct curves *c, const struct result_point *p,
			double at)
{
	for (size_t i = 0; i < p->nstalls; i++) {
		const struct result_stall *s = &p->stalls[i];
		bool agent = s->who && !strncmp(s->who, "agent", 5);

		fprintf(c->head, "set arrow from %.9g, graph 0 to %.9g, "
			"graph 0.05 nohead lw 1.5 lc rgb '%s'\n",
			at + seconds(s->start_ns), at + seconds(s->start_ns),
			agent ? curve_colour[3] : curve_colour[4]);
	}
}

static void point_label(struct curves *c, const struct result_point *p,
			double at)
{
	char load[40];

	fprintf(c->head, "set arrow from %.9g, graph 0 to %.9g, graph 1 nohead "
		"lw 0.6 lc rgb '#c8ccd0'\nset label ", at, at);
	curve_quote(c->head, words_load(p, load, sizeof(load)));
	fprintf(c->head, " at %.9g, graph 0.97 offset 0.5,0 tc rgb '%s'\n", at,
		CURVE_GREY);
}

static void timeline(struct curves *c, const struct result *r, bool tail,
		     const char *colour, const char *title)
{
	double at = 0;

	curve_begin(c, CURVE_THIN, colour, title);
	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_windows *w = &r->points[i].windows;
		const double *value = tail ? w->p99_ns : w->p50_ns;
		double end = at;

		for (size_t k = 0; k < w->n; k++) {
			double v = us(value[k]);

			end = at + seconds(w->start_ns[k] + w->window_ns);
			if (v > 0)
				curve_row(c, at + seconds(w->start_ns[k]), v,
					  v, v);
		}
		fputc('\n', c->data);	/* no line from point to point */
		at = end;
	}
}

static void timeline_marks(struct curves *c, const struct result *r)
{
	double at = 0;

	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_windows *w = &r->points[i].windows;

		shades(c, w, at);
		stall_ticks(c, &r->points[i], at);
		point_label(c, &r->points[i], at);
		if (w->n)
			at += seconds(w->start_ns[w->n - 1] + w->window_ns);
	}
}

static void draw_timeline(const struct plot *plot, struct curves *c)
{
	char title[200];

	for (size_t i = 0; i < plot->n; i++)
		for (int tail = plot->q > 0 && plot->q < .6 ? 0 : 1; tail >= 0; tail--) {
			if (!tail && plot->q > .6)
				continue;
			snprintf(title, sizeof(title), "%.100s %s",
				 plot->n > 1 ? name_of(plot->result[i]) : "",
				 tail ? "p99 of each window"
				      : "p50 of each window");
			timeline(c, plot->result[i], tail,
				 curve_colour[(2 * i + (size_t)tail) %
					      CURVE_COLOURS],
				 title);
		}
	if (plot->n == 1)
		timeline_marks(c, plot->result[0]);
	curve_time_axis(c, "y", c->ymin / 1.3, c->ymax * 1.6);
	fputs("set xlabel 'measured time, points one after the other (s)'\n"
	      "set ylabel 'response time'\nset key below\n", c->head);
}

/* --- residual ---------------------------------------------------------- */

/* shift: in rps, so that bars of one load do not hide each other. */
static void residual(struct curves *c, const struct result *r, double q,
		     double shift, const char *colour, const char *title)
{
	curve_begin(c, CURVE_ERRORS, colour, title);
	for (size_t i = 0; i < r->npoints; i++) {
		const struct result_predicted *m = words_predicted(
			&r->points[i], q);

		if (m && words_valid(&r->points[i].verdict))
			curve_row(c, krps(r->points[i].achieved_rps + shift),
				  us(m->gap), us(m->gap_lo), us(m->gap_hi));
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

static void draw_residual(const struct plot *plot, struct curves *c)
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
				 plot->n > 1 ? name_of(plot->result[r]) : "",
				 text);
			residual(c, plot->result[r], q[i],
				 apart * ((double)(r * n + i) -
					  (double)(plot->n * n - 1) / 2),
				 curve_colour[(r * n + i) % CURVE_COLOURS],
				 title);
		}
	fprintf(c->head, "set xrange [0:%.6g]\n"
		"set xzeroaxis lw 1 lc rgb '%s'\n"
		"set xlabel 'achieved load (krps)'\n"
		"set ylabel 'measured - model (us)'\nset key top left\n",
		c->xmax > 0 ? c->xmax * 1.05 : 1, CURVE_GREY);
}

/* --- the whole picture ------------------------------------------------- */

static const struct {
	const char *title;
	void (*draw)(const struct plot *plot, struct curves *c);
} kinds[PLOT_KINDS] = {
	[PLOT_LOAD] = { "response time over load", draw_load },
	[PLOT_TAIL] = { "response time by percentile", draw_tail },
	[PLOT_CDF] = { "distribution of response times", draw_cdf },
	[PLOT_TIMELINE] = { "response time over time", draw_timeline },
	[PLOT_RESIDUAL] = { "measured minus model", draw_residual },
};

static void subtitle(const struct plot *plot, char *text, size_t size)
{
	const struct result *r = plot->result[0];
	const struct result_model *m = r->npoints ? r->points[0].model : NULL;

	snprintf(text, size, plot->kind == PLOT_LOAD
			 ? "shaded: confidence interval; hollow: invalid; "
			   "crosses: windows without stalls"
			 : plot->kind == PLOT_TIMELINE
			 ? "grey: windows left out; ticks: stalls of agent "
			   "(pink) and target (brown)"
			 : plot->kind == PLOT_RESIDUAL
			 ? "bars: confidence interval; valid points only"
			 : "dashed: invalid point");
	if (plot->kind == PLOT_LOAD && plot->n == 1 && m && m->name)
		snprintf(text + strlen(text), size - strlen(text),
			 "; dashed: model %.60s", m->name);
}

static void script(const struct plot *plot, enum plot_format format,
		   const char *data, const char *head, const char *list,
		   FILE *out)
{
	bool two_axes = strstr(head, "x2tics");
	char text[300];

	fprintf(out, "# gnuplot script by lancet; data in the file beside it\n"
		"data = ");
	curve_quote(out, data);
	fprintf(out, "\nset terminal %s\n", terminal[format]);
	snprintf(text, sizeof(text), "%.160s: %s",
		 plot->n == 1 ? name_of(plot->result[0]) : "comparison",
		 kinds[plot->kind].title);
	fputs("set label 98 ", out);
	curve_quote(out, text);
	subtitle(plot, text, sizeof(text));
	fprintf(out, " at graph 0, graph 1 offset 0,%s tc rgb '#24292f'\n",
		two_axes ? "4.4" : "2.4");
	fputs("set label 99 ", out);
	curve_quote(out, text);
	fprintf(out, " at graph 0, graph 1 offset 0,%s tc rgb '#555b62'\n",
		two_axes ? "3.4" : "1.4");
	fprintf(out, "set tmargin %s\n", two_axes ? "5.6" : "3.6");
	fputs("set border 3 lc rgb '#555b62'\n"
	      "set tics nomirror out tc rgb '#24292f'\n"
	      "set grid y lc rgb '#dfe3e8' lw 0.7\n"
	      "set key Left reverse samplen 2.5 spacing 1.2\n"
	      "set datafile missing 'nan'\n", out);
	fputs(head, out);
	fputs(list, out);
	fputc('\n', out);
}

static int draw_files(const struct plot *plot, enum plot_format format,
		      const char *stem, FILE *data, FILE *gp)
{
	struct curves c = { .data = data, .xmin = INFINITY, .xmax = -INFINITY,
			    .ymin = INFINITY, .ymax = -INFINITY };
	char *head = NULL, *list = NULL, name[1024];
	const char *base = strrchr(stem, '/');
	size_t size;

	c.head = open_memstream(&head, &size);
	c.list = open_memstream(&list, &size);
	if (!c.head || !c.list)
		return -ENOMEM;
	kinds[plot->kind].draw(plot, &c);
	fclose(c.head);
	fclose(c.list);
	snprintf(name, sizeof(name), "%s.dat", base ? base + 1 : stem);
	script(plot, format, name, head, list, gp);
	free(head);
	free(list);
	return c.xmin <= c.xmax ? 0 : -ENODATA;
}

int plot_draw(const struct plot *plot, enum plot_format format,
	      const char *stem, FILE *out, struct err *err)
{
	struct gnuplot files;
	int rc = gnuplot_open(&files, stem, err);

	if (rc)
		return rc;
	rc = draw_files(plot, format, stem, files.data, files.script);
	if (rc == -ENODATA)
		err_set(err, rc, "the result has nothing to draw as `%s`",
			plot_kind_name[plot->kind]);
	else if (rc)
		err_set(err, rc, "%s.gp: %s", stem, strerror(-rc));
	return gnuplot_close(&files, rc, out, err);
}
