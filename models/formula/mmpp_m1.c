/* mmpp_m1.c - bursts that follow a Markov chain, exponential service */
#include <errno.h>
#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "models/formula.h"
#include "models/qbd.h"
#include "models/queue.h"
#include "models/root.h"

/*
 * MMPP/M/1 in unit mean service (Neuts 1981, ch. 3). With a state for each
 * phase, level n of the chain has the law first R^n; an arrival finds n jobs
 * with probability w_n = first R^n L 1 / rate, L the rates. Its wait is a sum
 * of n services, so that with last = (I - R)^-1 L 1 / rate
 *	P(W > t) = first R exp(-t (I - R)) last,
 * and sojourn is the same without the R. To 1e-10, below a load of 1.
 */
struct mmpp_m1 {
	size_t n;
	gsl_matrix *r;
	gsl_vector *first, *second; /* second: first R */
	gsl_vector *last, *room;
	gsl_matrix *scaled, *exponential;
	double mean, rate;
};

static gsl_vector *vector(size_t n, struct arena *arena)
{
	gsl_vector_view view =
		gsl_vector_view_array(arena_array(arena, n, sizeof(double)), n);

	return arena_copy(arena, &view.vector, sizeof(view.vector));
}

/* x = a^-1 x; a is lost. */
static void solve(gsl_matrix *a, gsl_vector *x)
{
	gsl_permutation *order = gsl_permutation_alloc(a->size1);
	int sign;

	gsl_linalg_LU_decomp(a, order, &sign);
	gsl_linalg_LU_svx(a, order, x);
	gsl_permutation_free(order);
}

/* to = I - R */
static void decay(const struct mmpp_m1 *s, gsl_matrix *to)
{
	gsl_matrix_set_identity(to);
	gsl_matrix_sub(to, s->r);
}

/* The rates of a busy level, per mean service. */
static void find_rate(struct mmpp_m1 *s, const struct arrival_mmpp *a,
		      struct arena *arena)
{
	gsl_matrix *up = qbd_matrix(s->n, s->n, arena);
	gsl_matrix *stay = qbd_matrix(s->n, s->n, arena);
	gsl_matrix *down = qbd_matrix(s->n, s->n, arena);

	gsl_matrix_set_identity(down);
	for (size_t i = 0; i < s->n; i++) {
		double in = a->rate[i] * s->mean, out = a->leave[i] * s->mean;

		gsl_matrix_set(up, i, i, in);
		gsl_matrix_set(stay, i, i, -in - out - 1);
		*gsl_matrix_ptr(stay, i, (i + 1) % s->n) += out;
		gsl_vector_set(s->last, i, in / (s->rate * s->mean));
	}
	s->r = qbd_rate(up, stay, down, arena);
}

/*
 * The empty level: first (Q - L + R) = 0, and first (I - R)^-1 is the law of
 * the phases, which sums to 1.
 */
static void find_first(struct mmpp_m1 *s, const struct arrival_mmpp *a)
{
	gsl_matrix *m = s->scaled;
	gsl_vector *sums = s->second;

	gsl_vector_set_all(sums, 1);
	decay(s, m);
	solve(m, sums);
	gsl_matrix_memcpy(m, s->r);
	for (size_t i = 0; i < s->n; i++) {
		double in = a->rate[i] * s->mean, out = a->leave[i] * s->mean;

		*gsl_matrix_ptr(m, i, i) -= in + out;
		*gsl_matrix_ptr(m, i, (i + 1) % s->n) += out;
	}
	/* One equation says what the others do; the sum takes its place. */
	gsl_matrix_set_col(m, 0, sums);
	gsl_matrix_transpose(m);
	gsl_vector_set_zero(s->first);
	gsl_vector_set(s->first, 0, 1);
	solve(m, s->first);
}

static int mmpp_m1_solve(void *state, const struct queue *queue,
			 struct arena *arena, struct err *err)
{
	const struct arrival_share whole = { .rate_rps = queue->rate * 1e9,
					     .of = 1 };
	const struct arrival_ops *ops = queue->arrival;
	const struct arrival_mmpp *a;
	struct mmpp_m1 *s = state;
	void *arrival = arena_alloc(arena, ops->state_size);

	if (!ops->mmpp || !queue_service(queue, DIST_EXPONENTIAL) ||
	    queue->shape.of != POLICY_CENTRAL || queue->workers != 1)
		return err_set(err, -EDOM,
			       "MMPP/M/1 is arrivals mmpp, exponential service "
			       "and one worker, first come, first served");
	if (ops->init(arrival, queue->workload->arrival.options, &whole, arena,
		      err))
		return err->code;
	a = ops->mmpp(arrival);
	s->n = a->n;
	s->mean = queue->mean;
	s->rate = queue->rate;
	s->first = vector(s->n, arena);
	s->second = vector(s->n, arena);
	s->last = vector(s->n, arena);
	s->room = vector(s->n, arena);
	s->scaled = qbd_matrix(s->n, s->n, arena);
	s->exponential = qbd_matrix(s->n, s->n, arena);
	find_rate(s, a, arena);
	find_first(s, a);
	decay(s, s->scaled);
	solve(s->scaled, s->last);
	gsl_blas_dgemv(CblasTrans, 1, s->r, s->first, 0, s->second);
	return 0;
}

static double product(const gsl_vector *a, const gsl_vector *b)
{
	double sum;

	gsl_blas_ddot(a, b, &sum);
	return sum;
}

/* from exp(-t (I - R)) last */
static double tail(const struct mmpp_m1 *s, const gsl_vector *from, double t)
{
	double sum = 0;

	decay(s, s->scaled);
	gsl_matrix_scale(s->scaled, -t);
	gsl_linalg_exponential_ss(s->scaled, s->exponential, GSL_PREC_DOUBLE);
	for (size_t i = 0; i < s->n; i++)
		for (size_t j = 0; j < s->n; j++)
			sum += gsl_vector_get(from, i) *
			       gsl_matrix_get(s->exponential, i, j) *
			       gsl_vector_get(s->last, j);
	return sum;
}

static double wait_tail(double t, void *context)
{
	const struct mmpp_m1 *s = context;

	return tail(s, s->second, t);
}

static double sojourn_tail(double t, void *context)
{
	const struct mmpp_m1 *s = context;

	return tail(s, s->first, t);
}

/* second (one I + y (I - R))^-n last */
static double resolvent(const struct mmpp_m1 *s, double one, double y, int n)
{
	gsl_vector_memcpy(s->room, s->last);
	for (int i = 0; i < n; i++) {
		decay(s, s->scaled);
		gsl_matrix_scale(s->scaled, y);
		gsl_matrix_add_diagonal(s->scaled, one);
		solve(s->scaled, s->room);
	}
	return product(s->second, s->room);
}

/* P(T / S > x): the wait's tail at x - 1 services, over their law. */
static double slowdown_tail(double x, void *context)
{
	return resolvent(context, 1, x - 1, 1);
}

static double mean_wait(const struct mmpp_m1 *s)
{
	return resolvent(s, 0, 1, 1);
}

static double variance(const struct mmpp_m1 *s, enum predict_metric of)
{
	double wait = 2 * resolvent(s, 0, 1, 2) - pow(mean_wait(s), 2);

	switch (of) {
	case METRIC_WAIT:
		return wait * s->mean * s->mean;
	case METRIC_SOJOURN:
		return (wait + 1) * s->mean * s->mean;
	default:
		return NAN;
	}
}

static double mean(const struct mmpp_m1 *s, const struct predict_ask *ask)
{
	switch (ask->of) {
	case METRIC_WAIT:
		return mean_wait(s) * s->mean;
	case METRIC_SOJOURN:
		return (mean_wait(s) + 1) * s->mean;
	case METRIC_IN_SYSTEM:
		return ask->class ? NAN
				  : (mean_wait(s) + 1) * s->mean * s->rate;
	default:
		return NAN;
	}
}

static double quantile(const struct mmpp_m1 *s, enum predict_metric of,
		       double later)
{
	double step = 1 + mean_wait(s);

	switch (of) {
	case METRIC_WAIT:
		return s->mean *
		       root_tail(wait_tail, (void *)s, 0, step, later);
	case METRIC_SOJOURN:
		return s->mean *
		       root_tail(sojourn_tail, (void *)s, 0, step, later);
	case METRIC_SLOWDOWN:
		return root_tail(slowdown_tail, (void *)s, 1, step, later);
	default:
		return NAN;
	}
}

static double figure(const struct mmpp_m1 *s, const struct predict_ask *ask)
{
	switch (ask->figure) {
	case FIGURE_MEAN:
		return mean(s, ask);
	case FIGURE_VARIANCE:
		return variance(s, ask->of);
	case FIGURE_QUANTILE:
		return quantile(s, ask->of, 1 - ask->q);
	case FIGURE_P_WAIT:
		return product(s->second, s->last);
	default:
		return NAN;
	}
}

static struct predict_value mmpp_m1_answer(const void *state,
					   const struct predict_ask *ask)
{
	return predict_sure(ask->stage || ask->given > 0 ? NAN
							 : figure(state, ask));
}

const struct formula_ops formula_mmpp_m1 = {
	.kind = {
		.name = "mmpp-m1",
		.help = "MMPP/M/1, matrix-geometric (Neuts 1981)",
	},
	.strength = FORMULA_EXACT,
	.state_size = sizeof(struct mmpp_m1),
	.solve = mmpp_m1_solve,
	.answer = mmpp_m1_answer,
};
