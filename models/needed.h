/* needed.h - how many workers a promise needs at a given rate */
#ifndef MODELS_NEEDED_H
#define MODELS_NEEDED_H

#include "models/predict.h"

struct slo;

/* Where the answer is looked for. */
#define NEEDED_MOST 1024

struct needed {
	uint32_t workers; /* the fewest that keep it; 0: none can */
	/* Fewer than lo do not, hi do; where a simulation cannot tell, these
	 * are not the same. */
	uint32_t lo, hi;
	char method[160];
};

/*
 * The query's rate counts; its workers and asks are not looked at. More
 * workers keep a promise that fewer keep. -EDOM: what the promise names has
 * no prediction, or more than NEEDED_MOST workers are needed for the work
 * alone.
 */
int needed(const struct predict_query *query, const struct slo *slo,
	   struct needed *found, struct err *err);

#endif
