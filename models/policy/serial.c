/* serial.c - a dispatcher handles requests one by one before a central queue */
#include "models/servers.h"

#include <math.h>

#include "lancet/core/option.h"

/*
 * What a dispatcher on one core costs (Mind the Gap; Humphries et al.,
 * HotOS 2021): request i joins the queue at u_i = max(arrival_i, u_(i-1)) + d.
 * The dispatcher never waits for workers.
 */
struct serial_options {
	double dispatch;
};

struct serial {
	struct servers servers; /* first */
	double dispatch;
	sim_time until; /* the dispatcher is busy */
};

static const struct option_row serial_rows[] = {
	OPTION(VALUE, struct serial_options, dispatch, 0, "0ns", 0, 1e15,
	       "time that the dispatcher spends on a request"),
	{ 0 },
};

static size_t serial_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct serial);
}

static sim_time serial_join(struct servers *servers, const struct job *job)
{
	struct serial *s = (struct serial *)servers;

	s->until = fmax(s->until, job->arrival) + s->dispatch;
	return s->until;
}

static int serial_init(void *state, const void *options, uint32_t workers,
		       uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct serial_options *o = options;
	struct serial *s = state;

	(void)err;
	s->dispatch = o->dispatch;
	s->servers.join = serial_join;
	servers_init(&s->servers, options, 1, workers, jobs, arena);
	return 0;
}

static void serial_rebase(void *state, sim_time by)
{
	struct serial *s = state;

	s->until -= by;
	servers_rebase(&s->servers, by);
}

static double serial_capacity(const void *options, uint32_t workers,
			      const struct workload *workload)
{
	const struct serial_options *o = options;

	return fmin(1 / o->dispatch,
		    servers_capacity(options, workers, workload));
}

const struct policy_ops policy_serial = {
	.kind = {
		.name = "serial",
		.help = "a dispatcher handles requests one at a time, then "
			"fcfs",
		.options = serial_rows,
		.options_size = sizeof(struct serial_options),
		.short_keys = "dispatch",
		.short_help = "serial:DISPATCH, serial:1us",
	},
	.state_size = serial_state_size,
	.init = serial_init,
	.capacity = serial_capacity,
	.arrive = servers_arrive,
	.next = servers_next,
	.advance = servers_advance,
	.departures = servers_departures_central,
	.rebase = serial_rebase,
};
