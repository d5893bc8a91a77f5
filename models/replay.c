/* replay.c - what given requests would have met in an ideal queue */
#include "models/predict.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "lancet/core/err.h"

#define REPLAY_BURST 128

static void note(const struct done *done, size_t n, sim_time *completion)
{
	for (size_t i = 0; i < n; i++)
		completion[done[i].job.id] = done[i].completion;
}

/* Everything that happens up to and at t. */
static void advance(struct policy *p, sim_time t, sim_time *completion)
{
	struct done done[REPLAY_BURST];
	size_t n;

	do {
		n = p->ops->advance(p->state, t, done, REPLAY_BURST);
		note(done, n, completion);
	} while (n == REPLAY_BURST || p->ops->next(p->state) <= t);
}

static void replay_events(struct policy *p, const struct job *jobs, size_t n,
			  sim_time *completion)
{
	sim_time t;

	for (size_t i = 0; i < n; i++) {
		struct job job = jobs[i];

		job.id = i;
		advance(p, job.arrival, completion);
		p->ops->arrive(p->state, job.arrival, &job);
	}
	while (isfinite(t = p->ops->next(p->state)))
		advance(p, t, completion);
}

static void replay_bursts(struct policy *p, const struct job *jobs, size_t n,
			  sim_time *completion)
{
	struct job job[REPLAY_BURST];
	sim_time start[REPLAY_BURST];

	for (size_t i = 0; i < n; i += REPLAY_BURST) {
		size_t m = n - i < REPLAY_BURST ? n - i : REPLAY_BURST;

		for (size_t j = 0; j < m; j++) {
			job[j] = jobs[i + j];
			job[j].id = i + j;
		}
		p->ops->departures(p->state, job, start, completion + i, m);
	}
}

int replay(const struct choice *policy, uint32_t workers,
	   const struct job *jobs, size_t n, sim_time *completion,
	   struct arena *arena, struct err *err)
{
	struct policy p;
	bool bursts = ((const struct policy_ops *)policy->kind)->departures;
	int rc;

	if (n > UINT32_MAX)
		return err_set(err, -EINVAL,
			       "%zu requests are too many to "
			       "replay",
			       n);
	for (size_t i = 0; i < n; i++) {
		if (!(jobs[i].service > 0) || !isfinite(jobs[i].arrival) ||
		    (i && jobs[i].arrival < jobs[i - 1].arrival))
			return err_set(err, -EINVAL,
				       "request %zu cannot be "
				       "replayed: out of order, or without "
				       "service time",
				       i);
		completion[i] = INFINITY;
	}
	rc = policy_init(&p, policy, workers, bursts || !n ? 1 : (uint32_t)n,
			 arena, err);
	if (rc)
		return rc;
	if (bursts)
		replay_bursts(&p, jobs, n, completion);
	else
		replay_events(&p, jobs, n, completion);
	return 0;
}
