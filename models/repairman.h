/* repairman.h - a few sources before k exponential workers: M/M/k//N */
#ifndef MODELS_REPAIRMAN_H
#define MODELS_REPAIRMAN_H

#include <stdint.h>

#include "models/predict.h"

struct arena;

/* As many sources as there is a law for. */
#define REPAIRMAN_SOURCES 16384

/* In unit mean service; first come, first served. */
struct repairman {
	uint32_t k, sources;
	double think; /* mean of the exponential pause of a source */
	double wait;  /* E[W] */
	double rate;  /* of replies */
	double *seen; /* P(a job finds n others), n < sources */
};

void repairman_solve(struct repairman *r, uint32_t k, uint32_t sources,
		     double think, struct arena *arena);

/* In unit mean service; NAN where it does not know the figure. */
double repairman_figure(const struct repairman *r,
			const struct predict_ask *ask);

#endif
