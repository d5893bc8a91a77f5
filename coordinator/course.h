/* course.h - which load is measured next, from what those before have shown */
#ifndef COORDINATOR_COURSE_H
#define COORDINATOR_COURSE_H

#include "coordinator/plan.h"
#include "coordinator/search.h"

struct measured;
struct overhead_point;
struct result_point;
struct result_verdict;

/* The points of a run in the order of measuring, one after the other. */
struct course {
	const struct plan *plan;
	struct plan_point *point;	/* room for plan->most */
	size_t n;
	struct search search;
};

void course_init(struct course *course, const struct plan *plan,
		 struct arena *arena);

/* NULL: the run is over. `results` has what course->n points came to. */
const struct plan_point *course_next(struct course *course,
				     const struct result_point *results);

/* What the last point came to, for a search. */
void course_tell(struct course *course, const struct measured *measured,
		 const struct result_point *result);

/* All in order of load, which is how a result shows them. */
void course_sort(struct course *course, struct result_point *results,
		 struct overhead_point *paired);

bool course_searches(const struct course *course);

/*
 * A search is as good as the trials that its answer stands on, whatever
 * became of the others: why it has no answer, or why the trial that kept the
 * promise no longer stands; NULL: it has one that does.
 */
const char *course_doubt(const struct course *course,
			 const struct result_point *results);

#endif
