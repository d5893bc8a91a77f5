/* halfline.h - integrals from 0 to infinity, to 13 digits */
#ifndef WORKLOADS_HALFLINE_H
#define WORKLOADS_HALFLINE_H

#include <complex.h>

/*
 * The integral of f over 0..infinity, for f that is analytic there (0 apart)
 * and negligible beyond `reach`.
 */
double complex halfline(double complex (*f)(double x, const void *context),
			const void *context, double reach);

/*
 * The integral of exp(-s x) density(x) over 0..infinity, for Re s >= 0, along
 * a path on which it oscillates little: s is turned by the share `turn` of
 * its argument. The density must be analytic in the sector that the path
 * leaves, and fall there.
 */
double complex halfline_laplace(double complex (*density)(double complex x,
							  const void *law),
				const void *law, double complex s, double turn);

#endif
