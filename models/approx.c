/* approx.c - two-moment approximations of G/G/k, and how far they are off */
#include "models/approx.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "lancet/core/err.h"
#include "models/markov.h"
#include "models/queue.h"

/*
 * Percent of the exact value: mean wait by Allen and Cunneen, Kimura and
 * Cosmetatos, and the quantile of the wait by the exponential tail. Exact are
 * M/D/k and M/H2/k (balanced means), so that other laws of the same scv may be
 * further off; a test computes all of it anew. At cs2 = 1 all are exact.
 */
static const struct approx_cell table[] = {
	{ 2, 0.5, 0, { -5.7, -0.6, -0.6, 12 } },
	{ 2, 0.5, 4, { 12.9, -2.2, 9.2, -12 } },
	{ 2, 0.5, 25, { 27.5, -43, 21, -16 } },
	{ 2, 0.8, 0, { -1.6, -0.3, -0.3, 5 } },
	{ 2, 0.8, 4, { 3.7, -0.3, 2.9, -7 } },
	{ 2, 0.8, 25, { 8.3, -18, 6.9, -10 } },
	{ 2, 0.95, 0, { -0.3, -0.1, -0.1, 1 } },
	{ 2, 0.95, 4, { 0.8, -0.1, 0.6, -2 } },
	{ 2, 0.95, 25, { 1.7, -4.8, 1.5, -3 } },
	{ 8, 0.5, 0, { -20.8, -0.8, -0.8, -24 } },
	{ 8, 0.5, 4, { 54, -3.9, 31, 63 } },
	{ 8, 0.5, 25, { 182, -52, 116, 266 } },
	{ 8, 0.8, 0, { -5.9, 0.1, 0.1, 2 } },
	{ 8, 0.8, 4, { 15, -2.1, 11, -1 } },
	{ 8, 0.8, 25, { 35, -44, 27, -1 } },
	{ 8, 0.95, 0, { -1.2, 0.1, 0.1, 1 } },
	{ 8, 0.95, 4, { 3.1, -0.8, 2.3, -1 } },
	{ 8, 0.95, 25, { 6.4, -19, 5.1, -2 } },
	{ 16, 0.5, 0, { -30.4, -1.2, -1.2, -31 } },
	{ 16, 0.5, 4, { 84, -2.4, 38, 85 } },
	{ 16, 0.5, 25, { 419, -36, 218, 482 } },
	{ 16, 0.8, 0, { -9.3, 0.2, 0.2, -2 } },
	{ 16, 0.8, 4, { 26, -2.1, 18, 7 } },
	{ 16, 0.8, 25, { 65, -50, 49, 14 } },
	{ 16, 0.95, 0, { -1.8, 0.3, 0.3, 1 } },
	{ 16, 0.95, 4, { 5.1, -1.3, 3.7, -1 } },
	{ 16, 0.95, 25, { 10, -27, 8.2, -1 } },
	{ 64, 0.5, 0, { -44, 11, 11, -45 } },
	{ 64, 0.5, 4, { 131, -7.3, -5.6, 132 } },
	{ 64, 0.5, 25, { 1021, -13, 2.4, 1037 } },
	{ 64, 0.8, 0, { -22, -2.4, -2.4, -26 } },
	{ 64, 0.8, 4, { 63, 2.3, 39, 72 } },
	{ 64, 0.8, 25, { 254, -38, 174, 346 } },
	{ 64, 0.95, 0, { -4.1, 0.9, 0.9, -1 } },
	{ 64, 0.95, 4, { 12, -2.4, 8.5, 2 } },
	{ 64, 0.95, 25, { 26, -42, 20, 4 } },
};
#define RHOS 3
#define SCVS 3
#define CELLS (sizeof(table) / sizeof(table[0]))
#define KS (CELLS / RHOS / SCVS)

const struct approx_cell *approx_cells(size_t *n)
{
	*n = CELLS;
	return table;
}

/* p99; where fewer than 1% wait, the 90th percentile of those who do. */
double approx_tail_quantile(uint32_t k, double rho)
{
	double p_wait = markov_erlang_c(k, k * rho);

	return p_wait > 0.0101 ? 0.99 : 1 - p_wait / 10;
}

/* The error of one cell; cs2 as a place among 0, 1, 4, 25; and of saturation,
 * in the place of a fourth load, there is none. */
static double cell_error(enum approx_kind kind, size_t k, size_t rho,
			 size_t cs2)
{
	if (rho >= RHOS || cs2 == 1)
		return 0;
	cs2 -= cs2 > 0;
	return table[(k * RHOS + rho) * SCVS + cs2].percent[kind] / 100;
}

/* The last place with a value of at most x. */
static size_t below(const double *place, size_t n, double x)
{
	size_t i = n - 1;

	while (i && place[i] > x)
		i--;
	return i;
}

/* And the next, where x is not just there or outside. */
static size_t beside(const double *place, size_t n, size_t i, double x)
{
	return i + 1 < n && x > place[i] ? i + 1 : i;
}

/*
 * Between the cells the error may pass those of its corners, by these parts:
 * the most that 880 queues of 2 to 64 workers, load 0.5 to 0.98 and scv 0 to 25
 * did, constant, Erlang and hyperexponential. By scv to 4 and above.
 */
static struct approx_error widen(struct approx_error e, enum approx_kind kind,
				 double scv)
{
	static const double beyond[APPROX_KINDS][2][2] = {
		{ { 0.01, 0.01 }, { 0.01, 0.01 } },
		{ { 0.03, 0.04 }, { 0.13, 0.01 } },
		{ { 0.03, 0.06 }, { 0.01, 0.52 } },
		{ { 0.02, 0.08 }, { 0.02, 0.36 } },
	};
	const double *by = beyond[kind][scv > 4];

	return (struct approx_error){ (1 + e.least) / (1 + by[0]) - 1,
				      (1 + e.most) * (1 + by[1]) - 1 };
}

/* The error that was found at the nearest queues around this one. */
static struct approx_error error_at(enum approx_kind kind, uint32_t workers,
				    double load, double scv)
{
	static const double ks[KS] = { 2, 8, 16, 64 };
	static const double rhos[RHOS + 1] = { 0.5, 0.8, 0.95, 1 };
	static const double scvs[SCVS + 1] = { 0, 1, 4, 25 };
	size_t k = below(ks, KS, workers), rho = below(rhos, RHOS + 1, load);
	size_t cs2 = below(scvs, SCVS + 1, scv);
	struct approx_error e = { 0 };

	/* Of one worker all three are Pollaczek's and Khinchine's mean. */
	if ((workers == 1 && kind != APPROX_TAIL) || fabs(scv - 1) < 1e-9)
		return e;
	for (size_t i = k; i <= beside(ks, KS, k, workers); i++)
		for (size_t j = rho; j <= beside(rhos, RHOS + 1, rho, load);
		     j++)
			for (size_t l = cs2;
			     l <= beside(scvs, SCVS + 1, cs2, scv); l++) {
				double is = cell_error(kind, i, j, l);

				e.least = fmin(e.least, is);
				e.most = fmax(e.most, is);
			}
	return widen(e, kind, scv);
}

/*
 * Allen-Cunneen behind arrivals that are not Poisson: against simulation at
 * a utilisation of 0.7, constant, Erlang and hyperexponential gaps, services
 * of scv 0.5 to 4. By ca2 below and above 1.
 */
static struct approx_error gaps_error(uint32_t k, double ca2)
{
	static const struct {
		uint32_t k;
		struct approx_error steady, bursty;
	} measured[] = {
		{ 1, { 0, 0.61 }, { -0.01, 0.09 } },
		{ 4, { 0, 1.23 }, { -0.17, 0 } },
		{ 16, { 0, 6.56 }, { -0.55, 0 } },
	};
	size_t i = k > 4 ? 2 : k > 1 ? 1 : 0;

	return ca2 < 1 ? measured[i].steady : measured[i].bursty;
}

static const char *warning_of(const struct approx *a)
{
	if (fabs(a->ca2 - 1) > 1e-6)
		return a->k > 16 || a->rho < 0.7
			       ? ", or more: outside what it was tried on"
			       : "";
	if (a->k == 1 && a->kind != APPROX_TAIL)
		return "";
	if (a->k > 64 || a->rho < 0.5 || a->cs2 > 25.001)
		return ", or more: outside what it was tried on";
	if (a->k > 1 && a->cs2 > 4)
		return ", or more: scv above 4, two moments say little";
	if (a->k > 1 && a->cs2 != 1 && a->k * (1 - a->rho) > 2)
		return ", or more: many idle workers";
	return "";
}

/* Of the mean wait, for service equal to its mean (Cosmetatos 1975). */
static double cosmetatos_factor(uint32_t k, double rho)
{
	return (1 + (1 - rho) * (k - 1) * (sqrt(4 + 5.0 * k) - 2) /
			    (16 * k * rho)) /
	       2;
}

int approx_init(struct approx *a, enum approx_kind kind,
		const struct queue *queue, struct arena *arena, struct err *err)
{
	struct markov m = markov_mmk(queue->workers, queue->rho);

	*a = (struct approx){
		.kind = kind,
		.k = queue->workers,
		.rho = queue->rho,
		.cs2 = queue_scv(queue),
		.ca2 = queue_gap_scv(queue, arena),
		.mean = queue->mean,
		.rate = queue->rate,
		.p_wait = m.p_wait,
		.mmk = m.p_wait / m.theta,
	};
	a->mdk = a->mmk * cosmetatos_factor(a->k, a->rho);
	if (queue->shape.of != POLICY_CENTRAL || !isfinite(a->cs2))
		return err_set(err, -EDOM,
			       "it is for one queue, first come, first "
			       "served, and a service of finite variance");
	if (!isfinite(a->ca2) ||
	    (kind != APPROX_ALLEN_CUNNEEN && !queue_poisson(queue)))
		return err_set(err, -EDOM, "it is for %s",
			       kind == APPROX_ALLEN_CUNNEEN
				       ? "independent gaps of finite variance"
				       : "Poisson arrivals");
	a->error = fabs(a->ca2 - 1) > 1e-6
			   ? gaps_error(a->k, a->ca2)
			   : error_at(kind, a->k, a->rho, fmax(0, a->cs2));
	a->warning = warning_of(a);
	return 0;
}

struct predict_value approx_value(const struct approx *a, double value)
{
	return (struct predict_value){ value, value / (1 + a->error.most),
				       value / (1 + a->error.least) };
}

struct predict_value approx_mean(const void *state,
				 const struct predict_ask *ask)
{
	const struct approx *a = state;
	struct predict_value v = approx_value(a, a->wait);
	double more = ask->of == METRIC_WAIT ? 0 : 1, unit = a->mean;

	if (ask->figure != FIGURE_MEAN || ask->of == METRIC_SLOWDOWN ||
	    ask->class || ask->stage || ask->given > 0)
		return predict_sure(NAN);
	if (ask->of == METRIC_IN_SYSTEM)
		unit *= a->rate;
	return (struct predict_value){ unit * (more + v.value),
				       unit * (more + v.lo),
				       unit * (more + v.hi) };
}

void approx_words(const void *state, char *text, size_t size)
{
	const struct approx *a = state;

	snprintf(text, size, "%.*f%% to %+.*f%%%s%s", a->error.least > -0.1,
		 100 * a->error.least, a->error.most < 0.1, 100 * a->error.most,
		 a->kind == APPROX_TAIL ? " of p99" : " of the wait",
		 a->warning);
}
