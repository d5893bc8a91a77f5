/* wall.h - CLOCK_REALTIME, which the kernel stamps by, in our own clock */
#ifndef HWTS_WALL_H
#define HWTS_WALL_H

#include <stdbool.h>
#include <stdint.h>

#include "hwts/tsource.h"

struct sys_ops;

/*
 * Both clocks are looked at ten times a second, bracketed, best of a few;
 * between two looks the offset is a straight line, off by at most half a
 * bracket and by what it changed from one look to the other. The change is
 * that of our own clock against the kernel's, some nanoseconds, unless
 * somebody sets the time: stamps of such a gap are refused.
 */
#define WALL_EACH_NS 100000000
#define WALL_LOOKS 8192		/* of a segment: 13 minutes; then rarer */

struct wall {
	struct tsource_reading *look;	/* WALL_LOOKS of them, in order */
	uint32_t n;
	int64_t each_ns, next_ns;
};

/* -ENOMEM. */
int wall_init(struct wall *wall);
void wall_fini(struct wall *wall);

/* Forget all looks, and take a first one. */
void wall_begin(struct wall *wall, const struct sys_ops *sys);

/* Half a microsecond; call it when now_ns has reached next_ns, and at the end. */
void wall_look(struct wall *wall, const struct sys_ops *sys);

/* An instant and by how much it may be off. */
struct wall_instant {
	int64_t mono_ns, bound_ns;
};

/*
 * A stamp in our clock. It was taken at about near_ns, so that the right
 * look is found even where CLOCK_REALTIME was set back. False where the
 * clocks moved against each other too much to tell.
 */
bool wall_mono(const struct wall *wall, int64_t wall_ns, int64_t near_ns,
	       struct wall_instant *to);

#endif
