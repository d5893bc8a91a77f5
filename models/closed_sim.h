/* closed_sim.h - the simulated closed loop: connections that wait for replies
 */
#ifndef MODELS_CLOSED_SIM_H
#define MODELS_CLOSED_SIM_H

#include "models/predict.h"

/*
 * Answers the query's asks with what the connections would report, and the
 * mean sojourn in *sojourn; jobs come and go until every figure has a 95%
 * half-width of at most query->relative, or the time is up.
 */
int closed_sim_run(const struct predict_query *query, uint32_t connections,
		   double pause, struct predict_answer *answer,
		   struct predict_value *sojourn, struct arena *arena,
		   struct err *err);

/* The pause at which the replies come at the query's rate; NAN: not even
 * without pauses. -EDOM as closed_sim_run(). */
int closed_sim_pause(const struct predict_query *query, uint32_t connections,
		     double *pause, struct err *err);

#endif
