/* policy.h - what a scheduling policy promises to whoever drives its clock */
#ifndef MODELS_POLICY_H
#define MODELS_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/kind.h"

struct arena;
struct dist;
struct err;
struct rng;
struct workload;

/*
 * Time of the driver's clock. The simulator counts from 0 and re-bases every
 * 1e6 jobs so that sums keep their precision; the virtual target counts
 * nanoseconds since it started. 2^53 ns are 104 days.
 */
typedef double sim_time;

/*
 * What one kind of policy looks at besides. The driver fills it, from a
 * trace or with the workload's draws: a random choice is then the same for
 * every policy of a comparison and can be replayed.
 */
union job_aux {
	sim_time deadline; /* EDF; absolute */
	sim_time later[2]; /* tandem: work at stages 2 and 3 */
	/* The home worker, or candidates in order and then PICK_NONE. */
	uint16_t pick[8];
	uint64_t draw[2]; /* random bits; [1] is clear of the home */
};

#define POLICY_CANDIDATES 8
#define PICK_NONE UINT16_MAX

struct job {
	uint64_t id; /* 0, 1, ... in order of arrival */
	uint32_t class;
	uint32_t conn; /* for policies that look at connections */
	sim_time arrival;
	sim_time service; /* work asked for; > 0 */
	union job_aux aux;
};

enum job_outcome { JOB_DONE, JOB_DROPPED, JOB_NACKED };

struct done {
	struct job job;
	sim_time first_start;
	sim_time completion;
	uint32_t worker;   /* that completed it; may be >= workers */
	uint32_t slices;   /* times on a worker; 1: never preempted */
	sim_time overhead; /* costs paid for it: switches, steals, cold */
	enum job_outcome outcome;
};

enum policy_flag {
	POLICY_PICKS = 1, /* reads aux.pick: the driver draws it */
	POLICY_CONN = 2,  /* looks at connections */
	POLICY_DROPS = 4, /* refuses jobs by its rule, though it has room */
	/* Works on the shortest as soon as they come: they wait for nobody. */
	POLICY_AT_ONCE = 8,
};

/* Which textbook queue a policy is, for the formulas. */
enum policy_shape_kind {
	POLICY_OTHER,
	POLICY_CENTRAL,	      /* one FCFS queue before all workers */
	POLICY_RANDOM_SPLIT,  /* a FCFS queue each, split at random */
	POLICY_CYCLIC_SPLIT,  /* a FCFS queue each, taking turns */
	POLICY_SPLIT,	      /* a FCFS queue each, in some other way */
	POLICY_SHARING,	      /* processor sharing among all */
	POLICY_SPLIT_SHARING, /* among those of a server; split at random */
	POLICY_LCFS_PR,
	POLICY_SJF,
	POLICY_SRPT,
	POLICY_LAS,
	POLICY_PRIO_NP, /* class 0 first */
	POLICY_PRIO_PR,
	POLICY_BOUNDED,	 /* as central, with few places to wait */
	POLICY_INFINITE, /* nobody waits */
	POLICY_TANDEM,	 /* central queues one after the other */
};

#define POLICY_STAGES 3 /* of a tandem, at most */

struct policy_shape {
	enum policy_shape_kind of;
	uint32_t places;  /* bounded: to wait */
	uint32_t nstages; /* tandem */
	uint32_t stage_workers[POLICY_STAGES];
	/* of the second stage and on; the first serves the job's service */
	const struct dist *stage_service[POLICY_STAGES];
	double transit; /* from stage to stage */
};

/*
 * One policy, for example FCFS. The same code serves the simulator, which
 * jumps from event to event, and the virtual target, which lives in real
 * time and asks next() how long it may sleep. A driver calls, with t never
 * falling:	advance(t); arrive(t, job); next(); advance(t); ...
 *
 * Order at one instant: everything internal that is due at t happens in
 * advance(t), so before the arrivals of t; those come one by one, each
 * dispatched by its own arrive(). Costs of 0 may make next() return t itself:
 * the driver advances again before it hands in the next job.
 */
struct policy_ops {
	struct kind kind;
	unsigned flags;

	/* Bytes of state for so many workers; init gets them zeroed. */
	size_t (*state_size)(const void *options, uint32_t workers);

	/* jobs: the most that can be in the system at once, what comes
	 * beyond is dropped; what grows with it comes from the arena. */
	int (*init)(void *state, const void *options, uint32_t workers,
		    uint32_t jobs, struct arena *arena, struct err *err);

	/*
	 * Largest stable rate of arrivals for a workload, in jobs per unit
	 * of its service times, costs included; INFINITY where jobs are
	 * refused.
	 */
	double (*capacity)(const void *options, uint32_t workers,
			   const struct workload *workload);

	/* Optional: which textbook queue this is; without it, another. */
	struct policy_shape (*shape)(const void *options);

	/*
	 * Optional: the same options with what they leave open, filled in
	 * from a workload; NULL with the reason where they do not go
	 * together. Comes before init, where there is a workload.
	 */
	const void *(*settle)(const void *options, uint32_t workers,
			      const struct workload *workload,
			      struct arena *arena, struct err *err);

	/*
	 * Optional: how many share the offered load, where that is not
	 * `workers` but follows from the options: all workers of a rack.
	 */
	uint32_t (*workers)(const void *options, uint32_t workers);

	/* Draw aux of one job from 64 random bits. With POLICY_PICKS. */
	void (*pick)(const void *options, uint32_t workers, uint64_t draw,
		     union job_aux *aux);

	/* Hot. Take a job in. What is not JOB_DONE never comes out again. */
	enum job_outcome (*arrive)(void *state, sim_time t,
				   const struct job *job);

	/* Hot. When something happens next; INFINITY when idle. */
	sim_time (*next)(const void *state);

	/*
	 * Hot. Let time pass until t; at most n jobs completed by then go to
	 * done[n] in order of completion, equal ones by worker. Returns how
	 * many; n means that there may be more: the same t again, first.
	 */
	size_t (*advance)(void *state, sim_time t, struct done *done, size_t n);

	/*
	 * Optional: first starts and completions of n jobs in order of
	 * arrival, in one go, where they are known on arrival; INFINITY for
	 * a job that is refused. The simulator's fast path: it copies no
	 * jobs, has room for any number of them, and is not to be mixed with
	 * the three above on one state.
	 */
	void (*departures)(void *state, const struct job *jobs, sim_time *start,
			   sim_time *completion, size_t n);

	/* Optional: subtract from every time held, for long simulations. */
	void (*rebase)(void *state, sim_time by);
};

struct policy {
	const struct policy_ops *ops;
	const void *options;
	void *state;
	uint32_t workers;
};

/* A policy with its state from a choice (KIND_POLICY). 0 or -EINVAL. */
int policy_init(struct policy *p, const struct choice *choice, uint32_t workers,
		uint32_t jobs, struct arena *arena, struct err *err);

/* The draw that target and replay share: from the request's id alone. */
uint64_t policy_draw(uint64_t request_id);

/* Fill what the policy picks from the draw, where it picks at all. */
void policy_pick(const struct choice *policy, uint32_t workers, uint64_t draw,
		 union job_aux *aux);

/* One of n as a driver's draw has it, for pick(). */
static inline uint16_t policy_one_of(uint64_t draw, uint32_t n)
{
	return (uint16_t)(((unsigned __int128)draw * n) >> 64);
}

/* As many different ones of n, each as likely; all where n is fewer. */
void policy_some_of(uint64_t draw, uint32_t candidates, uint32_t n,
		    union job_aux *aux);

/* Its ops' settle(), where it has one. 0 or -EINVAL. */
int policy_settle(struct choice *policy, uint32_t workers,
		  const struct workload *workload, struct arena *arena,
		  struct err *err);

/* Its ops' workers(), or as many as were said. */
uint32_t policy_workers(const struct choice *policy, uint32_t workers);

/* Its ops' capacity(). */
double policy_capacity(const struct choice *policy, uint32_t workers,
		       const struct workload *workload);

/* Does it refuse jobs by its rule, at a load that it bears? */
bool policy_refuses(const struct choice *policy, uint32_t workers,
		    const struct workload *workload);

#endif
