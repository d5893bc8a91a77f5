/* fcfs.c - one queue in order of arrival before all workers */
#include "models/servers.h"

static uint32_t fcfs_choose(const struct servers *s, const struct job *job)
{
	(void)s;
	(void)job;
	return 0;
}

static int fcfs_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	struct servers *s = state;

	(void)err;
	s->choose = fcfs_choose;
	servers_init(s, options, 1, workers, jobs, arena);
	return 0;
}

static struct policy_shape fcfs_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_CENTRAL };
}

/* Give the least of a heap of times a new value; it sinks to its place. */
static void replace_least(sim_time *free_at, uint32_t n, sim_time value)
{
	uint32_t at = 0;

	for (uint32_t kid = 1; kid < n; kid = 2 * at + 1) {
		if (kid + 1 < n && free_at[kid + 1] < free_at[kid])
			kid++;
		if (free_at[kid] >= value)
			break;
		free_at[at] = free_at[kid];
		at = kid;
	}
	free_at[at] = value;
}

/* In bursts the free times are kept as a heap, without the workers' names. */
static void fcfs_departures(void *state, const struct job *jobs,
			    sim_time *start, sim_time *completion, size_t n)
{
	struct servers *s = state;

	for (size_t i = 0; i < n; i++) {
		start[i] = jobs[i].arrival > s->free_at[0] ? jobs[i].arrival
							   : s->free_at[0];
		completion[i] = start[i] + jobs[i].service;
		replace_least(s->free_at, s->each, completion[i]);
	}
}

const struct policy_ops policy_fcfs = {
	.kind = {
		.name = "fcfs",
		.help = "one queue in order of arrival before all workers",
	},
	.state_size = servers_state_size,
	.init = fcfs_init,
	.capacity = servers_capacity,
	.shape = fcfs_shape,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = fcfs_departures,
	.rebase = servers_rebase,
};
