/* steady.h - does a series keep its level, whatever its natural correlation? */
#ifndef LANCET_CORE_STATS_STEADY_H
#define LANCET_CORE_STATS_STEADY_H

#include <stddef.h>

struct err;

/*
 * Latencies of a queue are correlated, more so the fuller it is, and tests
 * for independent values would call each of them unsteady. So a series is
 * looked at in frequency: means of m = 128 blocks (64 or 32 where these are
 * still correlated), their cosine transform c_j, j half periods over the
 * whole. Of a stationary series the c_j of low j are about independent
 * normal, with one variance, the long-run variance (Mueller and Watson 2008).
 * It is estimated from the band m/16 < j <= 3m/8 under the shape of an AR(1)
 * spectrum, fitted to all above (Whittle 1953), and what is below the band is
 * held against it:
 *	trend	c_1, which has 98.6% of the energy of a straight line: F(1, v)
 *	shift	means before and after, at 15 places: Student's t(v), Bonferroni
 *	wave	the greatest, of any phase and 1 to m/8 periods: F(2, v),
 *		Bonferroni; as Fisher (1929), but beside its own noise
 *	wander	KPSS's eta, sum (c_j / pi j)^2 over that variance
 *		(Kwiatkowski et al. 1992), its limit law averaged over the
 *		estimate's chi square
 * v: values in the band. Normality is the central limit theorem's: good
 * where a block holds several times the correlation. O(n + m^2).
 */
enum steady_kind {
	STEADY_TREND, STEADY_SHIFT, STEADY_WAVE, STEADY_WANDER, STEADY_KINDS
};

extern const char *const steady_name[STEADY_KINDS];

struct steady_test {
	double statistic, p;
	double size;		/* from its lowest to its highest level */
};

struct steady {
	double level;		/* mean */
	double error;		/* its standard deviation, of `freedom` */
	double freedom;
	double correlation;	/* of neighbouring blocks */
	size_t blocks;
	struct steady_test test[STEADY_KINDS];
};

/* The least number of entries. */
#define STEADY_LEAST 32

/*
 * x[n] over weight[n], pair by pair: sums and counts of consecutive windows;
 * windows of no weight are bridged. -ERANGE where even 32 blocks depend on
 * each other, or too many are empty: it is too short to tell.
 */
int steady_run(const double *x, const double *weight, size_t n,
	       struct steady *out, struct err *err);

#endif
