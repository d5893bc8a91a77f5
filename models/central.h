/* central.h - one queue in order of a key before all workers */
#ifndef MODELS_CENTRAL_H
#define MODELS_CENTRAL_H

#include "models/workers.h"

/*
 * What sjf, edf, prio-np, srpt, prio-pr, lcfs-pr and quantum share. Smaller
 * keys are better, among equal ones smaller ids. With `preempt` an arrival
 * takes the worker of the worst job in service, where that is worse. With a
 * quantum a job leaves its worker after so much work, plus the cost of that,
 * and queues anew.
 */
struct central {
	struct workers workers; /* first */
	double (*key)(struct central *c, const struct job *job, double left);
	bool preempt;
	double quantum, cost; /* 0: no quantum */
	uint64_t queued;      /* how often a job has joined */
	struct heap waiting;
};

size_t central_state_size(const void *options, uint32_t workers);

/* key, preempt, quantum and cost are set by the caller. */
void central_init(struct central *c, uint32_t workers, uint32_t jobs,
		  struct arena *arena);

enum job_outcome central_arrive(void *state, sim_time t, const struct job *job);

#endif
