/* queue.h - the queue that a golden row writes in its own short words */
#ifndef TESTS_GOLDEN_QUEUE_H
#define TESTS_GOLDEN_QUEUE_H

#include "models/predict.h"
#include "workloads/schedule.h"

struct arena;
struct err;
struct golden_row;

struct golden_queue {
	struct workload workload;
	struct predict_query query; /* but for asks, method and precision */
	double capacity;	    /* rate at a load of 1 */
	double load;		    /* NAN: the row gives none */
};

/*
 * Units are dropped: times are in the unit of the row's numbers. 0, or
 * -EINVAL with what is not understood; -EDOM where it is understood, and is
 * no queue (a law whose mean is infinite).
 */
int golden_queue_init(struct golden_queue *queue, const struct golden_row *row,
		      struct arena *arena, struct err *err);

#endif
