/* measure.h - one point, run as segments until it is precise enough */
#ifndef COORDINATOR_MEASURE_H
#define COORDINATOR_MEASURE_H

#include "coordinator/point.h"
#include "coordinator/session.h"

/* What was done, and how far it led. */
struct measured {
	struct result_attempt *attempts;
	size_t nattempts;
	double asked, reached;	/* relative half-widths; NAN: none asked */
};

/*
 * Run the point within measure.time_limit. A first segment, then extensions
 * as long as the precision needs and the limit allows; the whole limit at
 * once where no precision is asked. `data` is closed in `arena`. Negative
 * with one line when a peer was lost.
 */
int measure_point(struct session *session, struct point_data *data,
		  struct measured *measured, struct arena *arena,
		  struct err *err);

/*
 * Schedule time that the next segment should take, warm-up included; 0: the
 * point is done. Pure.
 */
struct measure_state {
	int64_t left_ns;	/* of the time limit */
	int64_t warmup_ns;
	double measured_s;	/* so far, after warm-ups */
	double asked, reached;	/* reached INFINITY: unresolved */
};

int64_t measure_next(const struct measure_state *state);

#endif
