/* launch.h - packets that a queueing discipline or card holds until their time */
#ifndef HWTS_LAUNCH_H
#define HWTS_LAUNCH_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct sys_ops;

/*
 * SO_TXTIME: each packet is handed over a little early and says when it is
 * to leave. The discipline `fq` takes CLOCK_MONOTONIC, `etf` (and the card
 * behind it) CLOCK_TAI; every other one takes the option, ignores the time,
 * and nobody tells. So nothing is believed before departures were measured.
 */
struct launch {
	clockid_t clock;
	int64_t offset_ns;	/* of it from our own clock */
};

/* How early packets are handed over: fq holds 100 of a flow, no more. */
#define LAUNCH_LEAD_NS 300000

void launch_init(struct launch *l, const struct sys_ops *sys, clockid_t clock);

/* Cold: 0 or -errno. */
int launch_enable(const struct launch *l, const struct sys_ops *sys, int fd);

/* Hot: add to the `len` bytes of a message's control data; how many then. */
size_t launch_control(const struct launch *l, void *control, size_t len,
		      int64_t launch_ns);

/* Room that launch_control() takes. */
#define LAUNCH_CONTROL 32

#endif
