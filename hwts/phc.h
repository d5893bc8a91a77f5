/* phc.h - what a network card's clock said, and when */
#ifndef HWTS_PHC_H
#define HWTS_PHC_H

#include <stdbool.h>
#include <stdint.h>

#include "hwts/tsource.h"

/*
 * A look at a PHC (the PTP hardware clock of a card) is a bracket: it was
 * read at some instant between before and after, of CLOCK_MONOTONIC, and
 * nobody knows where in between. So its offset from CLOCK_MONOTONIC is
 * certain to within half the width. A poll is PHC_LOOKS looks, of which the
 * narrowest counts: the error of a single one is unbounded, of the best of 5
 * it is rarely above the usual.
 */
#define PHC_LOOKS 5

struct phc_reading {
	int64_t mono_ns;	/* the middle of the bracket */
	int64_t phc_ns;
	int64_t width_ns;

	/* All looks said the same, although more time passed than they took. */
	bool still;
};

/* PHC - CLOCK_MONOTONIC. */
static inline int64_t phc_offset_ns(const struct phc_reading *r)
{
	return r->phc_ns - r->mono_ns;
}

/* What n > 0 looks, in order of time, amount to. */
struct phc_reading phc_narrowest(const struct tsource_reading *look, int n);

#endif
