/* capacity.h - how much work a configuration's target can do */
#ifndef MODELS_CAPACITY_H
#define MODELS_CAPACITY_H

#include "workloads/schedule.h"

/*
 * The workload as the target serves it: where requests carry no service
 * time, a built-in target draws it from its own law (1 ns if none is given),
 * and another has the law that the configuration says, if it does.
 * Laws are shared with `workload`. 0, or -EINVAL with a whole message as
 * workload_init()'s.
 */
int capacity_workload(struct workload *served, const struct workload *workload,
		      const struct config *config, struct arena *arena,
		      struct err *err);

/*
 * Requests per second at 100%: what the built-in target's policy can bear,
 * what the configuration says, or workers over mean service; 0: unknown. Each
 * of several servers bears as much; a request that fans out is several there.
 */
double capacity_rps(const struct config *config, const struct workload *served);

#endif
