/* overhead_curve.c - quantiles of the same jobs with more work in each */
#include "models/overhead.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"
#include "lancet/core/stats/vector.h"
#include "models/sections.h"

/*
 * Where the curves are looked at. In mean services: near nothing closely,
 * further off by halves, and less than nothing, for an estimate of 0 needs
 * both sides.
 */
static const double steps[] = {
	-.4, -.15, -.05, -.015, 0,   .005, .01, .02, .035, .055, .08, .11, .15,
	.2,  .3,   .45,	 .7,	1.1, 1.7,  2.6, 4,   6,	   9,	 14,  20,
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* And at these idle shares, of the own one, and of all time. */
static const double own_idle[] = { .75, .5, .3 };
static const double idle[] = { .06, .045, .03, .02, .01, 0, -.015, -.03, -.05 };
#define OWN (sizeof(own_idle) / sizeof(own_idle[0]))
#define IDLE (sizeof(idle) / sizeof(idle[0]))
#define NODES (STEPS + OWN + IDLE)

/* A run of seconds bears a little more than its capacity, not much. */
#define LOAD_MOST 1.05
/* Where a finite queue leaves 1 / idle. */
#define ROOM_LEAST .02

double overhead_room(double load, double more)
{
	double left = 1 - load * (1 + more);

	return left / 2 + sqrt(left * left / 4 + ROOM_LEAST * ROOM_LEAST);
}

/* Of one node and the next, in mean services; of a range, that it may be. */
#define APART 1e-3
#define APART_NEAR .05
#define NEAR 8

/* Rising, 0 among them, none on top of another. */
static size_t tidy_nodes(double *x, size_t n, double apart)
{
	size_t kept = 0;

	vector_sort(x, n);
	for (size_t i = 0; i < n; i++)
		if (x[i] == 0 ||
		    (fabs(x[i]) > apart && x[i] <= 1.01 * steps[STEPS - 1] &&
		     (!kept || x[i] - x[kept - 1] > apart)))
			x[kept++] = x[i];
	return kept;
}

static size_t place_nodes(double *x, double load)
{
	double most = LOAD_MOST / load - 1;
	size_t n = 0;

	for (size_t i = 0; i < STEPS; i++)
		if (steps[i] <= 0 || steps[i] < most)
			x[n++] = steps[i];
	for (size_t i = 0; i < OWN; i++)
		x[n++] = (1 - own_idle[i] * (1 - load)) / load - 1;
	for (size_t i = 0; i < IDLE; i++)
		x[n++] = (1 - idle[i]) / load - 1;
	return tidy_nodes(x, n, APART);
}

static size_t place_near(double *x, double lo, double hi)
{
	for (int i = 0; i < NEAR; i++)
		x[i] = lo + (hi - lo) * i / (NEAR - 1);
	x[NEAR] = 0;
	return tidy_nodes(x, NEAR + 1, APART_NEAR * (hi - lo));
}

/* Work is never less than this share of the mean. */
#define WORK_LEAST 1e-6

static void more_work(const struct overhead_jobs *jobs, enum overhead_kind kind,
		      double x, struct job *job)
{
	double least = WORK_LEAST * jobs->mean;
	double by = kind == OVERHEAD_SCALED ? 1 + x : 1;
	double plus = kind == OVERHEAD_SCALED ? 0 : x * jobs->mean;

	for (size_t i = 0; i < jobs->n; i++)
		job[i].service = fmax(jobs->job[i].service * by + plus, least);
}

struct work {
	struct job *job;
	sim_time *completion;
	double *sojourn;
	struct section_value *scratch;
};

/* One node's rows. */
static int look(const struct overhead_jobs *jobs, struct work *w,
		const struct overhead_point *point, double *out,
		struct err *err)
{
	struct arena arena;
	size_t n = 0;
	int rc;

	arena_init(&arena);
	rc = replay(jobs->policy, jobs->workers, w->job, jobs->n, w->completion,
		    &arena, err);
	arena_fini(&arena);
	if (rc)
		return rc;
	for (size_t i = 0; i < jobs->n; i++)
		if (jobs->counted[i] && isfinite(w->completion[i]))
			w->sojourn[n++] =
				w->completion[i] - jobs->job[i].arrival;
	if (n < SECTIONS_LEAST)
		return err_set(err, -EDOM, "only %zu requests to compare", n);
	sections_quantiles(w->sojourn, n, point->q, point->nq, out, w->scratch);
	return 0;
}

static int one_curve(const struct overhead_jobs *jobs, enum overhead_kind kind,
		     struct work *w, struct overhead_point *point,
		     double *replayed, struct arena *arena, struct err *err)
{
	struct overhead_curve *curve = &point->curve[kind];
	size_t nq = point->nq, rows = OVERHEAD_ROWS * nq;

	curve->x = arena_array(arena, NODES, sizeof(double));
	curve->nodes = jobs->near ? place_near(curve->x, jobs->near->lo[kind],
					       jobs->near->hi[kind])
				  : place_nodes(curve->x, jobs->load);
	curve->rows = arena_array(arena, curve->nodes * rows, sizeof(double));
	for (size_t i = 0; i < curve->nodes; i++) {
		double *row = curve->rows + i * rows;

		more_work(jobs, kind, curve->x[i], w->job);
		if (look(jobs, w, point, row, err))
			return err->code;
		if (curve->x[i] == 0 && replayed)
			memcpy(replayed, row, nq * sizeof(double));
		for (size_t j = 0; j < rows; j++)
			row[j] *= overhead_room(jobs->load, curve->x[i]);
		if (kind == OVERHEAD_ADDED)
			curve->x[i] *= jobs->mean;
	}
	return 0;
}

int overhead_curves(const struct overhead_jobs *jobs,
		    struct overhead_point *point, double *replayed,
		    struct arena *arena, struct err *err)
{
	struct arena own;
	struct work w;
	int rc = 0;

	arena_init(&own);
	w.job = arena_copy(&own, jobs->job, jobs->n * sizeof(*w.job));
	w.completion = arena_array(&own, jobs->n, sizeof(*w.completion));
	w.sojourn = arena_array(&own, jobs->n, sizeof(*w.sojourn));
	w.scratch = arena_array(&own, jobs->n, sizeof(*w.scratch));
	for (int kind = 0; !rc && kind < OVERHEAD_KINDS; kind++)
		rc = one_curve(jobs, (enum overhead_kind)kind, &w, point,
			       replayed, arena, err);
	arena_fini(&own);
	return rc;
}
