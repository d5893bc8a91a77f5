/* servers.h - FCFS servers, a job's server chosen when it arrives */
#ifndef MODELS_SERVERS_H
#define MODELS_SERVERS_H

#include "models/heap.h"

/*
 * What fcfs, part, jsq, rack and their like share: servers of `each` workers
 * and one queue. A job's start and completion are known as soon as its
 * server is (Kiefer and Wolfowitz 1955); until the clock gets there the
 * completions wait in a heap. Workers are numbered server by server.
 *
 * A policy is its choice. Its state is this structure, its init ends in
 * servers_init(), and the functions below fill its other slots.
 */
struct servers {
	const void *options;
	uint32_t (*choose)(const struct servers *s, const struct job *job);
	uint32_t servers, each, jobs;
	sim_time *free_at; /* of each worker */
	uint32_t *count;   /* of each server: waiting and in service */
	struct pool pool;
	struct heap done;
};

size_t servers_state_size(const void *options, uint32_t workers);

/* s->choose is set by the caller. */
void servers_init(struct servers *s, const void *options, uint32_t servers,
		  uint32_t each, uint32_t jobs, struct arena *arena);

enum job_outcome servers_arrive(void *state, sim_time t, const struct job *job);
sim_time servers_next(const void *state);
size_t servers_advance(void *state, sim_time t, struct done *done, size_t n);
void servers_rebase(void *state, sim_time by);

/* For choices that do not look at count[], which it leaves alone. */
void servers_departures(void *state, const struct job *jobs, sim_time *start,
			sim_time *completion, size_t n);

/* Workers over mean service: all work conserving policies without cost, and
 * the rest where every server gets an equal share. */
double servers_capacity(const void *options, uint32_t workers,
			const struct workload *workload);

#endif
