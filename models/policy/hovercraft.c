/* hovercraft.c - an ordered log, replies balanced over the nodes */
#include "models/slots.h"

#include "lancet/core/option.h"
#include "workloads/schedule.h"

/*
 * HovercRaft (Kogias and Bugnion, EuroSys 2020): the leader orders requests
 * one by one; who then replies is chosen as in jbsq, and only he executes.
 * The leader refuses what comes while `limit` requests are in the system.
 */
struct hovercraft_options {
	double order;
	int64_t bound, limit;
};

struct hovercraft {
	struct slots slots; /* first; the extra worker is the leader */
	double order;
	uint32_t limit;
	struct fifo arrived; /* to be ordered */
};

static const struct option_row hovercraft_rows[] = {
	OPTION(VALUE, struct hovercraft_options, order, 0, "0ns", 0, 1e15,
	       "time that the leader takes to order a request"),
	OPTION(INT, struct hovercraft_options, bound, 0, "32", 1, UINT32_MAX,
	       "most outstanding requests of a node"),
	OPTION(INT, struct hovercraft_options, limit, 0, "16384", 1, UINT32_MAX,
	       "most requests in the system; others are dropped"),
	{ 0 },
};

static size_t hovercraft_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct hovercraft);
}

static void hovercraft_dispatch(struct workers *w, sim_time t)
{
	struct hovercraft *s = (struct hovercraft *)w;

	slots_dispatch(w, t);
	if (s->arrived.n && workers_is_idle(w, s->slots.n))
		workers_hold(w, s->slots.n, fifo_pop(w, &s->arrived),
			     t + s->order);
}

static bool hovercraft_ended(struct workers *w, uint32_t worker, uint32_t slot,
			     sim_time t)
{
	struct slots *s = (struct slots *)w;

	if (worker != s->n)
		return slots_ended(w, worker, slot, t);
	slots_join(s, &s->fresh, slot);
	return false;
}

static int hovercraft_init(void *state, const void *options, uint32_t workers,
			   uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct quanta_options endless = { .quantum = INFINITY };
	const struct hovercraft_options *o = options;
	struct hovercraft *s = state;

	(void)err;
	slots_init(&s->slots, &endless, (uint32_t)o->bound, workers, true, jobs,
		   arena);
	s->slots.workers.ended = hovercraft_ended;
	s->slots.workers.dispatch = hovercraft_dispatch;
	s->order = o->order;
	s->limit = (uint32_t)o->limit;
	return 0;
}

static enum job_outcome hovercraft_arrive(void *state, sim_time t,
					  const struct job *job)
{
	struct hovercraft *s = state;
	struct workers *w = &s->slots.workers;

	if (!w->pool.nfree || w->room - w->pool.nfree >= s->limit)
		return JOB_DROPPED;
	fifo_push(w, &s->arrived, workers_take(w, job));
	hovercraft_dispatch(w, t);
	return JOB_DONE;
}

static double hovercraft_capacity(const void *options, uint32_t workers,
				  const struct workload *workload)
{
	const struct hovercraft_options *o = options;

	return fmin(1 / o->order, workers / workload_moment(workload, 1));
}

const struct policy_ops policy_hovercraft = {
	.kind = {
		.name = "hovercraft",
		.help = "a leader orders requests, then each goes to a node "
			"with fewer than `bound`",
		.options = hovercraft_rows,
		.options_size = sizeof(struct hovercraft_options),
		.short_keys = "order bound limit",
		.short_help = "hovercraft:ORDER[:BOUND[:LIMIT]]",
	},
	.flags = POLICY_DROPS,
	.state_size = hovercraft_state_size,
	.init = hovercraft_init,
	.capacity = hovercraft_capacity,
	.arrive = hovercraft_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
