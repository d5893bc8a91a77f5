/* coordinator.c - a whole run: every point measured, judged and compared */
#include "coordinator/coordinator.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "coordinator/account.h"
#include "coordinator/attribution.h"
#include "coordinator/calibration.h"
#include "coordinator/check.h"
#include "coordinator/compare.h"
#include "coordinator/course.h"
#include "coordinator/decide.h"
#include "coordinator/environment.h"
#include "coordinator/interrupt.h"
#include "coordinator/measure.h"
#include "coordinator/objective.h"
#include "coordinator/plan.h"
#include "coordinator/recording.h"
#include "coordinator/session.h"
#include "coordinator/verdict.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

static void result_begin(const struct plan *plan, struct result *result,
			 struct arena *arena)
{
	char text[32];
	time_t now;
	struct tm tm;

	result->started_realtime_ns = clock_realtime_ns();
	now = (time_t)(result->started_realtime_ns / 1000000000);
	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	result->name = plan->config->name;
	result->started = arena_strdup(arena, text);
	result->lancet_version = lancet_version;
	result->seed = plan->config->seed;
	result->config_yaml = plan->config_text;
	result->points = arena_array(arena, plan->most,
				     sizeof(*result->points));
	environment_read(plan, &result->environment, arena);
}

/*
 * One point from its first request to its verdict. What agents sent lives in
 * an arena of the point's own and goes when it is judged.
 */
static int run_point(struct session *session, const struct plan_point *point,
		     const char *samples, struct result_point *to,
		     struct overhead_point *paired, struct measured *measured,
		     struct arena *arena, struct err *err)
{
	struct point_data data;
	struct recording recording;
	struct arena bulk;
	int rc;

	arena_init(&bulk);
	point_init(&data, session->plan, point, &bulk);
	rc = recording_open(&recording, samples, &data, &bulk, err);
	data.recording = &recording;
	if (!rc)
		rc = measure_point(session, &data, measured, arena, err);
	if (!rc && data.nsegments)
		rc = recording_close(&recording, to, arena, err);
	if (!rc && data.nsegments) {
		rc = check_all(&data, arena, &to->checks, &to->nchecks, err);
		account_point(&data, measured, to, arena);
		verdict_point(to->checks, to->nchecks, arena, &to->verdict);
		to->model = compare_point(&data, arena);
		attribution_pair(&data, paired, arena);
	} else if (!rc) {
		rc = 1;		/* interrupted before it began */
	}
	recording_abort(&recording);
	arena_fini(&bulk);
	return rc;
}

static int run_points(struct session *session,
		      const struct coordinator_watch *watch,
		      const char *samples, struct result *result,
		      struct course *course, struct overhead_point *paired,
		      struct arena *arena, struct err *err)
{
	const struct plan_point *point;
	struct measured measured;

	while (!interrupted() &&
	       (point = course_next(course, result->points))) {
		size_t i = result->npoints;
		int rc;

		watch->begin(watch->context, course->plan, point);
		rc = run_point(session, point, samples, &result->points[i],
			       &paired[i], &measured, arena, err);
		if (rc) {
			course->n--;
			return rc < 0 ? rc : 0;
		}
		result->npoints++;
		course_tell(course, &measured, &result->points[i]);
		watch->end(watch->context, point, &result->points[i]);
	}
	return 0;
}

/* What passed alone may fail among all tests of the run. */
static void reconsider(struct result_point *point, struct arena *arena)
{
	size_t n = point->nattempts;

	if (!n || !strcmp(point->verdict.status, "valid") ||
	    strcmp(point->attempts[n - 1].action,
		   decide_name[DECIDE_ACCEPT]) != 0)
		return;
	point->attempts = arena_grow(arena, point->attempts, n, &n,
				     sizeof(*point->attempts));
	point->attempts[point->nattempts++] = (struct result_attempt){
		.action = decide_name[DECIDE_REJECT],
		.reason = point->verdict.reasons[0],
	};
}

/* A search is as good as what its answer stands on. */
static void judge(const struct course *course, const char *broken,
		  struct result *result, struct arena *arena)
{
	const char *doubt = course_searches(course)
			    ? course_doubt(course, result->points) : NULL;

	if (course_searches(course) && !doubt && !broken)
		result->verdict = (struct result_verdict){ .status = "valid" };
	else
		verdict_run(result->points, result->npoints,
			    broken ? broken : doubt, arena, &result->verdict);
}

/* When the load is over: what takes CPU. */
static void finish(struct course *course,
		   const struct coordinator_watch *watch,
		   struct overhead_point *paired, struct result *result,
		   const char *broken, struct arena *arena)
{
	const struct plan *plan = course->plan;

	course_sort(course, result->points, paired);
	check_run(result->points, result->npoints, arena);
	for (size_t i = 0; i < result->npoints; i++)
		reconsider(&result->points[i], arena);
	if (result->npoints && plan->config->model.mode != MODEL_NONE)
		watch->compare(watch->context);
	for (size_t i = 0; i < result->npoints; i++)
		if (result->points[i].model)
			compare_stationary(plan, &course->point[i],
					   result->points[i].model, arena);
	attribution_run(plan, paired, result, arena);
	calibration_find(plan, result, arena);
	result->slo = plan->config->load.search
		      ? objective_search(plan, &course->search,
					 result->points, result->npoints,
					 arena)
		      : objective_of(plan, result->points, result->npoints,
				     arena);
	judge(course, broken, result, arena);
}

int coordinate(const struct plan *plan, const struct coordinator_watch *watch,
	       const char *samples, struct result *result, bool *begun,
	       struct arena *arena, struct err *err)
{
	struct session session;
	struct course course;
	struct overhead_point *paired =
		arena_array(arena, plan->most, sizeof(*paired));
	const char *broken = NULL;
	int rc;

	clock_sync();
	course_init(&course, plan, arena);
	result_begin(plan, result, arena);
	rc = session_open(&session, plan, arena, err);
	*begun = !rc;
	session.progress = watch->tick;
	session.decided = watch->decided;
	session.context = watch->context;
	if (!rc)
		rc = run_points(&session, watch, samples, result, &course,
				paired, arena, err);
	session_close(&session);
	if (interrupted())
		broken = "interrupted before it was complete";
	else if (rc)
		broken = arena_strdup(arena, err->text);
	finish(&course, watch, paired, result, broken, arena);
	return interrupted() ? 0 : rc;
}
