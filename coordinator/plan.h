/* plan.h - what a run will do, decided once and then only read */
#ifndef COORDINATOR_PLAN_H
#define COORDINATOR_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lancet/core/config.h"
#include "workloads/schedule.h"

struct arena;
struct err;
struct option_problems;

/*
 * What the plan must know besides the configuration: the CPUs this process
 * may use, and what the chosen transport is. The caller fills the latter, as
 * the coordinator does not look into agents.
 */
struct plan_host {
	int32_t *cpu;		/* allowed, in rising order */
	size_t ncpus;
	bool stream;		/* the transport carries bytes, not packets */
	bool memory;		/* it needs no target */
	bool wire;		/* its packets pass a network device */
	bool paths;		/* it connects to paths, not to ports */
};

struct plan_point {
	uint32_t index;
	double rate_rps;	/* of all agents together */
	double utilisation;	/* NAN: the capacity is unknown */
	int64_t warmup_ns;	/* of each of its segments */
};

struct plan_agent {
	const struct config_agent *config;
	uint32_t first_thread, threads;	/* counted over all agents */
	uint32_t first_conn, connections;	/* at most */
	int32_t *cpu;		/* threads entries; -1: not pinned */
	bool poll;
};

struct plan {
	const struct config *config;
	const char *config_text;	/* resolved; what the peers are sent */
	struct workload workload;	/* as requests are drawn */
	struct workload served;		/* as the target serves them */
	struct plan_host host;
	struct plan_point *point;	/* those that are known beforehand */
	size_t npoints;
	size_t most;		/* of them, with those that results lead to */
	double from_rps, to_rps; /* the lowest and the highest load */
	double trial_confidence; /* of a search's intervals; else NAN */
	struct plan_agent *agent;
	size_t nagents;
	uint32_t threads, connections;
	double capacity_rps;	/* 0: unknown */
	double mean_service_ns;	/* 0: unknown */
	const double *q;	/* quantiles of every metric: the result's, */
	size_t nq;		/* the precision's and the objective's */
	bool samples;		/* records of all requests, for a replay */
	double sent_samples;	/* share whose records agents send */
	bool without_release;	/* a target's late replies are taken off */
	bool target_poll;	/* built-in target */
	int32_t target_cpu;	/* -1: not pinned */
	const char **warning;
	size_t nwarnings;
};

/* The CPUs this process may use; the transport's part is the caller's. */
void plan_host_read(struct plan_host *host, struct arena *arena);

/*
 * The plan, or NULL with problems added that only show here: a protocol that
 * cannot run over the transport, a load in percent of an unknown capacity,
 * stamps that this path cannot have, more spinning threads than CPUs. Or
 * with err filled by a whole message (`file:line:col: error: ...`) about
 * the workload; err's text is empty otherwise.
 */
struct plan *plan_create(const struct config *config,
			 const struct plan_host *host, struct arena *arena,
			 struct option_problems *problems, struct err *err);

/*
 * The same agents with more connections, or more threads where there are
 * CPUs for them; NULL where there can be no more. In the arena.
 */
const struct plan *plan_respread(const struct plan *plan, bool connections,
				 bool threads, struct arena *arena);

/* The longest that a point takes: its pattern, or the time limit. */
int64_t plan_length_ns(const struct plan *plan);

/* A point at any load, the index being its turn. */
struct plan_point plan_point_at(const struct plan *plan, uint32_t index,
				double rate_rps);

/* Has a target process of ours, on this machine. */
bool plan_builtin(const struct plan *plan);

/* Something on this machine answers the agents. */
bool plan_local(const struct plan *plan);

/*
 * The first n requests of each point in order of intended time, merged over
 * agents and threads: `point agent thread intended_ns class service_ns`.
 */
int plan_print_schedule(const struct plan *plan, uint64_t n, FILE *out,
			struct err *err);

#endif
