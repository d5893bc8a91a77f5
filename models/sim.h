/* sim.h - an event simulator of G/G/k queues under any policy */
#ifndef MODELS_SIM_H
#define MODELS_SIM_H

#include "models/predict.h"

/*
 * Answers the query's asks. Jobs come and go until every asked figure has a
 * 95% half-width of at most query->relative of its value, or the time is up.
 * Intervals are by batch means: 20 to 40 batches, Student's t. The same seed
 * gives the same jobs.
 *
 * -EDOM where no interval can be given: too few batches in the time, or
 * a queue that outgrew its room.
 */
int sim_run(const struct predict_query *query, struct predict_answer *answer,
	    struct arena *arena, struct err *err);

#endif
