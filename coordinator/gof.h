/* gof.h - goodness of fit: are these gaps from that law? */
#ifndef COORDINATOR_GOF_H
#define COORDINATOR_GOF_H

#include <stddef.h>
#include <stdint.h>

/*
 * Anderson and Darling's (1954) and Kolmogorov's tests of n gaps against a
 * fully known law. For a law with atoms (fixed gaps) the first is not
 * defined: ad is NAN, ad_p 1, and ks and its bound p use `distance`.
 */
struct gof {
	size_t n;
	double shift;		/* in: each gap may be off by this many ns, */
	double atom_shift;	/* or by these, where the law has atoms */
	double ad, ad_p;
	double ks, ks_p;
	double distance;	/* Kolmogorov's, after the best shifts (the */
				/* one-sided sup of Levy's metric) */
};

/* gap[n] in rising order. */
void gof_run(struct gof *gof, const int32_t *gap,
	     double (*cdf)(const void *state, double gap_ns),
	     const void *state);

/*
 * Kolmogorov's distance between gaps a[na] and b[nb], both in rising order,
 * when each may be moved by `shift`: of sent from intended ones.
 */
double gof_between(const int32_t *a, size_t na, const int32_t *b, size_t nb,
		   double shift);

#endif
