/* worker.h - one measuring thread: its connections, its requests, its records */
#ifndef AGENTS_WORKER_H
#define AGENTS_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "agents/flight.h"
#include "agents/pacer.h"
#include "agents/pool.h"
#include "agents/transport.h"
#include "hwts/launch.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/ring.h"
#include "lancet/core/sample.h"
#include "lancet/core/stall.h"
#include "lancet/core/wire.h"
#include "workloads/proto.h"

#define WORKER_BURST 16u	/* requests handed to the transport at once */
#define WORKER_HELD 64u		/* packets that the transport refused so far */
#define WORKER_RECV 32u		/* packets taken at once */
#define WORKER_RECORDS (1u << 18) /* finished requests in the ring */
#define WORKER_RECORDS_MOST (1u << 21) /* 128 MiB, touched within the lead */
#define WORKER_COSTS 1024u	/* sampled costs of a send */

/* What the control thread wants of a running segment. */
enum worker_stop {
	WORKER_GO,
	WORKER_DRAIN,		/* intend nothing more, then finish */
	WORKER_HALT,		/* the coordinator is gone: stop at once */
};

/* One writer, the measuring thread; ticks read them while it runs. */
struct worker_counts {
	_Atomic uint64_t intended, sent, late_replies, bad_replies;
	_Atomic uint64_t waited, cut_off;	/* those of these */
	_Atomic uint64_t outcome[OUTCOMES];
};

static inline void worker_count(_Atomic uint64_t *n)
{
	atomic_store_explicit(
		n, atomic_load_explicit(n, memory_order_relaxed) + 1,
		memory_order_relaxed);
}

/*
 * Packets on their way to the transport; the first `n` are in use, and their
 * bytes lie one behind the other.
 */
struct worker_outbox {
	struct packet pkt[WORKER_HELD + WORKER_BURST];
	uint32_t seq[WORKER_HELD + WORKER_BURST];
	size_t n;
	unsigned char *bytes;
};

struct worker_params {
	const struct config *config;
	const struct workload *workload;
	const char *address;
	uint32_t agent, index;	/* of the agent; of the thread within it */
	uint32_t global_index;	/* of the thread among all_threads */
	uint32_t all_threads;
	uint32_t connections;	/* of this thread, the first being */
	uint32_t first_conn;	/* counted over all agents */
	uint32_t open;		/* of them at first; 0: all */
	enum config_pick pick;
	uint32_t uses;		/* requests of a connection; 0: no bound */
	uint32_t in_flight;	/* on one connection; 0: as many as fit */
	uint32_t pipeline;	/* due together, on one connection; 0: 1 */
	uint32_t queue;
	int64_t coalesce_ns;	/* block mode: the shortest sleep */
	bool launch;		/* packets go with a launch time */
	int32_t cpu;		/* -1: not pinned */
	bool poll;
	bool fill;		/* fill the target's store first */
};

/*
 * Everything below belongs to the measuring thread from worker_segment's
 * call to its return, and to the control thread else; what both touch at a
 * time is atomic, or in the ring.
 */
struct worker {
	/* Hot. */
	struct proto proto;
	struct transport transport;
	struct stamps *stamps;	/* of the wire; NULL: none are asked for */
	unsigned char *conn_state;
	size_t conn_size;
	uint64_t id;		/* but for the number: wire_id() */
	uint64_t boot_id;	/* of the host whose monotonic clock is ours */
	uint32_t burst;		/* at most WORKER_BURST */
	int64_t now_ns;		/* of this turn */
	int64_t came_ns;	/* the last packet that came alone */
	int64_t timeout_ns;	/* the longest, where classes differ */
	int64_t *line_timeout_ns; /* of each of flight.lines */
	int64_t end_ns;		/* nothing is intended from here on */
	int64_t drain_end_ns;
	int64_t refused_ns;	/* first refusal since the last reply; or 0 */
	int64_t mend_ns;	/* next look at broken connections */
	struct result_connections connections;
	struct hist *connect;	/* ns until they stood, opened again */
	struct rng backoff;
	uint32_t turns, looks, sends;
	uint32_t cut;		/* connections that broke, not yet mended: */
	bool cut_off;		/* why the requests wait that do; sticky ones
				 * have their own connection's */
	uint32_t picked;	/* the last connection; pipelined: */
	uint32_t more;		/* so many more requests may go there */
	int32_t answered;	/* replies since the last sends */
	bool trailer, in_order, stream, poll, filled;
	bool idle;		/* nothing went out or in, in the last turn */
	bool flooded;		/* as much came in as it takes, or it was looked
				 * at one connection of several: maybe more is */
	bool full;		/* all connections are busy: a reply makes room */
	bool failed;		/* err says why; the segment is void */
	_Atomic int stop;	/* enum worker_stop */
	struct worker_counts count;
	struct flight flight;
	struct pool pool;
	struct ring ring;
	struct stall_log stalls;
	struct pacer pacer;
	struct worker_outbox out;
	struct packet in[WORKER_RECV];
	int32_t send_cost_ns[WORKER_COSTS];
	uint32_t send_costs;

	/* Cold. */
	struct worker_params params;
	struct launch launch;
	struct stamps *tried;		/* the transport's; stamps, or off */
	const char *source;		/* of the wire's stamps, by name */
	char stamps_why[200];		/* why not a better one; "" */
	int64_t drain_ns;
	struct arena arena;		/* as long as the worker */
	struct arena schedule_arena;	/* as long as an attempt of a point */
	bool scheduled;
	uint32_t point, attempt;
	int64_t reached_ns;		/* schedule time run so far */
	struct wire_start start;
	double cpu_s, wall_s;		/* of the last segment */
	struct err err;
};

/* All zeroes, and aligned; free() it after worker_close(). */
struct worker *worker_create(void);

/*
 * Memory, connections and, if it is asked to, the target's store. Call on
 * the thread that measures: its CPU is set here. 0 or -errno, err in
 * w->err; worker_close() in both cases.
 */
int worker_open(struct worker *w, const struct worker_params *params);
void worker_close(struct worker *w);

/* Before a segment, on the control thread: draws the first requests. */
int worker_arm(struct worker *w, const struct wire_start *start,
	       struct err *err);

/*
 * Run the armed segment on the calling thread: 0, or -errno with w->err when
 * the target cannot be reached. Every request intended in it is recorded.
 */
int worker_segment(struct worker *w);

/* Open the transport, with w->stamps where there are any; w->err. */
int worker_connect(struct worker *w);

/* The hot loop, loop.c: from the start of the segment to its end. */
void loop_run(struct worker *w);

/* Block mode, nap.c: until there is something to do. */
void worker_nap(struct worker *w);

/*
 * Cold parts of the loop, mend.c. mend_wait: before one more request waits,
 * for its own connection or, POOL_NONE, for any. mend_grow: where some do.
 */
void mend_wait(struct worker *w, uint32_t own);
void mend_grow(struct worker *w);
void mend_refused(struct worker *w);
void mend_break(struct worker *w, uint32_t conn);
/*
 * A connection without room keeps its packets, in order, and holds up none
 * of the others. Packets before i are gone; packet i itself was refused, if
 * `full`.
 */
void mend_flush(struct worker *w, size_t i, bool full);
/* What a connection says that does not stand. */
void mend_told(struct worker *w, const struct packet *pkt);

/*
 * A connection took nothing for as long as a reply may take. What was sent
 * on it before was older, and is finished: only held packets are given up.
 */
void mend_give_up(struct worker *w, const struct sample *s);
void mend_turn(struct worker *w);

/*
 * Timeouts by lines, expire.c: how many lines are needed; a slot in the line
 * of a request; whose time is up; when the next is due.
 */
uint32_t expire_init(struct worker *w);
struct sample *expire_take(struct worker *w, const struct intent *intent);
void expire_lines(struct worker *w);
int64_t expire_next_ns(struct worker *w);

/* A request's time is up (TIMEOUT); or its slot is needed for another (LOST). */
void loop_abandon(struct worker *w, struct sample *s, enum outcome outcome);

/* Hand over n packets from i on; how many were taken. */
size_t loop_offer(struct worker *w, size_t i, size_t n);

/* A request is finished: its record goes to the ring, its slot is free. */
void loop_finish(struct worker *w, struct sample *s, enum outcome outcome);
void loop_unsent(struct worker *w, const struct intent *intent);

/* loader.c: fill the target's store through connection 0. 0 or -errno. */
int loader_fill(struct worker *w, struct err *err);

#endif
