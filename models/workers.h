/* workers.h - workers that hold one job each until an instant known ahead */
#ifndef MODELS_WORKERS_H
#define MODELS_WORKERS_H

#include "models/heap.h"
#include "models/least.h"

/*
 * What event-driven policies share: the clock of POLICIES' rules R1 and R2.
 * At an instant all jobs that end then leave their workers, in order of
 * worker, and only then the policy fills idle workers. Queues are the
 * policy's; its state begins with this structure. A dispatcher or a leader
 * that takes time is one more worker, after all others.
 */
#define WORKER_NONE UINT32_MAX

struct workers {
	uint32_t n, busy;
	uint32_t *slot;	    /* of the pool, while busy */
	uint64_t *idle;	    /* a bit for each worker */
	struct least until; /* INFINITY when idle */
	struct pool pool;
	uint32_t room;	/* slots of the pool */
	double *left;	/* work of the job in a slot */
	uint32_t *next; /* links of a struct fifo */

	/*
	 * The worker's stay with its job is over at t; it is idle already.
	 * True: the job is done. False: the policy has put it elsewhere.
	 */
	bool (*ended)(struct workers *w, uint32_t worker, uint32_t slot,
		      sim_time t);
	/* Fill idle workers. Also to be called after each arrival. */
	void (*dispatch)(struct workers *w, sim_time t);
	/*
	 * Optional: what else is due, after the workers of that instant: at
	 * `timer`, which it sets anew (INFINITY: nothing). Transits, a leader.
	 */
	void (*due)(struct workers *w, sim_time t);
	sim_time timer;
};

/* A queue of slots, first in first out, through workers.next[]. */
struct fifo {
	uint32_t head, tail, n;
};

/* ended, dispatch and due are set by the caller; ended NULL: always done. */
void workers_init(struct workers *w, uint32_t workers, uint32_t jobs,
		  struct arena *arena);

/* A slot for a job that arrives, with all its work left; the pool has room. */
uint32_t workers_take(struct workers *w, const struct job *job);

/*
 * Put a job on an idle worker at t: it works from `start` and holds the
 * worker until `until`; what it works meanwhile is the caller's to subtract.
 */
void workers_put(struct workers *w, uint32_t worker, uint32_t slot,
		 sim_time start, sim_time until);

/* The same for what is no work on the job: to order it, to hand it on. */
void workers_hold(struct workers *w, uint32_t worker, uint32_t slot,
		  sim_time until);

/* Take the job off before its time. */
uint32_t workers_preempt(struct workers *w, uint32_t worker);

/* The lowest idle worker from that one on, or WORKER_NONE. */
uint32_t workers_idle(const struct workers *w, uint32_t from);

/* Slots of the same names of policy_ops. Times that the policy holds beside
 * `timer` are its own to re-base. */
sim_time workers_next(const void *state);
size_t workers_advance(void *state, sim_time t, struct done *done, size_t n);
void workers_rebase(void *state, sim_time by);

static inline bool workers_is_idle(const struct workers *w, uint32_t worker)
{
	return w->idle[worker / 64] >> (worker % 64) & 1;
}

static inline void fifo_push(struct workers *w, struct fifo *f, uint32_t slot)
{
	if (f->n++)
		w->next[f->tail] = slot;
	else
		f->head = slot;
	f->tail = slot;
}

static inline uint32_t fifo_pop(struct workers *w, struct fifo *f)
{
	uint32_t slot = f->head;

	f->head = w->next[slot];
	f->n--;
	return slot;
}

#endif
