/* central.h - one queue in order of a key before all workers */
#ifndef MODELS_CENTRAL_H
#define MODELS_CENTRAL_H

#include "models/workers.h"

/*
 * What sjf, edf, prio-np, srpt, prio-pr and lcfs-pr share. Smaller keys are
 * better, among equal ones smaller ids. With `preempt` an arrival takes the
 * worker of the worst job in service, where that is worse.
 */
struct central {
	struct workers workers; /* first */
	double (*key)(struct central *c, const struct job *job, double left);
	bool preempt;
	struct heap waiting;
};

size_t central_state_size(const void *options, uint32_t workers);

/* key and preempt are set by the caller. */
void central_init(struct central *c, uint32_t workers, uint32_t jobs,
		  struct arena *arena);

enum job_outcome central_arrive(void *state, sim_time t, const struct job *job);

#endif
