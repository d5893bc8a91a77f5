/* sample.h - one request's record, in memory and on disk */
#ifndef LANCET_CORE_SAMPLE_H
#define LANCET_CORE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lancet/core/rng.h"

/* How a request ended; the sums of DESIGN, section "The four instants". */
enum outcome {
	OUTCOME_RECEIVED,
	OUTCOME_NACKED,		/* refused by the target with an answer */
	OUTCOME_ERROR,		/* answered wrongly, or its connection broke */
	OUTCOME_TIMEOUT,	/* no answer within its timeout */
	OUTCOME_LOST,		/* no answer when the drain ended */
	OUTCOME_UNSENT,		/* waited for a connection past the bound */
	OUTCOMES
};

extern const char *const outcome_name[OUTCOMES];

#define SAMPLE_NO_STAMP INT32_MIN	/* none was asked for */
#define SAMPLE_LOST_STAMP (INT32_MIN + 1) /* asked for, and none came */
#define SAMPLE_TIME_MAX (INT64_MAX / 4)	/* sums of a few stay in range */

/*
 * Instants are CLOCK_MONOTONIC ns of the agent's host. A request that was
 * not sent has sent_ns 0, one without reply received_ns 0. The layout is
 * also that of samples files and of chunks between agent and coordinator,
 * little endian, one cache line.
 */
struct sample {
	int64_t intended_ns;
	int64_t sent_ns;
	int64_t received_ns;
	uint64_t service_ns;	/* requested; 0: the request carries none */
	uint64_t served_ns;	/* by the target's report; 0: none */
	int32_t wire_out_ns;	/* wire out - sent, or SAMPLE_..._STAMP */
	int32_t wire_in_ns;	/* received - wire in, or the same */
	uint32_t release_ns;	/* target: release - completion; 0: unknown.
				 * Of a protocol with codes: the reply's */
	uint32_t seq;		/* place in its thread's schedule, from 0 */
	uint32_t conn;		/* connection, counted over all agents */
	uint16_t class;
	uint8_t outcome;
	uint8_t thread;
};

_Static_assert(sizeof(struct sample) == 64, "a sample is one cache line");

/* Are both instants of the wire known? */
static inline bool sample_stamped(const struct sample *s)
{
	return s->wire_out_ns > SAMPLE_LOST_STAMP &&
	       s->wire_in_ns > SAMPLE_LOST_STAMP;
}

/* From wire to wire; only where it is stamped. */
static inline int64_t sample_wire_ns(const struct sample *s)
{
	return s->received_ns - s->wire_in_ns - s->sent_ns - s->wire_out_ns;
}

/* Could a request have ended so? Samples are read from peers and files. */
bool sample_fine(const struct sample *s);

/*
 * A request that fans out is sent with its last part and answered with its
 * last reply, and asks for as long as its longest part. It fails where one of
 * them does, as what the worst of them did. Takes another part in; `whole`
 * began as the first.
 */
void sample_join(struct sample *whole, const struct sample *part);

/*
 * Is this one of a share of all requests, 0 to 1? By a hash of its id, so
 * that no property of a request decides, and that a smaller share is a part
 * of a larger one.
 */
static inline bool sample_kept(uint64_t id, double share)
{
	return (double)(rng_mix(id) >> 11) * 0x1p-53 < share;
}

#endif
