/* agent.c - an agent's control thread: frames in, orders to threads, reports */
#include "agents/agent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agents/crew.h"
#include "agents/recorder.h"
#include "agents/stamps.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/urgency.h"
#include "lancet/core/wire.h"
#include "workloads/schedule.h"

/*
 * It sleeps while a segment runs, but for a tick each second and what has to
 * be folded before a ring is full: its work must not meet the threads'.
 */
#define TICK_NS 1000000000
#define PEEK 256		/* records that a tick looks at, each thread */

enum agent_phase { AGENT_NEW, AGENT_OPENING, AGENT_READY, AGENT_RUNNING };

struct agent {
	struct frame_io io;
	struct arena arena;	/* of the plan */
	enum agent_phase phase;
	struct wire_plan plan;
	struct config *config;
	struct workload workload;
	struct crew crew;
	struct recorder recorder;
	struct wire_start start;
	int64_t heard_ns;	/* the last frame */
	int64_t tick_ns;	/* the next tick */
	int64_t fold_ns;	/* between looks at the rings */
	double cpu_s;		/* of the process, when the segment began */
	bool over;		/* bye was said */
	struct err err;
};

/* --- plan ----------------------------------------------------------------- */

static int read_config(struct agent *a)
{
	struct option_problems problems = { 0 };

	a->config = config_parse("plan", a->plan.config,
				 strlen(a->plan.config), NULL, 0, &a->arena,
				 &problems);
	if (!a->config)
		return err_set(&a->err, -EINVAL, "the plan's configuration: %s",
			       problems.problem[0].text);
	return workload_init(&a->workload, a->config, &a->arena, &a->err);
}

/* The entry of `agents` that the agent of this index is one of. */
static const struct config_agent *find_group(const struct agent *a)
{
	const struct config_agent *group = a->config->agents.items;
	int64_t first = 0;

	for (size_t i = 0; i < a->config->agents.n; i++) {
		first += group[i].count;
		if (a->plan.agent < first)
			return &group[i];
	}
	return NULL;
}

static uint32_t share_of(const struct agent *a, uint32_t connections,
			 uint32_t thread)
{
	return connections / a->plan.threads +
	       (thread < connections % a->plan.threads);
}

/* Connections in blocks, the first threads having one more. */
static void share_out(const struct agent *a, const struct config_agent *group,
		      struct worker_params *params)
{
	uint32_t first = a->plan.first_conn;

	for (uint32_t i = 0; i < a->plan.threads; i++) {
		uint32_t n = share_of(a, a->plan.connections, i);

		params[i] = (struct worker_params){
			.config = a->config,
			.workload = &a->workload,
			.address = a->plan.address,
			.agent = a->plan.agent,
			.index = i,
			.global_index = a->plan.first_thread + i,
			.all_threads = a->plan.all_threads,
			.connections = n,
			.open = group->grow_to ? share_of(a,
					(uint32_t)group->connections, i) : n,
			.first_conn = first,
			.pick = a->workload.fanout > 1 ? PICK_STICKY :
				(enum config_pick)group->pick,
			.uses = (uint32_t)group->requests_per_connection,
			.in_flight = (uint32_t)group->in_flight,
			.pipeline = (uint32_t)group->pipeline,
			.queue = (uint32_t)group->queue,
			.coalesce_ns = group->coalesce_ns,
			.launch = group->pacer == PACER_LAUNCHTIME,
			.cpu = a->plan.cpu[i],
			.poll = a->plan.poll,
			.fill = a->plan.agent == 0 && i == 0,
		};
		first += n;
	}
}

static int take_plan(struct agent *a, const json_t *frame)
{
	const struct config_agent *group;
	struct worker_params *params;
	int rc;

	if (a->phase != AGENT_NEW)
		return err_set(&a->err, -EBADMSG, "a second plan");
	rc = wire_plan_decode(frame, &a->plan, &a->arena, &a->err);
	if (rc == 0)
		rc = read_config(a);
	if (rc < 0)
		return rc;
	group = find_group(a);
	if (!group || a->plan.connections < a->plan.threads)
		return err_set(&a->err, -EBADMSG,
			       "a plan with too few agents or connections");
	params = arena_array(&a->arena, a->plan.threads, sizeof(*params));
	share_out(a, group, params);
	if (recorder_init(&a->recorder, a->plan.agent, a->plan.threads,
			  a->config->measure.window_ns, a->plan.samples) ||
	    (a->workload.fanout > 1 &&
	     recorder_join(&a->recorder, a->workload.fanout)))
		return err_set(&a->err, -ENOMEM, "out of memory");
	a->recorder.codes = proto_flags(&a->config->workload.protocol) &
			    PROTO_CODES;
	a->phase = AGENT_OPENING;
	return crew_start(&a->crew, params, a->plan.threads, &a->err);
}

/* --- ready ---------------------------------------------------------------- */

/*
 * Only where no limit can make a later allocation fail; pages are locked as
 * they are touched, since buffers of thousands of connections never all are.
 */
static void lock_memory(void)
{
	struct rlimit limit;

	if (geteuid() == 0 || (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
			       limit.rlim_cur == RLIM_INFINITY))
		mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

static int say_ready(struct agent *a)
{
	lock_memory();
	a->phase = AGENT_READY;
	return frame_write(&a->io, json_pack("{ss}", "t", "ready"), &a->err);
}

/* --- a segment ------------------------------------------------------------ */

static double cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int take_start(struct agent *a, const json_t *frame)
{
	double rate;
	int rc;

	if (a->phase != AGENT_READY)
		return err_set(&a->err, -EBADMSG, "a start out of turn");
	rc = wire_start_decode(frame, &a->start, &a->err);
	if (rc < 0)
		return rc;
	recorder_reset(&a->recorder, a->start.at_ns - a->start.from_ns,
		       wire_round(a->start.point, a->start.attempt));
	/* A quarter of a ring between two looks. */
	rate = a->start.rate_rps * workload_sends(&a->workload) /
	       a->plan.all_threads;
	a->fold_ns = TICK_NS;
	if (rate > WORKER_RECORDS / 4)
		a->fold_ns = (int64_t)(WORKER_RECORDS / 4 / rate * 1e9);
	a->phase = AGENT_RUNNING;
	urgency(false);
	rc = crew_go(&a->crew, &a->start, &a->err);
	/* What was made ready for it is no part of what a request costs. */
	a->cpu_s = cpu_s();
	return rc;
}

/* Rings that are so full, while the threads run; 0: in any case. */
static void fold(struct agent *a, double full)
{
	for (uint32_t i = 0; i < a->crew.n; i++) {
		struct ring *ring = &a->crew.worker[i]->ring;
		struct stamps *stamps = a->crew.worker[i]->stamps;

		if ((double)ring_ready(ring) >= full * (double)ring->mask)
			recorder_fold(&a->recorder, ring);
		if (stamps &&
		    (double)ring_ready(&stamps->log) >=
			    full * (double)stamps->log.mask)
			recorder_fold_log(&a->recorder, i, &stamps->log);
	}
}

static int send_report(struct agent *a)
{
	struct wire_report report;
	double used_s;
	struct arena arena;
	int rc;

	arena_init(&arena);
	/* Others may still be waiting for replies. */
	urgency(a->plan.threads == a->plan.all_threads);
	fold(a, 0);
	used_s = cpu_s() - a->cpu_s;
	rc = recorder_report(&a->recorder, a->crew.worker, &report, &arena,
			     &a->err);
	report.agent = a->plan.agent;
	report.cpu_s = used_s;
	if (rc == 0)
		rc = wire_report_send(&a->io, &report, &a->err);
	arena_fini(&arena);
	if (rc < 0)
		return rc;
	/* It was read to its end, however long that took. */
	a->heard_ns = clock_now_ns();
	/* Now, while nothing is measured. */
	clock_sync();
	a->phase = AGENT_READY;
	return frame_write(&a->io,
			   json_pack("{ss sI}", "t", "done", "segment",
				     (json_int_t)a->start.segment),
			   &a->err);
}

/* --- ticks ---------------------------------------------------------------- */

/* The newest few records stand for the second; they stay in the ring. */
static void peek(struct ring *ring, double *sum, double *n, double *max)
{
	size_t ready = ring_ready(ring);

	for (size_t i = ready > PEEK ? ready - PEEK : 0; i < ready; i++) {
		const struct sample *s = ring_at(ring, i);
		double ns = (double)(s->received_ns - s->intended_ns);

		if (s->outcome != OUTCOME_RECEIVED)
			continue;
		*sum += ns;
		*n += 1;
		*max = ns > *max ? ns : *max;
	}
}

static int send_tick(struct agent *a)
{
	struct wire_tick tick = { 0 };
	uint32_t parts = a->workload.fanout > 1 ? a->workload.fanout : 1;
	double sum = 0, n = 0;

	for (uint32_t i = 0; a->phase == AGENT_RUNNING && i < a->crew.n; i++) {
		struct worker *w = a->crew.worker[i];

		tick.intended += atomic_load(&w->count.intended) / parts;
		tick.sent += atomic_load(&w->count.sent) / parts;
		tick.received += atomic_load(
			&w->count.outcome[OUTCOME_RECEIVED]) / parts;
		peek(&w->ring, &sum, &n, &tick.max_ns);
	}
	tick.mean_ns = n > 0 ? sum / n : 0;
	return frame_write(&a->io, wire_tick_encode(&tick), &a->err);
}

/* --- frames --------------------------------------------------------------- */

static int take_stop(struct agent *a, const json_t *frame)
{
	(void)frame;
	if (a->phase == AGENT_RUNNING)
		crew_stop(&a->crew, WORKER_DRAIN);
	return 0;
}

static int take_beat(struct agent *a, const json_t *frame)
{
	(void)a, (void)frame;
	return 0;
}

static int take_bye(struct agent *a, const json_t *frame)
{
	(void)frame;
	a->over = true;
	return frame_write(&a->io, json_pack("{ss}", "t", "bye"), &a->err);
}

static const struct {
	const char *type;
	int (*take)(struct agent *a, const json_t *frame);
} frames[] = {
	{ "plan", take_plan }, { "start", take_start }, { "stop", take_stop },
	{ "beat", take_beat }, { "bye", take_bye },
};

static int take_frame(struct agent *a, const json_t *frame)
{
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		if (!strcmp(frame_type(frame), frames[i].type))
			return frames[i].take(a, frame);
	return err_set(&a->err, -EBADMSG, "received a frame of unknown type "
					  "'%.32s'",
		       frame_type(frame));
}

static int take_frames(struct agent *a)
{
	json_t *frame;
	int rc;

	while (!a->over) {
		rc = frame_read(&a->io, &frame, 0, &a->err);
		if (rc <= 0)
			return rc;
		a->heard_ns = clock_now_ns();
		rc = take_frame(a, frame);
		json_decref(frame);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- the loop of the control thread --------------------------------------- */

static int64_t tick_each_ns(const struct agent *a)
{
	int64_t third = a->config->measure.heartbeat_ns / 3;

	return third < TICK_NS ? third : TICK_NS;
}

/* Wait for a frame, a thread, or the next thing to do. */
static void wait_events(struct agent *a)
{
	struct pollfd fds[] = {
		{ .fd = a->io.in, .events = POLLIN },
		{ .fd = a->crew.n ? a->crew.wake : -1, .events = POLLIN },
	};
	int64_t now = clock_now_ns(), next = a->tick_ns;
	eventfd_t woken;

	if (a->phase == AGENT_RUNNING && now + a->fold_ns < next)
		next = now + a->fold_ns;
	poll(fds, 2, a->phase == AGENT_NEW ? -1 :
			next <= now ? 0 : (int)((next - now) / 1000000) + 1);
	if (fds[1].revents)
		eventfd_read(a->crew.wake, &woken);
}

static int advance(struct agent *a)
{
	const struct err *why = crew_failure(&a->crew);

	if (why) {
		a->err = *why;
		return why->code;
	}
	if (a->phase == AGENT_RUNNING)
		fold(a, .5);
	if (!crew_settled(&a->crew))
		return 0;
	if (a->phase == AGENT_OPENING)
		return say_ready(a);
	return a->phase == AGENT_RUNNING ? send_report(a) : 0;
}

static int keep_time(struct agent *a)
{
	int64_t now = clock_now_ns();

	if (now - a->heard_ns > a->config->measure.heartbeat_ns)
		return err_set(&a->err, -ETIMEDOUT,
			       "the coordinator is silent");
	if (now < a->tick_ns)
		return 0;
	a->tick_ns = now + tick_each_ns(a);
	return send_tick(a);
}

static int serve(struct agent *a)
{
	int rc = frame_write(&a->io, wire_hello_encode("agent"), &a->err);

	while (rc == 0 && !a->over) {
		wait_events(a);
		rc = take_frames(a);
		if (rc == 0 && a->phase != AGENT_NEW && !a->over)
			rc = advance(a);
		if (rc == 0 && a->phase != AGENT_NEW && !a->over)
			rc = keep_time(a);
	}
	return rc;
}

int agent_run(int in, int out)
{
	struct agent a = { 0 };
	struct err ignored;
	int rc;

	signal(SIGPIPE, SIG_IGN);
	clock_sync();
	arena_init(&a.arena);
	rc = frame_open(&a.io, in, out);
	if (rc == 0)
		rc = serve(&a);
	if (a.crew.n)
		crew_stop(&a.crew, WORKER_HALT);
	if (rc < 0 && rc != -EPIPE)
		frame_write(&a.io, wire_error_encode(&a.err), &ignored);
	if (a.crew.member)
		crew_end(&a.crew);
	recorder_fini(&a.recorder);
	frame_close(&a.io);
	arena_fini(&a.arena);
	return rc;
}
