/* discrete.c - laws that take finitely many values: what modes and empirical
 * share */
#include "workloads/discrete.h"

#include <math.h>
#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/rng.h"

static int atom_order(const void *a, const void *b)
{
	double x = ((const struct atom *)a)->x;
	double y = ((const struct atom *)b)->x;

	return (x > y) - (x < y);
}

/* Sort, drop what has no probability, add up equal values. */
static size_t merge(struct atom *atom, size_t n)
{
	size_t out = 0;

	qsort(atom, n, sizeof(*atom), atom_order);
	for (size_t i = 0; i < n; i++) {
		if (atom[i].p <= 0)
			continue;
		if (out && atom[out - 1].x == atom[i].x)
			atom[out - 1].p += atom[i].p;
		else
			atom[out++] = atom[i];
	}
	return out;
}

/*
 * Alias tables (Walker 1977, in the order of Vose 1991): cell i of n is
 * drawn uniformly and gives x[i] with probability keep[i], else the value of
 * other[i]. Every draw costs the same, however many values there are.
 */
static void build_alias(struct discrete *d, struct arena *arena)
{
	uint32_t *todo = arena_array(arena, d->n, sizeof(*todo));
	size_t small = 0, large = d->n; /* from both ends of todo */

	for (size_t i = 0; i < d->n; i++) {
		d->keep[i] = d->p[i] * (double)d->n;
		d->other[i] = (uint32_t)i;
		if (d->keep[i] < 1)
			todo[small++] = (uint32_t)i;
		else
			todo[--large] = (uint32_t)i;
	}
	while (small && large < d->n) {
		uint32_t s = todo[--small], l = todo[large];

		d->other[s] = l;
		d->keep[l] -= 1 - d->keep[s];
		if (d->keep[l] < 1) {
			large++;
			todo[small++] = l;
		}
	}
	/* What is left differs from 1 by rounding only. */
	while (small)
		d->keep[todo[--small]] = 1;
	for (; large < d->n; large++)
		d->keep[todo[large]] = 1;
}

void discrete_build(struct discrete *d, struct atom *atom, size_t n,
		    struct arena *arena)
{
	double sum = 0, before = 0;

	d->n = merge(atom, n);
	d->x = arena_array(arena, d->n, sizeof(*d->x));
	d->p = arena_array(arena, d->n, sizeof(*d->p));
	d->below = arena_array(arena, d->n, sizeof(*d->below));
	d->keep = arena_array(arena, d->n, sizeof(*d->keep));
	d->other = arena_array(arena, d->n, sizeof(*d->other));
	for (size_t i = 0; i < d->n; i++)
		sum += atom[i].p;
	for (size_t i = 0; i < d->n; i++) {
		before += atom[i].p;
		d->x[i] = atom[i].x;
		d->p[i] = atom[i].p / sum;
		d->below[i] = before / sum;
	}
	d->below[d->n - 1] = 1;
	build_alias(d, arena);
}

void discrete_sample(const void *state, struct rng *rng, double *x, size_t n)
{
	const struct discrete *d = state;

	for (size_t i = 0; i < n; i++) {
		/* The fraction is as good as a second draw: n < 2^31 leaves
		 * it 22 bits at least. */
		double u = rng_uniform(rng) * (double)d->n;
		size_t at = (size_t)u;

		if (u - (double)at >= d->keep[at])
			at = d->other[at];
		x[i] = d->x[at];
	}
}

double discrete_moment(const void *state, int k)
{
	const struct discrete *d = state;
	double sum = 0;

	for (size_t i = 0; i < d->n; i++)
		sum += d->p[i] * pow(d->x[i], k);
	return sum;
}

/* How many of the values are <= x. */
static size_t count_upto(const struct discrete *d, double x)
{
	size_t low = 0, high = d->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (d->x[mid] <= x)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

double discrete_cdf(const void *state, double x)
{
	const struct discrete *d = state;
	size_t n = count_upto(d, x);

	return n ? d->below[n - 1] : 0;
}

double discrete_quantile(const void *state, double p)
{
	const struct discrete *d = state;
	size_t low = 0, high = d->n - 1;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (d->below[mid] >= p)
			high = mid;
		else
			low = mid + 1;
	}
	return d->x[low];
}

double complex discrete_laplace(const void *state, double complex s)
{
	const struct discrete *d = state;
	double complex sum = 0;

	for (size_t i = 0; i < d->n; i++)
		sum += d->p[i] * cexp(-s * d->x[i]);
	return sum;
}

size_t discrete_atoms(const void *state, double *x, double *p, size_t max)
{
	const struct discrete *d = state;

	for (size_t i = 0; i < d->n && i < max; i++) {
		x[i] = d->x[i];
		p[i] = d->p[i];
	}
	return d->n;
}
