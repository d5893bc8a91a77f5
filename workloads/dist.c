/* dist.c - a law from a configuration's choice */
#include "workloads/dist.h"

#include <assert.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"

int dist_init(struct dist *dist, const struct choice *choice,
	      struct arena *arena, struct err *err)
{
	assert(choice->kind);
	dist->ops = (const struct dist_ops *)choice->kind;
	dist->state = arena_alloc(arena, dist->ops->state_size);
	return dist->ops->init(dist->state, choice->options, arena, err);
}

double dist_scv(const struct dist *dist)
{
	double mean = dist_mean(dist);

	return dist->ops->moment(dist->state, 2) / (mean * mean) - 1;
}
