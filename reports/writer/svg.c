/* svg.c - the latency-load curve as a picture: latency.svg */
#include "reports/writer.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lancet/core/err.h"
#include "reports/plot.h"

/* A measurement is not thrown away because its picture could not be drawn. */
static int no_picture(FILE *out, const struct err *err)
{
	rewind(out);
	if (ftruncate(fileno(out), 0))
		return -errno;
	fprintf(stderr, "lancet: latency.svg is empty: %s\n", err->text);
	fputs("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"860\" "
	      "height=\"60\"><text x=\"10\" y=\"35\">no picture: report.html "
	      "has the same curve</text></svg>\n",
	      out);
	return 0;
}

/* The script and its data stay in plot/, for papers with their own style. */
static int svg_write(const struct result *result, const char *dir, FILE *out,
		     struct err *err)
{
	struct plot plot = { .kind = PLOT_LOAD, .result = &result, .n = 1 };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/plot", dir);
	if (mkdir(path, 0777) && errno != EEXIST)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "%s/plot/latency", dir);
	return plot_draw(&plot, PLOT_SVG, path, out, err) ? no_picture(out, err)
							  : 0;
}

const struct writer_ops writer_svg = {
	.kind = {
		.name = "svg",
		.help = "the latency-load curve by gnuplot: latency.svg",
	},
	.file = "latency.svg",
	.write = svg_write,
};
