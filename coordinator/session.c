/* session.c - the peers of a run: states, deadlines, heartbeats */
#include "coordinator/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "coordinator/beat.h"
#include "coordinator/interrupt.h"
#include "coordinator/plan.h"
#include "coordinator/server.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "lancet/core/urgency.h"

#define SECOND INT64_C(1000000000)
#define HELLO_NS (10 * SECOND)	/* a loaded machine starts a process slowly */
/* Connecting has a limit of its own, and filling a store one on its progress:
 * this is for an agent that stands still. */
#define READY_NS (600 * SECOND)
#define DATA_NS (60 * SECOND)	/* folding and sending a long segment */
#define BYE_NS (SECOND / 2)
#define TURN_FRAMES 64		/* of one peer, before the others' turn */

/* --- one peer ------------------------------------------------------------- */

/* The stream ended or broke: say how the process did, if it did. */
static int peer_lost(struct peer *peer, struct err *err)
{
	const struct timespec nap = { .tv_nsec = 5000000 };
	int code = err->code;
	char how[64];

	for (int i = 0; i < 40; i++) {
		if (child_ended(&peer->child, how, sizeof(how)))
			return err_set(err, code, "%s died: %s", peer->name,
				       how);
		nanosleep(&nap, NULL);
	}
	return err_wrap(err, "%s", peer->name);
}

static int peer_read(struct session *session, struct peer *peer, size_t most,
		     struct err *err);

static int peer_write(struct session *session, struct peer *peer,
		      json_t *frame, struct err *err)
{
	int rc;

	pthread_mutex_lock(&session->lock);
	rc = frame_write(&peer->io, frame, err);
	pthread_mutex_unlock(&session->lock);
	if (rc >= 0)
		return 0;
	/* What it said last tells more than that it is gone. */
	rc = peer_read(session, peer, SIZE_MAX, err);
	return rc < 0 ? rc : peer_lost(peer, err);
}

static int peer_say(struct session *session, struct peer *peer,
		    const char *type, struct err *err)
{
	return peer_write(session, peer, json_pack("{ss}", "t", type), err);
}

static int peer_plan(struct session *session, struct peer *peer,
		     const json_t *hello, struct err *err)
{
	const struct plan *plan = session->plan;
	const struct plan_agent *agent = &plan->agent[peer->index];
	struct wire_hello from;
	struct wire_plan to = {
		.config = plan->config_text,
		.all_threads = plan->threads,
	};

	if (wire_hello_decode(hello, &from, err) < 0)
		return err_wrap(err, "%s", peer->name);
	if (peer->target) {
		to.threads = 1;
		to.all_threads = 1;
		to.cpu = &plan->target_cpu;
		to.poll = plan->target_poll;
		to.connections = plan->connections;
		to.address = ""; /* where its transport likes to */
	} else {
		to.agent = peer->index;
		to.first_thread = agent->first_thread;
		to.threads = agent->threads;
		to.first_conn = agent->first_conn;
		to.connections = agent->connections;
		to.cpu = agent->cpu;
		to.poll = agent->poll;
		to.samples = plan->sent_samples;
		to.address = session->address ? session->address : "";
	}
	peer->state = PEER_PLANNED;
	if (peer_write(session, peer, wire_plan_encode(&to), err) < 0)
		return err->code;
	beat_for(session, peer, true);
	return 0;
}

static int peer_ready(struct session *session, struct peer *peer,
		      const json_t *frame, struct err *err)
{
	const char *address =
		json_string_value(json_object_get(frame, "address"));

	if (peer->target) {
		if (!address)
			return err_set(err, -EBADMSG,
				       "the target did not report its address");
		session->address = arena_strdup(session->arena, address);
	}
	peer->state = PEER_READY;
	return 0;
}

/* Not while another agent waits for its last replies. */
static bool load_over(const struct session *session)
{
	for (size_t i = 0; i < session->nagents; i++)
		if (session->peer[i].state == PEER_RUNNING &&
		    !session->peer[i].telling)
			return false;
	return true;
}

static int peer_data(struct session *session, struct peer *peer,
		     const json_t *frame, struct err *err)
{
	int taken = 1;

	peer->telling = true;
	urgency(load_over(session));
	if (peer->target)
		taken = wire_target_decode(frame, &peer->account,
					   session->segment_arena, err) < 0
			? -1 : 1;
	else
		taken = wire_report_take(&peer->in, frame, err);
	if (taken < 0)
		return err_wrap(err, "%s", peer->name);
	if (taken > 0)
		peer->state = PEER_REPORTED;
	return 0;
}

/* The load ends before its time; what was measured still comes in. */
static int session_stop(struct session *session, struct err *err)
{
	session->stopping = true;
	session->stopped_ns = clock_now_ns();
	for (size_t i = 0; i < session->nagents; i++)
		if (session->peer[i].state == PEER_RUNNING &&
		    peer_say(session, &session->peer[i], "stop", err) < 0)
			return err->code;
	return 0;
}

/* The load as all agents see it, when the first of them ticks. */
static int peer_tick(struct session *session, struct peer *peer,
		     const json_t *frame, struct err *err)
{
	struct wire_tick sum = { 0 };

	if (peer->target)
		return 0;
	if (wire_tick_decode(frame, &peer->tick, err) < 0)
		return err_wrap(err, "%s", peer->name);
	if (peer->index)
		return 0;
	for (size_t i = 0; i < session->nagents; i++) {
		const struct wire_tick *tick = &session->peer[i].tick;

		sum.intended += tick->intended;
		sum.sent += tick->sent;
		sum.received += tick->received;
		sum.mean_ns += tick->mean_ns / (double)session->nagents;
		if (tick->max_ns > sum.max_ns)
			sum.max_ns = tick->max_ns;
	}
	if (session->progress)
		session->progress(session->context, &sum);
	if (session->enough && !session->stopping &&
	    session->enough(session->asker, &sum))
		return session_stop(session, err);
	return 0;
}

static int peer_error(struct peer *peer, const json_t *frame, struct err *err)
{
	struct err why;

	if (wire_error_decode(frame, &why, err) < 0)
		return err_wrap(err, "%s", peer->name);
	return err_set(err, why.code, "%s: %s", peer->name, why.text);
}

/* One frame, in the state that it belongs to; any other is an error. */
static int peer_frame(struct session *session, struct peer *peer,
		      const json_t *frame, struct err *err)
{
	const char *type = frame_type(frame);

	peer->heard_ns = clock_now_ns();
	if (!strcmp(type, "error"))
		return peer_error(peer, frame, err);
	if (!strcmp(type, "tick"))
		return peer_tick(session, peer, frame, err);
	if (!strcmp(type, "beat"))
		return 0;
	if (!strcmp(type, "hello") && peer->state == PEER_STARTED)
		return peer_plan(session, peer, frame, err);
	if (!strcmp(type, "ready") && peer->state == PEER_PLANNED)
		return peer_ready(session, peer, frame, err);
	if ((!strcmp(type, "data") || !strcmp(type, "chunk")) &&
	    peer->state == PEER_RUNNING)
		return peer_data(session, peer, frame, err);
	if (!strcmp(type, "done") && peer->state == PEER_REPORTED) {
		peer->state = PEER_READY;
		return 0;
	}
	if (!strcmp(type, "bye") && peer->state == PEER_READY) {
		peer->state = PEER_GONE;
		return 0;
	}
	return err_set(err, -EBADMSG, "%s sent an unexpected %s frame",
		       peer->name, type);
}

static int peer_read(struct session *session, struct peer *peer, size_t most,
		     struct err *err)
{
	json_t *frame;

	peer->more = true;
	for (size_t i = 0; i < most; i++) {
		int rc = frame_read(&peer->io, &frame, 0, err);

		peer->more = rc > 0;
		if (rc <= 0)
			return rc < 0 ? peer_lost(peer, err) : 0;
		rc = peer_frame(session, peer, frame, err);
		json_decref(frame);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* --- all peers ------------------------------------------------------------ */

/* It may have spoken while we were busy, or stood still ourselves. */
static bool peer_mute(const struct peer *peer)
{
	struct pollfd fd = { peer->child.fd, POLLIN, 0 };

	return !peer->more && poll(&fd, 1, 0) == 0;
}

/* Silence: an agent ticks three times a heartbeat, at least each second. */
static int session_pulse(struct session *session, struct err *err)
{
	int64_t now = clock_now_ns();
	int64_t silence = session->plan->config->measure.heartbeat_ns;

	for (size_t i = 0; i < session->npeers; i++) {
		struct peer *peer = &session->peer[i];

		if (!peer->target && peer->state == PEER_RUNNING &&
		    now - peer->heard_ns >= silence && peer_mute(peer))
			return err_set(err, -ETIMEDOUT,
				       "%s has been silent for %.1f s",
				       peer->name,
				       (double)(now - peer->heard_ns) / 1e9);
	}
	return server_watch(&session->server, err);
}

static int session_poll(struct session *session, int64_t until_ns,
			struct err *err)
{
	struct pollfd *fd = session->fd;
	int64_t left = until_ns - clock_now_ns();
	struct timespec ts = { 0 };
	nfds_t n = 0;

	for (; n < session->npeers; n++) {
		fd[n] = (struct pollfd){ session->peer[n].child.fd, POLLIN, 0 };
		if (session->peer[n].more)
			left = 0;
	}
	fd[n++] = (struct pollfd){
		session->stopping ? -1 : interrupt_fd(), POLLIN, 0
	};
	if (left > 0) {
		ts.tv_sec = left / SECOND;
		ts.tv_nsec = left % SECOND;
	}
	if (ppoll(fd, n, &ts, NULL) < 0)
		return 0;
	for (size_t i = 0; i < session->npeers; i++)
		if ((fd[i].revents || session->peer[i].more) &&
		    session->peer[i].state != PEER_GONE &&
		    peer_read(session, &session->peer[i], TURN_FRAMES,
			      err) < 0)
			return err->code;
	return 0;
}

/* The first peer of peer[from..to) that has not reached the state. */
static struct peer *session_behind(struct session *session, size_t from,
				   size_t to, enum peer_state state)
{
	for (size_t i = from; i < to; i++) {
		enum peer_state is = session->peer[i].state;

		if (state == PEER_READY ? is != PEER_READY : is < state)
			return &session->peer[i];
	}
	return NULL;
}

/* Wait until peer[from..to) are all in the state, for the deadline. */
static int session_wait(struct session *session, size_t from, size_t to,
			enum peer_state state, int64_t deadline_ns,
			const char *what, struct err *err)
{
	struct peer *peer;
	bool running = false;

	for (size_t i = from; i < to; i++)
		running |= session->peer[i].state == PEER_RUNNING;
	while ((peer = session_behind(session, from, to, state))) {
		int64_t now = clock_now_ns();
		int64_t until = now + SECOND;

		if (now >= deadline_ns)
			return err_set(err, -ETIMEDOUT, "%s did not %s in time",
				       peer->name, what);
		if (interrupted() && !session->stopping) {
			if (!running)
				return err_set(err, -EINTR, "interrupted");
			if (session_stop(session, err) < 0)
				return err->code;
		}
		if (session_poll(session,
				 until < deadline_ns ? until : deadline_ns,
				 err) < 0 ||
		    session_pulse(session, err) < 0)
			return err->code;
	}
	return 0;
}

/* --- opening -------------------------------------------------------------- */

static int peer_start(struct peer *peer, char *const *argv, struct err *err)
{
	if (child_start(&peer->child, argv, 1, err) < 0)
		return err_wrap(err, "%s", peer->name);
	peer->state = PEER_STARTED;
	peer->heard_ns = clock_now_ns();
	if (frame_open(&peer->io, peer->child.fd, peer->child.fd) < 0) {
		err_set(err, -EPIPE, "it ended its stream");
		return peer_lost(peer, err);
	}
	return 0;
}

static int session_target(struct session *session, struct err *err)
{
	char *const argv[] = { launch_self(session->arena),
			       (char[]){ "target" }, (char[]){ "--control" },
			       NULL };
	struct peer *peer = &session->peer[session->nagents];

	peer->target = true;
	snprintf(peer->name, sizeof(peer->name), "target");
	if (peer_start(peer, argv, err) < 0)
		return err->code;
	return session_wait(session, session->nagents, session->npeers,
			    PEER_READY, clock_now_ns() + HELLO_NS,
			    "start", err);
}

static int session_agent(struct session *session, uint32_t index,
			 struct err *err)
{
	char *const agent[] = { launch_self(session->arena),
				(char[]){ "agent" }, NULL };
	const struct choice *launch =
		&session->plan->agent[index].config->launch;
	const struct launch_ops *ops = (const void *)launch->kind;
	struct peer *peer = &session->peer[index];
	char *const *argv = ops->argv(launch->options, NULL, agent,
				      session->arena, err);

	peer->index = index;
	snprintf(peer->name, sizeof(peer->name), "agent %u", index);
	if (!argv)
		return err_wrap(err, "%s", peer->name);
	return peer_start(peer, argv, err);
}

/* All agents from nothing to READY, which may take as long again. */
static int session_agents(struct session *session, struct err *err)
{
	int64_t begun = clock_now_ns();

	for (uint32_t i = 0; i < session->nagents; i++)
		if (session_agent(session, i, err) < 0)
			return err->code;
	if (session_wait(session, 0, session->nagents, PEER_PLANNED,
			 clock_now_ns() + HELLO_NS, "start", err) < 0 ||
	    session_wait(session, 0, session->nagents, PEER_READY,
			 clock_now_ns() + READY_NS, "get ready", err) < 0)
		return err->code;
	session->opening_ns = clock_now_ns() - begun;
	return 0;
}

int session_open(struct session *session, const struct plan *plan,
		 struct arena *arena, struct err *err)
{
	memset(session, 0, sizeof(*session));
	session->plan = plan;
	session->arena = arena;
	session->server.fd = -1;
	session->address = plan->config->target.address;
	session->peer = arena_array(arena, plan->nagents + 1,
				    sizeof(*session->peer));
	session->fd = arena_array(arena, plan->nagents + 2,
				  sizeof(*session->fd));
	for (size_t i = 0; i <= plan->nagents; i++)
		session->peer[i].child.fd = -1;
	session->nagents = plan->nagents;
	session->npeers = plan->nagents + plan_builtin(plan);
	if (beat_start(session, err) < 0)
		return err->code;
	if (plan_builtin(plan) && session_target(session, err) < 0)
		return err->code;
	if (server_start(&session->server, plan, err) < 0)
		return err->code;
	return session_agents(session, err);
}

/* --- a segment ------------------------------------------------------------ */

static int session_begin(struct session *session, struct peer *peer,
			 const struct wire_start *start, struct err *err)
{
	memset(&peer->in, 0, sizeof(peer->in));
	memset(&peer->tick, 0, sizeof(peer->tick));
	peer->in.arena = session->segment_arena;
	peer->in.samples = session->samples_arena;
	peer->state = PEER_RUNNING;
	peer->telling = false;
	peer->heard_ns = clock_now_ns();
	return peer_write(session, peer, wire_start_encode(start), err);
}

int session_segment(struct session *session, const struct wire_start *start,
		    struct arena *arena, struct arena *samples,
		    struct err *err)
{
	int64_t end = start->at_ns + (start->until_ns - start->from_ns) +
		      2 * start->drain_ns;
	struct peer *target = session->npeers > session->nagents
			      ? &session->peer[session->nagents] : NULL;

	urgency(false);
	session->stopping = false;
	session->segment_arena = arena;
	session->samples_arena = samples;
	/* The target first: it counts from the first request on. */
	for (size_t i = session->npeers; i-- > 0;)
		if (session_begin(session, &session->peer[i], start, err) < 0)
			return err->code;
	if (session_wait(session, 0, session->nagents, PEER_READY,
			 end + DATA_NS, "send its data", err) < 0)
		return err->code;
	if (!target)
		return 0;
	if (peer_say(session, target, "stop", err) < 0)
		return err->code;
	return session_wait(session, session->nagents, session->npeers,
			    PEER_READY, clock_now_ns() + HELLO_NS,
			    "send its data", err);
}

/* --- closing -------------------------------------------------------------- */

/* bye to the first n peers; then none of them is left. */
static void session_leave(struct session *session, size_t n)
{
	int64_t until = clock_now_ns() + BYE_NS;
	struct err lost;

	for (size_t i = 0; i < n; i++)
		if (session->peer[i].state == PEER_READY &&
		    session->peer[i].io.buf)
			frame_write(&session->peer[i].io,
				    json_pack("{ss}", "t", "bye"), &lost);
	for (size_t i = 0; i < n; i++) {
		struct peer *peer = &session->peer[i];

		if (peer->state == PEER_READY && peer->child.fd >= 0)
			session_wait(session, i, i + 1, PEER_GONE, until,
				     "say bye", &lost);
		/* What it said behind an error is not read any more. */
		peer->state = PEER_GONE;
		frame_blob_fini(&peer->in.blob);
		frame_close(&peer->io);
		child_stop(&peer->child, until);
	}
}

int session_respread(struct session *session, const struct plan *plan,
		     struct err *err)
{
	/* A beat behind the bye would be out of turn. */
	for (size_t i = 0; i < session->nagents; i++)
		beat_for(session, &session->peer[i], false);
	session_leave(session, session->nagents);
	session->plan = plan;
	urgency(false);
	return session_agents(session, err);
}

void session_close(struct session *session)
{
	urgency(false);
	beat_stop(session);
	session_leave(session, session->npeers);
	child_stop(&session->server, clock_now_ns() + BYE_NS);
}
