/* bounded.c - fcfs with few places to wait; what finds none is dropped */
#include "models/servers.h"

#include <math.h>

#include "lancet/core/option.h"

/*
 * M/M/k/K with K = k + places. Jobs start in order of arrival: all places
 * are taken while the one that was admitted `places` before has not started.
 */
struct bounded_options {
	int64_t places;
};

struct bounded {
	struct servers servers; /* first */
	uint32_t places;
	uint64_t admitted;
	sim_time *start; /* of the last `places` admitted: a ring */
};

static const struct option_row bounded_rows[] = {
	OPTION(INT, struct bounded_options, places, 0, "0", 0, 1 << 20,
	       "length of the queue"),
	{ 0 },
};

static size_t bounded_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct bounded);
}

static enum job_outcome bounded_admit(struct servers *servers,
				      const struct job *job)
{
	struct bounded *s = (struct bounded *)servers;
	sim_time free_at = servers_first_free(servers);
	sim_time *oldest;

	if (!s->places)
		return free_at > job->arrival ? JOB_DROPPED : JOB_DONE;
	oldest = &s->start[s->admitted % s->places];
	if (*oldest > job->arrival)
		return JOB_DROPPED;
	*oldest = fmax(free_at, job->arrival);
	s->admitted++;
	return JOB_DONE;
}

static int bounded_init(void *state, const void *options, uint32_t workers,
			uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct bounded_options *o = options;
	struct bounded *s = state;

	(void)err;
	s->places = (uint32_t)o->places;
	s->start = arena_array(arena, s->places, sizeof(*s->start));
	for (uint32_t i = 0; i < s->places; i++)
		s->start[i] = -INFINITY;
	s->servers.admit = bounded_admit;
	servers_init(&s->servers, options, 1, workers, jobs, arena);
	return 0;
}

static void bounded_rebase(void *state, sim_time by)
{
	struct bounded *s = state;

	for (uint32_t i = 0; i < s->places; i++)
		s->start[i] -= by;
	servers_rebase(&s->servers, by);
}

/* What comes too much is refused. */
static double bounded_capacity(const void *options, uint32_t workers,
			       const struct workload *workload)
{
	(void)options;
	(void)workers;
	(void)workload;
	return INFINITY;
}

static struct policy_shape bounded_shape(const void *options)
{
	const struct bounded_options *o = options;

	return (struct policy_shape){ .of = POLICY_BOUNDED,
				      .places = (uint32_t)o->places };
}

const struct policy_ops policy_bounded = {
	.kind = {
		.name = "bounded",
		.help = "fcfs with a bounded queue; jobs that find it full are "
			"dropped",
		.options = bounded_rows,
		.options_size = sizeof(struct bounded_options),
		.short_keys = "places",
		.short_help = "bounded:PLACES",
	},
	.state_size = bounded_state_size,
	.init = bounded_init,
	.capacity = bounded_capacity,
	.shape = bounded_shape,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures_central,
	.rebase = bounded_rebase,
};
