/* picture.h - curves with a title as SVG, PDF or PNG, drawn by gnuplot */
#ifndef REPORTS_PICTURE_H
#define REPORTS_PICTURE_H

#include <stdio.h>

#include "reports/curve.h"

struct err;

enum plot_format { PLOT_SVG, PLOT_PDF, PLOT_PNG, PLOT_FORMATS };

extern const char *const plot_format_name[PLOT_FORMATS + 1];

/* By the end of a file's name; -1: another. */
int plot_format_of(const char *file);

struct picture {
	const char *title, *subtitle;
	/* Adds the curves, then the settings of the axes. */
	void (*draw)(const void *of, struct curves *curves);
	const void *of;
};

/*
 * Write STEM.dat and STEM.gp, which stay for whoever wants another style
 * (`gnuplot STEM.gp > picture`), and the picture to `out`. -ENOENT with one
 * line when there is no gnuplot, -ENODATA when no curve has a point.
 */
int picture_draw(const struct picture *picture, enum plot_format format,
		 const char *stem, FILE *out, struct err *err);

#endif
