/* law.c - which of the usual laws measured times are like */
#include "models/law.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "lancet/core/stats/order.h"
#include "models/predict.h"
#include "workloads/dist.h"

#define BINS 200u     /* of equal probability */
#define LOOKED 198u   /* of them: the tail may be the machine's */
#define ALLOWED .03   /* of the mean: laws of some use differ by more */
#define PARAMETER .02 /* of the mean, that one more must gain */
#define COARSE 24     /* shapes tried, and as many about the best */

/* --- families --- */

/* One law of mean and shape, as a configuration has it. */
struct family {
	const char *name;
	double from, to; /* of the shape; equal: it has none */
	bool whole;
	void (*print)(char *text, size_t len, double mean, double shape);
};

static void constant(char *text, size_t len, double mean, double shape)
{
	(void)shape;
	snprintf(text, len, "{constant: {value: %.0fns}}", mean);
}

static void exponential(char *text, size_t len, double mean, double shape)
{
	(void)shape;
	snprintf(text, len, "{exponential: {mean: %.0fns}}", mean);
}

/* The shape is the least over the most. */
static void uniform(char *text, size_t len, double mean, double shape)
{
	double most = 2 * mean / (1 + shape);

	snprintf(text, len, "{uniform: {min: %.0fns, max: %.0fns}}",
		 shape * most, most);
}

static void erlang(char *text, size_t len, double mean, double shape)
{
	snprintf(text, len, "{erlang: {mean: %.0fns, stages: %.0f}}", mean,
		 shape);
}

static void lognormal(char *text, size_t len, double mean, double shape)
{
	snprintf(text, len, "{lognormal: {mean: %.0fns, scv: %.3g}}", mean,
		 shape);
}

static void hyperexponential(char *text, size_t len, double mean, double shape)
{
	snprintf(text, len, "{hyperexponential: {mean: %.0fns, scv: %.3g}}",
		 mean, shape);
}

static const struct family families[] = {
	{ "constant", 1, 1, false, constant },
	{ "exponential", 1, 1, false, exponential },
	{ "uniform", .001, .95, false, uniform },
	{ "Erlang", 2, 30, true, erlang },
	{ "lognormal", .01, 100, false, lognormal },
	{ "hyperexponential", 1.2, 100, false, hyperexponential },
};
#define FAMILIES (sizeof(families) / sizeof(*families))

/* --- distance --- */

struct measured {
	const double *x;
	size_t n;
	double shift;
	double bin[BINS]; /* means of equally many */
	double sum, mean; /* of the bins that are looked at */
};

static void fill(struct measured *m, double noise, double *allowed)
{
	double second = 0;

	m->sum = 0;
	for (size_t i = 0; i < LOOKED; i++) {
		size_t from = i * m->n / BINS, to = (i + 1) * m->n / BINS;
		double sum = 0;

		to = to > from ? to : from + 1;
		for (size_t j = from; j < to; j++)
			sum += fmax(m->x[j] - m->shift, 1);
		m->bin[i] = sum / (double)(to - from);
		m->sum += m->bin[i];
		second += m->bin[i] * m->bin[i];
	}
	m->mean = m->sum / LOOKED;
	second = second / LOOKED / (m->mean * m->mean) - 1;
	*allowed = ALLOWED + noise / m->mean +
		   2 * sqrt(fmax(second, 0) / (double)m->n);
}

/* Of measurements a family may make what is no law: equal ends, say. */
static int law_of(const char *text, struct dist *law, struct arena *arena)
{
	struct choice choice;
	struct err err;

	if (option_parse_choice(KIND_DIST, OPTION_UNIT_TIME, text, &choice,
				arena, &err))
		return err.code;
	return dist_init(law, &choice, arena, &err);
}

/* Of a law whose mean follows from the bins, or is `mean`'s. */
static double distance(const struct measured *m, const struct dist *law,
		       bool scaled, double *scale)
{
	double q[LOOKED], sum = 0, off = 0;

	for (size_t i = 0; i < LOOKED; i++) {
		q[i] = law->ops->quantile(law->state, ((double)i + .5) / BINS);
		sum += q[i];
	}
	*scale = scaled ? m->sum / sum : 1;
	for (size_t i = 0; i < LOOKED; i++)
		off += fabs(m->bin[i] - *scale * q[i]);
	return off / m->sum;
}

/* --- the nearest of a family --- */

struct near {
	const char *name;
	double misfit, mean, shape;
	size_t parameters; /* besides the mean */
	char text[120];
};

static void try_shape(const struct measured *m, const struct family *f,
		      double shape, struct near *best)
{
	const double mean = 1e6; /* so that digits after the point are none */
	double misfit, scale;
	struct arena scratch;
	struct dist law;
	char text[120];

	arena_init(&scratch);
	f->print(text, sizeof(text), mean, shape);
	misfit = law_of(text, &law, &scratch) ? (double)INFINITY
		 : distance(m, &law, true, &scale);
	arena_fini(&scratch);
	if (misfit < best->misfit) {
		best->misfit = misfit;
		best->mean = fmax(scale * mean, 1);
		best->shape = shape;
	}
}

/* In equal steps of the logarithm. */
static void try_between(const struct measured *m, const struct family *f,
			double from, double to, struct near *best)
{
	for (int i = 0; i <= COARSE; i++) {
		double shape = from * pow(to / from, i / (double)COARSE);

		try_shape(m, f, f->whole ? round(shape) : shape, best);
	}
}

static void nearest(const struct measured *m, const struct family *f,
		    struct near *best)
{
	double step = pow(f->to / f->from, 1. / COARSE);
	struct arena scratch;
	struct dist law;

	*best = (struct near){ .name = f->name, .misfit = (double)INFINITY };
	if (f->to > f->from) {
		best->parameters = 1;
		try_between(m, f, f->from, f->to, best);
		try_between(m, f, fmax(best->shape / step, f->from),
			    fmin(best->shape * step, f->to), best);
	} else {
		try_shape(m, f, f->from, best);
	}
	f->print(best->text, sizeof(best->text), best->mean, best->shape);
	/* In whole ns it may be no law any more. */
	arena_init(&scratch);
	if (law_of(best->text, &law, &scratch))
		best->misfit = (double)INFINITY;
	arena_fini(&scratch);
}

/* --- two values --- */

/* Where bins differ most from each other on both sides (Otsu 1979). */
static size_t split_of(const struct measured *m)
{
	double below = 0, most = 0;
	size_t split = 1;

	for (size_t i = 1; i < LOOKED; i++) {
		double n = (double)i, rest = LOOKED - n, apart;

		below += m->bin[i - 1];
		apart = (m->sum - below) / rest - below / n;
		if (n * rest * apart * apart > most) {
			most = n * rest * apart * apart;
			split = i;
		}
	}
	return split;
}

static void bimodal(const struct measured *m, struct near *found)
{
	size_t split = split_of(m), low = 0, n = LOOKED * m->n / BINS;
	double from = m->bin[split / 2];
	double to = m->bin[(split + LOOKED) / 2], p, scale;
	struct arena scratch;
	struct dist law;

	while (low < n && m->x[low] - m->shift < (from + to) / 2)
		low++;
	p = fmin(fmax((double)low / (double)m->n, .001), .999);
	p = round(1e4 * p) / 1e4; /* as it is written */
	*found = (struct near){ .name = "bimodal",
				.parameters = 2,
				.mean = p * from + (1 - p) * to };
	snprintf(found->text, sizeof(found->text),
		 "{modes: [{p: %.4f, "
		 "value: %.0fns}, {p: %.4f, value: %.0fns}]}",
		 p, from, 1 - p, to);
	arena_init(&scratch);
	found->misfit = law_of(found->text, &law, &scratch)
				? (double)INFINITY
				: distance(m, &law, false, &scale);
	arena_fini(&scratch);
}

/* --- all of them --- */

static double cost(const struct near *n)
{
	return n->misfit + PARAMETER * (double)n->parameters;
}

static void take(const struct measured *m, const struct near *best,
		 struct law_fit *fit, struct arena *arena)
{
	struct dist law;
	double late;
	size_t n = m->n;

	if (law_of(best->text, &law, arena))
		return;
	fit->name = best->name;
	fit->text = arena_printf(arena, "%s", best->text);
	fit->misfit = best->misfit;
	fit->mean = dist_mean(&law);
	fit->scv = dist_scv(&law);
	late = law.ops->quantile(law.state, .999) + fit->allowed * m->mean;
	while (n && m->x[n - 1] - m->shift > late)
		n--;
	fit->beyond = (double)(m->n - n) / (double)m->n;
}

/* The nearest of each family; which are near enough less this shift, too. */
static void fit_all(struct measured *m, double noise, double *allowed,
		    struct near *near, bool *enough)
{
	fill(m, noise, allowed);
	for (size_t i = 0; i < FAMILIES; i++)
		nearest(m, &families[i], &near[i]);
	bimodal(m, &near[FAMILIES]);
	for (size_t i = 0; i <= FAMILIES; i++)
		enough[i] |= near[i].misfit <= *allowed;
}

void law_fit(const double *x, size_t n, const struct predict_value *shift,
	     double noise, struct law_fit *fit, struct arena *arena)
{
	const double hi = fmin(shift->hi, x[0]), other_shift[] = {
		shift->lo, (shift->lo + shift->value) / 2,
		(shift->value + hi) / 2, hi,
	};
	struct measured m = { .x = x, .n = n };
	struct near near[FAMILIES + 1], other[FAMILIES + 1];
	bool enough[FAMILIES + 1] = { false };
	double allowed;
	size_t best = 0;

	*fit = (struct law_fit){ .others = "" };
	for (size_t i = 0; i < 4 && shift->hi > shift->lo; i++) {
		m.shift = other_shift[i];
		fit_all(&m, noise, &allowed, other, enough);
	}
	m.shift = shift->value;
	fit_all(&m, noise, &fit->allowed, near, enough);
	for (size_t i = 1; i <= FAMILIES; i++)
		if (cost(&near[i]) < cost(&near[best]))
			best = i;
	take(&m, &near[best], fit, arena);
	for (size_t i = 0; i <= FAMILIES; i++)
		if (i != best && enough[i])
			fit->others = arena_printf(arena, "%s%s%s", fit->others,
						   *fit->others ? ", " : "",
						   near[i].name);
}
