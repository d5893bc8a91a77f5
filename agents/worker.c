/* worker.c - one measuring thread: from its setting up to its last record */
#include "agents/worker.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "agents/stamping.h"
#include "agents/stamps.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"

#define OPEN_NS 5000000000	/* for all connections together */
#define HANDSHAKE_NS 4000000	/* and for each where a server signs: RSA-4096 */
#define STALLS 4096u		/* listed in one segment */
#define EARLY_NS 2000000	/* spin so long before the start */
#define SLICE_NS 100000000	/* of a wait, to hear a stop */

/* --- opening -------------------------------------------------------------- */

/* Where it measures, and before others; each as far as it is permitted. */
static int settle_down(struct worker *w)
{
	cpu_set_t set;

	prctl(PR_SET_TIMERSLACK, 1);
	setpriority(PRIO_PROCESS, 0, -20);
	if (w->params.cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((size_t)w->params.cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return err_set(&w->err, -errno,
			       "cannot run on CPU %d: %s", w->params.cpu,
			       strerror(errno));
	return 0;
}

static int open_memory(struct worker *w)
{
	const struct worker_params *p = &w->params;
	size_t buffers = WORKER_HELD + WORKER_BURST;
	struct pool_params pool = {
		.connections = p->connections,
		.open = p->open,
		.limit = p->in_flight,
		.queue = p->queue,
		.uses = p->uses,
		.pick = p->pick,
		.in_order = w->in_order,
		.key = { .seed = (uint64_t)p->config->seed,
			 .agent = p->agent, .thread = p->index },
	};

	/* As many as fit into the table of requests under way. */
	if (!pool.limit)
		pool.limit = FLIGHT_SLOTS / p->connections;
	if (pool.limit > 1024 && !p->in_flight)
		pool.limit = 1024;
	if (pool.limit < 16 && !p->in_flight)
		pool.limit = 16;
	rng_init(&w->backoff,
		 &(struct rng_key){ .seed = (uint64_t)p->config->seed,
				    .agent = p->agent, .thread = p->index,
				    .purpose = RNG_BACKOFF });
	w->connect = hist_create();
	w->conn_size = (w->proto.ops->conn_size + 15) / 16 * 16;
	w->conn_state = calloc(p->connections, w->conn_size + 1);
	w->out.bytes = calloc(buffers, w->proto.max_out);
	if (!w->connect || !w->conn_state || !w->out.bytes ||
	    flight_init(&w->flight, FLIGHT_SLOTS, expire_init(w)) ||
	    pool_init(&w->pool, &pool) ||
	    ring_init(&w->ring, WORKER_RECORDS, sizeof(struct sample)) ||
	    stall_init(&w->stalls, p->config->measure.stall_ns, STALLS))
		return err_set(&w->err, -ENOMEM, "out of memory");
	return 0;
}

/* Nobody has signed for our own target; it is where we started it. */
static const struct config_tls *own_tls(struct worker *w)
{
	const struct config *c = w->params.config;
	struct config_tls *tls = c->workload.tls;

	if (!tls || !c->target.builtin || tls->ca)
		return tls;
	tls = arena_copy(&w->arena, tls, sizeof(*tls));
	tls->verify = false;
	return tls;
}

int worker_connect(struct worker *w)
{
	const struct choice *choice = &w->params.config->workload.transport;
	struct transport_params params = {
		.address = w->params.address,
		.connections = w->params.connections,
		.open = w->params.open,
		.max_message = w->proto.max_out,
		.tls = own_tls(w),
		.stamps = w->stamps,
		.launch = w->params.launch ? &w->launch : NULL,
	};
	int64_t deadline_ns = clock_now_ns() + OPEN_NS +
			      (params.tls ? HANDSHAKE_NS : 0) *
				      w->params.connections;
	struct transport t;
	int rc = transport_open(&t, choice, &params, deadline_ns, &w->arena,
				&w->err);

	if (rc < 0)
		return rc;
	w->transport = t;
	w->stream = t.ops->flags & TRANSPORT_STREAM;
	if (w->filled || !w->params.fill || !w->proto.ops->populate)
		return 0;
	/* Before anything is asked of the store, if only to try its stamps. */
	w->filled = true;
	return loader_fill(w, &w->err);
}

struct worker *worker_create(void)
{
	struct worker *w = aligned_alloc(_Alignof(struct worker), sizeof(*w));

	if (w)
		memset(w, 0, sizeof(*w));
	return w;
}

int worker_open(struct worker *w, const struct worker_params *params)
{
	const struct config_workload *c = &params->config->workload;
	int rc;

	w->params = *params;
	arena_init(&w->arena);
	arena_init(&w->schedule_arena);
	w->burst = WORKER_BURST;
	w->id = wire_id(params->agent, params->index, 0);
	w->poll = params->poll;
	rc = settle_down(w);
	if (rc == 0)
		rc = proto_init(&w->proto, &c->protocol, &w->arena, &w->err);
	if (rc < 0)
		return rc;
	w->trailer = c->trailer && w->proto.flags & PROTO_TRAILER;
	w->boot_id = proto_boot_id();
	w->in_order = w->proto.flags & PROTO_IN_ORDER;
	rc = open_memory(w);
	if (rc == 0)
		rc = stamping_open(w);
	return rc;
}

void worker_close(struct worker *w)
{
	if (w->conn_state)
		stamping_close(w);
	stall_fini(&w->stalls);
	ring_fini(&w->ring);
	pool_fini(&w->pool);
	flight_fini(&w->flight);
	free(w->out.bytes);
	free(w->conn_state);
	if (w->connect)
		hist_destroy(w->connect);
	arena_fini(&w->schedule_arena);
	arena_fini(&w->arena);
}

/* --- one segment ---------------------------------------------------------- */

static bool continues(const struct worker *w, const struct wire_start *start)
{
	return w->scheduled && w->point == start->point &&
	       w->attempt == start->attempt &&
	       w->start.rate_rps == start->rate_rps &&
	       w->reached_ns <= start->from_ns;
}

static int begin_schedule(struct worker *w, const struct wire_start *start,
			  struct err *err)
{
	const struct worker_params *p = &w->params;
	struct rng_key key = {
		.seed = (uint64_t)p->config->seed,
		.point = start->point,
		.attempt = start->attempt,
		.agent = p->agent,
		.thread = p->index,
	};
	struct arrival_share share = {
		.rate_rps = start->rate_rps,
		.index = p->global_index,
		.of = p->all_threads,
	};

	arena_fini(&w->schedule_arena);
	arena_init(&w->schedule_arena);
	w->point = start->point;
	w->attempt = start->attempt;
	w->scheduled = true;
	return pacer_init(&w->pacer, p->workload, &key, &share,
			  &w->schedule_arena, err);
}

/* What this thread sends in so long, with room to spare; at most `most`. */
static uint32_t requests_in(const struct worker *w,
			    const struct wire_start *start, int64_t ns,
			    uint32_t most)
{
	double want = 1.25e-9 * (double)ns * start->rate_rps *
		      workload_sends(w->params.workload) /
		      w->params.all_threads;

	return want < most ? (uint32_t)want : most;
}

/* Every request that may still be answered has a slot of its own. */
static int make_slots(struct worker *w, const struct wire_start *start)
{
	int64_t length_ns = start->until_ns - start->from_ns;
	uint32_t slots = w->flight.mask + 1, lines;
	uint32_t want = requests_in(w, start, length_ns < w->timeout_ns ?
				    length_ns : w->timeout_ns, FLIGHT_MOST);

	if (want <= slots || w->flight.open > 0)
		return 0;
	while (slots < want)
		slots *= 2;
	lines = w->flight.lines;
	flight_fini(&w->flight);
	return flight_init(&w->flight, slots, lines);
}

/*
 * Where the ring holds the whole segment, nothing has to be folded while it
 * runs: on a machine whose CPUs all spin, folding would come too late.
 */
static int make_room(struct worker *w, const struct wire_start *start,
		     struct err *err)
{
	uint32_t records = requests_in(w, start,
				       start->until_ns - start->from_ns,
				       WORKER_RECORDS_MOST);

	if (make_slots(w, start) ||
	    (w->stamps && stamps_make_room(w->stamps, records)))
		return err_set(err, -ENOMEM, "out of memory");
	if (records <= w->ring.mask + 1)
		return 0;
	ring_fini(&w->ring);
	if (ring_init(&w->ring, records, sizeof(struct sample)))
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

int worker_arm(struct worker *w, const struct wire_start *start,
	       struct err *err)
{
	int rc = make_room(w, start, err);

	if (rc < 0)
		return rc;
	if (!continues(w, start)) {
		rc = begin_schedule(w, start, err);
		if (rc < 0)
			return rc;
	}
	pacer_begin(&w->pacer, start->at_ns, start->from_ns, start->until_ns);
	if (w->params.config->measure.inject)
		w->pacer.due_ns += w->params.config->measure.inject->agent_ns;
	if (w->params.launch) /* handed over early, and held */
		w->pacer.due_ns -= LAUNCH_LEAD_NS;
	w->start = *start;
	w->id = wire_id(w->params.agent, w->params.index,
			wire_round(start->point, start->attempt));
	w->end_ns = start->at_ns + (start->until_ns - start->from_ns);
	w->drain_ns = start->drain_ns;
	w->drain_end_ns = w->end_ns + w->drain_ns;
	w->reached_ns = start->until_ns;
	memset(&w->count, 0, sizeof(w->count));
	memset(&w->connections, 0, sizeof(w->connections));
	hist_reset(w->connect);
	if (w->stamps)
		stamps_begin(w->stamps);
	w->send_costs = 0;
	w->ring.full = 0;
	w->stalls.n = 0;
	w->stalls.gaps = w->stalls.dropped = 0;
	w->stalls.longest_ns = 0;
	atomic_store(&w->stop, WORKER_GO);
	return 0;
}

static void sleep_until(struct worker *w, int64_t at_ns)
{
	while (atomic_load(&w->stop) == WORKER_GO) {
		int64_t next = clock_now_ns() + SLICE_NS;
		struct timespec ts;

		if (next - SLICE_NS >= at_ns)
			return;
		if (next > at_ns)
			next = at_ns;
		ts.tv_sec = next / 1000000000;
		ts.tv_nsec = next % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
}

/* What the drain has left over: every intended request has one end. */
static void close_accounts(struct worker *w)
{
	const struct intent *intent;
	struct intent waited;

	while (pool_evict(&w->pool, &waited))
		loop_unsent(w, &waited);
	while ((intent = pacer_next(&w->pacer))) {
		worker_count(&w->count.intended);
		loop_unsent(w, intent);
		pacer_pop(&w->pacer);
	}
	for (uint32_t seq = w->flight.oldest; seq != w->flight.next; seq++) {
		struct sample *s = flight_find(&w->flight, seq);

		if (!s)
			continue;
		if (!w->in_order)
			pool_answered(&w->pool,
				      s->conn - w->params.first_conn);
		loop_finish(w, s, OUTCOME_LOST);
	}
	/* Packets that never went: their connection starts anew. */
	while (w->out.n > 0)
		mend_break(w, w->out.pkt[0].conn);
}

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

int worker_segment(struct worker *w)
{
	double cpu, wall;

	/* What the kernel says of it counts from here. */
	stall_begin(&w->stalls, clock_now_ns());
	sleep_until(w, w->start.at_ns - EARLY_NS);
	cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
	wall = seconds(CLOCK_MONOTONIC);
	loop_run(w);
	if (w->stamps)
		stamps_end(w->stamps);
	w->cpu_s = seconds(CLOCK_THREAD_CPUTIME_ID) - cpu;
	w->wall_s = seconds(CLOCK_MONOTONIC) - wall;
	if (w->failed)
		return w->err.code;
	if (atomic_load(&w->stop) != WORKER_HALT)
		close_accounts(w);
	return 0;
}
