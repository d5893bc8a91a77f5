/* classes.h - a queue for every class of jobs */
#ifndef MODELS_CLASSES_H
#define MODELS_CLASSES_H

#include "models/workers.h"

/* What comes from a network may name any class: these are told apart. */
#define CLASSES_MOST 256

/* First in, first out. */
struct classes {
	uint32_t n; /* queues that were ever used */
	struct fifo queue[CLASSES_MOST];
};

static inline uint32_t classes_of(const struct job *job)
{
	return job->class < CLASSES_MOST ? job->class : CLASSES_MOST - 1;
}

static inline void classes_join(struct classes *c, struct workers *w,
				uint32_t slot)
{
	uint32_t class = classes_of(&w->pool.slot[slot].job);

	if (class >= c->n)
		c->n = class + 1;
	fifo_push(w, &c->queue[class], slot);
}

#endif
