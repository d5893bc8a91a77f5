/* ps.c - all jobs in the system share all workers alike */
#include "models/sharing.h"

#include "models/servers.h"

struct ps {
	struct sharing sharing;
	struct pool pool;
};

static size_t ps_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct ps);
}

static int ps_init(void *state, const void *options, uint32_t workers,
		   uint32_t jobs, struct arena *arena, struct err *err)
{
	struct ps *s = state;

	(void)options;
	(void)err;
	sharing_init(&s->sharing, workers, jobs, arena);
	pool_init(&s->pool, jobs, arena);
	return 0;
}

static struct policy_shape ps_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SHARING };
}

static enum job_outcome ps_arrive(void *state, sim_time t,
				  const struct job *job)
{
	struct ps *s = state;

	if (!s->pool.nfree)
		return JOB_DROPPED;
	sharing_start(&s->sharing, t, &s->pool, pool_take(&s->pool, job));
	return JOB_DONE;
}

static sim_time ps_next(const void *state)
{
	const struct ps *s = state;

	return sharing_next(&s->sharing);
}

static size_t ps_advance(void *state, sim_time t, struct done *done, size_t n)
{
	struct ps *s = state;

	return sharing_advance(&s->sharing, t, &s->pool, done, n);
}

static void ps_rebase(void *state, sim_time by)
{
	struct ps *s = state;

	sharing_rebase(&s->sharing, by, &s->pool);
}

const struct policy_ops policy_ps = {
	.kind = {
		.name = "ps",
		.help = "processor sharing: all jobs share all workers equally",
	},
	.flags = POLICY_AT_ONCE,
	.state_size = ps_state_size,
	.init = ps_init,
	.capacity = servers_capacity,
	.shape = ps_shape,
	.arrive = ps_arrive,
	.next = ps_next,
	.advance = ps_advance,
	.rebase = ps_rebase,
};
