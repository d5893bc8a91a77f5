/* gnuplot.h - run gnuplot on a script and its data */
#ifndef REPORTS_GNUPLOT_H
#define REPORTS_GNUPLOT_H

#include <limits.h>
#include <stdio.h>

struct err;

struct gnuplot {
	char script_path[PATH_MAX];
	FILE *script, *data;	/* STEM.gp, STEM.dat */
};

int gnuplot_open(struct gnuplot *files, const char *stem, struct err *err);

/*
 * Close both files and, where rc is 0, run gnuplot on them with `out` as its
 * standard output. rc, or what went wrong: -ENOENT when there is no gnuplot.
 */
int gnuplot_close(struct gnuplot *files, int rc, FILE *out, struct err *err);

#endif
