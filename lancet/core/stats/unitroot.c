/* unitroot.c - does a series wander without a level, or keep to one? */
#include "lancet/core/stats/unitroot.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_poly.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/quadratic.h"
#include "lancet/core/stats/vector.h"

/* --- regression --- */

/* Of x[t] - x[t - 1] on 1, x[t - 1] and `lag` earlier differences. */
struct regression {
	const double *x;
	size_t n, lag;
	bool level_last; /* behind the differences instead of before */
};

/* Columns with the explained one, which is the last. */
static size_t width(const struct regression *r)
{
	return r->lag + 3;
}

static void fill_row(const struct regression *r, size_t t, double *row)
{
	double *to = row;

	*to++ = 1;
	if (!r->level_last)
		*to++ = r->x[t - 1];
	for (size_t j = 1; j <= r->lag; j++)
		*to++ = r->x[t - j] - r->x[t - j - 1];
	if (r->level_last)
		*to++ = r->x[t - 1];
	*to = r->x[t] - r->x[t - 1];
}

/* Leaves R of the first `rows` rows of w in its top, zeros below it. */
static void triangulate(gsl_matrix *w, size_t rows, gsl_vector *tau)
{
	gsl_matrix_view part = gsl_matrix_submatrix(w, 0, 0, rows, w->size2);

	gsl_linalg_QR_decomp(&part.matrix, tau);
	for (size_t i = 1; i < w->size2; i++)
		for (size_t j = 0; j < i; j++)
			gsl_matrix_set(w, i, j, 0);
}

/*
 * R of the QR decomposition of [columns, explained]; free it. Block after
 * block of rows below the R so far: precise, and in little memory.
 */
static gsl_matrix *regress(const struct regression *r)
{
	size_t p = width(r), most = 5 * p, rows = p;
	gsl_matrix *w = gsl_matrix_calloc(most, p);
	gsl_vector *tau = gsl_vector_alloc(p);

	for (size_t t = r->lag + 1; t < r->n; t++) {
		fill_row(r, t, gsl_matrix_ptr(w, rows, 0));
		if (++rows < most && t + 1 < r->n)
			continue;
		triangulate(w, rows, tau);
		rows = p;
	}
	gsl_vector_free(tau);
	return w;
}

/* --- Dickey and Fuller --- */

/* MacKinnon (1994), one series with a constant; digits of his data files. */
static double mackinnon_p(double tau)
{
	static const double small[] = { 2.1659, 1.4412, .038269 };
	static const double large[] = { 1.7339, .93202, -.12745, -.010368 };

	if (tau > 2.74)
		return 1;
	if (tau < -18.83)
		return 0;
	return gsl_cdf_ugaussian_P(tau <= -1.61 ? gsl_poly_eval(small, 3, tau)
						: gsl_poly_eval(large, 4, tau));
}

/* MacKinnon (2010), table 2, one series with a constant. */
static void mackinnon_critical(size_t observations, double critical[3])
{
	static const double beta[3][4] = {
		{ -3.43035, -6.5393, -16.786, -79.433 },
		{ -2.86154, -2.8903, -4.234, -40.040 },
		{ -2.56677, -1.5384, -2.809, 0 },
	};

	for (int i = 0; i < 3; i++)
		critical[i] =
			gsl_poly_eval(beta[i], 4, 1 / (double)observations);
}

static int too_exact(struct err *err)
{
	return err_set(err, -EDOM,
		       "the past of the series gives it exactly; "
		       "there is no noise to test with");
}

/* Residuals this far below what is explained are rounding. */
static bool exact(double residual, double explained)
{
	return !(fabs(residual) > 1e-11 * fabs(explained));
}

/* y is centred: the constant then takes nothing from precision. */
static int adf_fit(const double *y, size_t n, size_t lag, struct adf *out,
		   struct err *err)
{
	struct regression r = {
		.x = y, .n = n, .lag = lag, .level_last = true
	};
	size_t last = width(&r) - 1, rows = n - 1 - lag;
	gsl_matrix *w = regress(&r);
	double level = gsl_matrix_get(w, last - 1, last - 1);
	double explained = gsl_matrix_get(w, last - 1, last);
	double residual = fabs(gsl_matrix_get(w, last, last));
	double norm = 0;

	for (size_t i = 0; i <= last; i++)
		norm = hypot(norm, gsl_matrix_get(w, i, last));
	gsl_matrix_free(w);
	if (exact(residual, norm) || level == 0)
		return too_exact(err);
	out->tau = copysign(1, level) * explained /
		   (residual / sqrt((double)(rows - last)));
	out->p = mackinnon_p(out->tau);
	mackinnon_critical(rows, out->critical);
	out->lag = lag;
	out->observations = rows;
	return 0;
}

int unitroot_adf(const double *x, size_t n, size_t lag, struct adf *out,
		 struct err *err)
{
	int rc = vector_check_varied(x, n, 2 * lag + 4, err);
	struct arena arena;

	if (rc)
		return rc;
	arena_init(&arena);
	rc = adf_fit(vector_centred(x, n, &arena), n, lag, out, err);
	arena_fini(&arena);
	return rc;
}

/* R has the residuals of all lags: what is left behind column 2 + lag. */
static int least_aic(const double *y, size_t n, size_t most, size_t *lag,
		     struct err *err)
{
	struct regression r = { .x = y, .n = n, .lag = most };
	size_t last = width(&r) - 1;
	double rows = (double)(n - 1 - most), least = (double)INFINITY;
	double left = 0, total = 0, smallest;
	gsl_matrix *w = regress(&r);

	for (size_t i = 0; i <= last; i++)
		total += pow(gsl_matrix_get(w, i, last), 2);
	smallest = fabs(gsl_matrix_get(w, last, last));
	for (size_t k = most + 1; k-- > 0;) {
		double aic;

		left += pow(gsl_matrix_get(w, k + 2, last), 2);
		aic = rows * log(left / rows) + 2 * ((double)k + 2);
		if (aic <= least) {
			least = aic;
			*lag = k;
		}
	}
	gsl_matrix_free(w);
	return exact(smallest, sqrt(total)) ? too_exact(err) : 0;
}

int unitroot_adf_aic(const double *x, size_t n, size_t most, struct adf *out,
		     struct err *err)
{
	int rc = vector_check_varied(x, n, 2 * most + 4, err);
	struct arena arena;
	size_t lag = 0;
	double *y;

	if (rc)
		return rc;
	arena_init(&arena);
	y = vector_centred(x, n, &arena);
	rc = least_aic(y, n, most, &lag, err);
	rc = rc ? rc : adf_fit(y, n, lag, out, err);
	arena_fini(&arena);
	return rc;
}

size_t unitroot_most_lags(size_t n)
{
	size_t schwert = unitroot_kpss_lags(n), room = n < 4 ? 0 : n / 2 - 2;

	return schwert < room ? schwert : room;
}

/* --- KPSS --- */

static double product(const double *y, size_t n, size_t lag)
{
	double sum = 0;

	for (size_t i = lag; i < n; i++)
		sum += y[i] * y[i - lag];
	return sum;
}

int unitroot_kpss(const double *x, size_t n, size_t lags, struct kpss *out,
		  struct err *err)
{
	int rc = vector_check_varied(x, n, 3, err);
	double at = 0, sum = 0, variance, *y;
	struct arena arena;

	if (!rc && lags >= n)
		rc = err_set(err, -EINVAL,
			     "%zu lags of %zu values; give fewer "
			     "than values",
			     lags, n);
	if (rc)
		return rc;
	arena_init(&arena);
	y = vector_centred(x, n, &arena);
	for (size_t i = 0; i < n; i++) {
		at += y[i];
		sum += at * at;
	}
	variance = product(y, n, 0);
	for (size_t k = 1; k <= lags; k++)
		variance += 2 * product(y, n, k) *
			    (1 - (double)k / ((double)lags + 1));
	arena_fini(&arena);
	if (!(variance > 0))
		return err_set(err, -EDOM,
			       "the long-run variance with %zu "
			       "lags is 0; take fewer",
			       lags);
	out->eta = sum / (double)n / variance;
	out->p = quadratic_cramer_p(out->eta);
	out->lags = lags;
	return 0;
}

size_t unitroot_kpss_lags(size_t n)
{
	double lags = ceil(12 * pow((double)n / 100, .25));

	return n < 2 ? 0 : (size_t)fmin(lags, (double)n - 1);
}

size_t unitroot_kpss_auto(const double *x, size_t n)
{
	double level = 0, slope = 0, gamma, *y;
	struct arena arena;

	if (n < 2)
		return 0;
	arena_init(&arena);
	y = vector_centred(x, n, &arena);
	level = product(y, n, 0) / (double)n;
	for (size_t k = 1; k <= (size_t)pow((double)n, 2. / 9); k++) {
		double twice = 2 * product(y, n, k) / (double)n;

		level += twice;
		slope += (double)k * twice;
	}
	arena_fini(&arena);
	/* Hobijn, Franses and Ooms (2004), eq. 27; 1.1447 for Bartlett. */
	gamma = 1.1447 * cbrt(slope * slope / (level * level));
	gamma *= cbrt((double)n);
	return gamma < (double)n - 1 ? (size_t)gamma : n - 1;
}
