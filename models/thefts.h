/* thefts.h - a queue for every worker, and idle ones that take from others */
#ifndef MODELS_THEFTS_H
#define MODELS_THEFTS_H

#include "models/workers.h"

/*
 * What steal and zygos share: idle workers take the first of their own queue;
 * those still idle take the first of the longest queue, or of any. What waits
 * in a queue goes by the slot of the job that will then start.
 */
enum thefts_victim { THEFTS_LONGEST, THEFTS_UNIFORM };

struct thefts {
	struct workers workers; /* first */
	double cost;		/* of a theft, before the job starts */
	enum thefts_victim victim;
	struct fifo *queue; /* of each worker */
	uint64_t waiting;   /* in all of them */
	uint64_t luck;	    /* bits of the job that came or went last */

	/* Optional: a worker has taken that out of a queue. */
	void (*taken)(struct thefts *s, uint32_t worker, uint32_t slot);
};

/* workers.ended and taken are set by the caller afterwards. */
void thefts_init(struct thefts *s, double cost, enum thefts_victim victim,
		 uint32_t workers, uint32_t jobs, struct arena *arena);

/* Something new for a worker: he takes it at once, or else an idle one. */
void thefts_arrive(struct thefts *s, uint32_t home, uint32_t slot, sim_time t);

/* Put at the tail of a worker's queue; then workers.dispatch. */
void thefts_join(struct thefts *s, uint32_t home, uint32_t slot);

#endif
