/* decide.c - what is done next about a point, from what it has shown so far */
#include "coordinator/decide.h"

#include <math.h>

#include "lancet/core/arena.h"

/* A segment shorter than this, or than its warm-up, is not worth its cost. */
#define LEAST_NS INT64_C(200000000)
/* The first segment is at least so many warm-ups long. */
#define FIRST_WARMUPS 4
/*
 * The first look, after 1/FIRST of the time, estimates how much more is
 * needed; from a few bursts the estimate is sometimes far too long. So the
 * point goes half of the WAY and looks again, as in Hall's (1981) triple
 * sampling, adding at most STEP times what it has and at least PART of it. A
 * search's trial has only three looks: it goes the whole way, and adds at most
 * FEW_STEP times what it has.
 */
#define FIRST 12
#define WAY .5
#define PART (1. / 24)
#define STEP .5
#define FEW_STEP 2

const char *const decide_name[] = {
	[DECIDE_MEASURE] = "measure",
	[DECIDE_CUT] = "cut warm-up",
	[DECIDE_RESPREAD] = "respread",
	[DECIDE_RERUN] = "rerun",
	[DECIDE_EXTEND] = "extend",
	[DECIDE_LEAVE_OUT] = "leave out",
	[DECIDE_ACCEPT] = "accept",
	[DECIDE_REJECT] = "reject",
};

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

/* --- how long ------------------------------------------------------------- */

/* Another segment of any use fits into the limit. */
static bool fits(const struct decide_state *s, int64_t left_ns)
{
	return left_ns >= s->warmup_ns + LEAST_NS;
}

static int64_t least(const struct decide_state *s)
{
	return s->warmup_ns > LEAST_NS ? s->warmup_ns : LEAST_NS;
}

/* Without a precision all there is; else what tells how much is needed. */
static int64_t first_length(const struct decide_state *s)
{
	int64_t part = s->left_ns / FIRST;
	int64_t warmups = FIRST_WARMUPS * s->warmup_ns;

	if (isnan(s->shrink))
		return s->left_ns;
	part = part > LEAST_NS ? part : LEAST_NS;
	return s->warmup_ns + (part > warmups ? part : warmups);
}

/*
 * The variance of a mean of correlated values falls as one over their number
 * (Law and Kelton 2000, 4.4), so that the time still needed follows from the
 * width that was reached. INT64_MAX where it was none.
 */
static int64_t needed(const struct decide_state *s)
{
	double more_s = s->measured_s * (s->shrink * s->shrink - 1);
	double ns = fmax(1e9 * more_s, (double)least(s)) +
		    (double)s->warmup_ns;

	return ns < (double)INT64_MAX / 2 ? (int64_t)ns : INT64_MAX;
}

/* Where nobody knows how much is needed, as much as may be; where no further
 * look fits into the limit, the whole way. */
static int64_t step(const struct decide_state *s, int64_t need_ns)
{
	double most = 1e9 * s->measured_s * (s->few ? FEW_STEP : STEP);
	double way = ((double)need_ns - (double)s->warmup_ns) *
		     (s->few ? 1 : WAY);

	way = fmax(fmin(way, most), 1e9 * s->measured_s * PART);
	way = fmax(way, (double)least(s)) + (double)s->warmup_ns;
	if (!fits(s, s->left_ns - (int64_t)way))
		way = fmax(way, (double)need_ns);
	return way < (double)s->left_ns ? (int64_t)way : s->left_ns;
}

int64_t decide_length(const struct decide_state *s, int64_t *need_ns)
{
	int64_t need = 0, length;

	if (!s->begun)
		length = first_length(s);
	else if (!(s->shrink > 1) || !fits(s, s->left_ns))
		length = 0;
	else
		length = step(s, need = needed(s));
	if (s->last && length)
		length = s->left_ns;
	length = length < s->left_ns ? length : s->left_ns;
	if (need_ns)
		*need_ns = need;
	return length / s->window_ns * s->window_ns;
}

/* However little there is, a window of it: no data has no verdict. */
static struct decision begin(const struct decide_state *s, struct arena *arena)
{
	struct decision d = { .action = DECIDE_MEASURE,
			      .length_ns = s->window_ns };
	int64_t length = decide_length(s, NULL);

	if (length > d.length_ns)
		d.length_ns = length;
	d.reason = arena_printf(arena, "%.2f s", seconds(d.length_ns));
	return d;
}

static struct decision extend(const struct decide_state *s,
			      struct arena *arena)
{
	struct decision d = { .action = DECIDE_EXTEND };

	d.length_ns = decide_length(s, &d.need_ns);
	if (d.need_ns == INT64_MAX)
		d.reason = arena_printf(arena,
			"by %.2f s: the quantile was unresolved",
			seconds(d.length_ns));
	else
		d.reason = arena_printf(arena,
			"by %.2f s: an interval %.2f times as precise should "
			"take %.3g s more%s",
			seconds(d.length_ns), s->shrink, seconds(d.need_ns),
			d.need_ns <= s->left_ns ? "" : "; there are no more");
	return d;
}

/* --- what is wrong -------------------------------------------------------- */

/* Only another spread can help a client that is the bottleneck itself. */
static struct decision respread(const struct decide_state *s,
				struct arena *arena)
{
	return (struct decision){
		.action = DECIDE_RESPREAD,
		.reason = arena_printf(arena, s->throttled
			? "requests had to wait for a connection: spread over "
			  "more connections, %.2f s are left"
			: "the measuring loop was too slow for its rate: "
			  "spread over more threads, %.2f s are left",
			  seconds(s->left_ns)),
	};
}

static bool may_respread(const struct decide_state *s)
{
	return ((s->throttled && s->connections) ||
		(s->overrun && s->threads)) &&
	       fits(s, s->left_ns - s->anew_ns);
}

/*
 * What kept requests waiting for connections was the server, slow or closing
 * them: where they did, nothing that the client shows is blind to it.
 */
static bool may_rerun(const struct decide_state *s)
{
	return s->spoilt && !s->waited && fits(s, s->left_ns);
}

static struct decision close_point(const struct decide_state *s,
				   struct arena *arena)
{
	const char *why = s->spoilt ? s->spoilt : s->doubt;

	if (why)
		return (struct decision){
			.action = DECIDE_REJECT,
			.reason = why,
		};
	if (s->paired && s->left_out > s->left_out_most)
		return (struct decision){
			.action = DECIDE_ACCEPT,
			.reason = arena_printf(arena, "the trial's paired "
				"differences leave out %.1f%% of the windows, "
				"because of stalls", 100 * s->left_out),
		};
	return (struct decision){
		.action = DECIDE_ACCEPT,
		.reason = !(s->shrink > 1) ? "no check objects" :
			isinf(s->shrink) ?
			"all checks pass; the quantile stayed unresolved" :
			arena_printf(arena, "all checks pass; the interval "
				     "asked for is %.2f times as precise",
				     s->shrink),
	};
}

struct decision decide(const struct decide_state *s, struct arena *arena)
{
	bool again = s->attempt + 1 < s->attempts;

	if (!s->begun)
		return begin(s, arena);
	if (s->settled_ns > s->warmup_ns)
		return (struct decision){
			.action = DECIDE_CUT,
			.reason = arena_printf(arena,
				"to %.2f s: until then the queue was filling",
				seconds(s->settled_ns)),
		};
	if (again && (s->spoilt || s->doubt) && may_respread(s))
		return respread(s, arena);
	if (again && may_rerun(s))
		return (struct decision){
			.action = DECIDE_RERUN,
			.reason = s->spoilt,
		};
	if (s->shrink > 1 && fits(s, s->left_ns))
		return extend(s, arena);
	if (s->left_out > 0 && s->left_out <= s->left_out_most &&
	    !s->left_out_said)
		return (struct decision){
			.action = DECIDE_LEAVE_OUT,
			.reason = arena_printf(arena,
				"%.1f%% of the windows, in which agents "
				"stalled or caught up; at most %.0f%% are "
				"allowed",
				100 * s->left_out, 100 * s->left_out_most),
		};
	return close_point(s, arena);
}
