/* phc_track.h - a card's clock, read ten times a second while requests fly */
#ifndef HWTS_PHC_TRACK_H
#define HWTS_PHC_TRACK_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "hwts/phc_fit.h"

struct arena;
struct err;
struct tsource;

#define PHC_EACH_NS 100000000
#define PHC_READINGS (1u << 16)	/* a segment's: nearly two hours */

/*
 * A helper's thread takes the readings: one at the start and one at the stop,
 * so that all in between has both sides. While it runs, steps and freezes
 * tell what it has found so far; after the stop the fit converts.
 */
struct phc_track {
	const struct tsource *source;
	struct phc_reading *reading;	/* PHC_READINGS of them */
	size_t n;
	uint64_t failed;		/* polls that gave no reading */
	struct phc_watch watch;
	_Atomic unsigned steps, freezes;
	sem_t stop;
	pthread_t thread;
	struct phc_fit fit;
};

/* 0 or -errno. The source has phc_read() and outlives the track. */
int phc_track_start(struct phc_track *track, const struct tsource *source,
		    struct arena *arena, struct err *err);

/* Ends the thread; the fit is in the arena. */
void phc_track_stop(struct phc_track *track, struct arena *arena);

/*
 * For pairing_rules.phc_mono, `track` being a stopped struct phc_track: a
 * stamp of about near_ns. False where the fit refuses it.
 */
bool phc_track_mono(const void *track, int64_t phc_ns, int64_t near_ns,
		    int64_t *mono_ns, int64_t *bound_ns);

#endif
