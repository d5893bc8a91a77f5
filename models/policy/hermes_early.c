/* hermes_early.c - jobs bound to a server on arrival, packed on warm ones */
#include "models/classes.h"
#include "models/sharing.h"

#include <errno.h>

#include "lancet/core/err.h"
#include "lancet/core/option.h"
#include "workloads/schedule.h"

/*
 * Hermes' balancer (Kaffes et al., "Hermod", SoCC 2022) over servers that
 * share their cores among their jobs: to the fullest server that is warm for
 * the class and has fewer than `bound` jobs, else to the emptiest. A server
 * is warm for a class from its first job on, which is `cold` more work.
 */
struct hermes_early_options {
	int64_t servers, cores, bound;
	double cold;
};

struct hermes_early {
	struct shared_servers servers; /* first */
	uint32_t bound;
	double cold;
	bool *warm; /* of each class, at each server */
};

static const struct option_row hermes_early_rows[] = {
	OPTION(INT, struct hermes_early_options, servers, 0, "0", 0, 65535,
	       "how many servers; they are the workers; 0: as many as workers"),
	OPTION(INT, struct hermes_early_options, cores, 0, "1", 1, 65535,
	       "cores of each server"),
	OPTION(INT, struct hermes_early_options, bound, 0, "0", 0, UINT32_MAX,
	       "a server is packed up to so many jobs; 0: as many as cores"),
	OPTION(VALUE, struct hermes_early_options, cold, 0, "0ns", 0, 1e15,
	       "work added by a cold start"),
	{ 0 },
};

static size_t hermes_early_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct hermes_early);
}

static int hermes_early_init(void *state, const void *options, uint32_t workers,
			     uint32_t jobs, struct arena *arena,
			     struct err *err)
{
	const struct hermes_early_options *o = options;
	struct hermes_early *s = state;
	uint32_t fair = jobs / workers + 1;

	if (o->servers && o->servers != workers)
		return err_set(err, -EINVAL,
			       "hermes-early has %d servers, but %u workers; a "
			       "worker is a server, so write workers: %d",
			       (int)o->servers, workers, (int)o->servers);
	s->bound = (uint32_t)(o->bound ? o->bound : o->cores);
	s->cold = o->cold;
	s->warm = arena_array(arena, (size_t)CLASSES_MOST * workers,
			      sizeof(*s->warm));
	/* Beyond the bound only the emptiest gets another. */
	shared_init(&s->servers, workers, (uint32_t)o->cores,
		    s->bound > fair ? s->bound : fair, jobs, arena);
	return 0;
}

static uint32_t choose(const struct hermes_early *s, const bool *warm)
{
	const struct sharing *server = s->servers.server;
	uint32_t fullest = s->servers.n, emptiest = 0;

	for (uint32_t i = 0; i < s->servers.n; i++) {
		uint32_t n = server[i].left.n;

		if (warm[i] && n < s->bound &&
		    (fullest == s->servers.n || n > server[fullest].left.n))
			fullest = i;
		if (n < server[emptiest].left.n)
			emptiest = i;
	}
	return fullest < s->servers.n ? fullest : emptiest;
}

static enum job_outcome hermes_early_arrive(void *state, sim_time t,
					    const struct job *job)
{
	struct hermes_early *s = state;
	bool *warm = s->warm + (size_t)classes_of(job) * s->servers.n;
	uint32_t server = choose(s, warm);
	enum job_outcome outcome = shared_arrive(&s->servers, server, t, job,
						 warm[server] ? 0 : s->cold);

	if (outcome == JOB_DONE)
		warm[server] = true;
	return outcome;
}

static uint32_t hermes_early_workers(const void *options, uint32_t workers)
{
	const struct hermes_early_options *o = options;

	return workers * (uint32_t)o->cores;
}

/* Once all is warm. */
static double hermes_early_capacity(const void *options, uint32_t workers,
				    const struct workload *workload)
{
	return hermes_early_workers(options, workers) /
	       workload_moment(workload, 1);
}

const struct policy_ops policy_hermes_early = {
	.kind = {
		.name = "hermes-early",
		.help = "jobs bound to a server on arrival, packed on warm "
			"ones; each server shares its cores among its jobs",
		.options = hermes_early_rows,
		.options_size = sizeof(struct hermes_early_options),
		.short_keys = "cores bound cold",
		.short_help = "hermes-early[:CORES[:BOUND[:COLD]]]",
	},
	.flags = POLICY_AT_ONCE,
	.state_size = hermes_early_state_size,
	.init = hermes_early_init,
	.capacity = hermes_early_capacity,
	.workers = hermes_early_workers,
	.arrive = hermes_early_arrive,
	.next = shared_next,
	.advance = shared_advance,
	.rebase = shared_rebase,
};
