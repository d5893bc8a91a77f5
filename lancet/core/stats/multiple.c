/* multiple.c - p values of many tests, held to one level together */
#include "lancet/core/stats/multiple.h"

#include <gsl/gsl_sort.h>
#include <math.h>

#include "lancet/core/arena.h"

static size_t *ascending(const double *p, size_t n, struct arena *arena)
{
	size_t *order = arena_array(arena, n, sizeof(*order));

	gsl_sort_index(order, p, 1, n);
	return order;
}

void multiple_holm(const double *p, size_t n, double *adjusted)
{
	struct arena arena;
	double most = 0;
	size_t *order;

	arena_init(&arena);
	order = ascending(p, n, &arena);
	for (size_t i = 0; i < n; i++) {
		most = fmax(most, p[order[i]] * (double)(n - i));
		adjusted[order[i]] = fmin(most, 1);
	}
	arena_fini(&arena);
}

void multiple_benjamini_hochberg(const double *p, size_t n, double *adjusted)
{
	struct arena arena;
	double least = 1;
	size_t *order;

	arena_init(&arena);
	order = ascending(p, n, &arena);
	for (size_t i = n; i-- > 0;) {
		least = fmin(least, p[order[i]] * (double)n / (double)(i + 1));
		adjusted[order[i]] = least;
	}
	arena_fini(&arena);
}
