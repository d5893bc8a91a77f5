/* unitroot.h - does a series wander without a level, or keep to one? */
#ifndef LANCET_CORE_STATS_UNITROOT_H
#define LANCET_CORE_STATS_UNITROOT_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/*
 * Augmented Dickey-Fuller (Said and Dickey 1984) with a constant: tau of the
 * level in the regression of a difference on the level and `lag` differences
 * before. Null: a unit root. p by MacKinnon's (1994) response surface, good
 * from n = 50 on; critical values at 1, 5 and 10% by MacKinnon (2010), which
 * are for the n at hand. Refused: n < 2 lag + 4, or a series that its own
 * past gives exactly. O(n lag^2), 1 s for n = 1e5 and 68 lags.
 */
struct adf {
	double tau, p, critical[3];
	size_t lag, observations;
};

int unitroot_adf(const double *x, size_t n, size_t lag, struct adf *out,
		 struct err *err);

/*
 * With the lag of 0..most that has the least AIC, all compared on the same
 * observations (the first of equals); then fitted with all that it leaves.
 */
int unitroot_adf_aic(const double *x, size_t n, size_t most, struct adf *out,
		     struct err *err);

/* Schwert's (1989) l12, ceil(12 (n / 100)^(1/4)), kept below n / 2 - 1. */
size_t unitroot_most_lags(size_t n);

/*
 * KPSS (Kwiatkowski, Phillips, Schmidt and Shin 1992) with a level: eta, its
 * long-run variance with `lags` Bartlett weights; p is the limit law
 * (quadratic_cramer_p). Null: stationary around a level. Constant data are
 * refused. O(n lags).
 */
struct kpss {
	double eta, p;
	size_t lags;
};

int unitroot_kpss(const double *x, size_t n, size_t lags, struct kpss *out,
		  struct err *err);

/* Lags: Schwert's l12, and what Hobijn, Franses and Ooms (2004) choose. */
size_t unitroot_kpss_lags(size_t n);
size_t unitroot_kpss_auto(const double *x, size_t n);

#endif
