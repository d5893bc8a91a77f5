/* phc_watch.h - has a card's clock stepped, or does it stand still? */
#ifndef HWTS_PHC_WATCH_H
#define HWTS_PHC_WATCH_H

#include "hwts/phc.h"
#include "hwts/phc_walk.h"

enum phc_event {
	PHC_RUNS,	/* where it was expected */
	PHC_STEPPED,	/* somewhere else: set, or paused between two looks */
	PHC_FROZE,	/* does not move */
	PHC_RESUMED,	/* moves again, from wherever */
};

extern const char *const phc_event_name[];

/*
 * Readings in order of time, one at a time: an event is told with the first
 * reading that shows it. A reading's bracket is certain, so the clock has
 * stepped where the bracket misses what the readings before it foretell by
 * more than those can be wrong. What is less than that stays within the
 * bounds of phc_fit.h.
 */
struct phc_watch {
	struct phc_reading last;
	int64_t from_ns, base_ns;	/* origin, at the last event */
	struct phc_bank bank;		/* since then */
	double size_ns;			/* of the last step */
	bool begun, sloped, frozen;	/* sloped: its rate is known */
};

enum phc_event phc_watch_take(struct phc_watch *watch,
			      const struct phc_reading *reading);

#endif
