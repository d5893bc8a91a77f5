/* markov.c - exponential service and exponential wait: M/M/k, G/M/1 */
#include "models/markov.h"

#include <assert.h>
#include <math.h>

#include "models/root.h"

/* Recursion in k: exact for any load, and no factorial overflows. */
double markov_erlang_b(uint32_t k, double offered)
{
	double b = 1;

	for (uint32_t i = 1; i <= k; i++)
		b = offered * b / (i + offered * b);
	return b;
}

double markov_erlang_c(uint32_t k, double offered)
{
	double b = markov_erlang_b(k, offered);
	double rho = offered / k;

	return b / (1 - rho * (1 - b));
}

struct markov markov_mmk(uint32_t k, double rho)
{
	return (struct markov){
		.p_wait = markov_erlang_c(k, k * rho),
		.theta = k * (1 - rho),
	};
}

/* A*(1 - sigma) - sigma; convex, above 0 at 0, and 0 at 1. */
static double gm1_equation(double sigma, void *context)
{
	const struct markov_gaps *g = context;

	return g->laplace(1 - sigma, g->context) - sigma;
}

struct markov markov_gm1(const struct markov_gaps *gaps, double rho)
{
	struct markov_gaps g = *gaps;
	double below = (1 - rho) / 2, sigma;

	/* From 1 down the function first falls below 0: bracket the other
	 * root between there and 0. */
	while (gm1_equation(1 - below, &g) >= 0 && below > 1e-12)
		below /= 2;
	sigma = root_find(gm1_equation, &g, 0, 1 - below);
	assert(sigma >= 0 && sigma < 1);
	return (struct markov){ .p_wait = sigma, .theta = 1 - sigma };
}

/* Births up to k - 1, from the most frequent number, whose weight is 1. */
static double number_below(uint32_t k, double offered, double q)
{
	uint32_t mode = (uint32_t)fmin(k - 1, floor(offered)), least = mode, n;
	double first = 1, weight, sum;

	for (sum = 1; least > 0 && first > 1e-20; least--)
		sum += first *= least / offered;
	for (n = mode + 1, weight = 1; n < k; n++)
		sum += weight *= offered / n;
	for (n = least, weight = first; n + 1 < k; n++) {
		q -= weight / sum;
		if (q <= 0)
			break;
		weight *= offered / (n + 1);
	}
	return n;
}

double markov_number_quantile(uint32_t k, double offered, double q)
{
	double busy = markov_erlang_c(k, offered), later = 1 - q;

	/* P(N > n) = C rho^(n - k + 1) from n = k - 1 on. */
	if (later < busy)
		return k - 1 +
		       ceil(log(later / busy) / log(offered / k) - 1e-12);
	return number_below(k, offered, q / (1 - busy));
}

/*
 * Sojourn: e^-t + C (e^-t - e^-theta t) / (theta - 1), and e^-t (1 + C t)
 * where theta = 1; written so that nothing cancels or overflows near it.
 */
static double sojourn_tail(const struct markov *m, double t)
{
	double apart = fabs(m->theta - 1);
	double slow = fmin(1, m->theta);
	double mass = apart > 0 ? -expm1(-apart * t) / apart : t;

	return exp(-t) + m->p_wait * exp(-slow * t) * mass;
}

double markov_mean(const struct markov *m, enum predict_metric metric)
{
	double wait = m->p_wait / m->theta;

	switch (metric) {
	case METRIC_SOJOURN:
		return 1 + wait;
	case METRIC_WAIT:
		return wait;
	default:
		return NAN; /* E[1/S] diverges */
	}
}

struct tail_equation {
	const struct markov *markov;
	double log_share; /* of the jobs that are later */
};

static double tail_equation(double t, void *context)
{
	const struct tail_equation *e = context;

	return log(sojourn_tail(e->markov, t)) - e->log_share;
}

/* Smallest x with P(X <= x) >= q. */
static double quantile(const struct markov *m, enum predict_metric metric,
		       double q)
{
	struct tail_equation e = { m, log1p(-q) };
	double later = 1 - q, hi = 1;

	if (metric == METRIC_SOJOURN) {
		while (tail_equation(hi, &e) > 0)
			hi *= 2;
		return root_find(tail_equation, &e, 0, hi);
	}
	if (metric == METRIC_WAIT)
		return m->p_wait > later ? log(m->p_wait / later) / m->theta
					 : 0;
	return m->p_wait > later ? 1 + (m->p_wait / later - 1) / m->theta : 1;
}

/* Sojourn is a sum of independent parts, whose variances add. */
static double variance(const struct markov *m, enum predict_metric metric)
{
	double wait = m->p_wait * (2 - m->p_wait) / (m->theta * m->theta);

	switch (metric) {
	case METRIC_SOJOURN:
		return 1 + wait;
	case METRIC_WAIT:
		return wait;
	default:
		return NAN;
	}
}

static double figure(const struct markov *m, const struct predict_ask *ask,
		     double unit)
{
	switch (ask->figure) {
	case FIGURE_MEAN:
		return unit * markov_mean(m, ask->of);
	case FIGURE_VARIANCE:
		return unit * unit * variance(m, ask->of);
	case FIGURE_QUANTILE:
		return unit * quantile(m, ask->of, ask->q);
	case FIGURE_P_WAIT:
		return m->p_wait;
	default:
		return NAN;
	}
}

/* A job's wait tells nothing of its own service x. */
static double given(const struct markov *m, const struct predict_ask *ask,
		    double mean)
{
	struct predict_ask wait = *ask;

	if (ask->figure == FIGURE_P_WAIT)
		return m->p_wait;
	wait.of = METRIC_WAIT;
	if (ask->figure == FIGURE_VARIANCE)
		return figure(m, &wait, mean) *
		       (ask->of == METRIC_SLOWDOWN ? pow(ask->given, -2) : 1);
	switch (ask->of) {
	case METRIC_SOJOURN:
		return ask->given + figure(m, &wait, mean);
	case METRIC_WAIT:
		return figure(m, &wait, mean);
	case METRIC_SLOWDOWN:
		return 1 + figure(m, &wait, mean) / ask->given;
	default:
		return NAN;
	}
}

struct predict_value markov_answer(const struct markov *m, double mean,
				   double rate, const struct predict_ask *ask)
{
	if (ask->stage)
		return predict_sure(NAN);
	if (ask->given > 0)
		return predict_sure(given(m, ask, mean));
	if (ask->of == METRIC_IN_SYSTEM && ask->figure != FIGURE_P_WAIT)
		return predict_sure(
			ask->figure == FIGURE_MEAN && !ask->class
				? rate * mean * markov_mean(m, METRIC_SOJOURN)
				: NAN);
	return predict_sure(
		figure(m, ask, ask->of == METRIC_SLOWDOWN ? 1 : mean));
}
