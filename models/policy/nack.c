/* nack.c - fcfs that refuses a request where too much work is before it */
#include "models/servers.h"

#include <errno.h>
#include <math.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"

/*
 * Admission by work (SVEN): a request that would wait longer than its class
 * allows is told so at once. In order of arrival nothing stands between
 * what a busy worker does and what it will do, so that the work that is
 * left, in service and waiting, is how long all are busy from now on.
 */
struct nack_options {
	struct option_list bound;
};

static const struct option_row nack_rows[] = {
	OPTION(VALUES, struct nack_options, bound, OPTION_REQUIRED, NULL, 0,
	       1e15,
	       "for each class, the most work per worker ahead of an accepted "
	       "job; the last value applies to all further classes"),
	{ 0 },
};

static int nack_complete(void *options, struct arena *arena, struct err *err)
{
	const struct nack_options *o = options;

	(void)arena;
	if (!o->bound.n)
		return err_set(err, -EINVAL, "bound is empty; give one");
	return 0;
}

static enum job_outcome nack_admit(struct servers *s, const struct job *job)
{
	const struct nack_options *o = s->options;
	const double *bound = o->bound.items;
	size_t class = job->class < o->bound.n ? job->class : o->bound.n - 1;
	double work = 0;

	for (uint32_t w = 0; w < s->each; w++) {
		if (s->free_at[w] <= job->arrival)
			return JOB_DONE;
		work += s->free_at[w] - job->arrival;
	}
	return work > s->each * bound[class] ? JOB_NACKED : JOB_DONE;
}

static int nack_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	struct servers *s = state;

	(void)err;
	s->admit = nack_admit;
	servers_init(s, options, 1, workers, jobs, arena);
	return 0;
}

/* What comes too much is refused. */
static double nack_capacity(const void *options, uint32_t workers,
			    const struct workload *workload)
{
	(void)options;
	(void)workers;
	(void)workload;
	return INFINITY;
}

const struct policy_ops policy_nack = {
	.kind = {
		.name = "nack",
		.help = "fcfs that refuses jobs with too much work ahead of "
			"them",
		.options = nack_rows,
		.options_size = sizeof(struct nack_options),
		.short_keys = "bound",
		.short_help = "nack:BOUND[,BOUND...], nack:50us,1ms",
		.complete = nack_complete,
	},
	.state_size = servers_state_size,
	.init = nack_init,
	.capacity = nack_capacity,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures_central,
	.rebase = servers_rebase,
};
