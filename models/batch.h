/* batch.h - means and quantiles of a correlated series, with intervals */
#ifndef MODELS_BATCH_H
#define MODELS_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "lancet/core/hist.h"
#include "models/predict.h"

/*
 * Batch means (Conway 1963; Law and Carson 1979): the series is cut into 20
 * to 40 batches, long enough to be nearly independent. When 40 are full they
 * are merged in pairs, so that the batches grow with the run.
 */
#define BATCH_LEAST 20
#define BATCH_MOST 40

struct batch {
	struct hist *hist[BATCH_MOST];
	uint64_t marked[BATCH_MOST];
	struct hist *all;    /* their sum, made when it is asked for */
	uint32_t n;	     /* full ones; hist[n] is being filled */
	uint64_t size, left; /* of a batch; of the current one */
	double scale;	     /* histogram's unit in those of the series */
};

/* values are resolved to scale and to 1/1024. 0 or -ENOMEM. */
int batch_init(struct batch *b, uint64_t size, double scale);
void batch_fini(struct batch *b);

/* Hot; marks are counted too. Returns 1 when that filled a batch. */
static inline int batch_add(struct batch *b, double value, bool mark)
{
	double x = value * b->scale + 0.5;

	hist_record(b->hist[b->n],
		    x < (double)HIST_MAX ? (int64_t)x : HIST_MAX);
	b->marked[b->n] += mark;
	return --b->left == 0;
}

/* After batch_add() returned 1; merges pairs where there are 40. */
void batch_close(struct batch *b);

/* Over the full batches, of which there are BATCH_LEAST or more. */
struct predict_value batch_mean(struct batch *b);
struct predict_value batch_quantile(struct batch *b, double q);
struct predict_value batch_share(const struct batch *b); /* of marked ones */
uint64_t batch_total(const struct batch *b);

#endif
