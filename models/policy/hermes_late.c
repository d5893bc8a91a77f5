/* hermes_late.c - jobs wait centrally, and go to warm and busy servers first */
#include "models/classes.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "models/servers.h"

/*
 * Late binding with Hermes' preference (Kaffes et al., "Hermod", SoCC 2022):
 * the first job goes, among servers with an idle core, to the busiest that is
 * warm for its class, else to the least busy, where it is `cold` more work.
 */
struct hermes_late_options {
	int64_t servers, cores;
	double cold;
};

struct hermes_late {
	struct workers workers; /* first; server by server */
	uint32_t servers, cores;
	double cold;
	struct fifo waiting;
	uint32_t *busy; /* cores of each server */
	bool *warm;	/* of each class, at each server */
};

static const struct option_row hermes_late_rows[] = {
	OPTION(INT, struct hermes_late_options, servers, 0, "0", 0, 65535,
	       "how many servers; 0: as many as the workers fill"),
	OPTION(INT, struct hermes_late_options, cores, 0, "1", 1, 65535,
	       "cores of each server; a worker is one of them"),
	OPTION(VALUE, struct hermes_late_options, cold, 0, "0ns", 0, 1e15,
	       "work added by a cold start"),
	{ 0 },
};

static size_t hermes_late_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct hermes_late);
}

/* There is a server with an idle core. */
static uint32_t choose(const struct hermes_late *s, const bool *warm)
{
	uint32_t busiest = s->servers, least = s->servers;

	for (uint32_t i = 0; i < s->servers; i++) {
		if (s->busy[i] == s->cores)
			continue;
		if (warm[i] &&
		    (busiest == s->servers || s->busy[i] > s->busy[busiest]))
			busiest = i;
		if (least == s->servers || s->busy[i] < s->busy[least])
			least = i;
	}
	return busiest < s->servers ? busiest : least;
}

static void hermes_late_dispatch(struct workers *w, sim_time t)
{
	struct hermes_late *s = (struct hermes_late *)w;

	while (s->waiting.n && w->busy < w->n) {
		uint32_t slot = fifo_pop(w, &s->waiting), server;
		struct done *d = &w->pool.slot[slot];
		bool *warm = s->warm + (size_t)classes_of(&d->job) * s->servers;

		server = choose(s, warm);
		d->overhead = warm[server] ? 0 : s->cold;
		warm[server] = true;
		s->busy[server]++;
		workers_put(w, workers_idle(w, server * s->cores), slot, t,
			    t + w->left[slot] + d->overhead);
	}
}

static bool hermes_late_ended(struct workers *w, uint32_t worker, uint32_t slot,
			      sim_time t)
{
	struct hermes_late *s = (struct hermes_late *)w;

	(void)slot;
	(void)t;
	s->busy[worker / s->cores]--;
	return true;
}

static int hermes_late_init(void *state, const void *options, uint32_t workers,
			    uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct hermes_late_options *o = options;
	struct hermes_late *s = state;

	if (workers % o->cores ||
	    (o->servers && o->servers * o->cores != workers))
		return err_set(err, -EINVAL,
			       "hermes-late: %u workers are not servers of %d "
			       "cores each; make workers servers * cores",
			       workers, (int)o->cores);
	s->cores = (uint32_t)o->cores;
	s->servers = workers / s->cores;
	s->cold = o->cold;
	s->busy = arena_array(arena, s->servers, sizeof(*s->busy));
	s->warm = arena_array(arena, (size_t)CLASSES_MOST * s->servers,
			      sizeof(*s->warm));
	workers_init(&s->workers, workers, jobs, arena);
	s->workers.ended = hermes_late_ended;
	s->workers.dispatch = hermes_late_dispatch;
	return 0;
}

static enum job_outcome hermes_late_arrive(void *state, sim_time t,
					   const struct job *job)
{
	struct hermes_late *s = state;
	struct workers *w = &s->workers;

	if (!w->pool.nfree)
		return JOB_DROPPED;
	fifo_push(w, &s->waiting, workers_take(w, job));
	hermes_late_dispatch(w, t);
	return JOB_DONE;
}

const struct policy_ops policy_hermes_late = {
	.kind = {
		.name = "hermes-late",
		.help = "one queue; its head goes to the busiest server that "
			"is warm for it",
		.options = hermes_late_rows,
		.options_size = sizeof(struct hermes_late_options),
		.short_keys = "cores cold",
		.short_help = "hermes-late[:CORES[:COLD]]",
	},
	.state_size = hermes_late_state_size,
	.init = hermes_late_init,
	.capacity = servers_capacity, /* once all is warm */
	.arrive = hermes_late_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
