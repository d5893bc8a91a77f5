/* crew.h - the measuring threads of one agent, as its control thread sees them */
#ifndef AGENTS_CREW_H
#define AGENTS_CREW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "agents/worker.h"

enum crew_state {
	CREW_OPENING,
	CREW_IDLE,
	CREW_RUNNING,
	CREW_FAILED,		/* its worker's err says why */
	CREW_LEAVING,
};

struct crew_member {
	struct crew *crew;
	struct worker *worker;
	struct worker_params params;
	pthread_t thread;
	enum crew_state state;	/* under the crew's lock */
};

/*
 * A worker belongs to its thread while that is OPENING or RUNNING, to the
 * control thread else; the lock hands it over. `wake` becomes readable when
 * a member's state changed.
 */
struct crew {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int wake;		/* eventfd */
	uint32_t n;
	struct crew_member *member;
	struct worker **worker;	/* the same, for recorder_report() */
};

/* Start n threads, which open their connections. 0 or -errno. */
int crew_start(struct crew *crew, const struct worker_params *params,
	       uint32_t n, struct err *err);

/* No member is opening or running. */
bool crew_settled(struct crew *crew);

/* The failure of a member; NULL when there is none. */
const struct err *crew_failure(struct crew *crew);

/* Arm all, then let them go. 0 or -errno. */
int crew_go(struct crew *crew, const struct wire_start *start,
	    struct err *err);

void crew_stop(struct crew *crew, enum worker_stop how);

/* Halt, wait for the threads, give everything back. */
void crew_end(struct crew *crew);

#endif
