/* curve.h - a gnuplot script and its data, curve by curve */
#ifndef REPORTS_CURVE_H
#define REPORTS_CURVE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Curves are added one after the other: curve_begin, then rows of up to
 * three y values. Each becomes one index of the data file and one line of
 * the script. The ranges that the rows span are kept for the axes.
 */
enum curve_style {
	CURVE_BAND,	/* lo, hi */
	CURVE_LINE,
	CURVE_THIN,
	CURVE_DASHED,
	CURVE_MARKS,	/* filled circles */
	CURVE_HOLLOW,	/* open circles */
	CURVE_CROSSES,
	CURVE_ERRORS,	/* value, lo, hi */
	CURVE_LEVEL,	/* against the right axis, in steps */
};

struct curves {
	FILE *data;		/* STEM.dat */
	FILE *head;		/* settings that go before the curves */
	FILE *list;		/* the plot command's parts */
	size_t n;		/* curves so far */
	double xmin, xmax, ymin, ymax;
};

/* Colours that differ for every eye on white (WCAG 1.4.11, Okabe & Ito). */
#define CURVE_COLOURS 6
extern const char *const curve_colour[CURVE_COLOURS];
#define CURVE_GREY "#6E7781"

/* From light load to heavy: one of n steps of a ramp. */
char *curve_ramp(size_t i, size_t n, char *text, size_t size);

/* title NULL: not in the key. */
void curve_begin(struct curves *c, enum curve_style style, const char *colour,
		 const char *title);
/*
 * Rows with an unknown x or y are left out; a band without upper bound goes
 * to the top of the picture.
 */
void curve_row(struct curves *c, double x, double y, double lo, double hi);

/* A text as gnuplot reads it back, whatever is in it. */
void curve_quote(FILE *out, const char *text);

/* Tics at 1, 2, 5 of each decade, more or less: as people say times. */
void curve_time_axis(struct curves *c, const char *axis, double lo, double hi);

/* The same for numbers; a range from 0 begins at a millionth of its end. */
void curve_ratio_axis(struct curves *c, const char *axis, double lo, double hi);

#endif
