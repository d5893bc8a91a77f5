/* slots.h - a central queue before a few slots at every worker */
#ifndef MODELS_SLOTS_H
#define MODELS_SLOTS_H

#include "models/known.h"
#include "models/levels.h"
#include "models/quanta.h"

/*
 * What jbsq, quantum, jbsq-quantum, concord, hovercraft and jsq share. A
 * worker holds at most `depth` jobs, the one in service included; it gets
 * them from the central queue, the worker that holds least first, and serves
 * them in that order. A job whose slice has run out goes back to the tail of
 * the central queue.
 *
 * With `extra` one more worker comes after these: it gets no job from here,
 * but what it is put to by the policy's own dispatch or arrive.
 */
struct slots {
	struct workers workers; /* first */
	struct quanta_options quanta;
	uint32_t n, depth;
	bool uniform;	 /* among equals any, not the lowest */
	uint64_t joined; /* how often a job has joined the central queue */
	uint64_t *order; /* of that, of a job in it */
	struct fifo fresh, expired; /* the central queue: never started, or */
	struct fifo *held;   /* of each worker, without the one in service */
	struct levels holds; /* of each worker, with it */

	/* What departures() knows: */
	struct known known;
	struct least leaving; /* first departure from each worker */
	sim_time front;	      /* when the last was handed out */
	sim_time *free_at;    /* of each worker */
};

/* Who of those that hold least gets a job: an option's words, in this order,
 * and its help. Queues whose equals are drawn have POLICY_PICKS, quanta_pick.
 */
enum slots_ties { SLOTS_LOWEST, SLOTS_UNIFORM };

extern const char *const slots_ties[];

#define SLOTS_TIES                                                           \
	"which worker gets a job among equals: the lowest-numbered, or one " \
	"at random; response times differ slightly"

size_t slots_state_size(const void *options, uint32_t workers);

/* Without quantum INFINITY, without a bound UINT32_MAX. */
void slots_init(struct slots *s, const struct quanta_options *quanta,
		uint32_t depth, uint32_t workers, bool extra, uint32_t jobs,
		struct arena *arena);

/* Put a job at the tail of the central queue. */
void slots_join(struct slots *s, struct fifo *queue, uint32_t slot);

/* Slots of struct workers, for a policy that does more there. */
bool slots_ended(struct workers *w, uint32_t worker, uint32_t slot, sim_time t);
void slots_dispatch(struct workers *w, sim_time t);

enum job_outcome slots_arrive(void *state, sim_time t, const struct job *job);

/* Without a quantum: all is known on arrival. */
void slots_departures(void *state, const struct job *jobs, sim_time *start,
		      sim_time *completion, size_t n);
void slots_rebase(void *state, sim_time by);

#endif
