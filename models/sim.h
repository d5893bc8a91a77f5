/* sim.h - an event simulator of G/G/k queues under any policy */
#ifndef MODELS_SIM_H
#define MODELS_SIM_H

#include "models/predict.h"

/*
 * Answers the query's asks from one run of independent replications, which
 * query->threads share. They go on until every asked figure has a 95%
 * half-width of at most its precision, or the time is up: the method then
 * says so. The same seed gives the same jobs and, unless the time cut it,
 * the same answers at any number of threads.
 *
 * -EDOM where there is no interval at all: the time was too short for enough
 * replications, or a queue outgrew its room. Single figures that the run
 * cannot bound are refused in their answers.
 */
int sim_run(const struct predict_query *query, struct predict_answer *answer,
	    struct arena *arena, struct err *err);

#endif
