/* runlength.h - how long a simulation must be to be believed */
#ifndef MODELS_RUNLENGTH_H
#define MODELS_RUNLENGTH_H

#include "models/predict.h"

struct replica_plan;

struct runlength {
	double load;	   /* of the policy's capacity, below 1 */
	double relaxation; /* jobs until the queue has forgotten its past */
	double first;	   /* jobs without which there is no interval */
	double least;	   /* jobs without which none is to be trusted */
};

void runlength_init(struct runlength *r, const struct predict_query *query);

/* All of a plan but its series: warm-up, room, and what follows from the
 * query. */
void runlength_plan(const struct runlength *r,
		    const struct predict_query *query,
		    struct replica_plan *plan);

/* The share of all jobs that an ask is about. */
double runlength_share(const struct predict_query *query,
		       const struct predict_ask *ask);

#endif
