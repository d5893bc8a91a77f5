/* fit.h - goodness of fit: A^2, W^2 and D of observations from a known law */
#ifndef LANCET_CORE_STATS_FIT_H
#define LANCET_CORE_STATS_FIT_H

#include <stddef.h>
#include <stdint.h>

struct err;

/*
 * Anderson and Darling (1954): from log F(x_i) and log(1 - F(x_i)) of the
 * observations in rising order. INFINITY where one is impossible under the
 * law. Case 0 (law fully known): p is quadratic_anderson_p. O(n).
 */
double fit_anderson(const double *log_below, const double *log_above, size_t n);

/* Cramer and von Mises: from F(x_i) in rising order; p quadratic_cramer_p. */
double fit_cramer(const double *below, size_t n);

/* Kolmogorov's D, two-sided, from F(x_i) in rising order; kolmogorov.h. */
double fit_kolmogorov(const double *below, size_t n);

/* The three against an exponential law. */
struct fit {
	double anderson, cramer, kolmogorov;
};

/*
 * x[n] in any order; mean 0: it is estimated (then no p value of a known law
 * holds). Negative values are refused. O(n log n).
 */
int fit_exponential(const double *x, size_t n, double mean, struct fit *fit,
		    struct err *err);

/*
 * P(A^2 >= a2) for an exponential law whose mean is estimated, by Monte
 * Carlo: (1 + hits) / (1 + runs), never 0 (Davison and Hinkley 1997, 4.2);
 * relative standard error sqrt((1 - p) / (p runs)). Beyond 200 observations
 * it is simulated with 200 and A^2 scaled by Stephens' (1974) 1 + .6/n:
 * within 2% of p simulated with 500 and 2000. O(runs min(n, 200)): 50 ns each.
 */
double fit_anderson_p_estimated(double a2, size_t n, size_t runs,
				uint64_t seed);

/*
 * The A^2 of n observations that is exceeded with probability .15, .10, .05,
 * .025 or .01 when the mean is estimated: Stephens (1974), table 1.
 * 0 for another probability.
 */
double fit_anderson_critical(double p, size_t n);

#endif
