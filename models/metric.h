/* metric.h - figures of a queue by name: p99_sojourn, p_wait, mean_wait(get) */
#ifndef MODELS_METRIC_H
#define MODELS_METRIC_H

#include "models/predict.h"

struct err;
struct workload;

/*
 * One name:
 *	FIGURE[_OF][REST]	p99, mean_wait, p99.9_slowdown, var_wait,
 *				mean_in_system, p99_in_system
 *	OF:FIGURE[REST]		wait:p99
 *	p_wait[REST], loss_prob
 * with FIGURE mean, var or a quantile; OF sojourn (which is meant where
 * nothing is said), wait, slowdown or in_system; and REST any of
 *	(NAME)	_classN		one class, by name or number from 1
 *	_stageN			one stage of a tandem, from 1
 *	_given_x=VALUE		only requests of this service time; a
 *				number in the unit of the law, or a duration
 * 0, or -EINVAL with what is wrong and the nearest name.
 */
int metric_parse(const char *text, const struct workload *workload,
		 struct predict_ask *ask, struct err *err);

#endif
