/* flying.h - how many requests were in flight when each was sent */
#ifndef COORDINATOR_FLYING_H
#define COORDINATOR_FLYING_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct sample;

/* Just after a send: requests in flight, it included; time since a reply. */
struct flying {
	uint32_t n;
	int64_t since_ns;	/* INT64_MAX: no reply yet */
	int64_t at_ns, took_ns;	/* sent; received - sent, -1: no reply */
};

/*
 * Of all that were sent, in order of sending; *n of them, in the arena. One
 * without a reply is taken to be in flight for no time. Replies that came at
 * most slack_ns after a send count as before it: rounding puts them there.
 * O(n log n).
 */
struct flying *flying_of(const struct sample *sample, size_t nsamples,
			 int64_t slack_ns, size_t *n, struct arena *arena);

#endif
