/* zygos.c - idle workers take whole connections; each stays in order */
#include "models/conns.h"
#include "models/thefts.h"

#include "lancet/core/option.h"
#include "models/servers.h"

/*
 * ZygOS (Prekas et al., SOSP 2017): a connection with requests is queued once,
 * at its home. Who takes it serves all that it has then; what comes meanwhile
 * waits for the connection's next turn, so no two workers ever serve it.
 */
struct zygos_options {
	double cost;
};

struct zygos {
	struct thefts thefts; /* first; connections queue by their first job */
	struct conns conns;   /* ready, with all jobs chained to them, or busy
			       * with those that came since */
	uint32_t *after;      /* links of jobs of a connection */
	struct batch_left {
		uint32_t head, n;
	} * left; /* of each worker: jobs of its connection still to serve */
};

static const struct option_row zygos_rows[] = {
	OPTION(VALUE, struct zygos_options, cost, 0, "0ns", 0, 1e15,
	       "time that stealing takes before the first job starts"),
	{ 0 },
};

static size_t zygos_state_size(const void *options, uint32_t workers)
{
	(void)options;
	(void)workers;
	return sizeof(struct zygos);
}

static struct conn *conn_of(const struct zygos *s, uint32_t slot)
{
	return conns_find(&s->conns,
			  s->thefts.workers.pool.slot[slot].job.conn);
}

static void chain(struct zygos *s, struct conn *conn, uint32_t slot)
{
	if (conn->n++)
		s->after[conn->tail] = slot;
	else
		conn->head = slot;
	conn->tail = slot;
}

static uint32_t home_of(const struct zygos *s, const struct conn *conn)
{
	return conn->number % s->thefts.workers.n;
}

/* The worker has all jobs, and started the first. */
static void zygos_taken(struct thefts *thefts, uint32_t worker, uint32_t slot)
{
	struct zygos *s = (struct zygos *)thefts;
	struct conn *conn = conn_of(s, slot);

	s->left[worker].head = s->after[slot];
	s->left[worker].n = conn->n - 1;
	conn->n = 0;
}

/* The next of its connection, else that has had its turn. */
static bool zygos_ended(struct workers *w, uint32_t worker, uint32_t slot,
			sim_time t)
{
	struct zygos *s = (struct zygos *)w;
	struct batch_left *left = &s->left[worker];
	struct conn *conn;

	if (left->n) {
		uint32_t next = left->head;

		left->n--;
		left->head = s->after[next];
		workers_put(w, worker, next, t, t + w->left[next]);
		return true;
	}
	conn = conn_of(s, slot);
	if (conn->n)
		thefts_join(&s->thefts, home_of(s, conn), conn->head);
	else
		conns_remove(&s->conns, conn);
	return true;
}

static int zygos_init(void *state, const void *options, uint32_t workers,
		      uint32_t jobs, struct arena *arena, struct err *err)
{
	const struct zygos_options *o = options;
	struct zygos *s = state;

	(void)err;
	thefts_init(&s->thefts, o->cost, THEFTS_LONGEST, workers, jobs, arena);
	s->thefts.workers.ended = zygos_ended;
	s->thefts.taken = zygos_taken;
	conns_init(&s->conns, jobs, arena);
	s->after = arena_array(arena, jobs, sizeof(*s->after));
	s->left = arena_array(arena, workers, sizeof(*s->left));
	return 0;
}

static enum job_outcome zygos_arrive(void *state, sim_time t,
				     const struct job *job)
{
	struct zygos *s = state;
	struct workers *w = &s->thefts.workers;
	struct conn *conn = conns_find(&s->conns, job->conn);
	bool idle = !conn->used;

	if (!w->pool.nfree)
		return JOB_DROPPED;
	conn->used = true;
	conn->number = job->conn;
	chain(s, conn, workers_take(w, job));
	if (idle)
		thefts_arrive(&s->thefts, home_of(s, conn), conn->head, t);
	return JOB_DONE;
}

const struct policy_ops policy_zygos = {
	.kind = {
		.name = "zygos",
		.help = "stealing of whole connections, each of which stays in "
			"order",
		.options = zygos_rows,
		.options_size = sizeof(struct zygos_options),
		.short_keys = "cost",
		.short_help = "zygos[:COST]",
	},
	.flags = POLICY_CONN,
	.state_size = zygos_state_size,
	.init = zygos_init,
	.capacity = servers_capacity, /* where connections are alike */
	.arrive = zygos_arrive,
	.next = workers_next,
	.advance = workers_advance,
	.rebase = workers_rebase,
};
