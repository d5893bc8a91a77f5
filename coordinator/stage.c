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

/* The agent stood still while this one was on its way. */
static bool stalled(const struct stage_reply *r, const struct sample *s)
{
	for (size_t i = 0; i < r->nstalls; i++)
		if (r->stall[i].start_ns < s->received_ns &&
		    r->stall[i].start_ns + r->stall[i].length_ns > s->sent_ns)
			return true;
	return false;
}

bool stage_counts(const struct stage_reply *r, const struct sample *s,
		  int class)
{
	return s->outcome == OUTCOME_RECEIVED && s->sent_ns >= r->from_ns &&
	       (class < 0 || s->class == class) && !stalled(r, s);
}

int stage_too_few(const struct stage *stage, size_t n, struct err *err)
{
	return err_set(err, -ENODATA,
		       "only %zu replies while %s; try with `lancet run` "
		       "whether the target answers", n, stage->what);
}
