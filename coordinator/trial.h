/* trial.h - a point of a search: is the promise kept at this load? */
#ifndef COORDINATOR_TRIAL_H
#define COORDINATOR_TRIAL_H

#include <stdbool.h>

#include "lancet/core/result.h"

struct arena;
struct point_data;

/* How the promise stands, at the confidence of the search's trials. */
struct trial {
	struct result_interval promise;	/* objective_ratio() */
	bool paired;			/* by pairs; see below */
};

/*
 * Of a closed point. Where the target's queue is ours and its law has a
 * prediction, `forecast`, each request's response time is laid beside the
 * replay of the same request: measured - replayed + predicted estimates the
 * same quantiles as measured alone does, several times as exactly, from the
 * windows in which neither side stood still. Which windows those are is told
 * by the loops alone, so that any share of them will do; below a fifth
 * little is left, and the plain estimate is taken; so it is where requests had
 * no answer, or where the promise is about a class or a slowdown.
 */
void trial_judge(const struct point_data *data,
		 const struct result_predicted *forecast, struct trial *trial,
		 struct arena *arena);

/*
 * How much wider than its distance from the promise the interval is, on the
 * side that matters: up to 1 the two are told apart. INFINITY: nobody knows.
 */
double trial_width(const struct trial *trial);

#endif
