/* maxload_sim.h - the highest load that keeps a promise, by simulation */
#ifndef MODELS_MAXLOAD_SIM_H
#define MODELS_MAXLOAD_SIM_H

#include "models/maxload.h"

/*
 * As maxload(), of a settled policy that is stable below the load `limit` and
 * a promise that was checked. The whole search ends at the query's time limit.
 */
int maxload_simulate(const struct predict_query *query, const struct slo *slo,
		     double limit, struct maxload *found, struct err *err);

#endif
