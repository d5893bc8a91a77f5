/* phc_line.c - a line through noisy offsets, robust, with its error */
#include "hwts/phc_line.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

/* Readings so much wider than the median one are left out. */
#define WIDE 3

/*
 * Tukey's biweight (Beaton and Tukey 1974): 95% efficient where errors are
 * normal, and nothing beyond TUNING deviations counts.
 */
#define TUNING 4.685
#define ROUNDS 4
#define MAD_TO_DEVIATION 1.4826

/*
 * One-sided 2.3% of the normal law, and two-sided 13%: a window that is
 * shortened for nothing costs little, one that bends unseen is wrong.
 */
#define FEW_RUNS -2
#define CURVED 1.5

static double median_of(double *x, size_t n)
{
	gsl_sort(x, 1, n);
	return gsl_stats_median_from_sorted_data(x, 1, n);
}

/* A narrow reading counts by the square of how much it is narrower. */
static void line_base_weights(struct phc_line *line,
			      const struct phc_point *point, double *base)
{
	double half[PHC_LINE_MAX];
	size_t n = (size_t)line->n;

	for (size_t i = 0; i < n; i++)
		half[i] = point[i].half_ns;
	line->half_ns = median_of(half, n);
	for (size_t i = 0; i < n; i++) {
		double ratio = line->half_ns / fmax(point[i].half_ns, 1e-3);

		base[i] = ratio * WIDE < 1 ? 0 : fmin(ratio * ratio, 4);
		line->used += base[i] > 0;
	}
}

/* Least squares about the centre; equal instants have no slope. */
static void line_solve(struct phc_line *line, const struct phc_point *point,
		       const double *weight)
{
	double x = 0, y = 0, w = 0, xx = 0, xy = 0;

	for (int i = 0; i < line->n; i++) {
		w += weight[i];
		x += weight[i] * (point[i].x_s - point[0].x_s);
		y += weight[i] * (point[i].y_ns - point[0].y_ns);
	}
	line->weight = w;
	line->x_s = point[0].x_s + x / w;
	line->y_ns = point[0].y_ns + y / w;
	for (int i = 0; i < line->n; i++) {
		double dx = point[i].x_s - line->x_s;

		xx += weight[i] * dx * dx;
		xy += weight[i] * dx * (point[i].y_ns - line->y_ns);
	}
	line->spread = xx;
	line->slope = xx > 0 ? xy / xx : 0;
}

static double line_residual(const struct phc_line *line,
			    const struct phc_point *point)
{
	return point->y_ns - phc_line_at(line, point->x_s);
}

/*
 * The deviation of one point from the median absolute residual, made larger
 * by what the line's two parameters took away.
 */
static double line_scale(const struct phc_line *line,
			 const struct phc_point *point, const double *base)
{
	double off[PHC_LINE_MAX];
	size_t n = 0;

	for (int i = 0; i < line->n; i++)
		if (base[i] > 0)
			off[n++] = fabs(line_residual(line, &point[i]));
	if (n < 3)
		return 0;
	return MAD_TO_DEVIATION * median_of(off, n) *
	       sqrt((double)n / ((double)n - 2));
}

/*
 * Does the part of (x - x_s)^2 that no line explains explain residuals? It
 * finds what swings slowly long before the signs do. What it may have missed
 * is kept: the coefficient and CURVED of its standard errors.
 */
static bool line_curved(struct phc_line *line, const struct phc_point *point,
			const double *weight)
{
	double cube = 0, zz = 0, rz = 0, mean = line->spread / line->weight;

	if (line->used < PHC_LINE_MIN)
		return false;
	for (int i = 0; i < line->n; i++)
		cube += weight[i] * pow(point[i].x_s - line->x_s, 3);
	for (int i = 0; i < line->n; i++) {
		double dx = point[i].x_s - line->x_s;
		double z = dx * dx - mean - cube / line->spread * dx;

		zz += weight[i] * z * z;
		rz += weight[i] * z * line_residual(line, &point[i]);
	}
	if (zz <= 0)
		return false;
	line->curve = fabs(rz) / zz + CURVED * line->scale_ns / sqrt(zz);
	return fabs(rz) > CURVED * line->scale_ns * sqrt(zz);
}

/* Wald and Wolfowitz 1940, normal approximation. */
static bool line_few_runs(const struct phc_line *line,
		      const struct phc_point *point, const double *base)
{
	double above = 0, below = 0, runs = 0, n, mean, variance;
	int last = 0;

	for (int i = 0; i < line->n; i++) {
		int sign;

		if (base[i] == 0)
			continue;
		sign = line_residual(line, &point[i]) >= 0 ? 1 : -1;
		*(sign > 0 ? &above : &below) += 1;
		runs += sign != last;
		last = sign;
	}
	n = above + below;
	if (n < PHC_LINE_MIN || above == 0 || below == 0)
		return false;
	mean = 2 * above * below / n + 1;
	variance = (mean - 1) * (mean - 2) / (n - 1);
	return variance > 0 && (runs - mean) / sqrt(variance) < FEW_RUNS;
}

void phc_line_fit(struct phc_line *line, const struct phc_point *point,
		  size_t n)
{
	double base[PHC_LINE_MAX], weight[PHC_LINE_MAX];

	*line = (struct phc_line){ .n = (int)n };
	line_base_weights(line, point, base);
	memcpy(weight, base, sizeof(*base) * n);
	line_solve(line, point, weight);
	for (int round = 0; round < ROUNDS; round++) {
		double scale = line_scale(line, point, base);

		line->scale_ns = scale;
		if (scale <= 0)
			break;
		for (size_t i = 0; i < n; i++) {
			double u = line_residual(line, &point[i]) /
				   (TUNING * scale);

			weight[i] = fabs(u) < 1
				? base[i] * (1 - u * u) * (1 - u * u) : 0;
		}
		line_solve(line, point, weight);
	}
	line->bent = line_curved(line, point, weight) ||
		     line_few_runs(line, point, base);
}

double phc_line_at(const struct phc_line *line, double x_s)
{
	return line->y_ns + line->slope * (x_s - line->x_s);
}

double phc_line_unsure(const struct phc_line *line, double x_s,
		       double errors)
{
	double dx = x_s - line->x_s, mean = line->spread / line->weight;
	double variance = 1 / line->weight;

	if (line->spread > 0)
		variance += dx * dx / line->spread;
	return errors * line->scale_ns * sqrt(variance) +
	       line->curve * fabs(dx * dx - mean);
}
