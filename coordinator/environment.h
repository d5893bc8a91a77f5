/* environment.h - the machine that a result was made on */
#ifndef COORDINATOR_ENVIRONMENT_H
#define COORDINATOR_ENVIRONMENT_H

#include "lancet/core/result.h"

struct arena;
struct plan;

/* Reads /proc and /sys; what cannot be read is NULL. Warnings also of the plan. */
void environment_read(const struct plan *plan, struct result_environment *env,
		      struct arena *arena);

#endif
