/* plot_shape.c - of each point: its distribution, and how it went over time */
#include "reports/plot_kind.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lancet/core/unit.h"
#include "reports/words.h"

/* --- tail and cdf ------------------------------------------------------ */

/* Down to the last ten requests; the six quantiles where all else is lost. */
static void distribution(struct curves *c, const struct result_point *p,
			 void (*row)(struct curves *c, double q, double v))
{
	const struct hist *hist = p->response_hist;

	if (!hist || !hist->total) {
		for (size_t i = 0; i < p->response_ns.nquantiles; i++)
			row(c, p->response_ns.quantiles[i].q,
			    plot_us(p->response_ns.quantiles[i].value));
		return;
	}
	for (int k = 0; k < 400; k++) {
		double rest = pow(10, -k / 40.0 - 1e-3);

		if (rest * (double)hist->total < 10 && k > 40)
			break;
		row(c, 1 - rest, plot_us(hist_quantile(hist, 1 - rest)));
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
				 plot_name(plot, r), load);
			curve_ramp(i, result->npoints, colour, sizeof(colour));
			curve_begin(c,
				    words_valid(&result->points[i].verdict)
					    ? CURVE_LINE
					    : CURVE_DASHED,
				    plot->n > 1
					    ? curve_colour[r % CURVE_COLOURS]
					    : colour,
				    title);
			distribution(c, &result->points[i], row);
		}
}

void plot_tail(const struct plot *plot, struct curves *c)
{
	double rest = .5;

	distributions(plot, c, tail_row);
	curve_time_axis(c, "y", c->ymin / 1.2, c->ymax * 1.2);
	fprintf(c->head,
		"set logscale x\nset xrange [1:%.6g]\n"
		"set xtics ('0%%%%' 1",
		fmax(c->xmax, 100));
	for (int i = 0; i < 9; i++, rest = pow(10, -i)) {
		char text[24];

		fprintf(c->head, ", '%s' %.9g",
			unit_print_quantile(1 - rest, text, sizeof(text)),
			1 / rest);
	}
	fputs(")\nset xlabel 'percentile of requests'\n"
	      "set ylabel 'response time'\nset key bottom right\n",
	      c->head);
}

void plot_cdf(const struct plot *plot, struct curves *c)
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

		while (i + n < w->nleft_out &&
		       w->left_out[i + n].index ==
			       w->left_out[i + n - 1].index + 1)
			n++;
		fprintf(c->head,
			"set object rectangle from %.9g, graph 0 to "
			"%.9g, graph 1 fc rgb '%s' fs solid 0.3 noborder "
			"behind\n",
			from, from + (double)n * width, CURVE_GREY);
		i += n;
	}
}

static void stall_ticks(struct curves *c, const struct result_point *p,
			double at)
{
	for (size_t i = 0; i < p->nstalls; i++) {
		const struct result_stall *s = &p->stalls[i];
		bool agent = s->who && !strncmp(s->who, "agent", 5);

		fprintf(c->head,
			"set arrow from %.9g, graph 0 to %.9g, "
			"graph 0.05 nohead lw 1.5 lc rgb '%s'\n",
			at + seconds(s->start_ns), at + seconds(s->start_ns),
			agent ? curve_colour[3] : curve_colour[4]);
	}
}

static void point_label(struct curves *c, const struct result_point *p,
			double at)
{
	char load[40];

	fprintf(c->head,
		"set arrow from %.9g, graph 0 to %.9g, graph 1 nohead "
		"lw 0.6 lc rgb '#c8ccd0'\nset label ",
		at, at);
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
			double v = plot_us(value[k]);

			end = at + seconds(w->start_ns[k] + w->window_ns);
			if (v > 0)
				curve_row(c, at + seconds(w->start_ns[k]), v, v,
					  v);
		}
		fputc('\n', c->data); /* no line from point to point */
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

/* The load that a pattern offered, on an axis of its own: it is no time. */
static void timeline_load(struct curves *c, const struct result *r)
{
	const struct result_point *p = r->npoints == 1 ? &r->points[0] : NULL;
	double lo = c->ymin, hi = c->ymax;

	if (!p || !p->pattern || p->pattern->n != p->windows.n)
		return;
	curve_begin(c, CURVE_LEVEL, CURVE_GREY, "offered load (right axis)");
	for (size_t i = 0; i < p->windows.n; i++) {
		double v = plot_krps(p->pattern->offered_rps[i]);

		curve_row(c, seconds(p->windows.start_ns[i]), v, v, v);
	}
	c->ymin = lo;
	c->ymax = hi;
	fputs("set ytics nomirror\nset y2tics\nset y2range [0:*]\n"
	      "set y2label 'offered load (krps)'\n", c->head);
}

void plot_timeline(const struct plot *plot, struct curves *c)
{
	char title[200];

	for (size_t i = 0; i < plot->n; i++)
		for (int tail = plot->q > 0 && plot->q < .6 ? 0 : 1; tail >= 0;
		     tail--) {
			if (!tail && plot->q > .6)
				continue;
			snprintf(title, sizeof(title), "%.100s %s",
				 plot_name(plot, i),
				 tail ? "p99 of each window"
				      : "p50 of each window");
			timeline(c, plot->result[i], tail,
				 curve_colour[(2 * i + (size_t)tail) %
					      CURVE_COLOURS],
				 title);
		}
	if (plot->n == 1) {
		timeline_marks(c, plot->result[0]);
		timeline_load(c, plot->result[0]);
	}
	curve_time_axis(c, "y", c->ymin / 1.3, c->ymax * 1.6);
	fputs("set xlabel 'measured time, points one after the other (s)'\n"
	      "set ylabel 'response time'\nset key below\n",
	      c->head);
}
