/* recorder.h - from finished requests to what an agent reports of a segment */
#ifndef AGENTS_RECORDER_H
#define AGENTS_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agents/join.h"
#include "agents/recorder_table.h"
#include "lancet/core/wire.h"

struct pairing_entry;
struct recorder_send;
struct ring;
struct worker;

/*
 * Sent so much later than intended, a send counts as late: the length from
 * which a gap of the loop is a stall, and far above a pacer's own lateness
 * (a few microseconds at p99 on a core of its own).
 */
#define RECORDER_LATE_NS 100000

/* Consecutive sends of each thread whose gaps are told: the last so many. */
#define RECORDER_GAPS 20000u

/* What a thread logged of its stamps: struct pairing_entry. */
struct recorder_log {
	struct pairing_entry *entry;
	size_t n, room;
	uint64_t dropped;		/* did not fit into the thread's ring */
};

/* Owned by the control thread. Folds the rings of all threads of an agent. */
struct recorder {
	int64_t window_ns, base_ns;
	uint32_t threads;
	double samples;			/* share of records kept */
	uint32_t agent, round;
	struct join join;		/* parts 0: requests do not fan out */
	int64_t outcome[OUTCOMES];	/* then: of whole requests */

	bool codes;			/* replies have codes: count them */
	uint64_t code_window;		/* a run of one, not counted yet */
	uint32_t code, codes_pending;

	struct recorder_table response;
	struct recorder_table wire;	/* filled by the report */
	struct recorder_log *log;	/* of each thread */
	int64_t owed;			/* replies that may come late, of all
					 * segments so far */
	struct hist *lateness;
	struct recorder_send *send;	/* RECORDER_GAPS + 1 for each thread */
	int64_t late_sends;
	struct sample *sample;		/* those to be sent, and the stamped */
	size_t nsamples, room;
	bool failed;			/* out of memory: a record is missing */
};

int recorder_init(struct recorder *r, uint32_t agent, uint32_t threads,
		  int64_t window_ns, double samples);
void recorder_fini(struct recorder *r);

/* After that: requests have so many parts, more than one. 0 or -ENOMEM. */
int recorder_join(struct recorder *r, uint32_t parts);

/* A new segment of a round, whose schedule time 0 was at base_ns. */
void recorder_reset(struct recorder *r, int64_t base_ns, uint32_t round);

/* Take everything out of a thread's rings; while it runs, too. */
void recorder_fold(struct recorder *r, struct ring *ring);
void recorder_fold_log(struct recorder *r, uint32_t thread,
		       struct ring *ring);

/*
 * After the segment and the last fold: the whole report, in the arena but
 * for the samples, which stay until the next reset. 0 or -ENOMEM.
 */
int recorder_report(struct recorder *r, struct worker *const *worker,
		    struct wire_report *report, struct arena *arena,
		    struct err *err);

/* Does its record go to the coordinator? */
bool recorder_wants(const struct recorder *r, const struct sample *s);

/*
 * recorder_stamps.c: pair the stamps of all threads, fill the stamps of the
 * sorted samples, and what the report says of the wire; keep those samples
 * that are wanted.
 */
void recorder_report_stamps(struct recorder *r, struct worker *const *worker,
			    struct wire_report *report, struct arena *arena);

/*
 * recorder_mix.c: the code and the service times of a reply, of a request or
 * of a part, into the table of response times as windows of their own
 * (lancet/core/wire.h); codes come in runs, of which the last is flushed.
 */
void recorder_mix(struct recorder *r, const struct sample *s);
void recorder_mix_flush(struct recorder *r);

#endif
