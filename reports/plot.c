/* plot.c - static pictures of results, drawn by gnuplot */
#include "reports/plot.h"

#include <errno.h>
#include <string.h>

#include "lancet/core/err.h"
#include "reports/plot_kind.h"

const char *const plot_kind_name[PLOT_KINDS + 1] = {
	"load", "tail", "cdf", "timeline", "residual", NULL,
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

static void draw(const void *of, struct curves *c)
{
	const struct plot *plot = of;

	kinds[plot->kind].draw(plot, c);
}

int plot_draw(const struct plot *plot, enum plot_format format,
	      const char *stem, FILE *out, struct err *err)
{
	char title[300], under[300];
	const struct picture picture = { title, under, draw, plot };
	int rc;

	snprintf(title, sizeof(title), "%.160s: %s",
		 plot->n > 1		 ? "comparison"
		 : plot->result[0]->name ? plot->result[0]->name
					 : "?",
		 kinds[plot->kind].title);
	subtitle(plot, under, sizeof(under));
	rc = picture_draw(&picture, format, stem, out, err);
	if (rc == -ENODATA)
		err_set(err, rc, "the result has no data for the plot `%s`",
			plot_kind_name[plot->kind]);
	return rc;
}
