/* sizes.c - M/G/1 served by size: sjf, srpt, las */
#include "models/sizes.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>

#include "lancet/core/err.h"
#include "models/queue.h"

/*
 * v runs as w^4, over which quantiles that begin like a power of v are
 * smooth, up to where a double no longer tells 1 - P(S > x) from 1.
 */
#define W_FIRST 1e-4
#define V_LAST 34.0

/* --- sizes with a density --------------------------------------------------
 */

enum { LOAD, SQUARES, LAG, WAIT, SOJOURN, SLOWDOWN, SUMS };

/*
 * What has been summed up to v. growth = x / (1 - rho) - LAG, by parts, which
 * needs no density: it does not grow where x stands still.
 */
static struct sizes_at place(const struct sizes *s, double v, const double *y)
{
	const struct queue *q = s->queue;
	double x = queue_quantile(q, 0, -expm1(-v)) / q->mean;

	return (struct sizes_at){
		.x = x,
		.load = y[LOAD],
		.load_one = y[LOAD],
		.squares = y[SQUARES],
		.longer = exp(-v),
		.growth = x / (1 - y[LOAD]) - y[LAG],
		.rate = q->rho,
		.m2 = q->m2 / (q->mean * q->mean),
	};
}

static int slopes(double w, const double *y, double *dy, void *context)
{
	const struct sizes *s = context;
	struct sizes_at at = place(s, pow(w, 4), y);
	double share = at.longer * 4 * pow(w, 3); /* P(S in dx) / dw */

	dy[LOAD] = share * at.rate * at.x;
	dy[SQUARES] = dy[LOAD] * at.x;
	dy[LAG] = dy[SQUARES] / pow(1 - at.load, 2);
	dy[WAIT] = share * s->rule->wait(&at);
	dy[SOJOURN] = share * s->rule->sojourn(&at);
	dy[SLOWDOWN] = at.x > 0 ? dy[SOJOURN] / at.x : 0;
	return GSL_SUCCESS;
}

/* Sums up to v; 0 or a code of GSL's. */
static int walk(const struct sizes *s, double v, double *y)
{
	gsl_odeiv2_system system = { slopes, NULL, SUMS, (void *)s };
	gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new(
		&system, gsl_odeiv2_step_rk8pd, 1e-3, 1e-13, 1e-10);
	double w = W_FIRST;
	int rc;

	for (size_t i = 0; i < SUMS; i++)
		y[i] = 0;
	rc = gsl_odeiv2_driver_apply(driver, &w, fmax(w, pow(v, 0.25)), y);
	gsl_odeiv2_driver_free(driver);
	return rc;
}

/* Beyond the last v there is work only in tails like powers; those jobs
 * take x, stretched by all others. */
static void sum_density(struct sizes *s)
{
	double y[SUMS], left;

	if (walk(s, V_LAST, y))
		return;
	left = fmax(0, 1 - y[LOAD] / s->queue->rho);
	s->wait = y[WAIT];
	s->sojourn = y[SOJOURN] + left / (1 - s->queue->rho);
	if (s->rule->little_waits || queue_few_small(s->queue))
		s->slowdown = y[SLOWDOWN];
}

/* --- discrete sizes --------------------------------------------------------
 */

/* x in the unit of the atoms. */
static struct sizes_at place_atom(const struct sizes *s, double x)
{
	const struct queue *q = s->queue;
	double last = 0, unit = q->mean;
	struct sizes_at at = { .x = x / unit,
			       .longer = 1,
			       .rate = q->rho,
			       .m2 = q->m2 / (unit * unit) };

	for (size_t i = 0; i < s->n && s->x[i] <= x; i++) {
		double atom = s->x[i] / unit;

		at.growth += (atom - last) / (1 - at.load_one);
		last = atom;
		at.load = s->x[i] < x ? at.load_one + at.rate * s->p[i] * atom
				      : at.load_one;
		at.load_one += at.rate * s->p[i] * atom;
		at.squares += at.rate * s->p[i] * atom * atom;
		at.longer -= s->p[i];
	}
	at.growth += (at.x - last) / (1 - at.load_one);
	at.longer = fmax(0, at.longer);
	return at;
}

static void sum_atoms(const struct sizes *s, const double *x, const double *p,
		      size_t n, double *sums)
{
	for (size_t i = 0; i < n; i++) {
		struct sizes_at at = place_atom(s, x[i]);
		double sojourn = s->rule->sojourn(&at);

		sums[WAIT] += p[i] * s->rule->wait(&at);
		sums[SOJOURN] += p[i] * sojourn;
		sums[SLOWDOWN] += p[i] * sojourn / at.x;
	}
}

/* --- answers ---------------------------------------------------------------
 */

int sizes_solve(struct sizes *s, const struct queue *queue,
		const struct sizes_rule *rule, struct arena *arena,
		struct err *err)
{
	double sums[SUMS] = { 0 };

	*s = (struct sizes){ .queue = queue,
			     .rule = rule,
			     .wait = NAN,
			     .sojourn = NAN,
			     .slowdown = NAN };
	if (!queue_poisson(queue) || queue->workers != 1)
		return err_set(err, -EDOM,
			       "service by size in M/G/1 is Poisson arrivals "
			       "at one worker");
	s->n = queue_atoms(queue, &s->x, &s->p, arena);
	if (!s->n) {
		sum_density(s);
		return 0;
	}
	sum_atoms(s, s->x, s->p, s->n, sums);
	s->wait = sums[WAIT];
	s->sojourn = sums[SOJOURN];
	s->slowdown = sums[SLOWDOWN];
	return 0;
}

/* Of one class, which is all there is or has sizes of its own. */
static void class_sums(const struct sizes *s, uint32_t class, double *sums)
{
	const struct dist *law = &s->queue->workload->class[class - 1].service;
	double x, p;

	for (size_t i = 0; i < s->n; i++) {
		x = s->x[i];
		p = law->ops->cdf(law->state, x) -
		    (i ? law->ops->cdf(law->state, s->x[i - 1]) : 0);
		sum_atoms(s, &x, &p, 1, sums);
	}
}

/* Of jobs of one size. */
static void given_sums(const struct sizes *s, double x, double *sums)
{
	double y[SUMS], one = 1, v = -log1p(-queue_cdf(s->queue, x));
	struct sizes_at at;

	if (s->n) {
		sum_atoms(s, &x, &one, 1, sums);
		return;
	}
	v = fmin(v, V_LAST);
	sums[SOJOURN] = walk(s, v, y) ? NAN : 0;
	at = place(s, v, y);
	at.x = x / s->queue->mean;
	sums[WAIT] = s->rule->wait(&at);
	sums[SOJOURN] += s->rule->sojourn(&at);
	sums[SLOWDOWN] = sums[SOJOURN] / at.x;
}

static double figure(const struct sizes *s, const struct predict_ask *ask,
		     const double *sums)
{
	double unit = s->queue->mean;

	switch (ask->of) {
	case METRIC_WAIT:
		return unit * sums[WAIT];
	case METRIC_SOJOURN:
		return unit * sums[SOJOURN];
	case METRIC_SLOWDOWN:
		return sums[SLOWDOWN];
	case METRIC_IN_SYSTEM:
		return ask->class || ask->given > 0
			       ? NAN
			       : s->queue->rho * sums[SOJOURN];
	default:
		return NAN;
	}
}

struct predict_value sizes_answer(const void *state,
				  const struct predict_ask *ask)
{
	const struct sizes *s = state;
	double sums[SUMS] = { 0 };

	if (ask->figure != FIGURE_MEAN || ask->stage ||
	    (ask->class && !(ask->given > 0) && !s->n &&
	     s->queue->workload->nclasses > 1))
		return predict_sure(NAN);
	if (ask->given > 0) {
		given_sums(s, ask->given, sums);
	} else if (ask->class && s->n) {
		class_sums(s, ask->class, sums);
	} else {
		sums[WAIT] = s->wait;
		sums[SOJOURN] = s->sojourn;
		sums[SLOWDOWN] = s->slowdown;
	}
	return predict_sure(figure(s, ask, sums));
}
