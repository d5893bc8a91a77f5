/* fanout.h - requests that end with the last of their parts, in ideal queues */
#ifndef MODELS_FANOUT_H
#define MODELS_FANOUT_H

#include "models/predict.h"

/*
 * A request comes as query->workload->fanout parts at one instant, part j on
 * the next connection in turn, and is done with the last: the maximum of so
 * many sojourns. `servers` is as many as parts, and each part goes to a queue
 * of its own; or 1, and all meet in one. Queues that are fed at the same
 * instants depend on each other (Nelson and Tantawi 1988), so that no power
 * of one queue's distribution is their maximum's: it is simulated.
 */
struct fanout {
	const struct predict_query *query; /* rate: of requests, not parts;
					    * asks: quantiles and means of
					    * sojourns */
	uint32_t servers, connections;
};

/* As predict(): the same refusals, of the queue that each part meets. */
int fanout_predict(const struct fanout *fanout, struct predict_result *result,
		   struct arena *arena, struct err *err);

#endif
