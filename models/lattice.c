/* lattice.c - the wait in M/G/1 where service takes finitely many values */
#include "models/lattice.h"

#include <math.h>
#include <stdint.h>

#include "lancet/core/arena.h"

/* Series end where (rate * cell)^n / n! < 1e-17; rate * cell < 1 there. */
#define DEGREE_MOST 20
/* 80 MB of series at the finest; with many values, about 0.2 s of work. */
#define CELLS_MOST 1000000
#define WORK_MOST 4e8
/* The tail is exponential where its logarithm falls as such to so much. */
#define STRAIGHT 1e-10
/* Below this the tail is rounding, and taken as if it were. */
#define NOTHING 1e-13
/* Series are kept in blocks of so many cells. */
#define BLOCK 1024

struct lattice {
	double cell, load; /* rate * cell */
	size_t terms;	   /* of a series */
	size_t n;
	uint32_t *lag; /* services in cells */
	double *p;
	double *block[CELLS_MOST / BLOCK + 1];
	size_t done, most; /* cells */
	double next;	   /* G where the next cell begins */
	double decay;	   /* of the tail in the end, per cell */
	double last;	   /* G where it was last looked at, a stride ago */
	size_t stride, straight; /* cells from here on are exponential; or 0 */
	struct arena *arena;
};

/* Euclid's, for reals that are multiples of something to 1e-9 of it. */
static double common_cell(const double *x, size_t n)
{
	double cell = x[0];

	for (size_t i = 1; i < n; i++)
		for (double a = x[i], b = cell;;) {
			double rest = fabs(a - b * round(a / b));

			if (rest <= 1e-9 * x[i]) {
				cell = b;
				break;
			}
			a = b;
			b = rest;
		}
	return x[n - 1] / round(x[n - 1] / cell);
}

static size_t series_terms(double load)
{
	size_t n = 1;

	for (double term = load; term > 1e-17 && n < DEGREE_MOST; n++)
		term *= load / (double)(n + 1);
	return n + 1;
}

struct lattice *lattice_create(double rate, double decay, const double *x,
			       const double *p, size_t n, struct arena *arena)
{
	double cell = x[0] > 0 ? common_cell(x, n) : 0, work;
	struct lattice *l;

	if (!(x[n - 1] < cell * (CELLS_MOST / 4)))
		return NULL;
	l = arena_alloc(arena, sizeof(*l));
	l->cell = cell;
	l->load = rate * cell;
	l->terms = series_terms(l->load);
	l->lag = arena_array(arena, n, sizeof(*l->lag));
	l->p = arena_copy(arena, p, n * sizeof(*p));
	l->n = n;
	l->arena = arena;
	for (size_t i = 0; i < n; i++) {
		l->lag[i] = (uint32_t)llround(x[i] / cell);
		l->next += rate * p[i] * x[i];
	}
	l->decay = decay * cell;
	l->stride = l->lag[n - 1];
	work = (double)n * (double)l->terms;
	l->most = (size_t)fmin(CELLS_MOST, WORK_MOST / work);
	return l;
}

static double *series(const struct lattice *l, size_t at)
{
	return l->block[at / BLOCK] + at % BLOCK * l->terms;
}

/* The sum of p_i G(x - s_i) in cell `at`, as a series. */
static void earlier(const struct lattice *l, size_t at, double *sum)
{
	for (size_t k = 0; k < l->terms; k++)
		sum[k] = 0;
	for (size_t i = 0; i < l->n; i++) {
		const double *from;

		if (l->lag[i] > at) {
			sum[0] += l->p[i];
			continue;
		}
		from = series(l, at - l->lag[i]);
		for (size_t k = 0; k < l->terms; k++)
			sum[k] += l->p[i] * from[k];
	}
}

static void solve_cell(struct lattice *l)
{
	double sum[DEGREE_MOST + 1], *c;

	if (l->done % BLOCK == 0)
		l->block[l->done / BLOCK] =
			arena_array(l->arena, BLOCK * l->terms, sizeof(double));
	c = series(l, l->done);
	earlier(l, l->done, sum);
	c[0] = l->next;
	for (size_t k = 0; k + 1 < l->terms; k++) {
		c[k + 1] = l->load * (c[k] - sum[k]) / (double)(k + 1);
		l->next += c[k + 1];
	}
	l->done++;
}

/* Has the tail fallen from one longest service to the next as it will do for
 * ever? Services as long as that bring in nothing else. */
static void look_for_end(struct lattice *l)
{
	double fall = log(l->last / l->next);

	l->last = l->next;
	if (l->next < NOTHING || fabs(fall - l->decay * (double)l->stride) <
					 STRAIGHT * fmax(1, fall))
		l->straight = l->done;
}

static double beyond(const struct lattice *l, double cells)
{
	return fmax(0, l->next) *
	       exp(-l->decay * (cells - (double)l->straight));
}

double lattice_tail(struct lattice *l, double x)
{
	double at = x / l->cell, g = 0;
	const double *c;
	size_t cell;

	if (x < 0)
		return 1;
	cell = (size_t)fmin(at, (double)l->most);
	while (l->done <= cell) {
		if (l->straight)
			return beyond(l, at);
		if (l->done == l->most)
			return NAN;
		solve_cell(l);
		if (l->done % l->stride == 0)
			look_for_end(l);
	}
	c = series(l, cell);
	for (size_t k = l->terms; k-- > 0;)
		g = g * (at - (double)cell) + c[k];
	return g;
}
