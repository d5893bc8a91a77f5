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

/* All that were sent, in order of sending, and when replies came. */
struct flights {
	struct flying *send;
	size_t n;
	int64_t *reply_ns;
	size_t replies;
};

/*
 * In the arena. One without a reply is taken to be in flight for no time.
 * O(n log n).
 */
struct flights flying_of(const struct sample *sample, size_t n,
			 struct arena *arena);

/*
 * Count anew: replies that came at most slack_ns after a send count as before
 * it, as rounding puts them there; 0 at first. O(n).
 */
void flying_count(struct flights *flights, int64_t slack_ns);

#endif
