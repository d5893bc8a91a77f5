/* serial.c - does a value tell something about the next ones? */
#include "lancet/core/stats/serial.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/rank.h"
#include "lancet/core/stats/vector.h"

int serial_acf(const double *x, size_t n, size_t lags, double *rho,
	       struct err *err)
{
	int rc = vector_check_varied(x, n, 2, err);
	struct arena arena;
	double *y, variance = 0;

	if (!rc && (lags < 1 || lags >= n))
		rc = err_set(err, -EINVAL,
			     "%zu lags of %zu values; give 1 to "
			     "%zu",
			     lags, n, n - 1);
	if (rc)
		return rc;
	arena_init(&arena);
	y = vector_centred(x, n, &arena);
	for (size_t i = 0; i < n; i++)
		variance += y[i] * y[i];
	for (size_t k = 1; k <= lags; k++) {
		double sum = 0;

		for (size_t i = k; i < n; i++)
			sum += y[i] * y[i - k];
		rho[k - 1] = variance > 0 ? sum / variance : 0;
	}
	arena_fini(&arena);
	return variance > 0 ? 0
			    : err_set(err, -EDOM,
				      "the values vary too "
				      "little for their squares");
}

int serial_ljung_box(const double *x, size_t n, size_t lags,
		     struct ljung_box *out, struct err *err)
{
	double m = (double)n, sum = 0, *rho;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rho = arena_array(&arena, lags + 1, sizeof(*rho));
	rc = serial_acf(x, n, lags, rho, err);
	for (size_t k = 1; k <= lags && !rc; k++)
		sum += rho[k - 1] * rho[k - 1] / (m - (double)k);
	arena_fini(&arena);
	if (rc)
		return rc;
	out->q = m * (m + 2) * sum;
	out->p = gsl_cdf_chisq_Q(out->q, (double)lags);
	return 0;
}

int serial_spearman(const double *x, size_t n, struct spearman *out,
		    struct err *err)
{
	int rc = vector_check(x, n, 4, err);
	double df = (double)n - 3, *before, *after;
	struct arena arena;

	rc = rc ? rc : vector_check_varied(x, n - 1, 3, err);
	rc = rc ? rc : vector_check_varied(x + 1, n - 1, 3, err);
	if (rc)
		return rc;
	arena_init(&arena);
	before = rank_middle(x, n - 1, NULL, &arena);
	after = rank_middle(x + 1, n - 1, NULL, &arena);
	out->rho = gsl_stats_correlation(before, 1, after, 1, n - 1);
	arena_fini(&arena);
	out->rho = fmax(fmin(out->rho, 1), -1);
	out->p = tail_student(
		out->rho * sqrt(df / ((1 - out->rho) * (1 + out->rho))), df);
	return 0;
}
