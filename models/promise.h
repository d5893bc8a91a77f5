/* promise.h - how far a queue is from keeping what was promised of it */
#ifndef MODELS_PROMISE_H
#define MODELS_PROMISE_H

#include <stdbool.h>

#include "models/predict.h"

struct slo;
struct slo_term;

/* What the terms come to at one load, as logarithms of value over bound. */
struct promise {
	double worst; /* of all terms; <= 0: the promise is kept */
	double half;  /* half-width of that one */
	bool band;    /* not exact: an approximation, or simulated */
};

/* The class that a term is about, as an ask counts them; 0: all. */
uint32_t promise_class(const struct workload *w, const struct slo_term *term);

/* In the workload's unit of time, or a ratio. */
double promise_bound(const struct workload *w, const struct slo_term *term);

/* -EDOM: what the promise names has no prediction (errors, an unknown class).
 */
int promise_check(const struct workload *workload, const struct slo *slo,
		  struct err *err);

/*
 * Of the query's queue; its asks are not looked at. The method of the last
 * term goes to text.
 */
int promise_look(const struct predict_query *query, const struct slo *slo,
		 struct promise *promise, char *method, size_t size,
		 struct err *err);

/*
 * False where no queue could keep it: a sojourn is never shorter than its
 * service, and a slowdown never below 1.
 */
bool promise_possible(const struct workload *workload, const struct slo *slo);

#endif
