/* sharing.h - one processor of several cores, shared by all its jobs alike */
#ifndef MODELS_SHARING_H
#define MODELS_SHARING_H

#include <float.h>
#include <math.h>

#include "models/heap.h"
#include "models/least.h"

/*
 * n jobs progress at min(1, cores / n) each. `work` is what a job that was
 * always here would have got: a job that comes when it is w is finished
 * when it is w + service, so the order of completion is known on arrival
 * and only the rate changes (virtual time; Zhang 1990 for packets).
 */
struct sharing {
	uint32_t cores;
	double each; /* 1 / cores */
	double work;
	sim_time at;	  /* when `work` was right: the last change */
	sim_time next;	  /* completion; INFINITY: idle */
	struct heap left; /* slots of `pool`, by work at completion */
};

/*
 * What rounding has put just behind t is due at t: a job that ends in the
 * instant in which another comes ends before it. Rates are fractions, and
 * errors grow with each change of the set of jobs.
 */
static inline sim_time sharing_due(sim_time t)
{
	return t + 64 * DBL_EPSILON * fabs(t);
}

/* Room for so many jobs at once; the pool is the caller's. */
void sharing_init(struct sharing *s, uint32_t cores, uint32_t jobs,
		  struct arena *arena);

/* A job in the pool's slot starts at t, to which the processor advanced. */
void sharing_start(struct sharing *s, sim_time t, struct pool *pool,
		   uint32_t slot);
static inline sim_time sharing_next(const struct sharing *s)
{
	return s->next;
}

size_t sharing_advance(struct sharing *s, sim_time t, struct pool *pool,
		       struct done *done, size_t n);
void sharing_rebase(struct sharing *s, sim_time by, struct pool *pool);

/*
 * Servers that are shared each by its own jobs, as ps-part and hermes-early
 * have them. The policy chooses; next, advance and rebase are slots of
 * policy_ops for a state that begins with this structure.
 */
struct shared_servers {
	uint32_t n, room; /* servers, and jobs at one of them */
	struct sharing *server;
	struct least next; /* completion at each */
	struct pool pool;
};

void shared_init(struct shared_servers *s, uint32_t servers, uint32_t cores,
		 uint32_t room, uint32_t jobs, struct arena *arena);

/* To that server, for whom it is `more` work than was asked. */
enum job_outcome shared_arrive(struct shared_servers *s, uint32_t server,
			       sim_time t, const struct job *job, double more);
sim_time shared_next(const void *state);
size_t shared_advance(void *state, sim_time t, struct done *done, size_t n);
void shared_rebase(void *state, sim_time by);

#endif
