/* approx.h - two-moment approximations of G/G/k, and how far they are off */
#ifndef MODELS_APPROX_H
#define MODELS_APPROX_H

#include <stddef.h>
#include <stdint.h>

#include "models/predict.h"

struct arena;
struct err;
struct queue;

enum approx_kind {
	APPROX_ALLEN_CUNNEEN,
	APPROX_KIMURA,
	APPROX_COSMETATOS,
	APPROX_TAIL, /* exponential, of the wait */
	APPROX_KINDS
};

/* Approximate over exact, less 1; 0 lies between. */
struct approx_error {
	double least, most;
};

/* What the approximations share: M/M/k in unit mean service, and moments. */
struct approx {
	enum approx_kind kind;
	uint32_t k;
	double rho, cs2, ca2;
	double mean, rate; /* of service, of arrivals */
	double p_wait;	   /* of M/M/k */
	double mmk, mdk;   /* its mean wait, and Cosmetatos' one of M/D/k */
	double wait;	   /* what the approximation says */
	struct approx_error error;
	const char *warning; /* or "" */
};

/*
 * One FCFS queue before k workers, service of finite variance; arrivals
 * Poisson but for Allen-Cunneen. Fills all but `wait`. 0 or -EDOM.
 */
int approx_init(struct approx *a, enum approx_kind kind,
		const struct queue *queue, struct arena *arena,
		struct err *err);

/* From its wait: mean wait, sojourn and number, with the band. */
struct predict_value approx_mean(const void *state,
				 const struct predict_ask *ask);

/* A value's band. */
struct predict_value approx_value(const struct approx *a, double value);

/* The slot of the formulas: "-5.7% to +13%". */
void approx_words(const void *state, char *text, size_t size);

/* One of the queues for which it was computed, and the errors. */
struct approx_cell {
	uint32_t k;
	double rho, cs2;
	double percent[APPROX_KINDS];
};
const struct approx_cell *approx_cells(size_t *n);

/* The quantile that the tail's error was found at. */
double approx_tail_quantile(uint32_t k, double rho);

#endif
