/* estimate.h - figures and their intervals from independent replications */
#ifndef MODELS_ESTIMATE_H
#define MODELS_ESTIMATE_H

#include "models/predict.h"
#include "models/tally.h"

/*
 * Of n >= 2 replications, each with values; they may differ in length. 95%
 * intervals by Student's t on the replications' deviations from the ratio of
 * sums (Law 2015, "Simulation Modeling and Analysis", 9.5; Cochran 1977 for
 * the ratio).
 */
#define ESTIMATE_MOST 64 /* replications */

struct predict_value estimate_mean(const struct tally *t, uint32_t n);
struct predict_value estimate_variance(const struct tally *t, uint32_t n);
struct predict_value estimate_waited(const struct tally *t, uint32_t n);
struct predict_value estimate_refused(const struct tally *t, uint32_t n);

/* Sum of values over jobs that came, refused ones too. */
struct predict_value estimate_mean_of_all(const struct tally *t, uint32_t n);

/* The mean of one number of each replication. */
struct predict_value estimate_values(const double *x, uint32_t n);

/* All replications' histograms as one; freed with free(). NULL: no memory. */
struct estimate_pool *estimate_pool(const struct tally *t, uint32_t n);

/*
 * The interval of the share above the quantile is set in *tail; the values
 * with as much above them are the quantile's (Heidelberger and Lewis 1984).
 * It holds where the law has atoms, or next to nothing between two, too.
 */
struct predict_value estimate_quantile(const struct estimate_pool *pool,
				       const struct tally *t, uint32_t n,
				       double q, struct predict_value *tail);

#endif
