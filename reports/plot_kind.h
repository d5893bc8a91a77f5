/* plot_kind.h - the kinds of plots, each as the curves it is made of */
#ifndef REPORTS_PLOT_KIND_H
#define REPORTS_PLOT_KIND_H

#include "reports/curve.h"
#include "reports/plot.h"

/* Each adds its curves, then the settings of its axes. */
void plot_load(const struct plot *plot, struct curves *curves);
void plot_tail(const struct plot *plot, struct curves *curves);
void plot_cdf(const struct plot *plot, struct curves *curves);
void plot_timeline(const struct plot *plot, struct curves *curves);
void plot_residual(const struct plot *plot, struct curves *curves);

/* Pictures speak of us and krps. */
static inline double plot_us(double ns)
{
	return ns / 1e3;
}

static inline double plot_krps(double rps)
{
	return rps / 1e3;
}

/* The result's name where there are several to tell apart. */
const char *plot_name(const struct plot *plot, size_t i);

#endif
