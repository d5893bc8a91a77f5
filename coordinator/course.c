/* course.c - which load is measured next, from what those before have shown */
#include "coordinator/course.h"

#include <math.h>
#include <string.h>

#include "coordinator/bend.h"
#include "coordinator/check.h"
#include "coordinator/measure.h"
#include "lancet/core/arena.h"
#include "models/overhead.h"

/* The tail whose bend an adaptive sweep looks for, where nothing says. */
#define TAIL .99
/* Of the distance of an even grid's points, the least that is halved. */
#define LEAST .25

void course_init(struct course *course, const struct plan *plan,
		 struct arena *arena)
{
	const struct config_search *search = plan->config->load.search;

	memset(course, 0, sizeof(*course));
	course->plan = plan;
	course->point = arena_array(arena, plan->most, sizeof(*course->point));
	if (search)
		search_init(&course->search, plan->from_rps, plan->to_rps,
			    search->resolution);
}

/* --- adaptive sweeps ------------------------------------------------------ */

/* Places of the points so far, by load. */
static void by_load(const struct course *course, size_t *order)
{
	for (size_t i = 0; i < course->n; i++) {
		double rate = course->point[i].rate_rps;
		size_t at = i;

		for (; at && course->point[order[at - 1]].rate_rps > rate; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

/* Decades of latency are what a curve shows; unknown: NAN. */
static double height(const struct course *course,
		     const struct result_point *result)
{
	const struct config_precision *p =
		course->plan->config->measure.precision;
	const struct result_quantile *q =
		result_quantile(&result->response_ns, p ? p->quantile : TAIL);

	return q && q->value > 0 ? log(q->value) : (double)NAN;
}

static double next_bend(const struct course *course,
			const struct result_point *results)
{
	const struct plan *plan = course->plan;
	double step = (plan->to_rps - plan->from_rps) /
		      (double)(plan->most - 1);
	struct arena scratch;
	double *x, *y, at;
	size_t *order;

	arena_init(&scratch);
	x = arena_array(&scratch, course->n, sizeof(*x));
	y = arena_array(&scratch, course->n, sizeof(*y));
	order = arena_array(&scratch, course->n, sizeof(*order));
	by_load(course, order);
	for (size_t i = 0; i < course->n; i++) {
		x[i] = course->point[order[i]].rate_rps;
		y[i] = height(course, &results[order[i]]);
	}
	at = bend_next(x, y, course->n, LEAST * step);
	arena_fini(&scratch);
	return at;
}

/* --- the next one --------------------------------------------------------- */

const struct plan_point *course_next(struct course *course,
				     const struct result_point *results)
{
	const struct plan *plan = course->plan;
	struct plan_point *point = &course->point[course->n];
	double rate;

	if (course->n >= plan->most)
		return NULL;
	if (course->n < plan->npoints) {
		*point = plan->point[course->n++];
		return point;
	}
	rate = plan->config->load.search ? search_next(&course->search)
					 : next_bend(course, results);
	if (isnan(rate))
		return NULL;
	*point = plan_point_at(plan, (uint32_t)course->n++, rate);
	return point;
}

/* Valid, but for what pairs leave out. */
static bool stands(const struct result_point *result, bool paired)
{
	if (!strcmp(result->verdict.status, "valid"))
		return true;
	return paired &&
	       !check_fault(result->checks, result->nchecks, true, true) &&
	       !check_fault(result->checks, result->nchecks, false, true);
}

/*
 * A server that cannot bear a load misses the promise, whatever the checks
 * say of the steadiness of its queue; a client at fault shows nothing.
 */
static enum search_found found(const struct measured *measured,
			       const struct result_point *result)
{
	const struct trial *trial = &measured->trial;

	if (check_client_failed(result->checks, result->nchecks,
				trial->paired))
		return SEARCH_VOID;
	if (trial->promise.lo > 1)
		return SEARCH_MISSED;
	if (!stands(result, trial->paired))
		return SEARCH_VOID;
	return trial->promise.hi <= 1 ? SEARCH_KEPT : SEARCH_OPEN;
}

void course_tell(struct course *course, const struct measured *measured,
		 const struct result_point *result)
{
	if (course->plan->config->load.search)
		search_tell(&course->search,
			    course->point[course->n - 1].rate_rps,
			    found(measured, result));
}

static bool was_paired(const struct result_point *result)
{
	return result->model && result->model->nadjusted;
}

/* It stood when it was told, but may have failed among all tests of the run. */
static bool still_stands(const struct course *course, double rate,
			 const struct result_point *results)
{
	for (size_t i = 0; i < course->n; i++)
		if (course->point[i].rate_rps >= rate &&
		    course->point[i].rate_rps <= rate &&
		    stands(&results[i], was_paired(&results[i])))
			return true;
	return isnan(rate);
}

bool course_searches(const struct course *course)
{
	return course->plan->config->load.search;
}

const char *course_doubt(const struct course *course,
			 const struct result_point *results)
{
	const struct search *s = &course->search;

	if (isnan(s->lo) && isnan(s->hi))
		return "search: no trial was decided";
	if (isnan(s->lo) && s->hi > s->from)
		return "search: no load was found that meets the objective";
	if (isnan(s->hi) && s->lo < s->to)
		return "search: no load was found that misses the objective";
	if (!still_stands(course, s->lo, results))
		return "search: the highest load that met the objective failed "
		       "a check, when corrected for all tests of the run";
	return NULL;
}

void course_sort(struct course *course, struct result_point *results,
		 struct overhead_point *paired)
{
	for (size_t i = 1; i < course->n; i++) {
		struct plan_point point = course->point[i];
		struct result_point result = results[i];
		struct overhead_point pair = paired[i];
		size_t at = i;

		for (; at && course->point[at - 1].rate_rps > point.rate_rps;
		     at--) {
			course->point[at] = course->point[at - 1];
			results[at] = results[at - 1];
			paired[at] = paired[at - 1];
		}
		course->point[at] = point;
		results[at] = result;
		paired[at] = pair;
	}
}
