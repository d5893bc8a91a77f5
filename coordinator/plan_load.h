/* plan_load.h - loads from a configuration, and the points they make */
#ifndef COORDINATOR_PLAN_LOAD_H
#define COORDINATOR_PLAN_LOAD_H

#include "coordinator/plan.h"

/* What only shows when the plan is made, at a key of the configuration. */
void plan_problem(const struct config *config, const char *path,
		  struct option_problems *problems, const char *text);

/* Range and points of a plan whose workload and capacity are known. */
void plan_points(struct plan *plan, struct arena *arena,
		 struct option_problems *problems);

#endif
