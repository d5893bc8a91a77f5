/* curve.c - a gnuplot script and its data, curve by curve */
#include "reports/curve.h"

#include <math.h>

#include "lancet/core/unit.h"

/* Above every axis: gnuplot has no infinity that it clips. */
#define BEYOND 1e15

const char *const curve_colour[CURVE_COLOURS] = {
	"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B37400", CURVE_GREY,
};

static const char *const curve_style[] = {
	[CURVE_BAND] =
		"using 1:2:3 with filledcurves fs transparent solid 0.18",
	[CURVE_LINE] = "using 1:2 with lines lw 2.2",
	[CURVE_THIN] = "using 1:2 with lines lw 1",
	[CURVE_DASHED] = "using 1:2 with lines dt (9,6) lw 1.6",
	[CURVE_MARKS] = "using 1:2 with points pt 7 ps 0.75",
	[CURVE_HOLLOW] = "using 1:2 with points pt 6 ps 0.95 lw 1.8",
	[CURVE_CROSSES] = "using 1:2 with points pt 2 ps 0.75 lw 1.4",
	[CURVE_ERRORS] = "using 1:2:3:4 with yerrorbars pt 7 ps 0.6 lw 1.4",
	[CURVE_LEVEL] = "using 1:2 axes x1y2 with steps lw 1.4",
};

/* Blue to orange by way of grey: order without a key, for every eye. */
char *curve_ramp(size_t i, size_t n, char *text, size_t size)
{
	static const double end[3][3] = {
		{ 0x56, 0xB4, 0xE9 },
		{ 0x00, 0x52, 0x8B },
		{ 0xD5, 0x5E, 0x00 },
	};
	double at = n > 1 ? 2.0 * (double)i / (double)(n - 1) : 1;
	int from = at < 1 ? 0 : 1;
	unsigned rgb[3];

	for (int k = 0; k < 3; k++)
		rgb[k] = (unsigned)(end[from][k] +
				    (at - from) *
					    (end[from + 1][k] - end[from][k]));
	snprintf(text, size, "#%02X%02X%02X", rgb[0], rgb[1], rgb[2]);
	return text;
}

/* In single quotes gnuplot interprets nothing; a quote is written twice. */
void curve_quote(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\'')
			fputc('\'', out);
		fputc(c < ' ' || c == 0x7f ? ' ' : c, out);
	}
	fputc('\'', out);
}

void curve_begin(struct curves *c, enum curve_style style, const char *colour,
		 const char *title)
{
	fprintf(c->data, "%s# curve %zu: %s\n", c->n ? "\n\n" : "", c->n,
		curve_style[style]);
	/* An index without a row would shift those behind it. */
	fputs("nan nan nan nan\n", c->data);
	fprintf(c->list, "%s data index %zu %s lc rgb '%s' ",
		c->n ? ", \\\n    " : "plot", c->n, curve_style[style], colour);
	if (title) {
		fputs("title ", c->list);
		curve_quote(c->list, title);
	} else {
		fputs("notitle", c->list);
	}
	c->n++;
}

static void span(double *lo, double *hi, double value)
{
	*lo = fmin(*lo, value);
	*hi = fmax(*hi, value);
}

void curve_row(struct curves *c, double x, double y, double lo, double hi)
{
	double y3[3] = { y, lo, hi };

	if (!isfinite(x) || !isfinite(y) || isnan(lo) || isnan(hi))
		return;
	span(&c->xmin, &c->xmax, x);
	for (int i = 0; i < 3; i++)
		if (isfinite(y3[i]))
			span(&c->ymin, &c->ymax, y3[i]);
		else
			y3[i] = copysign(BEYOND, y3[i]);
	fprintf(c->data, "%.9g %.9g %.9g %.9g\n", x, y3[0], y3[1], y3[2]);
}

/* A range without extent has no logarithm; lo is above 0. */
static void log_axis(struct curves *c, const char *axis, double lo, double hi,
		     void (*print)(double at, char *text, size_t size))
{
	static const double few[] = { 1, 10 }, some[] = { 1, 2, 5, 10 },
			    many[] = { 1, 1.5, 2, 3, 4, 5, 6, 8, 10 };
	const double *step = hi > lo * 3000 ? few : hi > lo * 10 ? some : many;
	const char *comma = "";

	if (!(hi > lo * 1.5))
		hi = lo * 1.5;
	hi = fmin(hi, 1e12);
	fprintf(c->head, "set logscale %s\nset %srange [%.6g:%.6g]\n", axis,
		axis, lo, hi);
	fprintf(c->head, "set %stics (", axis);
	for (double decade = pow(10, floor(log10(lo))); decade <= hi;
	     decade *= 10)
		for (int i = 0; step[i] < 10; i++) { /* NOLINT: ends at 10 */
			double at = decade * step[i];
			char text[40];

			if (at < lo * .999 || at > hi * 1.001)
				continue;
			print(at, text, sizeof(text));
			fprintf(c->head, "%s'%s' %.6g", comma, text, at);
			comma = ", ";
		}
	fputs(")\n", c->head);
}

static void print_us(double at, char *text, size_t size)
{
	unit_print_duration(at * 1e3, text, size);
}

static void print_ratio(double at, char *text, size_t size)
{
	snprintf(text, size, "%.6g", at);
}

void curve_time_axis(struct curves *c, const char *axis, double lo, double hi)
{
	/* In us: nothing is below 1 ns. */
	log_axis(c, axis, lo >= 1e-3 ? lo : 1e-3, hi, print_us);
}

void curve_ratio_axis(struct curves *c, const char *axis, double lo, double hi)
{
	double least = hi > 0 ? 1e-6 * hi : 1e-6;

	log_axis(c, axis, lo > least ? lo : least, hi, print_ratio);
}
