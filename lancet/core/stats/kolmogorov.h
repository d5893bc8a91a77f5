/* kolmogorov.h - distributions of Kolmogorov's and Smirnov's distances */
#ifndef LANCET_CORE_STATS_KOLMOGOROV_H
#define LANCET_CORE_STATS_KOLMOGOROV_H

#include <stddef.h>

struct err;

/*
 * P(D_n >= d), two-sided, of n observations from a known continuous law, by
 * region as Simard and L'Ecuyer (2011) lay them out: Ruben and Gambino's
 * (1982) exact ends, the matrix power of Marsaglia, Tsang and Wang (2003),
 * twice Smirnov's exact one-sided sum where both sides together cannot
 * matter, and Pelz and Good's (1976) expansion for many observations.
 * Relative error below 1e-5 (n <= 140: 1e-9), also where p is tiny; the
 * regions are scipy's, so that its p is met to 1e-6.
 * At most some 50 ms (n = 1e5), O(n) for small p.
 */
double kolmogorov_p(double d, size_t n);

/* sup |F_x - F_y|; ties within and between are fine. O((nx+ny) log). */
int kolmogorov_2_distance(const double *x, size_t nx, const double *y,
			  size_t ny, double *d, struct err *err);

/*
 * P(D >= d) of two samples without ties: every path of ranks that leaves the
 * band is counted (Hodges 1958; the sum has no negative term, so small p are
 * exact too). Conservative with ties. O(nx ny min(1, 2 d)); refused beyond
 * 2e9 steps, where the asymptotic p is as good.
 */
int kolmogorov_2_exact_p(double d, size_t nx, size_t ny, double *p,
			 struct err *err);

/* kolmogorov_p of nx ny / (nx + ny) observations, rounded; from 50 each on. */
double kolmogorov_2_asymptotic_p(double d, size_t nx, size_t ny);

#endif
