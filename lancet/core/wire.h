/* wire.h - what coordinator, agents and targets tell each other, as structures */
#ifndef LANCET_CORE_WIRE_H
#define LANCET_CORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lancet/core/arena.h"
#include "lancet/core/frame.h"
#include "lancet/core/hist.h"
#include "lancet/core/result.h"
#include "lancet/core/sample.h"
#include "lancet/core/stall.h"

/*
 * Each structure has a function that makes its frame and one that reads it
 * back, checking every type and range; -EBADMSG with one line otherwise.
 * Agents and coordinator never include each other: they meet here.
 */

/* A hello: its first frame. Another version or build is refused. */
struct wire_hello {
	char role[16];		/* "agent", "target" */
	int64_t pid;
};

json_t *wire_hello_encode(const char *role);
int wire_hello_decode(const json_t *frame, struct wire_hello *hello,
		      struct err *err);

/* A error: one line why it cannot go on; it leaves. code is a -errno. */
json_t *wire_error_encode(const struct err *why);
int wire_error_decode(const json_t *frame, struct err *why, struct err *err);

/* C plan: once, after the hello. For an agent or a built-in target. */
struct wire_plan {
	const char *config;	/* resolved, as YAML */
	uint32_t agent;		/* index of this agent among all */
	uint32_t first_thread;	/* of its threads, counted over all agents */
	uint32_t threads, all_threads;
	uint32_t first_conn;	/* of its connections, over all agents */
	uint32_t connections;
	const int32_t *cpu;	/* threads entries; -1: not pinned */
	bool poll;
	double samples;		/* share of requests whose records it sends */
	const char *address;	/* of the target; or to listen on */
};

/* Bits of a request's id bound them. */
#define WIRE_AGENTS 65536
#define WIRE_THREADS 256	/* of one agent */

#define WIRE_ATTEMPTS 4		/* of one point */

/* Rounds number the attempts of all points: each has a schedule of its own. */
static inline uint32_t wire_round(uint32_t point, uint32_t attempt)
{
	return point * WIRE_ATTEMPTS + attempt;
}

/*
 * A request's id but for its number, the low 32 bits. Of the round it has
 * the low 8 bits: a reply that comes in a later one matches no request.
 */
static inline uint64_t wire_id(uint32_t agent, uint32_t thread, uint32_t round)
{
	return (uint64_t)agent << 48 | (uint64_t)thread << 40 |
	       (uint64_t)(round & 0xff) << 32;
}

json_t *wire_plan_encode(const struct wire_plan *plan);
int wire_plan_decode(const json_t *frame, struct wire_plan *plan,
		     struct arena *arena, struct err *err);

/*
 * C start: one segment of a point. Schedule time counts from 0 at the
 * point's first segment; what is intended at from_ns is due at at_ns of the
 * agent's CLOCK_MONOTONIC. The stream of the point continues from segment to
 * segment; requests intended before from_ns are skipped. No request is
 * intended at or after until_ns; then replies are waited for, for drain_ns.
 */
struct wire_start {
	uint32_t point, attempt, segment;
	double rate_rps;	/* of all agents together */
	int64_t at_ns, from_ns, until_ns, drain_ns;
};

json_t *wire_start_encode(const struct wire_start *start);
int wire_start_decode(const json_t *frame, struct wire_start *start,
		      struct err *err);

/* A tick: at most 4 KiB, once a second while a segment runs. */
struct wire_tick {
	uint64_t intended, sent, received;
	double mean_ns, max_ns;	/* response time since the last tick */
};

json_t *wire_tick_encode(const struct wire_tick *tick);
int wire_tick_decode(const json_t *frame, struct wire_tick *tick,
		     struct err *err);

/* One histogram of one window (by intended time), class and outcome. */
struct wire_window {
	uint32_t index;		/* schedule time / window */
	uint16_t class;
	uint8_t outcome;
	struct hist_sparse response;	/* OUTCOME_RECEIVED: ns; else a count */
};

/*
 * Three things besides travel as windows, OUTCOME_RECEIVED, that no segment
 * has: of a class WIRE_CODES the codes of replies, each a bin; of an index
 * WIRE_REQUESTED and WIRE_SERVED the service times of replies of the whole
 * segment, asked for and as the target told them.
 */
#define WIRE_CODES UINT16_MAX
#define WIRE_REQUESTED (UINT32_MAX - 1)
#define WIRE_SERVED UINT32_MAX

/*
 * Of wire times there is one more outcome: answered, and asked for stamps,
 * of which one was lost. So many have a wire time that nobody knows.
 */
#define WIRE_UNSTAMPED OUTCOMES

/* Actual send gaps of one thread, of consecutive requests, in order. */
struct wire_gaps {
	uint32_t thread;		/* of the agent, from 0 */
	uint32_t n;
	const int32_t *gap_ns;		/* sent[i+1] - sent[i] */
	const int32_t *intended_gap_ns;
};

/*
 * The way of one request, in ns: intended -> sent -> handed to the queueing
 * discipline -> left -> came in -> received. Where the second was not
 * stamped, WIRE_NO_LEG is its leg, and the third reaches from sent.
 */
enum wire_leg { LEG_QUEUE, LEG_SCHED, LEG_OUT, LEG_WIRE, LEG_IN, LEGS };

#define WIRE_NO_LEG INT32_MIN
#define WIRE_WAYS 16384		/* in one report */

struct wire_way {
	uint32_t window;	/* index, as of a wire_window */
	int32_t leg_ns[LEGS];
	/* Wire out to the target, and from it to wire in; or WIRE_NO_LEG. */
	int32_t request_ns, reply_ns;
};

/* Where the stamps of the wire came from, and how many there are. */
struct wire_stamps {
	const char *source;	/* hardware, kernel, user ... */
	const char *reason;	/* why not a better one; "" */
	int64_t asked, replies; /* sent, and of these answered */
	int64_t lost_tx, lost_rx;
	int64_t stray, twice, disputed, misplaced, unclear, shared;
	int64_t told, foreign, misfit; /* the target's instants; pairing.h */
	int64_t log_dropped;	/* entries that no room was left for */
	int64_t uncertainty_ns;	/* of an instant against our clock */
};

/* A data: all that one agent says of one segment. */
struct wire_report {
	uint32_t agent;
	struct result_counts counts;
	struct result_connections connections;
	struct wire_window *window;	/* in order of index, class, outcome */
	size_t nwindows;
	struct wire_window *wire;	/* the same of wire times, of the */
	size_t nwire;			/* requests that asked for stamps */
	const struct wire_way *way;	/* of some of these */
	size_t nways;
	struct wire_stamps stamps;
	struct hist_sparse lateness;	/* sent - intended, sent requests */
	struct hist_sparse connect;	/* ns to connect, cold */
	double send_cost_ns;		/* median time inside transport->send */
	struct wire_gaps *gaps;
	size_t ngaps;
	struct stall *stall;		/* CLOCK_MONOTONIC of that host */
	size_t nstalls;
	uint32_t *stall_thread;		/* of the agent, from 0 */
	uint64_t loop_gaps, records_dropped;
	uint64_t stalls_dropped;	/* did not fit into the list */
	uint64_t bad_replies;		/* no protocol sense was made of them */
	uint64_t unasked;		/* replies beyond those still owed */
	uint64_t waited;		/* for a connection with room, of which */
	uint64_t cut_off;		/* because connections had broken */
	double cpu_s;			/* of its process, records folded */
	double wall_s;			/* of its threads, in the segment */
	const struct sample *sample;	/* plan.samples of all, in order of */
	size_t nsamples;		/* thread, seq */
};

/*
 * The report travels as blobs (windows, lateness, connect, gaps, stalls,
 * samples) and one data frame that closes it. Sending is one call; receiving
 * zeroes a wire_report_in, sets its arena and feeds every chunk and data
 * frame to wire_report_take until it returns 1: in->report is then whole and
 * lives in the arena. After an error frame_blob_fini(&in->blob) tidies up.
 */
int wire_report_send(struct frame_io *io, const struct wire_report *report,
		     struct err *err);

/* Counts add up, the uncertainty is the greater; the rest stays. */
void wire_add_stamps(struct wire_stamps *to, const struct wire_stamps *from);

void wire_add_connections(struct result_connections *to,
			  const struct result_connections *from);

struct wire_report_in {
	struct arena *arena;
	struct arena *samples;	/* where they go; NULL: into arena, too */
	struct wire_report *report;
	struct frame_blob blob;
};

int wire_report_take(struct wire_report_in *in, const json_t *frame,
		     struct err *err);

/* A data of a built-in target: its segment, by its own account. */
struct wire_target {
	struct result_target stats;
	uint64_t served;
	struct stall *stall;
	size_t nstalls;
	uint64_t loop_gaps, stalls_dropped;
};

json_t *wire_target_encode(const struct wire_target *target);
int wire_target_decode(const json_t *frame, struct wire_target *target,
		       struct arena *arena, struct err *err);

#endif
