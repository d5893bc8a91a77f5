/* interval.h - quantiles and means of a correlated series, with intervals */
#ifndef COORDINATOR_INTERVAL_H
#define COORDINATOR_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

#include "lancet/core/hist.h"
#include "lancet/core/result.h"

struct arena;

/*
 * Response times of one window, requests known only to be later, and those
 * of which nothing is known but that they were answered.
 */
struct series_window {
	struct hist_sparse response;
	uint64_t later;		/* unsent, lost, timed out, refused, wrong */
	uint64_t unstamped;	/* of wire times: a stamp was lost */
};

/* Consecutive windows, in order; those left out are simply missing. */
struct series {
	struct series_window *window;
	size_t n;
};

/*
 * Quantiles over *intended* requests: value and upper bound count `later`
 * ones as above every reply, the lower bound does not count them. Where they,
 * or too few observations, leave no upper bound it is INFINITY and the
 * quantile `unresolved`, with the reason. Unstamped ones may be early or late:
 * they count in the upper bound alone, where it is higher with all of them
 * later than every reply.
 *
 * Interval: batch means of the indicator that a request is later than the
 * estimate (Heidelberger and Lewis 1984). Batches of consecutive windows are
 * made longer until those beyond neighbours look independent, as in Steiger
 * and Wilson (2002), and each is worth enough; neighbours' covariance is
 * added. That gives the number of independent requests that would be worth as
 * much, at the estimate and at either end, and with Student's quantile, of a
 * freedom that counts the bursts, the shares of requests between which the
 * quantile lies; they are mapped back through the merged histogram (Woodruff
 * 1952), outwards to the bounds of its bins. No tail's requests are worth much
 * more than the median's, unless ten times as much or in a long run. Where
 * batches vary no more than those of independent requests would, exact binomial
 * ranks take their place.
 *
 * Made to hold under a stopping rule that looks at the interval: docs/
 * validity.md has how often it does.
 */
void interval_metric(const struct series *series, double confidence,
		     const double *q, size_t nq, struct arena *arena,
		     struct result_metric *metric);

/* All windows in one, and the number of `later` requests. */
uint64_t series_merge(const struct series *series, struct hist *into);

/*
 * Half-width of a two-sided interval for the ratio sum(x) / sum(n) of
 * consecutive pairs, by batches as above; NAN with fewer than 8 pairs.
 */
double interval_ratio(const double *x, const double *n, size_t pairs,
		      double confidence);

#endif
