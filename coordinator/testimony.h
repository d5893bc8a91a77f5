/* testimony.h - anybody's requests as a point, for the checks to judge */
#ifndef COORDINATOR_TESTIMONY_H
#define COORDINATOR_TESTIMONY_H

#include <stddef.h>

#include "coordinator/point.h"

struct arena;
struct err;
struct requests;

/* What the sender was asked for, where somebody says. */
struct testimony {
	const char *arrival;	/* a law as in a configuration; NULL: any */
	double rate_rps;	/* NAN: any */
	const char *const *set;	/* checks.arrivals.level=0.01, ... */
	size_t nset;
};

/*
 * A point of one segment without warm-up, closed; it lives in the arena, and
 * so do its records, those of `requests`, which are put in order of intended
 * time and counted from the first. Windows are so long that about a thousand
 * fit, and a few dozen requests into each. 0, or -EINVAL: a law or a level
 * that makes no sense.
 */
int testimony_take(struct requests *requests, const struct testimony *asked,
		   struct point_data *data, struct arena *arena,
		   struct err *err);

#endif
