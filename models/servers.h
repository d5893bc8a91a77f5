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
	/* Optional where there is only one server. */
	uint32_t (*choose)(struct servers *s, const struct job *job);
	/* Optional: whether a job that arrives is taken at all. */
	enum job_outcome (*admit)(struct servers *s, const struct job *job);
	/* Optional: when it joins its queue, in the order of the jobs; without
	 * it, when it arrives. */
	sim_time (*join)(struct servers *s, const struct job *job);
	uint32_t servers, each, jobs;
	sim_time *free_at; /* of each worker */
	uint32_t *count;   /* of each server: waiting and in service */
	bool counts;	   /* departures() keeps count[]: choices look at it */
	struct pool pool;
	struct heap done;

	/* What departures() knows: */
	struct heap leaving; /* when jobs leave, and which server */
	size_t leaving_room;
	struct arena *arena; /* of that */
};

/*
 * Policies over several servers begin their options with these two; their
 * rows with OPTION_SERVERS. Without `each`, `workers` are those of one.
 */
struct servers_options {
	int64_t servers, each;
};

#define OPTION_SERVERS                                                        \
	OPTION(INT, struct servers_options, servers, 0, "2", 1, 1024,         \
	       "how many servers"),                                           \
		OPTION(INT, struct servers_options, each, 0, NULL, 1, 4096,   \
		       "workers of a server; default: as many on each as "    \
		       "the target has workers")

uint32_t servers_each(const struct servers_options *o, uint32_t workers);
uint32_t servers_workers(const void *options, uint32_t workers);

size_t servers_state_size(const void *options, uint32_t workers);

/* choose, admit, join and counts are set by the caller. */
void servers_init(struct servers *s, const void *options, uint32_t servers,
		  uint32_t each, uint32_t jobs, struct arena *arena);

enum job_outcome servers_arrive(void *state, sim_time t, const struct job *job);
sim_time servers_next(const void *state);
size_t servers_advance(void *state, sim_time t, struct done *done, size_t n);
void servers_rebase(void *state, sim_time by);

void servers_departures(void *state, const struct job *jobs, sim_time *start,
			sim_time *completion, size_t n);

/* For one server: its free times are kept as a heap. */
void servers_departures_central(void *state, const struct job *jobs,
				sim_time *start, sim_time *completion,
				size_t n);

/* The job's candidate of least count, ties to the one named first. */
uint32_t servers_candidate(const struct servers *s, const uint32_t *count,
			   const struct job *job);

/* When the first of all workers is free, and nobody waits any more. */
sim_time servers_first_free(const struct servers *s);

/* Workers over mean service: all work conserving policies without cost, and
 * the rest where every server gets an equal share. */
double servers_capacity(const void *options, uint32_t workers,
			const struct workload *workload);

/* The same for options that begin with servers_options. */
double servers_capacity_all(const void *options, uint32_t workers,
			    const struct workload *workload);

#endif
