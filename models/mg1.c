/* mg1.c - M/G/1, first come, first served: wait, sojourn and slowdown */
#include "models/mg1.h"

#include <complex.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "models/invert.h"
#include "models/memo.h"
#include "models/root.h"

/* Two orders of an inversion agree to so much of the tail (MODELS, 5). */
#define AGREE 1e-5
/* ... or of 1, where the tail is one of many terms of a sum. */
#define NOTHING 1e-8

static double rho_of(const struct mg1 *m)
{
	return m->rate * m->queue->mean;
}

static double memo_tail(double x, const void *context);

/* --- light tails -----------------------------------------------------------
 */

/* Is x left of the decay rate, where rate (E[e^xS] - 1) = x? The difference
 * is convex, and below 0 between that and 0. */
static bool decays_faster(const struct mg1 *m, double x)
{
	double up = creal(queue_laplace(m->queue, -x));

	return m->rate * (up - 1) < x;
}

/*
 * Cramer's exponent of the tail of W (Feller 2, XII.5): below 2 (1 - rho) /
 * rate E[S^2]; where the transform ends earlier, that end.
 */
static double decay_of(const struct mg1 *m)
{
	double first = (1 - rho_of(m)) * 2 / (m->rate * m->queue->m2);
	double lo = 0, hi = first;

	for (int i = 0; i < 50; i++) {
		double x = (lo + hi) / 2;

		if (decays_faster(m, x))
			lo = x;
		else
			hi = x;
	}
	return lo > 1e-9 * first ? lo : 0;
}

/* --- set up ----------------------------------------------------------------
 */

static void init_class(struct mg1_jobs *jobs, const struct class_law *class,
		       struct arena *arena)
{
	const struct dist *law = &class->service;

	jobs->weight = class->weight;
	jobs->law = law;
	if (!law->ops->atoms)
		return;
	jobs->n = law->ops->atoms(law->state, NULL, NULL, 0);
	jobs->x = arena_array(arena, jobs->n, sizeof(*jobs->x));
	jobs->p = arena_array(arena, jobs->n, sizeof(*jobs->p));
	law->ops->atoms(law->state, jobs->x, jobs->p, jobs->n);
}

static struct memo *remember(const struct mg1 *m, struct arena *arena)
{
	struct memo *memo = arena_alloc(arena, sizeof(*memo));

	memo->f = memo_tail;
	memo->context = m;
	memo->unit = m->queue->mean;
	return memo;
}

void mg1_init(struct mg1 *m, const struct queue *queue, double rate,
	      struct arena *arena)
{
	const struct workload *w = queue->workload;
	double idle = 1 - rate * queue->mean;
	double *x, *p;
	size_t n = queue_atoms(queue, &x, &p, arena);

	*m = (struct mg1){ .queue = queue, .rate = rate };
	m->wait = rate * queue->m2 / (2 * idle);
	m->var_wait = m->wait * m->wait + rate * queue->m3 / (3 * idle);
	m->nclasses = w->nclasses;
	m->class = arena_array(arena, w->nclasses, sizeof(*m->class));
	for (size_t i = 0; i < w->nclasses; i++)
		init_class(&m->class[i], &w -> class[i], arena);
	m->transform = !isnan(creal(queue_laplace(queue, 1 / queue->mean)));
	if (m->transform)
		m->decay = decay_of(m);
	m->discrete = n > 0;
	if (m->transform && !n)
		m->memo = remember(m, arena);
	if (n)
		m->lattice = lattice_create(rate, m->decay, x, p, n, arena);
}

/* --- inversion -------------------------------------------------------------
 */

struct inversion {
	const struct mg1 *m;
	const struct dist *law; /* of the job whose sojourn it is */
	double shift;
};

/* Transform of the residual service that an arrival finds. */
static double complex residual(const struct mg1 *m, double complex s)
{
	double rounding;

	return queue_laplace_rest(m->queue, s, &rounding) /
	       (s * m->queue->mean);
}

/* (1 - W*(s)) / s, written so that only the residual cancels. */
static double complex wait_transform(double complex s, void *context)
{
	const struct inversion *v = context;
	double complex r = residual(v->m, s -= v->shift);
	double rho = rho_of(v->m);

	return rho * (1 - r) / ((1 - rho * r) * s);
}

static double complex law_rest(const struct dist *law, double complex s)
{
	return law->ops->laplace_rest ? law->ops->laplace_rest(law->state, s)
				      : 1 - law->ops->laplace(law->state, s);
}

/* That of P(W > 0, W + S > t): without what does not wait, which has the
 * kinks of S itself. */
static double complex sojourn_transform(double complex s, void *context)
{
	const struct inversion *v = context;
	double complex r = residual(v->m, s -= v->shift);
	double rho = rho_of(v->m);
	double complex later = law_rest(v->law, s);

	return rho * ((1 - r) + (1 - rho) * r * later) / ((1 - rho * r) * s);
}

/*
 * What rounding of the service's transform does to the value, by the first
 * term of the sum: the least s, where it is worst.
 */
static double rounding_of(const struct inversion *v, double t)
{
	double complex s = (INVERT_ALIAS / 2 + I * M_PI) / t - v->shift, r;
	double rho = rho_of(v->m), mean = v->m->queue->mean, rounding;

	r = queue_laplace_rest(v->m->queue, s, &rounding) / (s * mean);
	return exp(INVERT_ALIAS / 2) / t * rounding * rho * (1 - rho) /
	       (mean * pow(cabs(s * (1 - rho * r)), 2));
}

/*
 * The tail times e^(shift t): where it is exponential so that relative
 * precision is left, and by e^2 more, as it is smaller by far where its
 * aliases are, at 3t, 5t ..., and rounding counts more than they do.
 */
static double invert_tail(const struct mg1 *m, const struct dist *law, double t,
			  double nothing)
{
	struct inversion v = { m, law, m->decay + 2 / t };
	double off, value, scale;

	value = invert(law ? sojourn_transform : wait_transform, &v, t, &off);
	off += rounding_of(&v, t);
	scale = exp(-v.shift * t);
	return off <= AGREE * value    ? scale * value
	       : off * scale < nothing ? fmax(0, scale * value)
				       : NAN;
}

/* --- tails -----------------------------------------------------------------
 */

static double wait_tail(const struct mg1 *m, double x, double nothing)
{
	if (x < 0)
		return 1;
	if (x == 0)
		return rho_of(m);
	if (m->lattice)
		return lattice_tail(m->lattice, x);
	return m->transform && !m->discrete ? invert_tail(m, NULL, x, nothing)
					    : NAN;
}

/* As one of many terms of a sum. */
static double memo_tail(double x, const void *context)
{
	return wait_tail(context, x, NOTHING);
}

double mg1_wait_tail(const struct mg1 *m, double x)
{
	return wait_tail(m, x, 0);
}

/* Less than 1e-12 of the sojourn is rounding. */
static double wait_in(double sojourn, double service)
{
	double wait = sojourn - service;

	return fabs(wait) > 1e-12 * sojourn ? wait : 0;
}

static double sojourn_tail(const struct mg1 *m, const struct mg1_jobs *jobs,
			   double t)
{
	double sum = 0;

	if (!(t > 0))
		return 1;
	if (!jobs->n)
		return (1 - rho_of(m)) *
			       (1 - jobs->law->ops->cdf(jobs->law->state, t)) +
		       (m->transform ? invert_tail(m, jobs->law, t, 0) : NAN);
	for (size_t i = 0; i < jobs->n; i++)
		sum += jobs->p[i] * mg1_wait_tail(m, wait_in(t, jobs->x[i]));
	return sum;
}

/* P(T / S > x) = E[P(W > (x - 1) S)] */
struct stretch {
	const struct mg1 *m;
	double beyond; /* x - 1 */
};

static double stretch_tail(double service, const void *context)
{
	const struct stretch *s = context;

	return s->m->memo ? memo_value(s->m->memo, s->beyond * service)
			  : mg1_wait_tail(s->m, s->beyond * service);
}

static double itself(double service, const void *context)
{
	(void)context;
	return service;
}

static double inverse(double service, const void *context)
{
	(void)context;
	return 1 / service;
}

/* --- means over a law ------------------------------------------------------
 */

typedef double law_function(double service, const void *context);

/* Normal z beyond this have 1e-15 of the probability. */
#define Z_MOST 8.0

/* The trapezoidal rule over z in steps of `step` from -Z_MOST + offset. */
static double trapezoid(const struct dist *law, law_function *g,
			const void *context, double step, double offset)
{
	double sum = 0;

	/* Where g has no value, nor has its mean. */
	for (double z = offset - Z_MOST; z <= Z_MOST && !isnan(sum);
	     z += step) {
		double s =
			law->ops->quantile(law->state, gsl_cdf_ugaussian_P(z));

		sum += step * gsl_ran_ugaussian_pdf(z) * g(s, context);
	}
	return sum;
}

/*
 * E[g(S)] with S as a function of a normal z, over which the trapezoidal
 * rule converges faster than any power. Two that interleave tell the error of
 * each; that of both together is about its square.
 */
static double law_mean(const struct mg1_jobs *jobs, law_function *g,
		       const void *context)
{
	double sum = 0, other;

	for (size_t i = 0; i < jobs->n; i++)
		sum += jobs->p[i] * g(jobs->x[i], context);
	if (jobs->n)
		return sum;
	sum = trapezoid(jobs->law, g, context, 0.5, 0);
	for (double step = 0.5; step > 0.01 && !isnan(sum); step /= 2) {
		other = trapezoid(jobs->law, g, context, step, step / 2);
		if (fabs(sum - other) <= 1e-4 * sum)
			return (sum + other) / 2;
		sum = (sum + other) / 2;
	}
	return NAN;
}

static double class_tail(const struct mg1 *m, enum predict_metric of,
			 const struct mg1_jobs *jobs, double x)
{
	struct stretch s = { m, x - 1 };

	switch (of) {
	case METRIC_WAIT:
		return mg1_wait_tail(m, x);
	case METRIC_SOJOURN:
		return sojourn_tail(m, jobs, x);
	case METRIC_SLOWDOWN:
		return law_mean(jobs, stretch_tail, &s);
	default:
		return NAN;
	}
}

static double mean_service(const struct mg1_jobs *jobs)
{
	return jobs->n ? law_mean(jobs, itself, NULL) : dist_mean(jobs->law);
}

static double class_mean(const struct mg1 *m, enum predict_metric of,
			 const struct mg1_jobs *jobs)
{
	switch (of) {
	case METRIC_WAIT:
		return m->wait;
	case METRIC_SOJOURN:
		return m->wait + mean_service(jobs);
	case METRIC_SLOWDOWN:
		return 1 + m->wait * law_mean(jobs, inverse, NULL);
	default:
		return NAN;
	}
}

/* --- all of them -----------------------------------------------------------
 */

double mg1_tail(const struct mg1 *m, enum predict_metric of,
		const struct mg1_jobs *jobs, size_t n, double x)
{
	double sum = 0, weight = 0;

	for (size_t i = 0; i < n; i++) {
		sum += jobs[i].weight * class_tail(m, of, &jobs[i], x);
		weight += jobs[i].weight;
	}
	return sum / weight;
}

double mg1_mean(const struct mg1 *m, enum predict_metric of,
		const struct mg1_jobs *jobs, size_t n)
{
	double sum = 0, weight = 0;

	for (size_t i = 0; i < n; i++) {
		sum += jobs[i].weight * class_mean(m, of, &jobs[i]);
		weight += jobs[i].weight;
	}
	return sum / weight;
}

struct question {
	const struct mg1 *m;
	enum predict_metric of;
	const struct mg1_jobs *jobs;
	size_t n;
};

static double question_tail(double x, void *context)
{
	const struct question *q = context;

	return mg1_tail(q->m, q->of, q->jobs, q->n, x);
}

/* Where probability sits on a point, the search closes in on that. */
double mg1_quantile(const struct mg1 *m, enum predict_metric of,
		    const struct mg1_jobs *jobs, size_t n, double q)
{
	struct question question = { m, of, jobs, n };
	double wait = fmin(m->wait, 100 * m->queue->mean);

	switch (of) {
	case METRIC_WAIT:
		return root_tail(question_tail, &question, 0, wait, 1 - q);
	case METRIC_SOJOURN:
		return root_tail(question_tail, &question, 0,
				 m->queue->mean + wait, 1 - q);
	case METRIC_SLOWDOWN:
		return root_tail(question_tail, &question, 1, 1, 1 - q);
	default:
		return NAN;
	}
}
