/* quadratic.h - limit laws of the quadratic statistics of goodness of fit */
#ifndef LANCET_CORE_STATS_QUADRATIC_H
#define LANCET_CORE_STATS_QUADRATIC_H

/*
 * P(sum of Z_j^2 / w_j > x), Z_j independent standard normal:
 *   anderson: w_j = j (j + 1), the limit of Anderson and Darling's A^2
 *   cramer:   w_j = (pi j)^2, that of Cramer and von Mises' W^2 and that of
 *             KPSS's eta with a level (Kwiatkowski et al. 1992, eq. 14)
 * Smirnov's (1937) formula for such sums,
 *   P = 1/pi sum_k (-1)^(k+1) int_{w_(2k-1)}^{w_2k} e^(-ux/2) / (u sqrt|D|) du
 * with D(u) = prod (1 - u / w_j), here in closed form (Anderson and Darling
 * 1952). Relative error below 1e-9 for every x up to where P underflows,
 * 1 below x = .03 (anderson) or .003 (cramer), where P is 1 - 1e-17. O(1).
 *
 * For n observations of a fully known continuous law the error is O(1/n):
 * below .003 from n = 10 on (Marsaglia and Marsaglia 2004).
 */
double quadratic_anderson_p(double x);
double quadratic_cramer_p(double x);

#endif
