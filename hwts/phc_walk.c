/* phc_walk.c - a clock whose frequency wanders, from noisy offsets */
#include "hwts/phc_walk.h"

#include <math.h>

/* So many ns/s in the square root of a second, and twice that, and so on. */
#define WANDER_LEAST (1. / 32)

/*
 * Before the first readings have shown how large their errors are, they count
 * as so many that are as large as a latch anywhere in the bracket makes them.
 */
#define PRIOR 4

void phc_walk_init(struct phc_walk *w, const struct phc_point *p,
		   double slope, double slope_error)
{
	*w = (struct phc_walk){
		.x_s = p->x_s, .y_ns = p->y_ns, .slope = slope,
		.yy = p->half_ns * p->half_ns / 3,
		.ss = slope_error * slope_error,
	};
}

/* The integral of a random walk, and the walk (Kalman 1960). */
void phc_walk_predict(struct phc_walk *w, double x_s, double wander)
{
	double dt = x_s - w->x_s, q = wander * wander;

	w->x_s = x_s;
	w->y_ns += w->slope * dt;
	w->yy += dt * (2 * w->ys + dt * w->ss) + q * dt * dt * dt / 3;
	w->ys += dt * w->ss + q * dt * dt / 2;
	w->ss += q * dt;
}

double phc_walk_update(struct phc_walk *w, const struct phc_point *p,
		       double *variance)
{
	double off = p->y_ns - w->y_ns;
	double noise = p->half_ns * p->half_ns / 3, all = w->yy + noise;
	double gain = w->yy / all, slope_gain = w->ys / all;

	w->y_ns += gain * off;
	w->slope += slope_gain * off;
	/* Of a slope that nothing is known of, digits are lost. */
	w->ss = fmax(w->ss - slope_gain * w->ys, 0);
	w->ys *= noise / all;
	w->yy *= noise / all;
	*variance = all;
	return off * off / all;
}

/* Rauch, Tung and Striebel 1965. */
void phc_walk_smooth(struct phc_walk *w, const struct phc_walk *next,
		     double wander)
{
	struct phc_walk p = *w;
	double dt = next->x_s - w->x_s, det, a, b, c, d, y, s, yy, ys, ss;
	double ya = w->yy + dt * w->ys, sa = w->ys + dt * w->ss;

	phc_walk_predict(&p, next->x_s, wander);
	det = p.yy * p.ss - p.ys * p.ys;
	if (det <= 0)
		return;
	/* The gains: covariance with what is predicted, over its variance. */
	a = (ya * p.ss - w->ys * p.ys) / det;
	b = (w->ys * p.yy - ya * p.ys) / det;
	c = (sa * p.ss - w->ss * p.ys) / det;
	d = (w->ss * p.yy - sa * p.ys) / det;
	y = next->y_ns - p.y_ns;
	s = next->slope - p.slope;
	yy = next->yy - p.yy;
	ys = next->ys - p.ys;
	ss = next->ss - p.ss;
	w->y_ns += a * y + b * s;
	w->slope += c * y + d * s;
	w->yy += a * a * yy + 2 * a * b * ys + b * b * ss;
	w->ys += a * c * yy + (a * d + b * c) * ys + b * d * ss;
	w->ss += c * c * yy + 2 * c * d * ys + d * d * ss;
}

double phc_bank_step(size_t k)
{
	return WANDER_LEAST * (double)(1u << k);
}

void phc_bank_begin(struct phc_bank *b, const struct phc_point *p,
		    double slope, double slope_error)
{
	b->sloped = false;
	for (size_t k = 0; k < PHC_WANDERS; k++)
		phc_walk_init(&b->walk[k], p, slope, slope_error);
}

void phc_bank_take(struct phc_bank *b, const struct phc_point *p)
{
	double keep = b->memory > 0 ? exp(-1 / b->memory) : 1;
	/* The second one only finds the slope. */
	double counts = b->sloped ? 1 : 0;

	b->sloped = true;
	b->n = b->n * keep + counts;
	for (size_t k = 0; k < PHC_WANDERS; k++) {
		double variance, square;

		phc_walk_predict(&b->walk[k], p->x_s, phc_bank_step(k));
		square = phc_walk_update(&b->walk[k], p, &variance);
		b->score[k] = b->score[k] * keep + counts * log(variance);
		b->squares[k] = b->squares[k] * keep + counts * square;
	}
}

double phc_bank_scale(const struct phc_bank *b, size_t k)
{
	return sqrt((b->squares[k] + PRIOR) / (b->n + PRIOR));
}

/* The scale, too, is the likeliest. */
static double bank_likelihood(const struct phc_bank *b, size_t k)
{
	return -b->score[k] / 2 -
	       (b->n + PRIOR) * log(phc_bank_scale(b, k));
}

size_t phc_bank_wander(const struct phc_bank *b, double less)
{
	double best = bank_likelihood(b, 0);
	size_t k;

	for (k = 1; k < PHC_WANDERS; k++)
		best = fmax(best, bank_likelihood(b, k));
	for (k = PHC_WANDERS - 1; bank_likelihood(b, k) < best - less; k--)
		;
	return k;
}
