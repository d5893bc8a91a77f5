/* stage.c - a server under one kind of load: set up, run, and its records */
#include "coordinator/stage.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/interrupt.h"
#include "coordinator/plan.h"
#include "coordinator/session.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/config.h"
#include "lancet/core/err.h"
#include "lancet/core/wire.h"
#include "workloads/proto.h"

#define LEAD_NS INT64_C(50000000)	/* to wake up before the start */
#define BACKLOG_MOST 1.		/* of a stage's time, until it is served */
#define STALLED .1		/* of a latency, and it does not count */
#define LOST_LEAST .01		/* of the requests, to be named */
#define CARRIED_NS "1ns"		/* the least work there is */

static int choose(enum kind_class class, enum option_unit unit,
		  const char *text, struct choice *choice,
		  struct stage_trial *t, struct err *err)
{
	return option_parse_choice(class, unit, text, choice, t->arena, err);
}

static int stage_arrival(struct stage_trial *t, const struct stage *stage,
			 struct config *c, struct err *err)
{
	char text[64];

	if (stage->burst)
		snprintf(text, sizeof(text), "{batch: {size: %u}}",
			 stage->burst);
	else
		snprintf(text, sizeof(text), "fixed");
	return choose(KIND_ARRIVAL, OPTION_UNIT_TIME, text,
		      &c->workload.arrival, t, err);
}

static int stage_bare(struct stage_trial *t, struct config *c, struct err *err)
{
	c->workload.classes = (struct option_list){ 0 };
	return choose(KIND_DIST, OPTION_UNIT_TIME, "{constant: {value: "
		      CARRIED_NS "}}", &c->workload.service, t, err);
}

/* The configuration of a stage: the user's own, loaded in this way. */
static struct config *stage_config(struct stage_trial *t,
				   const struct stage *stage,
				   struct err *err)
{
	struct config *c = arena_copy(t->arena, t->config, sizeof(*c));
	struct config_agent *agent =
		arena_copy(t->arena, c->agents.items, sizeof(*agent));

	agent->count = 1;
	agent->threads = stage->threads;
	agent->connections = stage->connections;
	agent->grow_to = 0;
	if (stage->sleeps)
		agent->mode = MODE_BLOCK;
	if (stage->in_flight) {
		agent->pick = PICK_ROUND_ROBIN;
		agent->in_flight = stage->in_flight;
		agent->pipeline = 1;
		agent->requests_per_connection = 0;
		agent->queue = stage->burst ? 0 : 2 * stage->connections *
						  stage->in_flight;
	}
	c->agents = (struct option_list){ .items = agent, .n = 1 };
	c->workload.preset = NULL;	/* it stands in the rest already */
	c->load = (struct config_load){
		.rate = { .value = stage->rate_rps, .set = true },
	};
	c->workload.trailer = proto_flags(&c->workload.protocol) &
			      PROTO_TRAILER;
	c->measure.precision = NULL;
	c->measure.warmup_ns = 0;
	c->measure.time_limit_ns = stage->length_ns;
	c->measure.samples = 1;
	c->slo = NULL;
	c->model.mode = MODEL_NONE;
	if (stage_arrival(t, stage, c, err) ||
	    (stage->bare && stage_bare(t, c, err)))
		return NULL;
	return c;
}

/*
 * A stage that asked for more than is served leaves a queue behind, and the
 * next one would be answered for those requests first. What has no reply yet is
 * there, at worst, and goes as quickly as those that have one went.
 */
static int64_t idle_at(const struct stage *stage, const struct stage_reply *r)
{
	double open = 0, received = 0;

	for (size_t i = 0; i < r->n; i++) {
		enum outcome outcome = r->sample[i].outcome;

		received += outcome == OUTCOME_RECEIVED;
		open += outcome == OUTCOME_LOST || outcome == OUTCOME_TIMEOUT;
	}
	return r->until_ns + (int64_t)((double)stage->length_ns *
				       fmin(open / fmax(received, 1),
					    BACKLOG_MOST));
}

static int stage_segment(struct stage_trial *t, const struct plan *plan,
			 const struct stage *stage, struct stage_reply *reply,
			 struct err *err)
{
	struct wire_start start = {
		/* Other requests, ids and all, than any stage before. */
		.point = t->stages / WIRE_ATTEMPTS,
		.attempt = t->stages % WIRE_ATTEMPTS,
		.rate_rps = stage->rate_rps,
		.until_ns = stage->length_ns,
	};
	const struct wire_report *report;
	struct session session;
	int rc = session_open(&session, plan, t->arena, err);

	session.progress = NULL;
	start.at_ns = clock_now_ns() + LEAD_NS;
	if (start.at_ns < t->idle_ns)
		start.at_ns = t->idle_ns;
	if (!rc)
		rc = session_segment(&session, &start, t->arena, t->arena,
				     err);
	if (!rc) {
		report = session.peer[0].in.report;
		*reply = (struct stage_reply){
			.sample = report->sample,
			.n = report->nsamples,
			.stall = report->stall,
			.nstalls = report->nstalls,
			.from_ns = start.at_ns + stage->length_ns / 10,
			.until_ns = start.at_ns + stage->length_ns,
		};
		t->idle_ns = idle_at(stage, reply);
	}
	session_close(&session);
	if (!rc && interrupted())
		rc = err_set(err, -EINTR, "interrupted");
	return rc;
}

int stage_run(struct stage_trial *t, const struct stage *stage,
	      struct stage_reply *reply, struct err *err)
{
	const struct config *c = stage_config(t, stage, err);
	const struct plan *plan;

	if (!c)
		return err->code;
	plan = plan_create(c, t->host, t->arena, t->problems, err);
	if (!plan)
		return t->problems->n ? -EINVAL : err->code;
	t->progress(t->context, stage->what);
	t->stages++;
	return stage_segment(t, plan, stage, reply, err);
}

/*
 * The agent stood still while this one was on its way, for so long that it may
 * be late by that. Of slow ones each meets a short stall, and the slowest most:
 * to leave those out would make a server of 5 ms one of 2.
 */
static bool stalled(const struct stage_reply *r, const struct sample *s)
{
	int64_t met_ns = 0;

	for (size_t i = 0; i < r->nstalls; i++) {
		const struct stall *stall = &r->stall[i];

		if (stall->start_ns < s->received_ns &&
		    stall->start_ns + stall->length_ns > s->sent_ns)
			met_ns += stall->length_ns;
	}
	return (double)met_ns >
	       STALLED * (double)(s->received_ns - s->sent_ns);
}

bool stage_counts(const struct stage_reply *r, const struct sample *s,
		  int class)
{
	return s->outcome == OUTCOME_RECEIVED && s->sent_ns >= r->from_ns &&
	       (class < 0 || s->class == class) && !stalled(r, s);
}

size_t stage_received(const struct stage_reply *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->sample[i].outcome == OUTCOME_RECEIVED;
	return n;
}

int stage_too_few(const struct stage *stage, const struct stage_reply *r,
		  size_t n, struct err *err)
{
	size_t received = stage_received(r), sent = 0;
	double share;
	char lost[80] = "";

	for (size_t i = 0; i < r->n; i++)
		sent += r->sample[i].outcome != OUTCOME_UNSENT;
	/* The last may be open when a stage ends: that is not worth a word. */
	share = 1 - (double)received / fmax((double)sent, 1);
	if (share >= LOST_LEAST)
		snprintf(lost, sizeof(lost),
			 ", or %.0f%% of the requests were lost or refused",
			 100 * share);
	if (!received)
		return err_set(err, -ENODATA,
			       "no reply while %s; try with `lancet run` "
			       "whether the target answers", stage->what);
	return err_set(err, -ENODATA,
		       "only %zu of %zu replies count while %s: stalls of the "
		       "agent met the others%s; %stry again with less beside "
		       "it on this machine", n, received, stage->what, lost,
		       *lost ? "find out with `lancet run` what loses them, or "
			     : "");
}
