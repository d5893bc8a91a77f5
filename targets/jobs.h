/* jobs.h - requests in a target, and the connections their replies go to */
#ifndef TARGETS_JOBS_H
#define TARGETS_JOBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workloads/proto.h"

/* Requests in the system at once. */
#define JOBS_MOST 65536

/* A request from its arrival to its release. */
struct slot {
	struct proto_served req;
	int64_t arrival_ns, start_ns, completion_ns;
	uint64_t id;		/* its number, in order of arrival */
	uint32_t conn;
	uint32_t next;		/* of the same connection, in order to leave */
	bool complete;
};

/* A connection: its replies leave in the order of a list. */
struct place {
	uint32_t conn;		/* whose it is now */
	uint32_t waiting;	/* requests not yet answered */
	uint32_t head, tail;
	bool known;
	bool ready;		/* stands in the queue of places */
	bool leaving;		/* its peer sends no more */
};

/*
 * The bookkeeping of one serving thread; allocates nothing after jobs_init.
 * A place is a peer's number modulo the bound on connections; a peer that
 * takes the place of another ends what that one waited for.
 */
struct jobs {
	bool in_order;		/* replies leave in order of arrival */
	size_t max_message, conn_size;
	struct slot *slot;
	uint32_t *free;		/* a stack: warm slots are used first */
	uint32_t nfree;
	unsigned char *body;	/* of each slot, max_message bytes */
	uint32_t *slot_of;	/* by the number's low bits */
	uint64_t next_id;
	struct place *place;
	uint32_t nplaces;
	unsigned char *conn_state; /* of each place, conn_size bytes */
	uint32_t *ready;	/* a ring of places whose first reply can go */
	uint32_t ready_head, nready;
};

/* places is a power of two. 0 or -ENOMEM; jobs_fini() in both cases. */
int jobs_init(struct jobs *jobs, uint32_t places, size_t max_message,
	      size_t conn_size, bool in_order);
void jobs_fini(struct jobs *jobs);

/* The place of a connection, emptied where it was somebody else's. */
struct place *jobs_enter(struct jobs *jobs, uint32_t conn);

/* The protocol's state of that connection. */
static inline void *jobs_conn_state(struct jobs *jobs, const struct place *p)
{
	return jobs->conn_state +
	       (size_t)(p - jobs->place) * jobs->conn_size;
}

/* Forget a connection and all that is complete for it. */
void jobs_leave(struct jobs *jobs, struct place *p);

/* A slot with a number for a request just read; NULL: too many. */
struct slot *jobs_take(struct jobs *jobs, struct place *p,
		       const struct proto_served *req, int64_t arrival_ns);

/* It is in the system now; or it is not, and its slot is free again. */
void jobs_admit(struct jobs *jobs, struct place *p, struct slot *s);
void jobs_refuse(struct jobs *jobs, struct slot *s);

/* The request of that number; it is then complete by jobs_complete(). */
struct slot *jobs_find(struct jobs *jobs, uint64_t id);
void jobs_complete(struct jobs *jobs, struct slot *s);

/*
 * The next place whose first reply, slot[head], can leave; NULL: none. Say
 * then that it has left, or put it back. Connections take turns.
 */
struct place *jobs_ready(struct jobs *jobs);
void jobs_released(struct jobs *jobs, struct place *p);
void jobs_put_back(struct jobs *jobs, struct place *p);

#endif
