/* jbsq.c - a central queue before short queues at the workers */
#include "models/workers.h"

#include "lancet/core/option.h"
#include "models/servers.h"

/*
 * R2P2's join bounded shortest queue (Kogias et al., USENIX ATC 2019): a
 * worker holds at most `depth` jobs, the one in service included; the rest
 * wait in the central queue.
 */
struct jbsq_options {
	int64_t depth;
};

struct jbsq {
	struct workers workers; /* first */
	uint32_t depth;
	struct fifo central;
	struct fifo *held; /* of each worker, without the one in service */
};

static const struct option_row jbsq_rows[] = {
	OPTION(INT, struct jbsq_options, depth, 0, "2", 1, 1 << 20,
	       "most jobs that a worker holds"),
	{ 0 },
};

static size_t jbsq_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct jbsq);
}

static uint32_t holds(const struct jbsq *s, uint32_t worker)
{
	return s->held[worker].n + (s->workers.slot[worker] != WORKER_IDLE);
}

/* Hand out the central queue, each job to the worker that holds least, the
 * lowest of equals; then idle workers start their first. */
static void jbsq_dispatch(struct workers *w, sim_time t)
{
	struct jbsq *s = (struct jbsq *)w;

	while (s->central.n) {
		uint32_t least = 0;

		for (uint32_t i = 1; i < w->n; i++)
			if (holds(s, i) < holds(s, least))
				least = i;
		if (holds(s, least) >= s->depth)
			break;
		fifo_push(w, &s->held[least], fifo_pop(w, &s->central));
	}
	for (uint32_t i = 0; w->busy < w->n && i < w->n; i++) {
		uint32_t slot;

		if (w->slot[i] != WORKER_IDLE || !s->held[i].n)
			continue;
		slot = fifo_pop(w, &s->held[i]);
		workers_put(w, i, slot, t, t + w->left[slot]);
	}
}

static int jbsq_init(void *state, const void *options, uint32_t workers,
		     uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct jbsq_options *o = options;
	struct jbsq *s = state;

	(void)err;
	s->depth = (uint32_t)o->depth;
	s->held = arena_array(arena, workers, sizeof(*s->held));
	workers_init(&s->workers, workers, jobs, arena);
	s->workers.dispatch = jbsq_dispatch;
	return 0;
}

static enum job_outcome jbsq_arrive(void *state, sim_time t,
				    const struct job *job)
{
	struct jbsq *s = state;

	if (!s->workers.pool.nfree)
		return JOB_DROPPED;
	fifo_push(&s->workers, &s->central, workers_take(&s->workers, job));
	jbsq_dispatch(&s->workers, t);
	return JOB_DONE;
}

static struct policy_shape jbsq_shape(const void *options)
{
	(void)options;
	return (struct policy_shape){ .of = POLICY_SPLIT };
}

const struct policy_ops policy_jbsq = {
	.kind = {
		.name = "jbsq",
		.help = "a central queue, at most `depth` jobs at a worker",
		.options = jbsq_rows,
		.options_size = sizeof(struct jbsq_options),
		.short_keys = "depth",
		.short_help = "jbsq:DEPTH",
	},
	.state_size = jbsq_state_size,
	.init = jbsq_init,
	.capacity = servers_capacity,
	.shape = jbsq_shape,
	.arrive = jbsq_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
