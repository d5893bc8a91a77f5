/* measure.c - one point: what is decided about it is carried out */
#include "coordinator/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "coordinator/check.h"
#include "coordinator/compare.h"
#include "coordinator/decide.h"
#include "coordinator/interrupt.h"
#include "coordinator/plan.h"
#include "coordinator/recording.h"
#include "coordinator/search.h"
#include "coordinator/settle.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"
#include "workloads/arrival.h"

/* From the start frame to the first request: to draw ahead, to wake up. */
#define LEAD_NS INT64_C(50000000)
/* Part of the limit that waiting for the last replies may take at most. */
#define DRAIN_PART 16
/* A loop takes a quarter more where replies still come in: loop.c. */
#define DRAIN_OVER 4
/* Folding and sending a request, with its record and without; at least. */
#define RECORD_NS 2000
#define COUNT_NS 150
/* On a machine that others are busy on it takes longer; at most so many times. */
#define CROWD_MOST 4.
/*
 * Half of the requests later than this: the loop is too slow, not stalled. A
 * spinning one keeps 99% of them within it (check/lateness.c).
 */
#define OVERRUN_NS 50e3
/* Agents tell so often at least, what they have sent. */
#define TICK_NS INT64_C(1000000000)

struct measure {
	struct session *session;
	struct point_data *data;
	struct measured *measured;
	size_t room;			/* for attempts */
	struct arena *arena;
	struct wire_start start;
	int64_t begun_ns;
	const struct result_predicted *forecast; /* of a trial; or NULL */
	bool left_out_said;
	bool behind;			/* at the last tick */
};

/* --- one segment ---------------------------------------------------------- */

/* Jiffies of all CPUs, and those of them that the host took: proc(5). */
struct cpu_time {
	double all, steal;
};

static struct cpu_time cpu_time(void)
{
	FILE *file = fopen("/proc/stat", "re");
	unsigned long long field[8];
	struct cpu_time time = { 0 };
	int n = 0;

	if (!file)
		return time;
	n = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu",
		   &field[0], &field[1], &field[2], &field[3], &field[4],
		   &field[5], &field[6], &field[7]);
	fclose(file);
	for (int i = 0; i < n; i++)
		time.all += (double)field[i];
	time.steal = n == 8 ? (double)field[7] : 0;
	return time;
}

static void note_steal(struct point_data *data, const struct cpu_time *before)
{
	struct cpu_time after = cpu_time();
	double all = after.all - before->all;
	double share = (after.steal - before->steal) / all;

	if (all > 0 && !(share <= data->steal))
		data->steal = share;
}

/* An interrupted segment ends with the last whole window before the stop. */
static void cut_short(const struct session *session, struct wire_start *start)
{
	int64_t window = session->plan->config->measure.window_ns;
	int64_t ran = session->stopped_ns - start->at_ns;

	if (!session->stopping)
		return;
	ran = ran < 0 ? 0 : ran / window * window;
	if (start->from_ns + ran < start->until_ns)
		start->until_ns = start->from_ns + ran;
}

/* Records that nobody but their file needs live in an arena of their own. */
static int run_segment(struct session *session, struct point_data *data,
		       struct wire_start *start, struct arena *samples,
		       struct err *err)
{
	struct peer *peer = session->peer;
	const struct wire_report **report =
		arena_array(data->arena, session->nagents, sizeof(*report));
	struct cpu_time before = cpu_time();

	start->at_ns = clock_now_ns() + LEAD_NS;
	if (session_segment(session, start, data->arena,
			    data->plan->samples ? data->arena : samples,
			    err) < 0)
		return err->code;
	note_steal(data, &before);
	cut_short(session, start);
	for (size_t i = 0; i < session->nagents; i++)
		report[i] = peer[i].in.report;
	point_add(data, start, report,
		  session->npeers > session->nagents
			  ? &peer[session->nagents].account : NULL);
	return recording_add(data->recording, data, report, err);
}

/* --- time ----------------------------------------------------------------- */

static int64_t drain_ns(const struct plan *plan)
{
	const struct config_measure *m = &plan->config->measure;
	int64_t timeout = config_timeout_ns(plan->config);
	int64_t drain = m->time_limit_ns / DRAIN_PART;

	drain = drain < timeout ? drain : timeout;
	return drain < m->drain_ns ? drain : m->drain_ns;
}

/* Those who want to run, over the CPUs there are, in the last minute. */
static double crowd(const struct plan *plan)
{
	double load;

	if (getloadavg(&load, 1) != 1 || !plan->host.ncpus)
		return 1;
	return fmin(fmax(load / (double)plan->host.ncpus, 1), CROWD_MOST);
}

/* What folding takes, as a share of the time that was measured. */
static double fold_share(const struct measure *m)
{
	const struct plan *plan = m->session->plan;
	double guess = m->data->point->rate_rps / 1e9 * crowd(plan) *
		       (plan->sent_samples > 0 ? RECORD_NS : COUNT_NS);

	return fmax(guess, m->session->fold_share);
}

/* Schedule time that still fits, with all that comes before and after it. */
static int64_t left_ns(const struct measure *m)
{
	const struct plan *plan = m->session->plan;
	int64_t drain = drain_ns(plan), left;

	if (plan->config->load.pattern &&
	    config_pattern_ns(plan->config->load.pattern))
		return m->data->nsegments ? 0 : plan_length_ns(plan);
	left = plan->config->measure.time_limit_ns -
	       (clock_now_ns() - m->begun_ns) - LEAD_NS - drain -
	       drain / DRAIN_OVER;
	return (int64_t)((double)left / (1 + fold_share(m)));
}

/*
 * So that the next segment of any point is planned with what this one took;
 * a freeze of the machine is forgotten after some.
 */
static void learn(struct measure *m, int64_t length_ns)
{
	int64_t over = clock_now_ns() - m->start.at_ns - length_ns -
		       m->start.drain_ns;

	m->session->fold_share = fmax(m->session->fold_share / 2,
				      (double)over / (double)length_ns);
}

/* --- looking -------------------------------------------------------------- */

double measure_reached(const struct point_data *data)
{
	const struct config_precision *p =
		data->plan->config->measure.precision;
	const struct result_quantile *q;

	if (!p)
		return (double)NAN;
	q = result_quantile(&data->response, p->quantile);
	if (!q || !(q->value > 0) || !isfinite(q->hi))
		return (double)INFINITY;
	return (q->hi - q->lo) / 2 / q->value;
}

double measure_shrink(const struct point_data *data)
{
	const struct config_precision *p =
		data->plan->config->measure.precision;

	return p ? measure_reached(data) / p->relative : (double)NAN;
}

static bool polls(const struct plan *plan)
{
	for (size_t i = 0; i < plan->nagents; i++)
		if (plan->agent[i].poll)
			return true;
	return false;
}

static const char *fault(const struct result_check *checks, size_t n,
			 bool blind, bool paired, struct arena *arena)
{
	const struct result_check *check = check_fault(checks, n, blind,
						       paired);

	return check ? arena_printf(arena, "%s: %s", check->name,
				    check->reason) : NULL;
}

/*
 * Too few connections: requests waited for replies. Where these had broken,
 * more would not have stood either. Too few threads: also those were late
 * that waited for no connection, half of them at least. Of the sent, which
 * `lateness` has, at most all that waited are not among these.
 */
static void blame(const struct point_data *data, const struct plan *plan,
		  struct decide_state *state)
{
	uint64_t all = data->lateness->total + data->waited;
	double sent = (double)data->lateness->total;
	double prompt = fmax(sent - (double)data->waited, 0) / sent;

	state->waited = 100 * data->waited > all;
	state->throttled = 100 * (data->waited - data->cut_off) > all;
	state->overrun = !state->throttled && polls(plan) && prompt > 0 &&
			 hist_quantile(data->lateness, .5 * prompt) >
				 OVERRUN_NS;
}

/* What the checks say of the point, and whether the client is to blame. */
static int look_closer(struct measure *m, struct decide_state *state,
		       struct err *err)
{
	const struct point_data *data = m->data;
	const struct plan *plan = m->session->plan;
	struct result_check *checks;
	size_t n;

	if (check_all(data, m->arena, &checks, &n, err) < 0)
		return err->code;
	state->paired = m->measured->trial.paired;
	state->spoilt = fault(checks, n, true, state->paired, m->arena);
	state->doubt = fault(checks, n, false, state->paired, m->arena);
	blame(data, plan, state);
	if (!state->spoilt && !state->doubt)
		return 0;
	state->connections = plan_respread(plan, true, false, data->arena);
	state->threads = plan_respread(plan, false, true, data->arena);
	return 0;
}

/* Of the two goals the one that is nearer ends the point; NAN: there is none. */
static double shrink(struct measure *m)
{
	const struct measured *measured = m->measured;
	const struct plan *plan = m->data->plan;
	double width;

	if (isnan(measured->asked) && isnan(plan->trial_confidence))
		return (double)NAN;
	if (!m->data->nsegments)
		return (double)INFINITY;
	width = measure_shrink(m->data);
	if (isnan(plan->trial_confidence))
		return width;
	trial_judge(m->data, m->forecast, &m->measured->trial, m->arena);
	return fmin(trial_width(&m->measured->trial), width);
}

static int look(struct measure *m, struct decide_state *state, struct err *err)
{
	const struct point_data *data = m->data;
	const struct config_measure *c = &data->plan->config->measure;

	m->measured->reached = data->nsegments ? measure_reached(data)
					       : (double)NAN;
	*state = (struct decide_state){
		.begun = data->nsegments > 0,
		.left_ns = left_ns(m),
		.anew_ns = m->session->opening_ns + LEAD_NS,
		.window_ns = c->window_ns,
		.warmup_ns = data->warmup_ns,
		.settled_ns = settle_ns(data),
		.measured_s = data->duration_s,
		.shrink = shrink(m),
		.few = !isnan(data->plan->trial_confidence),
		.last = data->nsegments + 1 >= SEARCH_LOOKS &&
			!isnan(data->plan->trial_confidence),
		.left_out = data->left_out,
		.left_out_most = c->max_left_out,
		.left_out_said = m->left_out_said,
		.attempt = m->start.attempt,
		.attempts = (uint32_t)c->attempts,
	};
	return state->begun ? look_closer(m, state, err) : 0;
}

/* --- doing ---------------------------------------------------------------- */

static void note(struct measure *m, const struct decision *d)
{
	struct measured *to = m->measured;
	const struct session *session = m->session;

	to->attempts = arena_grow(m->arena, to->attempts, to->nattempts,
				  &m->room, sizeof(*to->attempts));
	to->attempts[to->nattempts++] = (struct result_attempt){
		.action = decide_name[d->action], .reason = d->reason,
	};
	if (session->decided)
		session->decided(session->context, decide_name[d->action],
				 d->reason);
}

/*
 * Does the client fall behind by a tenth, far beyond the chance of a count,
 * at two ticks in a row? After a standstill it catches up by the next. Ticks
 * of other agents may be one old.
 */
static bool falls_behind(void *asker, const struct wire_tick *sum)
{
	struct measure *m = asker;
	const struct config_measure *c = &m->session->plan->config->measure;
	int64_t tick = c->heartbeat_ns / 3 < TICK_NS ? c->heartbeat_ns / 3
						     : TICK_NS;
	int64_t ran = clock_now_ns() - m->start.at_ns -
		      (m->session->nagents > 1 ? tick : LEAD_NS);
	double due = m->start.rate_rps * (double)ran / 1e9;
	bool before = m->behind;

	m->behind = ran > 0 && (double)sum->sent < .9 * due - 4 * sqrt(due);
	return before && m->behind;
}

/* Only where it can be helped is a segment worth ending before its time. */
static bool could_help(const struct measure *m)
{
	const struct plan *plan = m->session->plan;
	const struct arrival_ops *arrival =
		(const void *)plan->workload.arrival.kind;

	return !plan->workload.pattern && !(arrival->flags & ARRIVAL_FINITE) &&
	       m->start.attempt + 1 < plan->config->measure.attempts &&
	       plan_respread(plan, true, true, m->data->arena);
}

static int run(struct measure *m, int64_t length_ns, struct err *err)
{
	struct arena samples;
	int rc;

	m->start.from_ns = m->start.until_ns;
	m->start.until_ns += length_ns;
	m->start.drain_ns = drain_ns(m->session->plan);
	m->session->enough = could_help(m) ? falls_behind : NULL;
	m->session->asker = m;
	m->behind = false;
	arena_init(&samples);
	rc = run_segment(m->session, m->data, &m->start, &samples, err);
	arena_fini(&samples);
	m->session->enough = NULL;
	m->start.segment++;
	if (rc < 0)
		return rc;
	point_close(m->data, m->arena);
	learn(m, length_ns);
	return 0;
}

/* Nothing of the attempt is kept but what was decided about it. */
static int begin_anew(struct measure *m, struct err *err)
{
	struct point_data *data = m->data;
	struct recording *recording = data->recording;

	m->start.attempt++;
	m->start.segment = 0;
	m->start.from_ns = m->start.until_ns = 0;
	point_init(data, m->session->plan, data->point, data->arena);
	data->recording = recording;
	data->round = wire_round(data->point->index, m->start.attempt);
	return recording_restart(recording, err);
}

static int respread(struct measure *m, const struct decide_state *state,
		    struct err *err)
{
	const struct plan *plan = m->session->plan;
	int rc;

	plan = plan_respread(plan, state->throttled, state->overrun, m->arena);
	rc = session_respread(m->session, plan, err);
	return rc < 0 ? rc : begin_anew(m, err);
}

/* 1: the point is done. */
static int carry_out(struct measure *m, const struct decide_state *state,
		     const struct decision *d, struct err *err)
{
	switch (d->action) {
	case DECIDE_MEASURE:
	case DECIDE_EXTEND:
		return run(m, d->length_ns, err);
	case DECIDE_CUT:
		point_cut(m->data, state->settled_ns);
		point_close(m->data, m->arena);
		return recording_cut(m->data->recording, state->settled_ns,
				     err);
	case DECIDE_RESPREAD:
		return respread(m, state, err);
	case DECIDE_RERUN:
		return begin_anew(m, err);
	case DECIDE_LEAVE_OUT:
		m->left_out_said = true;
		return 0;
	default:
		return 1;
	}
}

int measure_point(struct session *session, struct point_data *data,
		  struct measured *measured, struct arena *arena,
		  struct err *err)
{
	const struct config_precision *p =
		data->plan->config->measure.precision;
	struct measure m = {
		.session = session, .data = data, .measured = measured,
		.arena = arena,
		.start = { .point = data->point->index,
			   .rate_rps = data->point->rate_rps },
	};
	struct decide_state state;
	struct decision decision;
	int rc = 0;

	*measured = (struct measured){
		.asked = p ? p->relative : (double)NAN,
		.reached = (double)NAN,
	};
	if (!isnan(data->plan->trial_confidence))
		m.forecast = compare_forecast(data->plan,
					      data->point->rate_rps, arena);
	m.begun_ns = clock_now_ns();
	while (!rc && !interrupted()) {
		rc = look(&m, &state, err);
		if (rc)
			break;
		decision = decide(&state, arena);
		note(&m, &decision);
		rc = carry_out(&m, &state, &decision, err);
	}
	measured->took_s = (double)(clock_now_ns() - m.begun_ns) / 1e9;
	return rc < 0 ? rc : 0;
}
