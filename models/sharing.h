/* sharing.h - one processor of several cores, shared by all its jobs alike */
#ifndef MODELS_SHARING_H
#define MODELS_SHARING_H

#include "models/heap.h"

/*
 * n jobs progress at min(1, cores / n) each. `work` is what a job that was
 * always here would have got: a job that comes when it is w is finished
 * when it is w + service, so the order of completion is known on arrival
 * and only the rate changes (virtual time; Zhang 1990 for packets).
 */
struct sharing {
	uint32_t cores;
	double work;
	sim_time at;	  /* when `work` was right: the last change */
	struct heap left; /* slots of `pool`, by work at completion */
};

/* Room for so many jobs at once; the pool is the caller's. */
void sharing_init(struct sharing *s, uint32_t cores, uint32_t jobs,
		  struct arena *arena);

/* A job in the pool's slot starts at t, to which the processor advanced. */
void sharing_start(struct sharing *s, sim_time t, struct pool *pool,
		   uint32_t slot);
sim_time sharing_next(const struct sharing *s);
size_t sharing_advance(struct sharing *s, sim_time t, struct pool *pool,
		       struct done *done, size_t n);
void sharing_rebase(struct sharing *s, sim_time by, struct pool *pool);

#endif
