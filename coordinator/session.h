/* session.h - the peers of a run: started, asked, heard, and sent home */
#ifndef COORDINATOR_SESSION_H
#define COORDINATOR_SESSION_H

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coordinator/launch.h"
#include "lancet/core/frame.h"
#include "lancet/core/wire.h"

struct arena;
struct err;
struct plan;

/* What a peer is doing; it goes from one to the next, READY is come back to. */
enum peer_state {
	PEER_STARTED,		/* its hello is awaited */
	PEER_PLANNED,		/* has its plan */
	PEER_READY,		/* connected, or listening */
	PEER_RUNNING,		/* a segment */
	PEER_REPORTED,		/* all data there, done awaited */
	PEER_GONE,		/* said bye */
};

struct peer {
	struct child child;
	struct frame_io io;
	enum peer_state state;
	char name[24];		/* agent 3, target */
	uint32_t index;		/* among the agents */
	bool target;
	bool beats;		/* wants heartbeats; under session.lock */
	int64_t heard_ns;
	bool more;		/* frames may be left from the last turn */
	struct wire_tick tick;		/* the last one */
	struct wire_report_in in;	/* of the segment that runs; */
	bool telling;		/* its load is over, and it reports */
	struct wire_target account;	/* the target's */
};

/* Told once a tick of agent 0, while a segment runs. */
typedef void session_progress(void *context, const struct wire_tick *sum);

/* What was decided about the point, as decide.h calls it, and why. */
typedef void session_decided(void *context, const char *action,
			     const char *reason);

/* Asked then: does it show enough already, so that the segment may end? */
typedef bool session_enough(void *asker, const struct wire_tick *sum);

struct session {
	const struct plan *plan;
	struct arena *arena;
	struct arena *segment_arena, *samples_arena;
	struct peer *peer;	/* agents, then the built-in target */
	size_t npeers, nagents;
	struct child server;	/* target.start */
	struct pollfd *fd;	/* room for all peers and the interrupt */
	const char *address;	/* where the target listens */
	/*
	 * Heartbeats come from a thread of their own, so that no computation
	 * between points can make peers believe that we are dead. The lock
	 * is held while a frame is written.
	 */
	pthread_t beater;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool beating, closing;
	bool stopping;		/* a stop was sent, in the last segment */
	int64_t stopped_ns;
	double fold_share;	/* of a segment's length, lately */
	int64_t opening_ns;	/* what the agents took to get ready */
	session_progress *progress;
	session_decided *decided;
	void *context;
	session_enough *enough;	/* while a segment runs; NULL: it may not */
	void *asker;
};

/*
 * Start target and agents and bring all to READY. Negative with one line
 * when one of them cannot; session_close() is due in any case.
 */
int session_open(struct session *session, const struct plan *plan,
		 struct arena *arena, struct err *err);

/*
 * Run one segment on every peer; reports end up in peer[].in.report and the
 * target's in its account, in `arena`, records in `samples`. An interrupt
 * stops the load and still brings what was measured. -EPIPE and others: a
 * peer died, said error or fell silent; the run is over.
 */
int session_segment(struct session *session, const struct wire_start *start,
		    struct arena *arena, struct arena *samples,
		    struct err *err);

/*
 * Send the agents home, and start them as another plan has it: as many, with
 * other numbers of threads and connections. The target stays. As
 * session_open().
 */
int session_respread(struct session *session, const struct plan *plan,
		     struct err *err);

/* bye where all is well; then nobody is left. Safe on a half-open session. */
void session_close(struct session *session);

#endif
