/* trace_run.c - run a policy over a golden trace, and tell what it misses */
#include "tests/golden/trace.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lancet/core/arena.h"
#include "lancet/core/err.h"

#define BURST 3	  /* completions taken at once: fewer than may be due */
#define SHIFT 8.0 /* of the clock: exact, whatever stands in a trace */

struct run {
	const struct trace *trace;
	unsigned way;
	struct policy policy;
	double now, shift; /* the policy's clock + shift = the trace's */
	struct done *got;
	size_t inside; /* jobs in the system */
	double area;   /* of that over time */
	FILE *out;
	long misses;
};

static void miss(struct run *r, size_t job, const char *what, double got,
		 double want)
{
	char text[2][32];
	const double value[2] = { got, want };

	for (int i = 0; i < 2; i++) {
		if (isnan(value[i]))
			strcpy(text[i], "-");
		else
			snprintf(text[i], sizeof(text[i]), "%.15g", value[i]);
	}
	fprintf(r->out, "%s: job %zu: %s is %s, not %s\n", r->trace->path, job,
		what, text[0], text[1]);
	r->misses++;
}

static bool close_to(double got, double want, double tolerance)
{
	if (isnan(got) || isnan(want))
		return isnan(got) && isnan(want);
	return fabs(got - want) <= tolerance * fabs(want);
}

static double label(uint32_t value)
{
	return value == UINT32_MAX ? (double)NAN : value;
}

static void compare(struct run *r, size_t i)
{
	const struct trace *t = r->trace;
	const struct trace_want *want = &t->want[i];
	const struct done *got = &r->got[i];
	unsigned check = t->check;

	/* The fast path gives times alone. */
	if (r->way & TRACE_BURSTS)
		check &= TRACE_START | TRACE_COMPLETION;
	if ((check & TRACE_OUTCOME) && got->outcome != want->outcome)
		miss(r, i, "outcome", got->outcome, want->outcome);
	if ((check & TRACE_START) &&
	    !close_to(got->first_start, want->start, t->tolerance))
		miss(r, i, "start", got->first_start, want->start);
	if ((check & TRACE_COMPLETION) &&
	    !close_to(got->completion, want->completion, t->tolerance))
		miss(r, i, "completion", got->completion, want->completion);
	if ((check & TRACE_WORKER) && got->worker != want->worker)
		miss(r, i, "worker", label(got->worker), label(want->worker));
	if ((check & TRACE_SLICES) && got->slices != want->slices)
		miss(r, i, "slices", got->slices, want->slices);
}

/* --- as a driver does ----------------------------------------------------- */

static void take(struct run *r, const struct done *done, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t id = done[i].job.id;

		if (done[i].completion > r->now)
			miss(r, id, "completion, ahead of time,",
			     done[i].completion + r->shift, r->now + r->shift);
		if ((r->way & TRACE_PAUSE) && done[i].completion < r->now)
			miss(r, id, "completion, told late,",
			     done[i].completion + r->shift, r->now + r->shift);
		if (!isnan(r->got[id].completion))
			miss(r, id, "second completion",
			     done[i].completion + r->shift, NAN);
		r->got[id] = done[i];
		r->got[id].first_start += r->shift;
		r->got[id].completion += r->shift;
		r->inside--;
	}
}

static void advance(struct run *r, double t)
{
	const struct policy *p = &r->policy;
	struct done done[BURST];
	size_t n;

	r->area += (double)r->inside * (t - r->now);
	r->now = t;
	do {
		n = p->ops->advance(p->state, t, done, BURST);
		take(r, done, n);
	} while (n == BURST || p->ops->next(p->state) <= t);
}

static void advance_to(struct run *r, double until)
{
	const struct policy *p = &r->policy;
	double next;

	while ((r->way & TRACE_PAUSE) &&
	       (next = p->ops->next(p->state)) <= until) {
		advance(r, (r->now + next) / 2);
		advance(r, next);
	}
	advance(r, until);
}

static void rebase(struct run *r)
{
	const struct policy *p = &r->policy;

	if (!p->ops->rebase)
		return;
	p->ops->rebase(p->state, SHIFT);
	r->shift += SHIFT;
	r->now -= SHIFT;
}

static void run_events(struct run *r)
{
	const struct trace *t = r->trace;
	const struct policy *p = &r->policy;
	double next;

	for (size_t i = 0; i < t->n; i++) {
		struct job job = t->job[i];

		job.arrival -= r->shift;
		if (!strcmp(t->policy.kind->name, "edf"))
			job.aux.deadline -= r->shift;
		advance_to(r, job.arrival);
		r->got[i].outcome = p->ops->arrive(p->state, job.arrival, &job);
		r->inside += r->got[i].outcome == JOB_DONE;
		if ((r->way & TRACE_REBASE) && i % 7 == 3)
			rebase(r);
	}
	while (isfinite(next = p->ops->next(p->state))) {
		if (next < r->now) {
			miss(r, t->n, "the next event, in the past,",
			     next + r->shift, r->now + r->shift);
			return;
		}
		advance_to(r, next);
	}
}

/* In two goes; what is refused has no times. */
static void run_bursts(struct run *r, struct arena *arena)
{
	const struct trace *t = r->trace;
	const struct policy *p = &r->policy;
	sim_time *start = arena_array(arena, t->n, sizeof(*start));
	sim_time *completion = arena_array(arena, t->n, sizeof(*completion));
	size_t some = t->n / 3;

	p->ops->departures(p->state, t->job, start, completion, some);
	p->ops->departures(p->state, t->job + some, start + some,
			   completion + some, t->n - some);
	for (size_t i = 0; i < t->n; i++) {
		if (isinf(completion[i]))
			continue;
		r->got[i].first_start = start[i];
		r->got[i].completion = completion[i];
	}
}

/* The integral of the number in system is the sum of sojourns. */
static void check_little(struct run *r)
{
	const struct trace *t = r->trace;
	double sum = 0;

	for (size_t i = 0; i < t->n; i++)
		if (r->got[i].outcome == JOB_DONE)
			sum += r->got[i].completion - t->job[i].arrival;
	if (!close_to(r->area, sum, 1e-9))
		miss(r, t->n, "the time in system of all", r->area, sum);
}

/* False where there is no such way. */
static bool run(struct run *r, struct arena *arena)
{
	const struct trace *t = r->trace;

	/* A job that is refused, or never done, has no more than this. */
	for (size_t i = 0; i < t->n; i++)
		r->got[i] = (struct done){ .first_start = NAN,
					   .completion = NAN,
					   .worker = UINT32_MAX };
	if (!(r->way & TRACE_BURSTS)) {
		run_events(r);
		if (r->way & TRACE_PAUSE)
			check_little(r);
		return true;
	}
	if (r->policy.ops->departures)
		run_bursts(r, arena);
	return r->policy.ops->departures;
}

static void keep(struct trace_want *want, const struct done *got)
{
	*want = (struct trace_want){
		.start = got->first_start,
		.completion = got->completion,
		.worker = got->worker,
		.slices = got->slices,
		.outcome = got->outcome,
		.overhead = got->overhead,
	};
}

static long run_all(struct run *r, bool fill, struct err *err)
{
	const struct trace *t = r->trace;
	struct arena arena;
	int rc;

	arena_init(&arena);
	rc = policy_init(&r->policy, &t->policy, t->workers, (uint32_t)t->n,
			 &arena, err);
	if (rc)
		err_wrap(err, "%s", t->path);
	else
		r->got = arena_array(&arena, t->n, sizeof(*r->got));
	if (!rc && run(r, &arena)) {
		for (size_t i = 0; fill && i < t->n; i++)
			keep(&t->want[i], &r->got[i]);
		for (size_t i = 0; !fill && i < t->n; i++)
			compare(r, i);
	}
	arena_fini(&arena);
	return rc ? rc : r->misses;
}

long trace_run(const struct trace *t, unsigned way, FILE *misses,
	       struct err *err)
{
	struct run r = { .trace = t, .way = way, .out = misses };

	return run_all(&r, false, err);
}

long trace_fill(const struct trace *t, FILE *misses, struct err *err)
{
	struct run r = { .trace = t, .out = misses };

	return run_all(&r, true, err);
}
