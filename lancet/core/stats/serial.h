/* serial.h - does a value tell something about the next ones? */
#ifndef LANCET_CORE_STATS_SERIAL_H
#define LANCET_CORE_STATS_SERIAL_H

#include <stddef.h>

struct err;

/*
 * rho[k - 1], k = 1..lags: autocorrelations from autocovariances that all
 * divide by n (Box and Jenkins 1976, 2.1.5), so that none is beyond 1.
 * lags < n; constant data are refused. O(n lags).
 */
int serial_acf(const double *x, size_t n, size_t lags, double *rho,
	       struct err *err);

/*
 * Ljung and Box (1978): q = n (n + 2) sum rho_k^2 / (n - k), chi square with
 * `lags` degrees of freedom when x is independent: good from n = 10 lags on.
 */
struct ljung_box {
	double q, p;
};

int serial_ljung_box(const double *x, size_t n, size_t lags,
		     struct ljung_box *out, struct err *err);

/*
 * Spearman's (1904) rank correlation of (x_i, x_(i+1)) with mid-ranks; p,
 * two-sided, from t with n - 3 degrees of freedom (Zar 1972: from 10 on).
 * At least 4 values. O(n log n).
 */
struct spearman {
	double rho, p;
};

int serial_spearman(const double *x, size_t n, struct spearman *out,
		    struct err *err);

#endif
