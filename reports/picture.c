/* picture.c - curves with a title as SVG, PDF or PNG, drawn by gnuplot */
#include "reports/picture.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/err.h"
#include "reports/gnuplot.h"

const char *const plot_format_name[PLOT_FORMATS + 1] = { "svg", "pdf", "png",
							 NULL };

static const char *const terminal[PLOT_FORMATS] = {
	"svg noenhanced size 860,520 dynamic font 'Helvetica,14' "
	"background '#ffffff'",
	"pdfcairo noenhanced size 7in,4.3in font 'Sans,11'",
	"pngcairo noenhanced size 1720,1040 font 'Sans,22' linewidth 2 "
	"pointscale 2",
};

int plot_format_of(const char *file)
{
	const char *dot = strrchr(file, '.');

	for (int i = 0; dot && plot_format_name[i]; i++)
		if (!strcmp(plot_format_name[i], dot + 1))
			return i;
	return -1;
}

static void script(const struct picture *picture, enum plot_format format,
		   const char *data, const char *head, const char *list,
		   FILE *out)
{
	bool two_axes = strstr(head, "x2tics");

	fprintf(out, "# gnuplot script by lancet; data in the file beside it\n"
		     "data = ");
	curve_quote(out, data);
	fprintf(out, "\nset terminal %s\n", terminal[format]);
	fputs("set label 98 ", out);
	curve_quote(out, picture->title);
	fprintf(out, " at graph 0, graph 1 offset 0,%s tc rgb '#24292f'\n",
		two_axes ? "4.4" : "2.4");
	fputs("set label 99 ", out);
	curve_quote(out, picture->subtitle);
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

static int draw_files(const struct picture *picture, enum plot_format format,
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
		abort(); /* no memory, as in an arena */
	picture->draw(picture->of, &c);
	fclose(c.head);
	fclose(c.list);
	snprintf(name, sizeof(name), "%s.dat", base ? base + 1 : stem);
	script(picture, format, name, head, list, gp);
	free(head);
	free(list);
	return c.xmin <= c.xmax ? 0 : -ENODATA;
}

int picture_draw(const struct picture *picture, enum plot_format format,
		 const char *stem, FILE *out, struct err *err)
{
	struct gnuplot files;
	int rc = gnuplot_open(&files, stem, err);

	if (rc)
		return rc;
	rc = draw_files(picture, format, stem, files.data, files.script);
	if (rc == -ENODATA)
		err_set(err, rc, "there is nothing to draw");
	else if (rc)
		err_set(err, rc, "%s.gp: %s", stem, strerror(-rc));
	return gnuplot_close(&files, rc, out, err);
}
