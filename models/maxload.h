/* maxload.h - the highest load at which a queue still keeps a promise */
#ifndef MODELS_MAXLOAD_H
#define MODELS_MAXLOAD_H

#include "models/predict.h"

struct slo;

struct maxload {
	struct predict_value load; /* rate * mean service / workers */
	char method[200];
};

/*
 * The query's rate, metric and quantiles are not looked at. Where formulas
 * hold the root is exact; else it is found among simulations with the same
 * seed, until the load has the asked precision (a half-width over the load)
 * or the time limit of the whole search is over: the method then says so.
 * Never above what the policy can bear. 0: not even a nearly idle queue keeps
 * it. -EDOM: what the promise names has no prediction (errors, an unknown
 * class).
 */
int maxload(const struct predict_query *query, const struct slo *slo,
	    struct maxload *found, struct err *err);

#endif
