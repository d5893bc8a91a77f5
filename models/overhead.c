/* overhead.c - two constants fitted to the gaps of all loads */
#include "models/overhead.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"
#include "models/sections.h"

#define MOST OVERHEAD_QUANTILES
/* Of the mean service: no quantile is known better than that. */
#define FLOOR 1e-4
/* Of what the work adds: between its nodes a curve is no better. */
#define CURVE 1e-3
/*
 * Of the constant: a path is not the same at every load, for batches, wake-ups
 * and the clock's frequency; that is no lack of fit. But what is above so much
 * of the mean service is no drift any more.
 */
#define DRIFT .05
#define DRIFT_MOST .01
/* Loads closer than this are one. */
#define APART .01
/* What the added work does is told of this quantile, or of the next below. */
#define TOP_Q .99
/*
 * A run shorter than so many relaxation times, scv rho / (1 - rho)^2 requests
 * (Whitt 1989), has no stationary quantiles.
 */
#define RELAXATIONS 50
/* The weights follow the estimate; a few turns settle them. */
#define TURNS 6
/* By so much the AICc of work in proportion must be lower. */
#define SUPPORT 4
/* Two-sided 95% of the normal law. */
#define NORMAL 1.959964

struct column {
	double of[MOST];
};

/* One point under the weights of the current turn. */
struct weighed {
	const struct overhead_point *p;
	double l[MOST][MOST]; /* Cholesky factor of the gaps' covariance */
	double shrink;	      /* of its inverse */
	bool out;	      /* it ran for too short a time */
};

struct fit {
	enum overhead_kind kind;
	struct weighed *at;
	size_t n;
	double mean;
	double lo, hi; /* work that all curves know */
	double noise;
	double constant; /* of the turn before */
	double *scratch; /* MOST a point */
};

/* Sums over all points, weighed: of what the least squares are made. */
struct sums {
	double rr, r1, rs, s1, ss, one;
};

/* --- the curves ---------------------------------------------------------- */

/* Rows at x: a cubic through the four nodes around it (Lagrange). */
static void curve_at(const struct fit *f, const struct overhead_point *p,
		     double x, size_t rows, double *out)
{
	const struct overhead_curve *c = &p->curve[f->kind];
	double unit = f->kind == OVERHEAD_ADDED ? f->mean : 1;
	double room = overhead_room(p->load, x / unit);
	size_t n = rows * p->nq, stride = OVERHEAD_ROWS * p->nq, from = 0;

	while (from + 4 < c->nodes && c->x[from + 2] < x)
		from++;
	memset(out, 0, n * sizeof(*out));
	for (size_t i = from; i < from + 4; i++) {
		double w = 1;

		for (size_t j = from; j < from + 4; j++)
			if (j != i)
				w *= (x - c->x[j]) / (c->x[i] - c->x[j]);
		for (size_t k = 0; k < n; k++)
			out[k] += w / room * c->rows[i * stride + k];
	}
}

/* Measured - model with the work x, before any constant. */
static struct column residual(const struct fit *f,
			      const struct overhead_point *p, double x)
{
	struct column r, none;

	curve_at(f, p, 0, 1, none.of);
	curve_at(f, p, x, 1, r.of);
	for (size_t i = 0; i < p->nq; i++)
		r.of[i] = p->gap[i] - (r.of[i] - none.of[i]);
	return r;
}

/* What a residual falls by for each unit of work. */
static struct column slope(const struct fit *f, const struct overhead_point *p,
			   double x)
{
	double h = 1e-3 * (f->hi - f->lo);
	double up = fmin(x + h, f->hi), down = fmax(x - h, f->lo);
	struct column a = residual(f, p, up), b = residual(f, p, down);

	for (size_t i = 0; i < p->nq; i++)
		a.of[i] = (b.of[i] - a.of[i]) / (up - down);
	return a;
}

/* --- their errors -------------------------------------------------------- */

/* Sums of products over the sections. */
static void products(const double *z, size_t n, double *c)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			double sum = 0;

			for (size_t s = 0; s < SECTIONS; s++)
				sum += z[s * n + i] * z[s * n + j];
			c[i * n + j] = sum * SECTIONS / (SECTIONS - 1);
		}
}

/* Both sides share requests: what moves both quantiles alike cancels. */
static void paired_covariance(const struct overhead_point *p,
			      const double *rows, double *c)
{
	double z[SECTIONS * MOST] = { 0 };
	size_t n = p->nq;

	for (size_t i = 0; i < SECTIONS * n; i++)
		z[i] = p->measured[n + i] - rows[n + i];
	products(z, n, c);
}

/*
 * The errors of so many requests are the queue's own, from the curve: those
 * of the measured intervals would follow the measured values, and give the
 * more weight to a quantile the lower it came out. How much larger they are
 * on the whole, `noise` says. To these comes what the curve does not know
 * itself, its rise from no overhead.
 */
static void apart_covariance(const struct overhead_point *p, double noise,
			     const double *rows, const double *none, double *c)
{
	double z[SECTIONS * MOST] = { 0 }, own[MOST * MOST];
	double scale = noise * noise * p->simulated / p->requests;
	size_t n = p->nq;

	products(rows + n, n, c);
	for (size_t i = 0; i < SECTIONS * n; i++)
		z[i] = rows[n + i] - none[n + i];
	products(z, n, own);
	for (size_t i = 0; i < n * n; i++)
		c[i] = c[i] * scale + own[i];
}

/*
 * Measured errors over the queue's own: the median over all quantiles of all
 * points, but not below 1, as few batches may miss a long memory.
 */
static double noise_of(const struct fit *f, double x, double *ratio)
{
	double rows[OVERHEAD_ROWS * MOST], c[MOST * MOST];
	size_t m = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct overhead_point *p = f->at[i].p;

		if (!p->error)
			continue;
		curve_at(f, p, x, OVERHEAD_ROWS, rows);
		products(rows + p->nq, p->nq, c);
		for (size_t j = 0; j < p->nq; j++)
			ratio[m++] =
				p->error[j] / sqrt(c[j * p->nq + j] *
						   p->simulated / p->requests);
	}
	vector_sort(ratio, m);
	return m ? fmax(1, ratio[m / 2]) : 1;
}

static void covariance(const struct fit *f, const struct overhead_point *p,
		       double x, double *c)
{
	double drift = fmin(DRIFT * fabs(f->constant), DRIFT_MOST * f->mean);
	double rows[OVERHEAD_ROWS * MOST], none[OVERHEAD_ROWS * MOST];

	curve_at(f, p, x, OVERHEAD_ROWS, rows);
	curve_at(f, p, 0, OVERHEAD_ROWS, none);
	if (p->error)
		apart_covariance(p, f->noise, rows, none, c);
	else
		paired_covariance(p, rows, c);
	for (size_t i = 0; i < p->nq * p->nq; i++)
		c[i] += drift * drift;
	for (size_t i = 0; i < p->nq; i++)
		c[i * p->nq + i] += pow(FLOOR * f->mean, 2) +
				    pow(CURVE * (rows[i] - none[i]), 2);
}

/*
 * L of C = L L'. An estimated C with nu degrees of freedom has an inverse
 * that is too large by nu / (nu - n - 1) (Kaufman 1967).
 */
static void weigh(const struct fit *f, struct weighed *w, double x)
{
	size_t n = w->p->nq;
	double c[MOST * MOST];

	covariance(f, w->p, x, c);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++) {
			double sum = c[i * n + j];

			for (size_t k = 0; k < j; k++)
				sum -= w->l[i][k] * w->l[j][k];
			w->l[i][j] =
				i == j ? sqrt(fmax(sum, 1e-6 * c[i * n + i]))
				       : sum / w->l[j][j];
		}
	w->shrink = (double)(SECTIONS - 1 - n - 1) / (SECTIONS - 1);
}

/* Solve L y = x. */
static struct column whiten(const struct weighed *w, struct column x)
{
	for (size_t i = 0; i < w->p->nq; i++) {
		for (size_t k = 0; k < i; k++)
			x.of[i] -= w->l[i][k] * x.of[k];
		x.of[i] /= w->l[i][i];
	}
	return x;
}

static double inner(const struct weighed *w, const struct column *a,
		    const struct column *b)
{
	double sum = 0;

	for (size_t i = 0; i < w->p->nq; i++)
		sum += a->of[i] * b->of[i];
	return sum * w->shrink;
}

/* --- the fit ------------------------------------------------------------- */

static struct sums sums_at(const struct fit *f, double x, bool slopes)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < f->n; i++) {
		const struct weighed *w = &f->at[i];
		struct column one, by = { 0 }, r;

		if (w->out)
			continue;
		r = whiten(w, residual(f, w->p, x));
		for (size_t j = 0; j < w->p->nq; j++)
			one.of[j] = 1;
		one = whiten(w, one);
		if (slopes)
			by = whiten(w, slope(f, w->p, x));
		s.rr += inner(w, &r, &r);
		s.r1 += inner(w, &r, &one);
		s.one += inner(w, &one, &one);
		s.rs += inner(w, &r, &by);
		s.s1 += inner(w, &by, &one);
		s.ss += inner(w, &by, &by);
	}
	return s;
}

/* Sum of squares with the work x and the constant that suits it best. */
static double misfit(const struct fit *f, double x)
{
	struct sums s = sums_at(f, x, false);

	return s.rr - s.r1 * s.r1 / s.one;
}

/* The lowest of a scan, then golden sections around it. */
static double least(const struct fit *f)
{
	enum { SCAN = 150 };
	const double golden = (sqrt(5) - 1) / 2;
	double best = INFINITY, at = 0, lo, hi;

	/* Closely around 0, where curves are known closely. */
	for (int i = -SCAN; i <= SCAN; i++) {
		double u = (double)i / SCAN;
		double x = u * u * u * (u < 0 ? -f->lo : f->hi);
		double value = misfit(f, x);

		if (value < best) {
			best = value;
			at = u;
		}
	}
	lo = fmax(at - 1. / SCAN, -1);
	hi = fmin(at + 1. / SCAN, 1);
	lo = lo * lo * lo * (lo < 0 ? -f->lo : f->hi);
	hi = hi * hi * hi * (hi < 0 ? -f->lo : f->hi);
	while (hi - lo > 1e-7 * (f->hi - f->lo)) {
		double a = hi - golden * (hi - lo), b = lo + golden * (hi - lo);

		if (misfit(f, a) < misfit(f, b))
			hi = b;
		else
			lo = a;
	}
	return (lo + hi) / 2;
}

static struct predict_value around(double value, double error)
{
	return (struct predict_value){ value, value - NORMAL * error,
				       value + NORMAL * error };
}

static void effect(const struct fit *f, double x, struct overhead_fit *to)
{
	const struct overhead_point *top = NULL;
	struct column none, more;
	size_t at = 0;

	for (size_t i = 0; i < f->n; i++)
		if (!f->at[i].out && (!top || f->at[i].p->load > top->load))
			top = f->at[i].p;
	while (at + 1 < top->nq && top->q[at + 1] <= TOP_Q)
		at++;
	curve_at(f, top, 0, 1, none.of);
	curve_at(f, top, x, 1, more.of);
	to->top_load = top->load;
	to->top_q = top->q[at];
	to->top_effect = more.of[at] - none.of[at];
}

/*
 * Of the squares, or of overhead below nothing: the smallest of the three,
 * for which three times as much is allowed (Bonferroni 1936).
 */
static double p_value(const struct overhead_fit *fit, double constant_score,
		      double work_score)
{
	double p = gsl_cdf_chisq_Q(fit->chi2, (double)fit->freedom);

	p = fmin(p, gsl_cdf_ugaussian_P(constant_score));
	p = fmin(p, gsl_cdf_ugaussian_P(work_score));
	return fmin(1, 3 * p);
}

/* More scatter than the errors explain widens the intervals (Birge 1932). */
static void conclude(const struct fit *f, double x, struct overhead_fit *to)
{
	struct sums s = sums_at(f, x, true);
	double det = s.one * s.ss - s.s1 * s.s1, scale;
	double unit = f->kind == OVERHEAD_ADDED ? 1 : f->mean;
	double a = s.r1 / s.one, aa, ax, xx;
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->at[i].out ? 0 : f->at[i].p->nq;
	to->freedom = n - 2;
	to->chi2 = s.rr - s.r1 * s.r1 / s.one;
	/* Burnham and Anderson 2002, for two constants and normal errors. */
	to->aicc = to->chi2 + 4 + 12 / fmax((double)n - 3, 1);
	scale = fmax(1, to->chi2 / (double)to->freedom);
	aa = scale * s.ss / det;
	xx = scale * s.one / det;
	ax = -scale * s.s1 / det;
	to->p_value = p_value(to, a / sqrt(aa), x / sqrt(xx));
	to->communication = around(a, sqrt(aa));
	to->work = around(x, sqrt(xx));
	to->lead = a - unit * x;
	to->lead_error = sqrt(aa + unit * unit * xx - 2 * unit * ax);
	effect(f, x, to);
}

/* Work that all points have looked at. */
static void bounds(struct fit *f)
{
	f->lo = -INFINITY;
	f->hi = INFINITY;
	for (size_t i = 0; i < f->n; i++) {
		const struct overhead_curve *c = &f->at[i].p->curve[f->kind];

		if (f->at[i].out)
			continue;
		f->lo = fmax(f->lo, c->x[0]);
		f->hi = fmin(f->hi, c->x[c->nodes - 1]);
	}
}

/* Points out that with this work are too near to saturation for their run. */
static void leave_out(struct fit *f, double x)
{
	double unit = f->kind == OVERHEAD_ADDED ? f->mean : 1;
	size_t left = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct overhead_point *p = f->at[i].p;
		double load = p->load * (1 + x / unit);

		f->at[i].out |=
			p->error && p->requests * pow(fmax(1 - load, 0), 2) <
					    RELAXATIONS * p->scv * load;
		left += !f->at[i].out;
	}
	for (size_t i = 0; left < 2 && i < f->n; i++)
		f->at[i].out = false;
	bounds(f);
}

static void fit_kind(struct fit *f, struct overhead_fit *to)
{
	double x = 0, before;
	struct sums s;

	f->constant = 0;
	for (int turn = 0; turn < TURNS; turn++) {
		before = x;
		leave_out(f, x);
		f->noise = noise_of(f, x, f->scratch);
		for (size_t i = 0; i < f->n; i++)
			weigh(f, &f->at[i], x);
		x = least(f);
		s = sums_at(f, x, false);
		f->constant = s.r1 / s.one;
		if (turn > 1 && fabs(x - before) < 1e-5 * (f->hi - f->lo))
			break;
	}
	conclude(f, x, to);
}

static int check(const struct overhead_point *points, size_t n, struct err *err)
{
	double least = INFINITY, most = 0;

	for (size_t i = 0; i < n; i++) {
		least = fmin(least, points[i].load);
		most = fmax(most, points[i].load);
	}
	if (n >= 2 && most - least >= APART)
		return 0;
	return err_set(err, -EDOM,
		       "a single load cannot separate communication from work; "
		       "measure several, load: {sweep: ...}");
}

static void choose(struct overhead *o, double mean)
{
	bool scaled = o->of[OVERHEAD_SCALED].aicc + SUPPORT <
		      o->of[OVERHEAD_ADDED].aicc;
	double unit = scaled ? mean : 1;

	o->best = scaled ? OVERHEAD_SCALED : OVERHEAD_ADDED;
	o->work = o->of[o->best].work;
	o->work.value *= unit;
	o->work.lo *= unit;
	o->work.hi *= unit;
	o->fits = o->of[o->best].p_value >= OVERHEAD_REJECT;
}

int overhead_fit(const struct overhead_point *points, size_t n, double mean,
		 struct overhead *found, struct err *err)
{
	struct fit f = { .n = n, .mean = mean };
	struct arena arena;

	*found = (struct overhead){ 0 };
	if (check(points, n, err))
		return err->code;
	arena_init(&arena);
	f.at = arena_array(&arena, n, sizeof(*f.at));
	f.scratch = arena_array(&arena, n * MOST, sizeof(*f.scratch));
	for (size_t i = 0; i < n; i++)
		f.at[i].p = &points[i];
	for (int kind = 0; kind < OVERHEAD_KINDS; kind++) {
		for (size_t i = 0; i < n; i++)
			f.at[i].out = false;
		f.kind = (enum overhead_kind)kind;
		fit_kind(&f, &found->of[kind]);
	}
	arena_fini(&arena);
	choose(found, mean);
	return 0;
}
