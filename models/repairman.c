/*
 * repairman.c - a few sources before k exponential workers: M/M/k//N
 *
 * The machine repairman (Palm 1947; Feller 1950, chapter XVII). A job finds
 * the others as they are without its source (Sevcik and Mitrani 1981; Lavenberg
 * and Reiser 1980). To rounding.
 */
#include "models/repairman.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "models/root.h"

/* The law of jobs here of `sources`, by birth and death, through logarithms. */
static void fill_law(double *p, uint32_t sources, uint32_t k, double think)
{
	double most = 0, sum = 0;

	if (!(think > 0)) {
		p[sources] = 1;
		return;
	}
	for (uint32_t n = 0; n < sources; n++) {
		double busy = n + 1 < k ? n + 1 : k;

		p[n + 1] = p[n] + log((sources - n) / (think * busy));
		most = fmax(most, p[n + 1]);
	}
	for (uint32_t n = 0; n <= sources; n++)
		sum += p[n] = exp(p[n] - most);
	for (uint32_t n = 0; n <= sources; n++)
		p[n] /= sum;
}

void repairman_solve(struct repairman *r, uint32_t k, uint32_t sources,
		     double think, struct arena *arena)
{
	*r = (struct repairman){ .k = k, .sources = sources, .think = think };
	r->seen = arena_array(arena, sources, sizeof(*r->seen));
	fill_law(r->seen, sources - 1, k, think);
	for (uint32_t n = k; n < sources; n++)
		r->wait += r->seen[n] * (n - k + 1) / k;
	r->rate = sources / (think + 1 + r->wait);
}

/* P(m services of rate k, and one of rate 1, take longer than x). */
static double served_tail(uint32_t m, double k, double x)
{
	double first = gsl_cdf_gamma_P(x, m, 1 / (k - 1));

	if (k < 2)
		return gsl_cdf_gamma_Q(x, m + 1, 1);
	return gsl_cdf_gamma_Q(x, m, 1 / k) +
	       exp(m * log(k / (k - 1)) - x + log(fmax(first, 1e-300)));
}

/* P(X > x) of a job that waits for m services. */
static double tail_behind(uint32_t m, double k, enum predict_metric of,
			  double x)
{
	double stretch = k * (x - 1);

	switch (of) {
	case METRIC_WAIT:
		return gsl_cdf_gamma_Q(x, m, 1 / k);
	case METRIC_SOJOURN:
		return served_tail(m, k, x);
	default: /* none of the m outlasts x - 1 services */
		return -expm1(m * log(stretch / (stretch + 1)));
	}
}

static double tail(const struct repairman *r, enum predict_metric of, double x)
{
	double least = of == METRIC_SLOWDOWN ? 1 : 0;
	double at_once = 0, waits = 0, total = 0;

	for (uint32_t n = 0; n < r->k && n < r->sources; n++)
		at_once += r->seen[n];
	for (uint32_t n = r->k; n < r->sources; n++) {
		total += r->seen[n];
		if (x > least && r->seen[n] > 1e-18)
			waits += r->seen[n] *
				 tail_behind(n - r->k + 1, r->k, of, x);
	}
	if (!(x > least))
		return of == METRIC_SOJOURN ? 1 : total;
	return waits + (of == METRIC_SOJOURN ? at_once * exp(-x) : 0);
}

struct target {
	const struct repairman *r;
	const struct predict_ask *ask;
};

static double tail_equation(double x, void *context)
{
	const struct target *t = context;

	return log(fmax(tail(t->r, t->ask->of, x), 1e-300) / (1 - t->ask->q));
}

static double find_quantile(const struct repairman *r,
			    const struct predict_ask *ask)
{
	struct target t = { r, ask };
	double lo = ask->of == METRIC_SLOWDOWN ? 1 : 0, step = 1;

	if (tail_equation(lo, &t) <= 0)
		return lo;
	while (tail_equation(lo + step, &t) > 0)
		step *= 2;
	return root_find(tail_equation, &t, lo, lo + step);
}

double repairman_figure(const struct repairman *r,
			const struct predict_ask *ask)
{
	if (ask->class || ask->stage || ask->given > 0)
		return NAN;
	if (ask->figure == FIGURE_P_WAIT)
		return tail(r, METRIC_WAIT, 0);
	if (ask->of == METRIC_IN_SYSTEM)
		return ask->figure == FIGURE_MEAN ? r->rate * (1 + r->wait)
						  : NAN;
	if (ask->figure == FIGURE_QUANTILE)
		return find_quantile(r, ask);
	if (ask->figure != FIGURE_MEAN || ask->of == METRIC_SLOWDOWN)
		return NAN;
	return r->wait + (ask->of == METRIC_SOJOURN);
}
