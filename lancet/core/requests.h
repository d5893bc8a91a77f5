/* requests.h - anybody's requests, one a line of a CSV file */
#ifndef LANCET_CORE_REQUESTS_H
#define LANCET_CORE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lancet/core/sample.h"

struct arena;
struct err;

/*
 * The first line names the columns, in any order; those of other names are
 * passed over, so that the output of `lancet samples` is one, too.
 *
 *	time_ns		the send; also called sent_ns
 *	latency_ns	from the send to the reply; or received_ns, an instant
 *	intended_ns	optional: when it was due
 *	schedule_ns	optional: intended_ns on a clock that stands still where
 *			nothing is due, as between segments; the others follow
 *	outcome		optional: received (ok, success), nacked (refused),
 *			error, timeout, lost, unsent; empty: by the latency
 *	class, agent	optional: any names
 *	thread		optional: a sender of its own of its agent
 *	warmup		optional: lines with 1 are passed over
 *	left_out	optional: 1 where the sender stood still, by its own
 *			account; no response time and no gap there counts
 *	segment		optional, with schedule_ns: a number; where each begins
 *			with a warm-up that is passed over, they are joined
 *
 * An empty latency is a request without a reply. Times may have a fraction
 * or an exponent (1.5e9) and start anywhere. Lines end with LF or CRLF;
 * empty ones and those that start with '#' are passed over.
 */
#define REQUESTS_CLASSES 256
#define REQUESTS_AGENTS 4096	/* and threads of each */
#define REQUESTS_SEGMENTS 4096u
#define REQUESTS_MOST (UINT64_C(1) << 26)	/* lines: 4 GiB in memory */

struct requests {
	struct sample *sample;	/* in the file's order; conn: the agent's
				 * thread; thread 1: left out; release_ns:
				 * the segment */
	size_t n, room;
	bool intended;		/* the file says; else intended_ns = sent_ns */
	const char **class, **agent;	/* names, at least one */
	size_t nclasses, nagents;
};

/*
 * Reads to the end; lines are not kept. 0, or -errno with one line: file,
 * line number, what, how to mend. requests_fini() in both cases.
 */
int requests_read(struct requests *r, FILE *in, const char *file,
		  struct arena *arena, struct err *err);
void requests_fini(struct requests *r);

#endif
