/* measure.c - one point, run as segments until it is precise enough */
#include "coordinator/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "coordinator/interrupt.h"
#include "coordinator/plan.h"
#include "coordinator/recording.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"
#include "lancet/core/err.h"

/* From the start frame to the first request: to draw ahead, to wake up. */
#define LEAD_NS INT64_C(50000000)
/* An extension shorter than this adds nothing worth its warm-up. */
#define LEAST_NS INT64_C(200000000)
/* Half-widths shrink as one over the root; this much is added for luck. */
#define MARGIN 1.15

/* --- how long ------------------------------------------------------------------ */

int64_t measure_next(const struct measure_state *state)
{
	int64_t most = state->left_ns;
	double shrink, more_ns;

	if (isnan(state->asked))
		return state->measured_s > 0 ? 0 : most;
	if (state->measured_s <= 0) {
		/* A third of the time tells how much more is needed. */
		int64_t first = state->warmup_ns + most / 3;

		return first < most ? first : most;
	}
	if (state->reached <= state->asked ||
	    most < state->warmup_ns + LEAST_NS)
		return 0;
	shrink = state->reached / state->asked;
	more_ns = 1e9 * state->measured_s * (MARGIN * shrink * shrink - 1) +
		  (double)state->warmup_ns;
	more_ns = fmax(more_ns, (double)(state->warmup_ns + LEAST_NS));
	return more_ns < (double)most ? (int64_t)more_ns : most;
}

/* --- one segment ------------------------------------------------------------------ */

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

/* --- the point ---------------------------------------------------------------------- */

static double reached(const struct point_data *data)
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

static void note_attempt(struct measured *measured, struct arena *arena,
			 size_t *room, int64_t length_ns)
{
	struct result_attempt *attempt;
	bool first = measured->nattempts == 0;
	double seconds = (double)length_ns / 1e9;

	measured->attempts = arena_grow(arena, measured->attempts,
					measured->nattempts, room,
					sizeof(*measured->attempts));
	attempt = &measured->attempts[measured->nattempts++];
	attempt->action = first ? "measure" : "extend";
	if (first)
		attempt->reason = arena_printf(arena, "%.2f s", seconds);
	else if (isfinite(measured->reached))
		attempt->reason = arena_printf(arena,
			"by %.2f s: half-width %.1f%%, asked %.1f%%", seconds,
			100 * measured->reached, 100 * measured->asked);
	else
		attempt->reason = arena_printf(arena,
			"by %.2f s: the quantile was unresolved", seconds);
}

int measure_point(struct session *session, struct point_data *data,
		  struct measured *measured, struct arena *arena,
		  struct err *err)
{
	const struct config_measure *m = &data->plan->config->measure;
	int64_t begun = clock_now_ns(), length;
	struct wire_start start = {
		.point = data->point->index,
		.rate_rps = data->point->rate_rps,
		.drain_ns = m->drain_ns,
	};
	struct arena samples;
	size_t room = 0;
	int rc;

	*measured = (struct measured){
		.asked = m->precision ? m->precision->relative : (double)NAN,
		.reached = (double)NAN,
	};
	for (;; start.segment++) {
		struct measure_state state = {
			.left_ns = plan_length_ns(data->plan) -
				   (start.segment ?
				    clock_now_ns() + LEAD_NS - begun : 0),
			.warmup_ns = data->point->warmup_ns,
			.measured_s = data->duration_s,
			.asked = measured->asked,
			.reached = measured->reached,
		};

		length = measure_next(&state) / m->window_ns * m->window_ns;
		if (length <= 0 || interrupted())
			return 0;
		note_attempt(measured, arena, &room, length);
		start.from_ns = start.until_ns;
		start.until_ns += length;
		arena_init(&samples);
		rc = run_segment(session, data, &start, &samples, err);
		arena_fini(&samples);
		if (rc < 0)
			return rc;
		point_close(data, arena);
		measured->reached = reached(data);
	}
}
