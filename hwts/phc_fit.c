/* phc_fit.c - a card's time in CLOCK_MONOTONIC, from readings on both sides */
#include "hwts/phc_fit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#include "lancet/core/arena.h"

/* Two-sided 0.3% of the normal law; the half bracket covers the rest. */
#define BOUND_ERRORS 3

/* A stretch between two events needs so many readings to have a line. */
#define STRETCH_MIN 3

/* Brackets whose median counts. */
#define HALVES 16u

/* --- where the clock ran undisturbed -------------------------------------- */

struct stretch {
	const struct phc_reading *reading;
	struct phc_point *point;
	struct phc_walk *walk;
	struct phc_node *node;
	size_t n;
	int64_t from_ns, base_ns;
	bool runs;		/* the clock moves */
};

/* One clock's, in all stretches. */
struct temper {
	double wander, scale;
};

static void stretch_points(struct stretch *s)
{
	s->from_ns = s->reading->mono_ns;
	s->base_ns = phc_offset_ns(s->reading);
	for (size_t i = 0; i < s->n; i++) {
		const struct phc_reading *r = &s->reading[i];

		s->point[i] = (struct phc_point){
			(double)(r->mono_ns - s->from_ns) * 1e-9,
			(double)(phc_offset_ns(r) - s->base_ns),
			fmax((double)r->width_ns / 2, 1),
		};
	}
}

/* At each reading, what those before it and those after it say. */
static void stretch_smooth(struct stretch *s, double wander)
{
	struct phc_walk *w = s->walk;
	double variance;

	phc_walk_init(&w[0], s->point, 0, PHC_SLOPE_ANY);
	for (size_t i = 1; i < s->n; i++) {
		w[i] = w[i - 1];
		phc_walk_predict(&w[i], s->point[i].x_s, wander);
		phc_walk_update(&w[i], &s->point[i], &variance);
	}
	for (size_t i = s->n - 1; i-- > 0;)
		phc_walk_smooth(&w[i], &w[i + 1], wander);
}

/* The median of the brackets about it, of which no data tell more. */
static double stretch_half(const struct stretch *s, size_t i)
{
	size_t n = s->n < HALVES ? s->n : HALVES;
	size_t first = i > n / 2 ? i - n / 2 : 0;
	double half[HALVES];

	if (first + n > s->n)
		first = s->n - n;
	for (size_t k = 0; k < n; k++)
		half[k] = s->point[first + k].half_ns;
	gsl_sort(half, 1, n);
	return gsl_stats_median_from_sorted_data(half, 1, n);
}

/*
 * How far from the straight way to the next node the clock may be: a random
 * walk's integral has this variance in the middle, both ends given.
 */
static double stretch_between(const struct stretch *s, size_t i,
			      double wander)
{
	double dt;

	if (i + 1 >= s->n)
		return 0;
	dt = s->point[i + 1].x_s - s->point[i].x_s;
	return wander * wander * dt * dt * dt / 48;
}

static void stretch_nodes(struct stretch *s, const struct temper *t)
{
	stretch_smooth(s, t->wander);
	for (size_t i = 0; i < s->n; i++) {
		struct phc_node *node = &s->node[i];
		double variance = s->walk[i].yy +
				  stretch_between(s, i, t->wander);
		double bound = stretch_half(s, i) +
			       BOUND_ERRORS * t->scale * sqrt(variance);

		node->mono_ns = s->reading[i].mono_ns;
		node->offset_ns = s->base_ns +
				  (int64_t)llround(s->walk[i].y_ns);
		node->bound_ns = (int32_t)fmin(ceil(bound), INT32_MAX);
		node->joined = s->runs && i + 1 < s->n && s->n >= STRETCH_MIN;
	}
}

/* --- all of them ---------------------------------------------------------- */

struct build {
	struct phc_fit *fit;
	const struct phc_reading *reading;
	struct phc_point *point;
	struct phc_walk *walk;
	struct stretch *stretch;
	size_t stretches, room, happening_room;
	struct phc_bank bank;
	struct arena *arena;
};

/* From the i-th reading on; how long is not known yet. */
static void build_begin(struct build *b, size_t i, bool runs)
{
	b->stretch = arena_grow(b->arena, b->stretch, b->stretches, &b->room,
				sizeof(*b->stretch));
	b->stretch[b->stretches++] = (struct stretch){
		.reading = b->reading + i, .point = b->point + i,
		.walk = b->walk + i, .node = b->fit->node + i, .runs = runs,
	};
}

static void build_event(struct build *b, enum phc_event event, size_t i,
			double size_ns)
{
	struct phc_fit *fit = b->fit;

	fit->happening = arena_grow(b->arena, fit->happening, fit->happenings,
				    &b->happening_room,
				    sizeof(*fit->happening));
	fit->happening[fit->happenings++] = (struct phc_happening){
		event, b->reading[i - 1].mono_ns,
		b->reading[i].mono_ns, (int64_t)llround(size_ns),
	};
	build_begin(b, i, event != PHC_FROZE);
}

static void build_stretches(struct build *b)
{
	struct phc_watch *watch = arena_alloc(b->arena, sizeof(*watch));

	for (size_t i = 0; i < b->fit->n; i++) {
		enum phc_event event = phc_watch_take(watch, &b->reading[i]);

		if (event != PHC_RUNS)
			build_event(b, event, i, watch->size_ns);
		else if (i == 0)
			build_begin(b, i, true);
		b->stretch[b->stretches - 1].n++;
	}
}

/* How it wanders, by all that it ran. */
static struct temper build_temper(struct build *b)
{
	size_t k;

	for (size_t i = 0; i < b->stretches; i++) {
		struct stretch *s = &b->stretch[i];

		stretch_points(s);
		if (!s->runs)
			continue;
		phc_bank_begin(&b->bank, s->point, 0, PHC_SLOPE_ANY);
		for (size_t j = 1; j < s->n; j++)
			phc_bank_take(&b->bank, &s->point[j]);
	}
	k = phc_bank_wander(&b->bank, 0);
	return (struct temper){ phc_bank_step(k), phc_bank_scale(&b->bank, k) };
}

static int64_t fit_quantile(double *x, size_t n, double part)
{
	gsl_sort(x, 1, n);
	return (int64_t)x[(size_t)((double)(n - 1) * part)];
}

/* Mean frequency, steps left out. */
static double fit_drift(const struct phc_fit *fit)
{
	double run_s = 0, gain_ns = 0;

	for (size_t i = 0; i + 1 < fit->n; i++) {
		const struct phc_node *a = &fit->node[i], *b = a + 1;

		if (!a->joined)
			continue;
		run_s += (double)(b->mono_ns - a->mono_ns) * 1e-9;
		gain_ns += (double)(b->offset_ns - a->offset_ns);
	}
	return run_s > 0 ? gain_ns / run_s * 1e-3 : 0;
}

static void fit_summary(struct phc_fit *fit, const struct build *b,
			const struct temper *t)
{
	double *wide = arena_array(b->arena, fit->n, sizeof(*wide));

	fit->drift_ppm = fit_drift(fit);
	fit->wander_ppb = t->wander * t->scale;
	for (size_t i = 0; i < fit->n; i++)
		wide[i] = fit->node[i].bound_ns;
	fit->bound_ns = fit_quantile(wide, fit->n, .99);
	for (size_t i = 0; i < fit->n; i++)
		wide[i] = (double)b->reading[i].width_ns;
	fit->width_ns = fit_quantile(wide, fit->n, .5);
}

void phc_fit_build(struct phc_fit *fit, const struct phc_reading *reading,
		   size_t n, struct arena *arena)
{
	struct build b = {
		.fit = fit, .reading = reading, .arena = arena,
		.point = arena_array(arena, n, sizeof(*b.point)),
		.walk = arena_array(arena, n, sizeof(*b.walk)),
	};
	struct temper temper;

	*fit = (struct phc_fit){
		.node = arena_array(arena, n, sizeof(*fit->node)), .n = n,
	};
	if (!n)
		return;
	build_stretches(&b);
	temper = build_temper(&b);
	for (size_t i = 0; i < b.stretches; i++)
		stretch_nodes(&b.stretch[i], &temper);
	fit_summary(fit, &b, &temper);
}

/* --- conversion ----------------------------------------------------------- */

/* The last node not after the instant. */
static size_t fit_node(const struct phc_fit *fit, int64_t mono_ns)
{
	size_t low = 0, high = fit->n;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (fit->node[middle].mono_ns <= mono_ns)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Is the way from node to node known from one instant to the other? */
static bool fit_known(const struct phc_fit *fit, int64_t from_ns,
		      int64_t to_ns)
{
	for (size_t i = fit_node(fit, from_ns);
	     i + 1 < fit->n && fit->node[i].mono_ns < to_ns; i++)
		if (!fit->node[i].joined)
			return false;
	return true;
}

static double fit_offset(const struct phc_node *a, int64_t mono_ns)
{
	const struct phc_node *b = a + 1;
	double part = (double)(mono_ns - a->mono_ns) /
		      (double)(b->mono_ns - a->mono_ns);

	return part * (double)(b->offset_ns - a->offset_ns);
}

int phc_fit_mono(const struct phc_fit *fit, int64_t phc_ns, int64_t near_ns,
		 int64_t slack_ns, int64_t *mono_ns, int64_t *bound_ns)
{
	int64_t from_ns = near_ns - slack_ns, to_ns = near_ns + slack_ns;
	int64_t at_ns = near_ns;
	const struct phc_node *node = NULL;

	if (fit->n < 2 || near_ns < fit->node[0].mono_ns ||
	    near_ns >= fit->node[fit->n - 1].mono_ns)
		return -ERANGE;
	if (!fit_known(fit, from_ns, to_ns))
		return -ESTALE;
	/* At 1000 ppm a slack of 1 s leaves 1 ms, then 1 us, then 1 ns. */
	for (int i = 0; i < 3; i++) {
		size_t k = fit_node(fit, at_ns);

		node = &fit->node[k + 1 < fit->n ? k : fit->n - 2];
		/* A stamp may be any number: modulo 2^64 it is judged below. */
		at_ns = (int64_t)((uint64_t)phc_ns -
				  (uint64_t)node->offset_ns) -
			(int64_t)llround(fit_offset(node, at_ns));
		if (at_ns < from_ns || at_ns > to_ns)
			return -ERANGE;
	}
	*mono_ns = at_ns;
	*bound_ns = node->bound_ns > node[1].bound_ns ? node->bound_ns
						      : node[1].bound_ns;
	return 0;
}
