/*
 * qbd.c - chains that go up and down by one level: quasi birth and death
 *
 * Matrix-geometric solutions are Neuts' (1981).
 */
#include "models/qbd.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

#include "lancet/core/arena.h"

gsl_matrix *qbd_matrix(size_t rows, size_t columns, struct arena *arena)
{
	double *data = arena_array(arena, rows * columns, sizeof(*data));
	gsl_matrix_view view = gsl_matrix_view_array(data, rows, columns);

	return arena_copy(arena, &view.matrix, sizeof(view.matrix));
}

void qbd_multiply(const gsl_matrix *a, const gsl_matrix *b, gsl_matrix *to)
{
	gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, a, b, 0, to);
}

void qbd_invert(gsl_matrix *a, gsl_matrix *to)
{
	gsl_permutation *order = gsl_permutation_alloc(a->size1);
	int sign;

	gsl_matrix_scale(a, -1);
	gsl_linalg_LU_decomp(a, order, &sign);
	gsl_linalg_LU_invert(a, order, to);
	gsl_permutation_free(order);
}

/* What logarithmic reduction works on; all of one size. */
struct reduction {
	gsl_matrix *up, *down; /* at this scale */
	gsl_matrix *path;      /* up at all scales so far */
	gsl_matrix *first;     /* G: where the level below is first met */
	gsl_matrix *room, *inverse, *product;
};

/*
 * How far the rows of G are from the sum of 1 that stability gives them: what
 * is left to be found.
 */
static double missing(const gsl_matrix *g)
{
	double most = 0;

	for (size_t i = 0; i < g->size1; i++) {
		double sum = 0;

		for (size_t j = 0; j < g->size2; j++)
			sum += gsl_matrix_get(g, i, j);
		most = fmax(most, fabs(1 - sum));
	}
	return most;
}

static void add_product(const gsl_matrix *a, const gsl_matrix *b,
			gsl_matrix *to)
{
	gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, a, b, 1, to);
}

/* to = inverse * a^2, by way of product. */
static void square(struct reduction *r, gsl_matrix *a)
{
	qbd_multiply(a, a, r->product);
	qbd_multiply(r->inverse, r->product, a);
}

/* Twice as many levels at a time. */
static void reduce(struct reduction *r)
{
	qbd_multiply(r->up, r->down, r->room);
	add_product(r->down, r->up, r->room);
	for (size_t i = 0; i < r->room->size1; i++)
		*gsl_matrix_ptr(r->room, i, i) -= 1;
	qbd_invert(r->room, r->inverse);
	square(r, r->up);
	square(r, r->down);
	add_product(r->path, r->down, r->first);
	qbd_multiply(r->path, r->up, r->product);
	gsl_matrix_memcpy(r->path, r->product);
}

/* Logarithmic reduction (Latouche and Ramaswami 1993): the error is squared
 * at each turn, about ten of them near saturation. */
static gsl_matrix *first_passage(const gsl_matrix *up, const gsl_matrix *stay,
				 const gsl_matrix *down, struct arena *arena)
{
	size_t n = up->size1;
	struct reduction r;
	gsl_matrix **all[] = { &r.up,	&r.down,    &r.path,   &r.first,
			       &r.room, &r.inverse, &r.product };
	double left = 1, before = 2;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		*all[i] = qbd_matrix(n, n, arena);
	gsl_matrix_memcpy(r.room, stay);
	qbd_invert(r.room, r.inverse);
	qbd_multiply(r.inverse, up, r.up);
	qbd_multiply(r.inverse, down, r.down);
	gsl_matrix_memcpy(r.path, r.up);
	gsl_matrix_memcpy(r.first, r.down);
	/* Until rounding is all that is left. */
	for (int turn = 0; turn < 60 && left > 0 && left < before; turn++) {
		reduce(&r);
		before = turn > 5 ? left : 2;
		left = missing(r.first);
	}
	return r.first;
}

gsl_matrix *qbd_rate(const gsl_matrix *up, const gsl_matrix *stay,
		     const gsl_matrix *down, struct arena *arena)
{
	size_t n = up->size1;
	gsl_matrix *first = first_passage(up, stay, down, arena);
	gsl_matrix *room = qbd_matrix(n, n, arena);
	gsl_matrix *inverse = qbd_matrix(n, n, arena);
	gsl_matrix *rate = qbd_matrix(n, n, arena);

	gsl_matrix_memcpy(room, stay);
	add_product(up, first, room);
	qbd_invert(room, inverse);
	qbd_multiply(up, inverse, rate);
	return rate;
}
