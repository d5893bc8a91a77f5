/* plot.h - static pictures of results, drawn by gnuplot */
#ifndef REPORTS_PLOT_H
#define REPORTS_PLOT_H

#include <stddef.h>
#include <stdio.h>

#include "lancet/core/result.h"
#include "reports/picture.h"

struct err;

/* In the order of plot_kind_name[], which ends with NULL. */
enum plot_kind {
	PLOT_LOAD,	/* latency over load, with band and model */
	PLOT_TAIL,	/* latency over percentile, a curve a point */
	PLOT_CDF,	/* share of requests over latency */
	PLOT_TIMELINE,	/* latency over time, with stalls */
	PLOT_RESIDUAL,	/* measured - model, over load */
	PLOT_KINDS
};

extern const char *const plot_kind_name[PLOT_KINDS + 1];

struct plot {
	enum plot_kind kind;
	double q;		/* of the metric; 0: those that suit the kind */
	const struct result *const *result;
	size_t n;
};

/* As picture_draw(), of results. */
int plot_draw(const struct plot *plot, enum plot_format format,
	      const char *stem, FILE *out, struct err *err);

#endif
