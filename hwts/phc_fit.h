/* phc_fit.h - a card's time in CLOCK_MONOTONIC, from readings on both sides */
#ifndef HWTS_PHC_FIT_H
#define HWTS_PHC_FIT_H

#include <stddef.h>
#include <stdint.h>

#include "hwts/phc_watch.h"

struct arena;

/*
 * After a run: at each reading, the likeliest offset of a clock whose
 * frequency walks at random, by all readings between two events
 * (phc_walk.h), and straight between them. What lies between a reading
 * before a step, or while the clock stood still, and the next one is not
 * known and is refused.
 *
 * The bound of a conversion is half the median bracket, within which no data
 * can tell where the card latched its clock, and BOUND_ERRORS (phc_fit.c)
 * standard errors.
 */
struct phc_node {
	int64_t mono_ns;
	int64_t offset_ns;	/* PHC - CLOCK_MONOTONIC there */
	int32_t bound_ns;
	bool joined;		/* the way to the next node is known */
};

struct phc_happening {
	enum phc_event event;
	int64_t from_ns, to_ns;	/* the readings that it happened between */
	int64_t size_ns;	/* of a step */
};

struct phc_fit {
	struct phc_node *node;
	size_t n;
	struct phc_happening *happening;
	size_t happenings;
	double drift_ppm;	/* the whole way; steps left out */
	double wander_ppb;	/* of its frequency in the square root of 1 s */
	int64_t bound_ns;	/* that 99% of the nodes keep within */
	int64_t width_ns;	/* median bracket */
};

/* Readings in order of time, from the arena. Few or none: refuses all. */
void phc_fit_build(struct phc_fit *fit, const struct phc_reading *reading,
		   size_t n, struct arena *arena);

/*
 * A stamp of the card that was taken within slack_ns of near_ns, of
 * CLOCK_MONOTONIC. 0; -ERANGE: it was not, or there are no readings on both
 * sides; -ESTALE: the clock stepped or stood about then.
 */
int phc_fit_mono(const struct phc_fit *fit, int64_t phc_ns, int64_t near_ns,
		 int64_t slack_ns, int64_t *mono_ns, int64_t *bound_ns);

#endif
