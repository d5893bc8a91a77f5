/* stat.c - what lancet says where a golden statistic is expected */
#include "tests/golden/stat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/batch.h"
#include "lancet/core/stats/fit.h"
#include "lancet/core/stats/kolmogorov.h"
#include "lancet/core/stats/multiple.h"
#include "lancet/core/stats/order.h"
#include "lancet/core/stats/quadratic.h"
#include "lancet/core/stats/rank.h"
#include "lancet/core/stats/serial.h"
#include "lancet/core/stats/shift.h"
#include "lancet/core/stats/trend.h"
#include "lancet/core/stats/unitroot.h"
#include "lancet/core/stats/vector.h"

/* Of the Monte Carlo p: a relative error of 2% at p = .01. */
#define RUNS 200000

#define X(stat) (stat)->data[0].x, (stat)->data[0].n
#define Y(stat) (stat)->data[1].x, (stat)->data[1].n

/* --- parameters --- */

/* The number behind a word of the parameters. */
static int after(const struct golden_stat *stat, const char *word, double *to,
		 struct err *err)
{
	const char *at = strstr(stat->params, word);
	char *end = NULL;

	if (at) {
		at += strlen(word);
		*to = strtod(at, &end);
	}
	return end > at && *to >= 0 ? 0
				    : err_set(err, -EINVAL,
					      "the parameters \"%s\" "
					      "lack %sNUMBER",
					      stat->params, word);
}

static int whole_after(const struct golden_stat *stat, const char *word,
		       size_t *to, struct err *err)
{
	double value;
	int rc = after(stat, word, &value, err);

	if (!rc && (value != floor(value) || value > 1e15))
		rc = err_set(err, -EINVAL, "%s%g is no whole number", word,
			     value);
	if (!rc)
		*to = (size_t)value;
	return rc;
}

static int unknown(const struct golden_stat *stat, struct err *err)
{
	return err_set(err, -EINVAL, "no metric %s of %s with \"%s\" is known",
		       stat->metric, stat->test, stat->params);
}

static int is(const struct golden_stat *stat, const char *metric)
{
	return !strcmp(stat->metric, metric);
}

/* --- one sample --- */

/* "exp,mean=M known" or "exp,mean estimated". */
static int exponential(const struct golden_stat *stat, struct fit *fit,
		       struct err *err)
{
	double mean = 0;
	int rc = 0;

	if (!strstr(stat->params, "mean estimated"))
		rc = after(stat, "mean=", &mean, err);
	return rc ? rc : fit_exponential(X(stat), mean, fit, err);
}

static int anderson_critical(const struct golden_stat *stat, double *to,
			     struct err *err)
{
	double percent;
	int rc = after(stat, "critical value at ", &percent, err);

	if (rc)
		return rc;
	*to = fit_anderson_critical(percent / 100, stat->data[0].n);
	return *to > 0 ? 0 : unknown(stat, err);
}

static int anderson(const struct golden_stat *stat, double *to, struct err *err)
{
	struct fit fit;
	int rc = exponential(stat, &fit, err);

	if (rc)
		return rc;
	if (is(stat, "crit"))
		return anderson_critical(stat, to, err);
	if (is(stat, "A2"))
		*to = fit.anderson;
	else if (is(stat, "p_asymptotic"))
		*to = quadratic_anderson_p(fit.anderson);
	else if (is(stat, "p_mc") || is(stat, "p_mc_upper_bound"))
		*to = fit_anderson_p_estimated(fit.anderson, stat->data[0].n,
					       RUNS, 1);
	else
		return unknown(stat, err);
	return 0;
}

static int cramer(const struct golden_stat *stat, double *to, struct err *err)
{
	struct fit fit;
	int rc = exponential(stat, &fit, err);

	if (rc)
		return rc;
	*to = fit.cramer;
	return is(stat, "W2") ? 0 : unknown(stat, err);
}

static int kolmogorov_1(const struct golden_stat *stat, double *to,
			struct err *err)
{
	struct fit fit;
	int rc = exponential(stat, &fit, err);

	if (rc)
		return rc;
	*to = is(stat, "D") ? fit.kolmogorov
			    : kolmogorov_p(fit.kolmogorov, stat->data[0].n);
	return is(stat, "D") || is(stat, "p") ? 0 : unknown(stat, err);
}

static int acf(const struct golden_stat *stat, double *to, struct err *err)
{
	struct arena arena;
	double *rho;
	size_t lag;
	int rc = whole_after(stat, "lag=", &lag, err);

	if (rc)
		return rc;
	arena_init(&arena);
	rho = arena_array(&arena, lag + 1, sizeof(*rho));
	rc = serial_acf(X(stat), lag, rho, err);
	*to = rc ? 0 : rho[lag - 1];
	arena_fini(&arena);
	return rc ? rc : is(stat, "rho") ? 0 : unknown(stat, err);
}

static int ljung_box(const struct golden_stat *stat, double *to,
		     struct err *err)
{
	struct ljung_box out;
	size_t lag;
	int rc = whole_after(stat, "lag=", &lag, err);

	rc = rc ? rc : serial_ljung_box(X(stat), lag, &out, err);
	if (rc)
		return rc;
	*to = is(stat, "Q") ? out.q : out.p;
	return is(stat, "Q") || is(stat, "p") ? 0 : unknown(stat, err);
}

static int spearman(const struct golden_stat *stat, double *to, struct err *err)
{
	struct spearman out;
	int rc = serial_spearman(X(stat), &out, err);

	if (rc)
		return rc;
	*to = is(stat, "rho") ? out.rho : out.p;
	return is(stat, "rho") || is(stat, "p") ? 0 : unknown(stat, err);
}

/* "constant, lag=L" or "constant, AIC"; the most lags are always Schwert's. */
static int adf_run(const struct golden_stat *stat, struct adf *out,
		   struct err *err)
{
	size_t n = stat->data[0].n, lag;
	int rc;

	if (strstr(stat->params, "AIC"))
		return unitroot_adf_aic(X(stat), unitroot_most_lags(n), out,
					err);
	rc = whole_after(stat, "lag=", &lag, err);
	return rc ? rc : unitroot_adf(X(stat), lag, out, err);
}

static int adf(const struct golden_stat *stat, double *to, struct err *err)
{
	struct adf out;
	double percent = 0;
	int rc = adf_run(stat, &out, err);

	if (!rc && is(stat, "crit"))
		rc = after(stat, "crit ", &percent, err);
	if (rc)
		return rc;
	if (is(stat, "tau"))
		*to = out.tau;
	else if (is(stat, "p"))
		*to = out.p;
	else if (is(stat, "usedlag"))
		*to = (double)out.lag;
	else if (percent == 1 || percent == 5 || percent == 10)
		*to = out.critical[percent == 1 ? 0 : percent == 5 ? 1 : 2];
	else
		return unknown(stat, err);
	return 0;
}

static int kpss(const struct golden_stat *stat, double *to, struct err *err)
{
	size_t lags;
	struct kpss out;
	int rc = 0;

	if (strstr(stat->params, "nlags=legacy"))
		lags = unitroot_kpss_lags(stat->data[0].n);
	else if (strstr(stat->params, "nlags=auto"))
		lags = unitroot_kpss_auto(X(stat));
	else
		rc = whole_after(stat, "nlags=", &lags, err);
	rc = rc ? rc : unitroot_kpss(X(stat), lags, &out, err);
	if (rc)
		return rc;
	*to = out.eta;
	return is(stat, "eta") ? 0 : unknown(stat, err);
}

static int runs(const struct golden_stat *stat, double *to, struct err *err)
{
	struct runs out;
	int rc = trend_runs(X(stat), &out, err);

	if (rc)
		return rc;
	*to = is(stat, "z") ? out.z : out.p;
	return is(stat, "z") || is(stat, "p") ? 0 : unknown(stat, err);
}

static int mann_kendall(const struct golden_stat *stat, double *to,
			struct err *err)
{
	struct mann_kendall out;
	int rc = trend_mann_kendall(X(stat), &out, err);

	if (rc)
		return rc;
	if (is(stat, "S"))
		*to = out.s;
	else if (is(stat, "varS"))
		*to = out.variance;
	else if (is(stat, "Z"))
		*to = out.z;
	else if (is(stat, "p"))
		*to = out.p;
	else
		return unknown(stat, err);
	return 0;
}

static int mser5(const struct golden_stat *stat, double *to, struct err *err)
{
	struct mser5 out;
	int rc = batch_mser5(X(stat), &out, err);

	if (rc)
		return rc;
	if (is(stat, "d_batches"))
		*to = (double)out.drop;
	else if (is(stat, "truncate_obs"))
		*to = (double)out.drop_values;
	else if (is(stat, "stat_min"))
		*to = out.least;
	else
		return unknown(stat, err);
	return 0;
}

/* "B batches of M, C%", "B batches, C% t" or "B batches"; 95%. */
static int batches(const struct golden_stat *stat, double *to, struct err *err)
{
	const char *comma = strstr(stat->params, ", ");
	double confidence = comma ? strtod(comma + 2, NULL) / 100 : .95;
	struct batch_means out;
	size_t count;
	int rc = whole_after(stat, "", &count, err);

	rc = rc ? rc : batch_means(X(stat), count, confidence, &out, err);
	if (rc)
		return rc;
	if (is(stat, "mean"))
		*to = out.mean;
	else if (is(stat, "half_width"))
		*to = out.half_width;
	else if (is(stat, "von_neumann_ratio"))
		*to = out.von_neumann;
	else
		return unknown(stat, err);
	return 0;
}

static int centre(const struct golden_stat *stat, double *to, struct err *err)
{
	return is(stat, "est") ? shift_one(X(stat), to, err)
			       : unknown(stat, err);
}

/* "type7 p=P" or "type1 (inverse ECDF) p=P". */
static int quantile(const struct golden_stat *stat, double *to, struct err *err)
{
	double q, *x;
	struct arena arena;
	int rc = vector_check(X(stat), 1, err);

	rc = rc ? rc : after(stat, "p=", &q, err);
	if (rc || q > 1)
		return rc ? rc : unknown(stat, err);
	arena_init(&arena);
	x = vector_sorted(X(stat), &arena);
	rc = 0;
	if (!strncmp(stat->params, "type7 ", 6))
		*to = order_quantile_linear(x, stat->data[0].n, q);
	else if (!strncmp(stat->params, "type1 ", 6))
		*to = order_quantile(x, stat->data[0].n, q);
	else
		rc = unknown(stat, err);
	arena_fini(&arena);
	return rc;
}

/*
 * What an AR(1) vector was drawn from: the deviation of its mean by the sum
 * of autocovariances; the true mean must lie in the interval that batch means
 * give at 1 - 1e-6, and is then as expected.
 */
static int ar1_truth(const struct golden_stat *stat, double *to,
		     struct err *err)
{
	double n = (double)stat->data[0].n, phi, sigma, sum;
	struct batch_means means;
	int rc;

	if (is(stat, "true_mean")) {
		rc = batch_means(X(stat), 20, 1 - 1e-6, &means, err);
		*to = rc || fabs(means.mean - stat->value) > means.half_width
			      ? means.mean
			      : stat->value;
		return rc;
	}
	rc = after(stat, "phi=", &phi, err);
	rc = rc ? rc : after(stat, "sigma_e=", &sigma, err);
	if (rc || !is(stat, "sd_of_mean"))
		return rc ? rc : unknown(stat, err);
	sum = n;
	for (double k = 1; k < n; k++)
		sum += 2 * (n - k) * pow(phi, k);
	*to = sigma / sqrt(1 - phi * phi) * sqrt(sum) / n;
	return 0;
}

/* "index=I p=P" */
static int adjusted(const struct golden_stat *stat, double *to, struct err *err)
{
	size_t n = stat->data[0].n, index;
	struct arena arena;
	double *p;
	int rc = whole_after(stat, "index=", &index, err);

	if (rc || index >= n || !is(stat, "p_adj"))
		return rc ? rc : unknown(stat, err);
	arena_init(&arena);
	p = arena_array(&arena, n, sizeof(*p));
	if (!strcmp(stat->test, "holm"))
		multiple_holm(X(stat), p);
	else
		multiple_benjamini_hochberg(X(stat), p);
	*to = p[index];
	arena_fini(&arena);
	return 0;
}

/* --- pairs and none --- */

static int kolmogorov_2(const struct golden_stat *stat, double *to,
			struct err *err)
{
	size_t nx = stat->data[0].n, ny = stat->data[1].n;
	double d;
	int rc = kolmogorov_2_distance(X(stat), Y(stat), &d, err);

	if (rc)
		return rc;
	*to = d;
	if (is(stat, "D"))
		return 0;
	*to = kolmogorov_2_asymptotic_p(d, nx, ny);
	if (strcmp(stat->params, "exact"))
		return is(stat, "p") ? 0 : unknown(stat, err);
	return kolmogorov_2_exact_p(d, nx, ny, to, err);
}

static int mann_whitney(const struct golden_stat *stat, double *to,
			struct err *err)
{
	struct mann_whitney out;
	int rc = rank_mann_whitney(X(stat), Y(stat), &out, err);

	if (rc)
		return rc;
	if (is(stat, "p") && !strcmp(stat->params, "exact"))
		return rank_mann_whitney_exact(out.u, stat->data[0].n,
					       stat->data[1].n, to, err);
	*to = is(stat, "U") ? out.u : out.p;
	return is(stat, "U") || is(stat, "p") ? 0 : unknown(stat, err);
}

static int difference(const struct golden_stat *stat, double *to,
		      struct err *err)
{
	return is(stat, "shift") ? shift_two(X(stat), Y(stat), to, err)
				 : unknown(stat, err);
}

static int welch(const struct golden_stat *stat, double *to, struct err *err)
{
	struct welch out;
	int rc = shift_welch(X(stat), Y(stat), &out, err);

	if (rc)
		return rc;
	*to = is(stat, "t") ? out.t : out.p;
	return is(stat, "t") || is(stat, "p") ? 0 : unknown(stat, err);
}

static int ranks(const struct golden_stat *stat, double *to, struct err *err)
{
	double q, confidence;
	struct order_ranks out;
	size_t n;
	int rc = whole_after(stat, "n=", &n, err);

	rc = rc ? rc : after(stat, "p=", &q, err);
	rc = rc ? rc : after(stat, "conf=", &confidence, err);
	rc = rc ? rc : order_ranks(n, q, confidence, &out, err);
	if (rc)
		return rc;
	if (is(stat, "lower_rank"))
		*to = (double)out.lower;
	else if (is(stat, "upper_rank"))
		*to = (double)out.upper;
	else if (is(stat, "coverage_continuous"))
		*to = out.coverage;
	else
		return unknown(stat, err);
	return 0;
}

static int least(const struct golden_stat *stat, double *to, struct err *err)
{
	double q, confidence;
	int rc = after(stat, "p=", &q, err);

	rc = rc ? rc : after(stat, "conf=", &confidence, err);
	if (rc)
		return rc;
	*to = (double)order_least(q, confidence);
	return is(stat, "n_min") && *to > 0 ? 0 : unknown(stat, err);
}

/* --- all --- */

static const struct {
	const char *test;
	size_t ndata;
	int (*value)(const struct golden_stat *stat, double *to,
		     struct err *err);
} known[] = {
	{ "anderson_darling", 1, anderson },
	{ "cramer_von_mises", 1, cramer },
	{ "ks_1samp", 1, kolmogorov_1 },
	{ "acf", 1, acf },
	{ "ljung_box", 1, ljung_box },
	{ "spearman_lag1", 1, spearman },
	{ "adf", 1, adf },
	{ "kpss", 1, kpss },
	{ "runs", 1, runs },
	{ "mann_kendall", 1, mann_kendall },
	{ "mser5", 1, mser5 },
	{ "batch_means", 1, batches },
	{ "hodges_lehmann_1", 1, centre },
	{ "quantile", 1, quantile },
	{ "ar1_truth", 1, ar1_truth },
	{ "holm", 1, adjusted },
	{ "benjamini_hochberg", 1, adjusted },
	{ "ks_2samp", 2, kolmogorov_2 },
	{ "mann_whitney", 2, mann_whitney },
	{ "hodges_lehmann_2", 2, difference },
	{ "welch_t", 2, welch },
	{ "binom_order_ci", 0, ranks },
	{ "min_n_for_upper_bound", 0, least },
};

int golden_stat_value(const struct golden_stat *stat, double *value,
		      struct err *err)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(known[i].test, stat->test))
			continue;
		if (known[i].ndata != stat->ndata)
			return err_set(err, -EINVAL,
				       "%s is of %zu vectors, "
				       "not of %zu",
				       stat->test, known[i].ndata, stat->ndata);
		return known[i].value(stat, value, err);
	}
	return err_set(err, -EINVAL, "no test %s is known", stat->test);
}
