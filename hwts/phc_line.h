/* phc_line.h - a line through noisy offsets, robust, with its error */
#ifndef HWTS_PHC_LINE_H
#define HWTS_PHC_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* An offset, known within half a bracket. */
struct phc_point {
	double x_s, y_ns, half_ns;
};

/* The most points of a line, and the least of one that may be bent. */
#define PHC_LINE_MIN 8
#define PHC_LINE_MAX 64

struct phc_line {
	double x_s, y_ns;	/* of the points' centre */
	double slope;		/* ns per s */
	double scale_ns;	/* deviation of one point, robust */
	double half_ns;		/* median over the points */
	double weight, spread;	/* sum of weights; of weights times (x - x_s)^2 */
	double curve;		/* ns/s^2: the most that may hide in it */
	int n, used;		/* points; those not far too wide */
	bool bent;		/* residuals show a curve, or too few runs */
};

/* Through 1 <= n <= PHC_LINE_MAX points. */
void phc_line_fit(struct phc_line *line, const struct phc_point *point,
		  size_t n);

double phc_line_at(const struct phc_line *line, double x_s);

/*
 * How far from the line the truth may be there: so many standard errors, and
 * the curve that would not show yet. What lies in where a card latches its
 * clock within a bracket no fit can see; that comes on top.
 */
double phc_line_unsure(const struct phc_line *line, double x_s,
		       double errors);

#endif
