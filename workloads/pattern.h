/* pattern.h - an offered load that changes over time, by a rule */
#ifndef WORKLOADS_PATTERN_H
#define WORKLOADS_PATTERN_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct config_pattern;

/*
 * A rate that is linear in pieces and goes round. It changes the pace of
 * time, not the arrival process: a process of the mean rate runs in
 * *operational* time, the integral of rate over mean rate, and a request is
 * intended when that has reached its instant (Cinlar 1975, section 4.7, for
 * Poisson; the same for any process). So the gaps keep their law where the
 * rate hardly changes within one of them, and the number of requests in an
 * interval has the mean that the pattern's integral says.
 */
struct pattern_piece {
	double start_ns;	/* within a round */
	double done_ns;		/* operational time at start_ns */
	double pace;		/* rate over mean rate at start_ns */
	double slope;		/* of the pace, per ns */
};

struct pattern {
	const char *name;
	struct pattern_piece *piece;	/* and one more, the round's end */
	size_t n;
	double mean;		/* over the length, as the options count */
	double peak;		/* the greatest pace */
	int64_t length_ns;	/* of the point */
};

/* Of an exclusive section that the rules have passed; limit: time_limit. */
const struct pattern *pattern_create(const struct config_pattern *options,
				     int64_t limit_ns, struct arena *arena);

/* Operational time at an instant, and the pace there. */
double pattern_done(const struct pattern *pattern, double at_ns);
double pattern_pace(const struct pattern *pattern, double at_ns);

/* Where the last pattern_when() was: zeroed at first. */
struct pattern_place {
	size_t piece;
	uint64_t round;
};

/* Hot. The instant of an operational time that does not fall. */
double pattern_when(const struct pattern *pattern,
		    struct pattern_place *place, double done_ns);

#endif
