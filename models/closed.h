/* closed.h - what a closed loop of connections would report of a queue */
#ifndef MODELS_CLOSED_H
#define MODELS_CLOSED_H

#include "models/predict.h"

/*
 * Each of so many connections sends its next request an exponential pause
 * after its last reply, and measures from that sending. A queue slows down
 * who would fill it, so that waits are reported that are far too short:
 * coordinated omission (Schroeder, Wierman, Harchol-Balter 2006; Tene 2013).
 */
struct closed {
	double pause;			 /* mean; 0: the next request at once */
	struct predict_value rate;	 /* of replies */
	const char *method;		 /* exact: ...; simulation of ... */
	struct predict_answer *reported; /* one an ask, in the arena */
	/* The truth beside it: an open loop at the same rate. */
	struct predict_result open;
	const char *open_refused; /* why there is none; or NULL */
};

/*
 * With a pause of NAN, the one that makes the query's rate is taken; else the
 * rate is not looked at. Exponential service before one FCFS queue is exact,
 * all else simulated. -EDOM: that rate cannot be reached by so few
 * connections, or the policy refuses jobs.
 */
int closed(const struct predict_query *query, uint32_t connections,
	   double pause, struct closed *found, struct arena *arena,
	   struct err *err);

#endif
