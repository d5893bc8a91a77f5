/* measure.h - one point: what is decided about it is carried out */
#ifndef COORDINATOR_MEASURE_H
#define COORDINATOR_MEASURE_H

#include "coordinator/point.h"
#include "coordinator/session.h"
#include "coordinator/trial.h"

/* What was done, and how far it led. */
struct measured {
	struct result_attempt *attempts;
	size_t nattempts;
	double asked, reached;	/* relative half-widths; NAN: none asked */
	double took_s;
	struct trial trial;	/* of a search */
};

/*
 * Run the point within measure.time_limit, all that comes before its first
 * request and after its last included: segments, attempts, as decide.h says.
 * `data` is closed in `arena`. Negative with one line when a peer was lost.
 */
int measure_point(struct session *session, struct point_data *data,
		  struct measured *measured, struct arena *arena,
		  struct err *err);

/*
 * Relative half-width of the closed point's quantile that the precision names:
 * INFINITY where it is unresolved, NAN where none is asked.
 */
double measure_reached(const struct point_data *data);

/* How many times wider than asked. */
double measure_shrink(const struct point_data *data);

#endif
