/*
 * mdk.c - constant service, Poisson arrivals, k workers: M/D/k exactly
 *
 * Who is in service now is gone one service time later, so the number N in
 * the system becomes (N - k)+ plus a Poisson number of arrivals (Crommelin
 * 1932); its stationary law is that of any instant. Waiting times are a
 * mixture of Poisson laws over it (Franx 2001).
 */
#include "models/mdk.h"

#include <errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/root.h"

/* ln z = rho (z - 1), at z = 1 + x > 1: 1/z is the decay of the tail. */
static double decay_equation(double x, void *context)
{
	const double *rho = context;

	return log1p(x) - *rho * x;
}

static double tail_ratio(double rho)
{
	double hi = 2 * (1 - rho) / rho;

	while (decay_equation(hi, &rho) > 0)
		hi *= 2;
	return 1 / (1 + root_find(decay_equation, &rho, 1 - rho, hi));
}

/*
 * How many states beyond k differ from a geometric tail: it is left behind as
 * the powers of the next root of z^k = e^{rate (z - 1)}, which is complex. The
 * first two terms of the logarithm place it near 1 + w, from below.
 */
static uint32_t transient_states(uint32_t k, double rho)
{
	double lost = 1 - rho, angle = 4 * M_PI / k;
	double size = hypot(lost * lost, angle);
	double re = lost + sqrt((size + lost * lost) / 2);
	double im = sqrt((size - lost * lost) / 2);

	return (uint32_t)(log(1e18) / log(hypot(1 + re, im))) + 8;
}

/*
 * The weight with which state m feeds state n after one service time; the
 * last one stands for all behind it too, each smaller by the ratio.
 */
static double transition(const struct mdk *m, const double *poisson,
			 uint32_t from, uint32_t to)
{
	uint32_t left = from > m->k ? from - m->k : 0;
	double sum = left <= to ? poisson[to - left] : 0;
	double part = 1;

	if (from < m->last)
		return sum;
	while (++left <= to)
		sum += (part *= m->ratio) * poisson[to - left];
	return sum;
}

/* Balance of all states but one, and that all add up to 1. */
static void fill_balance(const struct mdk *m, const double *poisson,
			 gsl_matrix *a)
{
	for (uint32_t to = 0; to <= m->last; to++)
		for (uint32_t from = 0; from <= m->last; from++)
			gsl_matrix_set(a, to, from,
				       transition(m, poisson, from, to) -
					       (from == to));
	for (uint32_t from = 0; from < m->last; from++)
		gsl_matrix_set(a, 0, from, 1);
	gsl_matrix_set(a, 0, m->last, 1 / (1 - m->ratio));
}

/*
 * Elimination keeps the relative accuracy of each probability, however small:
 * fifty steps of the chain, sums of what is positive, change no probability
 * of waiting and no mean wait by 4e-12 (k to 512, utilisation 0.01 to 0.9999).
 */
static int solve_balance(struct mdk *m, const double *poisson, struct err *err)
{
	size_t n = m->last + 1;
	gsl_matrix *a = gsl_matrix_alloc(n, n);
	gsl_permutation *order = gsl_permutation_alloc(n);
	gsl_vector_view p = gsl_vector_view_array(m->p, n);
	int sign, rc = 0;

	if (a && order) {
		fill_balance(m, poisson, a);
		m->p[0] = 1;
		gsl_linalg_LU_decomp(a, order, &sign);
		gsl_linalg_LU_svx(a, order, &p.vector);
	} else {
		rc = err_set(err, -ENOMEM, "no memory for M/D/%u", m->k);
	}
	gsl_permutation_free(order);
	gsl_matrix_free(a);
	return rc;
}

int mdk_solve(struct mdk *m, uint32_t k, double rho, struct arena *arena,
	      struct err *err)
{
	double *poisson;

	if (k > MDK_WORKERS)
		return err_set(err, -EDOM,
			       "M/D/k is solved for at most %d "
			       "workers; simulate",
			       MDK_WORKERS);
	m->k = k;
	m->rate = rho * k;
	m->ratio = tail_ratio(rho);
	m->last = k + transient_states(k, rho);
	m->p = arena_array(arena, m->last + 1, sizeof(*m->p));
	m->above = arena_array(arena, m->last + 1, sizeof(*m->above));
	poisson = arena_array(arena, m->last + 1, sizeof(*poisson));
	for (uint32_t n = 0; n <= m->last; n++)
		poisson[n] = gsl_ran_poisson_pdf(n, m->rate);
	if (solve_balance(m, poisson, err))
		return err->code;
	m->above[m->last] = m->p[m->last] * m->ratio / (1 - m->ratio);
	for (uint32_t n = m->last; n; n--)
		m->above[n - 1] = m->above[n] + m->p[n];
	return 0;
}

/* P(N > n) */
static double above(const struct mdk *m, uint64_t n)
{
	if (n <= m->last)
		return m->above[n];
	return m->above[m->last] * pow(m->ratio, (double)(n - m->last));
}

double mdk_p_wait(const struct mdk *m)
{
	return above(m, m->k - 1);
}

/*
 * Who leaves the queue leaves behind who came meanwhile: N of the queue is
 * Poisson of rate W (Keilson and Servi 1988), so E[W] = E[Nq] / rate and
 * E[W^2] = E[Nq (Nq - 1)] / rate^2.
 */
double mdk_wait_moment(const struct mdk *m, int power)
{
	double sum = 0, end = above(m, m->last), off = m->last - m->k;
	double r = m->ratio, stay = 1 / (1 - r);

	/* E[Nq] = sum P(Nq > j); E[Nq (Nq - 1)] = sum 2 j P(Nq > j) */
	for (uint32_t n = m->k; n < m->last; n++)
		sum += above(m, n) * (power == 1 ? 1 : 2.0 * (n - m->k));
	sum += end * stay * (power == 1 ? 1 : 2 * (off + r * stay));
	return sum / pow(m->rate, power);
}

/*
 * Crommelin's formula in Franx's form, for the tail: with n services begun by
 * x, W > x where the queue and those who came in the rest of the n-th service
 * outnumber n k.
 */
double mdk_wait_tail(const struct mdk *m, double x)
{
	double n = floor(x) + 1, rest = m->rate * (n - x);
	uint64_t places = (uint64_t)n * m->k;
	double sum, weight;

	sum = places <= UINT32_MAX
		      ? gsl_cdf_poisson_Q((unsigned)(places - 1), rest)
		      : 0;
	for (uint64_t j = 0; j < places; j++) {
		weight = gsl_ran_poisson_pdf((unsigned)j, rest);
		if ((double)j > rest && weight < 1e-20)
			break;
		sum += weight * above(m, places - 1 - j + m->k);
	}
	return sum;
}

struct target {
	const struct mdk *m;
	double tail;
};

static double tail_equation(double x, void *context)
{
	const struct target *t = context;

	return log(mdk_wait_tail(t->m, x) / t->tail);
}

double mdk_wait_quantile(const struct mdk *m, double q)
{
	struct target t = { m, 1 - q };
	double hi = 1;

	if (mdk_p_wait(m) <= t.tail)
		return 0;
	while (tail_equation(hi, &t) > 0)
		hi *= 2;
	return root_find(tail_equation, &t, 0, hi);
}

double mdk_number_variance(const struct mdk *m)
{
	double mean = 0, second = 0, r = m->ratio, stay = 1 / (1 - r);
	double end = above(m, m->last);

	for (uint32_t n = 0; n < m->last; n++) {
		mean += above(m, n);
		second += (2.0 * n + 1) * above(m, n);
	}
	mean += end * stay;
	second += end * stay * (2.0 * m->last + 1 + 2 * r * stay);
	return second - mean * mean;
}

double mdk_number_quantile(const struct mdk *m, double q)
{
	uint64_t n = 0;

	while (above(m, n) > 1 - q)
		n++;
	return (double)n;
}
