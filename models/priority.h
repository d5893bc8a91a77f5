/* priority.h - M/G/1 with priorities by class: means of each */
#ifndef MODELS_PRIORITY_H
#define MODELS_PRIORITY_H

#include <stdbool.h>

#include "models/predict.h"

struct queue;

/*
 * Lower classes first, in order of arrival within one. Of class c, with r_i
 * the load of classes up to i and R the mean work that is left in the job in
 * service, of those whose service is not preempted by c,
 *	E[W] = R / (1 - r_(c-1)) (1 - r_c)
 * until service begins, which then takes x; or x / (1 - r_(c-1)) where better
 * classes preempt it.
 */
struct priority {
	const struct queue *queue;
	bool preempt;
};

/* NAN where it does not know. */
double priority_figure(const struct priority *p, const struct predict_ask *ask);

#endif
