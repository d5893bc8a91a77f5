/*
 * mphk.c - service in exponential phases, k workers, one queue: M/PH/k
 *
 * A quasi birth and death process (Neuts 1981), level = number in the system.
 * Who leaves the queue leaves behind the Poisson arrivals of its wait (the
 * distributional law of Little; Keilson and Servi 1988), so that
 *	P(W > t) = busy (I - R)^-1 exp(-rate (R^-1 - I) t) 1
 * where the transform and the mixture over services have R in the place of a
 * number, and no more than a linear system to be solved.
 */
#include "models/mphk.h"

#include <complex.h>
#include <errno.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/hessenberg.h"
#include "models/invert.h"
#include "models/phases.h"
#include "models/qbd.h"

/* x' a, in place of x. */
static void pass(double *x, const gsl_matrix *a, struct arena *arena)
{
	double *to = arena_array(arena, a->size2, sizeof(*to));

	for (size_t i = 0; i < a->size1; i++)
		for (size_t j = 0; j < a->size2; j++)
			to[j] += x[i] * gsl_matrix_get(a, i, j);
	for (size_t j = 0; j < a->size2; j++)
		x[j] = to[j];
}

static double total(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum;
}

/*
 * From the top down, level n's law times step[n] is level n + 1's: arrivals
 * there, until it is left for good (linear level reduction).
 */
static gsl_matrix **descend(const struct phases *p, const gsl_matrix *rate,
			    struct arena *arena)
{
	gsl_matrix **step = arena_array(arena, p->k + 1, sizeof(gsl_matrix *));
	size_t here = phases_states(p, p->k), below, above = here;

	step[p->k] = (gsl_matrix *)rate;
	for (uint32_t n = p->k; n; n--) {
		gsl_matrix *up, *stay = qbd_matrix(here, here, arena);
		gsl_matrix *back = qbd_matrix(above, here, arena);
		gsl_matrix *inverse = qbd_matrix(here, here, arena);

		phases_rates(p, n, 0, NULL, stay, NULL);
		if (n == p->k)
			phases_rates(p, n, 1, NULL, NULL, back);
		else
			phases_rates(p, n + 1, 0, NULL, NULL, back);
		gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, step[n], back, 1,
			       stay);
		qbd_invert(stay, inverse);
		below = phases_states(p, n - 1);
		up = qbd_matrix(below, here, arena);
		phases_rates(p, n - 1, 0, up, NULL, NULL);
		step[n - 1] = qbd_matrix(below, here, arena);
		qbd_multiply(up, inverse, step[n - 1]);
		above = here;
		here = below;
	}
	return step;
}

/* Laws of the levels, up to a factor, from that of the empty system. */
static void ascend(struct mphk *m, gsl_matrix **step, double *busy,
		   struct arena *arena)
{
	busy[0] = 1;
	for (uint32_t n = 0; n < m->k; n++) {
		m->level[n] = total(busy, step[n]->size1);
		pass(busy, step[n], arena);
	}
}

/* (I - R)^-1: its product with a law sums over all levels from there up. */
static gsl_matrix *above(const gsl_matrix *rate, struct arena *arena)
{
	size_t n = rate->size1;
	gsl_matrix *left = qbd_matrix(n, n, arena);
	gsl_matrix *sum = qbd_matrix(n, n, arena);

	gsl_matrix_memcpy(left, rate);
	for (size_t i = 0; i < n; i++)
		*gsl_matrix_ptr(left, i, i) -= 1;
	qbd_invert(left, sum);
	return sum;
}

/*
 * All levels add up to 1; E[Nq] = busy R (I - R)^-2 1 and so on, and the
 * moments of the wait are those of Nq over powers of the rate (Little).
 */
static void weigh(struct mphk *m, const gsl_matrix *rate, struct arena *arena)
{
	const gsl_matrix *sum = above(rate, arena);
	double *x, all;

	pass(m->waits, sum, arena);
	all = total(m->level, m->k) + total(m->waits, m->n);
	for (size_t i = 0; i < m->n; i++)
		m->waits[i] /= all;
	for (uint32_t i = 0; i < m->k; i++)
		m->level[i] /= all;
	m->p_wait = total(m->waits, m->n);
	x = arena_copy(arena, m->waits, m->n * sizeof(*x));
	for (int power = 0; power < 2; power++) {
		pass(x, rate, arena);
		pass(x, sum, arena);
		m->wait[power] =
			(1 + power) * total(x, m->n) / pow(m->rate, 1 + power);
	}
}

/*
 * The largest eigenvalue of R is how far apart levels are at last; any x > 0
 * bounds it from above (Collatz 1942, Wielandt 1950).
 */
static double slowest_decay(const struct mphk *m, const gsl_matrix *rate)
{
	gsl_vector *x = gsl_vector_alloc(m->n), *y = gsl_vector_alloc(m->n);
	double most = 1, least = 0;

	gsl_vector_set_all(x, 1);
	for (int turn = 0; turn < 300 && most - least > 1e-9 * most; turn++) {
		most = 0;
		least = INFINITY;
		gsl_blas_dgemv(CblasNoTrans, 1, rate, x, 0, y);
		for (size_t i = 0; i < m->n; i++) {
			double ratio =
				gsl_vector_get(y, i) / gsl_vector_get(x, i);

			most = fmax(most, ratio);
			least = fmin(least, ratio);
		}
		gsl_vector_scale(y, 1 / gsl_vector_max(y));
		gsl_vector_swap(x, y);
	}
	gsl_vector_free(x);
	gsl_vector_free(y);
	return fmax(0, m->rate * (1 / most - 1));
}

/* R = Q H Q', so that systems in R cost the square of n only. */
static void transform(struct mphk *m, gsl_matrix *rate, struct arena *arena)
{
	gsl_matrix *q = qbd_matrix(m->n, m->n, arena);
	gsl_vector *tau = gsl_vector_alloc(m->n);

	gsl_matrix_set_identity(q);
	if (m->n > 2) {
		gsl_linalg_hessenberg_decomp(rate, tau);
		gsl_linalg_hessenberg_unpack(rate, tau, q);
		gsl_linalg_hessenberg_set_zero(rate);
	}
	gsl_vector_free(tau);
	m->h = rate;
	m->ones = arena_array(arena, m->n, sizeof(*m->ones));
	for (size_t i = 0; i < m->n; i++)
		m->ones[i] = 1;
	pass(m->ones, q, arena);
	pass(m->waits, q, arena);
	m->queued = arena_copy(arena, m->waits, m->n * sizeof(*m->waits));
	pass(m->queued, rate, arena);
}

int mphk_solve(struct mphk *m, const struct mphk_law *service, uint32_t k,
	       double rate, struct arena *arena, struct err *err)
{
	gsl_matrix *up, *stay, *down, *r;
	struct phases p;

	phases_init(&p, service->branch, service->n, k, rate, arena);
	*m = (struct mphk){ .k = k, .rate = rate, .n = phases_states(&p, k) };
	if (m->n > PHASES_STATES || k > MPHK_WORKERS)
		return err_set(err, -EDOM,
			       "%u workers and %zu phases of service have too "
			       "many states to be solved; simulate",
			       k, p.n);
	up = qbd_matrix(m->n, m->n, arena);
	stay = qbd_matrix(m->n, m->n, arena);
	down = qbd_matrix(m->n, m->n, arena);
	phases_rates(&p, k, 1, up, stay, down);
	r = qbd_rate(up, stay, down, arena);
	m->waits = arena_array(arena, m->n, sizeof(*m->waits));
	m->level = arena_array(arena, m->k, sizeof(*m->level));
	ascend(m, descend(&p, r, arena), m->waits, arena);
	weigh(m, r, arena);
	m->decay = slowest_decay(m, r);
	transform(m, r, arena);
	return 0;
}

/* y' x */
static double complex between(const double *y, const double complex *x,
			      size_t n)
{
	double complex sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += y[i] * x[i];
	return sum;
}

/* E[e^-sS]; Erlang laws are powers. */
static double complex law_transform(const struct mphk_law *law,
				    double complex s)
{
	double complex sum = 0;

	for (size_t i = 0; i < law->n; i++) {
		const struct dist_branch *b = &law->branch[i];

		sum += b->p * cpow(b->rate / (b->rate + s), b->stages);
	}
	return sum;
}

static double law_tail(const struct mphk_law *law, double x)
{
	double sum = 0;

	for (size_t i = 0; i < law->n; i++) {
		const struct dist_branch *b = &law->branch[i];

		sum += b->p * gsl_cdf_gamma_Q(x, b->stages, 1 / b->rate);
	}
	return sum;
}

struct tail {
	const struct mphk *m;
	const struct mphk_law *service; /* that follows; NULL: none */
	double shift; /* the tail times e^(shift t) is inverted */
};

/*
 * Of P(W > t): waits R ((s - rate) R + rate I)^-1 1, where z = 1 - s / rate
 * of the generating function of Nq; times that of S it is the transform of
 * P(W + S > t) - P(S > t).
 */
static double complex tail_transform(double complex s, void *context)
{
	const struct tail *t = context;
	const struct mphk *m = t->m;
	double complex x[PHASES_STATES];

	s -= t->shift;
	for (size_t i = 0; i < m->n; i++)
		x[i] = m->ones[i];
	hessenberg_solve(m->h, m->rate, s - m->rate, x);
	return between(m->queued, x, m->n) *
	       (t->service ? law_transform(t->service, s) : 1);
}

static double invert_tail(const struct tail *t, double x)
{
	double value = invert(tail_transform, (void *)t, x, NULL);

	return fmax(0, exp(-t->shift * x) * value);
}

double mphk_wait_tail(const struct mphk *m, double x)
{
	struct tail t = { m, NULL, m->decay };

	return x > 0 ? invert_tail(&t, x) : m->p_wait;
}

double mphk_sojourn_tail(const struct mphk *m, const struct mphk_law *service,
			 double x)
{
	struct tail t = { m, service, m->decay };

	if (!(x > 0))
		return 1;
	for (size_t i = 0; i < service->n; i++)
		t.shift = fmin(t.shift, service->branch[i].rate);
	return law_tail(service, x) + invert_tail(&t, x);
}

/*
 * P(W > (x - 1) S): the transform of S in the place of e^-(x - 1)t, at the
 * matrix rate (R^-1 - I); of a stage with rate b,
 *	b R (b R + (x - 1) rate (I - R))^-1
 */
double mphk_slowdown_tail(const struct mphk *m, const struct mphk_law *service,
			  double x)
{
	double y = m->rate * (x - 1), sum = 0;

	if (!(x > 1))
		return x < 1 ? 1 : m->p_wait;
	for (size_t i = 0; i < service->n; i++) {
		const struct dist_branch *b = &service->branch[i];
		double complex z[PHASES_STATES];

		for (size_t j = 0; j < m->n; j++)
			z[j] = m->ones[j];
		for (uint32_t j = 0; j < b->stages; j++) {
			hessenberg_multiply(m->h, b->rate, z);
			hessenberg_solve(m->h, y, b->rate - y, z);
		}
		sum += b->p * creal(between(m->waits, z, m->n));
	}
	return sum;
}

double mphk_number_variance(const struct mphk *m)
{
	double queued = m->rate * m->wait[0], k = m->k;
	double mean = k * m->p_wait + queued;
	double square = k * k * m->p_wait + (2 * k + 1) * queued +
			m->rate * m->rate * m->wait[1];

	for (uint32_t n = 0; n < m->k; n++) {
		mean += n * m->level[n];
		square += (double)n * n * m->level[n];
	}
	return square - mean * mean;
}

/* P(N >= k + j) = waits R^j 1 */
double mphk_number_quantile(const struct mphk *m, double q)
{
	double complex x[PHASES_STATES];
	double below = 0, n = 0;

	for (; n < m->k; n++)
		if ((below += m->level[(uint32_t)n]) >= q)
			return n;
	for (size_t i = 0; i < m->n; i++)
		x[i] = m->ones[i];
	hessenberg_multiply(m->h, 1, x);
	for (; creal(between(m->waits, x, m->n)) > 1 - q; n++)
		hessenberg_multiply(m->h, 1, x);
	return n;
}
