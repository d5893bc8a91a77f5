/* phc_fit.c - a card's time in CLOCK_MONOTONIC, from readings on both sides */
#include "hwts/phc_fit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <gsl/gsl_sort.h>

#include "lancet/core/arena.h"

/* Two-sided 0.3% of the normal law; the half bracket covers the rest. */
#define BOUND_ERRORS 3

/* A stretch between two events needs so many readings to have a line. */
#define STRETCH_MIN 3

/* --- where the clock ran undisturbed -------------------------------------- */

struct stretch {
	const struct phc_reading *reading;
	struct phc_point *point;
	struct phc_node *node;
	size_t n;
	int64_t from_ns, base_ns;
	size_t window;		/* that the last node found fit */
	double bent;		/* so many nodes have no window that fits */
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

/* The `window` points nearest to i; fewer where there are no more. */
static void stretch_line(const struct stretch *s, size_t i, size_t window,
			 struct phc_line *line)
{
	size_t n = window < s->n ? window : s->n;
	size_t first = i > n / 2 ? i - n / 2 : 0;

	if (first + n > s->n)
		first = s->n - n;
	phc_line_fit(line, s->point + first, n);
}

/* The longest window that does not bend, not far from the last one. */
static void stretch_best(struct stretch *s, size_t i, struct phc_line *line)
{
	if (s->window < PHC_LINE_MAX)
		s->window += s->window / 4;
	if (s->window > PHC_LINE_MAX)
		s->window = PHC_LINE_MAX;
	for (;; s->window -= s->window / 4) {
		stretch_line(s, i, s->window, line);
		if (!line->bent || s->window - s->window / 4 < PHC_LINE_MIN)
			break;
	}
	s->bent += line->bent;
}

static void stretch_nodes(struct stretch *s)
{
	struct phc_line line;

	s->window = PHC_LINE_MAX;
	stretch_points(s);
	for (size_t i = 0; i < s->n; i++) {
		struct phc_node *node = &s->node[i];
		double x = s->point[i].x_s, bound;

		stretch_best(s, i, &line);
		bound = line.half_ns + phc_line_unsure(&line, x, BOUND_ERRORS);
		node->mono_ns = s->reading[i].mono_ns;
		node->offset_ns = s->base_ns +
				  (int64_t)llround(phc_line_at(&line, x));
		node->bound_ns = (int32_t)fmin(ceil(bound), INT32_MAX);
		node->joined = i + 1 < s->n && s->n >= STRETCH_MIN;
	}
}

/* --- all of them ---------------------------------------------------------- */

struct build {
	struct phc_fit *fit;
	const struct phc_reading *reading;
	struct phc_point *point;
	struct arena *arena;
	size_t begin;		/* of the stretch, */
	bool runs;		/* in which the clock moves */
	size_t room;		/* for happenings */
	double bent;
};

static void build_stretch(struct build *b, size_t end)
{
	struct stretch s = {
		.reading = b->reading + b->begin,
		.point = b->point + b->begin,
		.node = b->fit->node + b->begin,
		.n = end - b->begin,
	};

	stretch_nodes(&s);
	b->bent += s.bent;
	for (size_t i = 0; i < s.n && !b->runs; i++)
		s.node[i].joined = false;
}

static void build_event(struct build *b, enum phc_event event, size_t i,
			double size_ns)
{
	struct phc_fit *fit = b->fit;

	fit->happening = arena_grow(b->arena, fit->happening, fit->happenings,
				    &b->room, sizeof(*fit->happening));
	fit->happening[fit->happenings++] = (struct phc_happening){
		event, b->reading[i - 1].mono_ns,
		b->reading[i].mono_ns, (int64_t)llround(size_ns),
	};
	build_stretch(b, i);
	b->begin = i;
	b->runs = event != PHC_FROZE;
}

static int64_t fit_quantile(double *x, size_t n, double part)
{
	gsl_sort(x, 1, n);
	return (int64_t)x[(size_t)((double)(n - 1) * part)];
}

/*
 * Mean frequency, and how far that of one second is from that of the next:
 * the errors of the readings are in it, so the clock is no worse.
 */
static void fit_frequency(struct phc_fit *fit)
{
	double run_s = 0, gain_ns = 0, squares = 0, last = 0;
	size_t from = 0, n = 0;
	bool chained = false;

	for (size_t i = 0; i + 1 < fit->n; i++) {
		const struct phc_node *a = &fit->node[i], *b = a + 1, *f;
		double s, ppb;

		if (!a->joined) {
			from = i + 1;
			chained = false;
			continue;
		}
		run_s += (double)(b->mono_ns - a->mono_ns) * 1e-9;
		gain_ns += (double)(b->offset_ns - a->offset_ns);
		f = &fit->node[from];
		s = (double)(b->mono_ns - f->mono_ns) * 1e-9;
		if (s < 1)
			continue;
		ppb = (double)(b->offset_ns - f->offset_ns) / s;
		if (chained) {
			squares += (ppb - last) * (ppb - last);
			n++;
		}
		last = ppb;
		chained = true;
		from = i + 1;
	}
	fit->drift_ppm = run_s > 0 ? gain_ns / run_s * 1e-3 : 0;
	fit->wander_ppb = n ? sqrt(squares / (double)n) : 0;
}

static void fit_summary(struct phc_fit *fit, const struct build *b)
{
	double *wide = arena_array(b->arena, fit->n, sizeof(*wide));

	fit_frequency(fit);
	fit->restless = b->bent / (double)fit->n;
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
		.fit = fit, .reading = reading, .arena = arena, .runs = true,
		.point = arena_array(arena, n, sizeof(*b.point)),
	};
	struct phc_watch *watch = arena_alloc(arena, sizeof(*watch));

	*fit = (struct phc_fit){
		.node = arena_array(arena, n, sizeof(*fit->node)), .n = n,
	};
	if (!n)
		return;
	for (size_t i = 0; i < n; i++) {
		enum phc_event event = phc_watch_take(watch, &reading[i]);

		if (event != PHC_RUNS)
			build_event(&b, event, i, watch->size_ns);
	}
	build_stretch(&b, n);
	fit_summary(fit, &b);
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
