/* plot.c - static pictures of results, drawn by gnuplot */
#include "reports/plot.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"
#include "reports/gnuplot.h"
#include "reports/plot_kind.h"

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

const char *plot_name(const struct plot *plot, size_t i)
{
	const char *name = plot->result[i]->name;

	return plot->n == 1 ? "" : name ? name : "?";
}

static const struct {
	const char *title;
	void (*draw)(const struct plot *plot, struct curves *c);
} kinds[PLOT_KINDS] = {
	[PLOT_LOAD] = { "response time over load", plot_load },
	[PLOT_TAIL] = { "response time by percentile", plot_tail },
	[PLOT_CDF] = { "distribution of response times", plot_cdf },
	[PLOT_TIMELINE] = { "response time over time", plot_timeline },
	[PLOT_RESIDUAL] = { "measured minus model", plot_residual },
};

static void subtitle(const struct plot *plot, char *text, size_t size)
{
	const struct result *r = plot->result[0];
	const struct result_model *m = r->npoints ? r->points[0].model : NULL;

	snprintf(text, size,
		 plot->kind == PLOT_LOAD
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
		 plot->n > 1		 ? "comparison"
		 : plot->result[0]->name ? plot->result[0]->name
					 : "?",
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
	      "set datafile missing 'nan'\n",
	      out);
	fputs(head, out);
	fputs(list, out);
	fputc('\n', out);
}

static int draw_files(const struct plot *plot, enum plot_format format,
		      const char *stem, FILE *data, FILE *gp)
{
	struct curves c = { .data = data,
			    .xmin = INFINITY,
			    .xmax = -INFINITY,
			    .ymin = INFINITY,
			    .ymax = -INFINITY };
	char *head = NULL, *list = NULL, name[1024];
	const char *base = strrchr(stem, '/');
	size_t size;

	c.head = open_memstream(&head, &size);
	c.list = open_memstream(&list, &size);
	if (!c.head || !c.list)
		abort();	/* no memory, as in an arena */
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
