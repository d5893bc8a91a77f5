/* stamps.c - are the instants of a file fine, and each request there once? */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"
#include "lancet/core/sort.h"

#define ALIKE 50	/* times that a value occurs, if a clock is coarse */
#define VALUES 4	/* that it has at least, in the middle */
#define EXACT 20	/* and more of all: as many may be a service's */
#define TINY 1e4	/* ns of a median, where 10 are no latency */
#define BACKWARDS 3	/* so few steps back are a clock's */

struct stamps {
	double coarse;
	double twice;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct stamps, coarse, 0, "10%", 0, 100,
	       "allowed resolution of latencies, relative to their median: "
	       "rounding shifts quantiles by as much; that of sends may be a "
	       "mean gap"),
	OPTION(PERCENT, struct stamps, twice, 0, "0.1%", 0, 1,
	       "allowed share of lines that equal another to the nanosecond, "
	       "or have no latency: as many as may be lost"),
	{ 0 },
};

/* What the instants look like, of all agents. */
struct look {
	size_t same;		/* lines that are equal to another */
	size_t zero, few;	/* latencies of 0; of 1 to 10 units */
	double grain_ns;	/* of latencies, where they are alike; or 0 */
	double tick_ns;		/* of sends that share instants; or 0 */
	int64_t back_ns;	/* that a clock was set back; or 0 */
};

static int by_send(const void *left, const void *right)
{
	const struct sample *a = *(const struct sample *const *)left;
	const struct sample *b = *(const struct sample *const *)right;

	if (a->sent_ns != b->sent_ns)
		return a->sent_ns < b->sent_ns ? -1 : 1;
	if (a->received_ns != b->received_ns)
		return a->received_ns < b->received_ns ? -1 : 1;
	if (a->intended_ns != b->intended_ns)
		return a->intended_ns < b->intended_ns ? -1 : 1;
	return a->class < b->class ? -1 : a->class > b->class;
}

/*
 * Where many sends share an instant, the least time between two others: of
 * batches at random instants next to none, of a clock its tick. As many each
 * time are a timer's, and few instants do not tell: then 1, and the unit says.
 */
static double tick_of(const struct sample *const *all, size_t n,
		      struct arena *arena)
{
	int64_t *gap = arena_array(arena, n, sizeof(*gap));
	size_t positive = 0, alike = 0, here = 1, last = 0;

	for (size_t i = 1; i < n; i++, here++) {
		if (all[i]->sent_ns == all[i - 1]->sent_ns)
			continue;
		gap[positive++] = all[i]->sent_ns - all[i - 1]->sent_ns;
		alike += here == last;
		last = here;
		here = 0;
	}
	if (positive * 5 > n * 4)
		return 0;
	if (positive < VALUES || alike * 10 > positive * 9)
		return 1;
	sort_i64(gap, positive);
	return (double)gap[positive / 1000];
}

/* One agent's lines, in order of sending; its latencies go to `took`. */
static size_t look_at(const struct point_samples *from, int64_t *took,
		      struct look *look, struct arena *arena)
{
	const struct sample **all = arena_array(arena, from->n, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++)
		all[i] = &from->sample[i];
	qsort(all, from->n, sizeof(*all), by_send);
	for (size_t i = 0; i < from->n; i++) {
		look->same += i && by_send(&all[i - 1], &all[i]) == 0;
		if (all[i]->outcome == OUTCOME_RECEIVED)
			took[n++] = all[i]->received_ns - all[i]->sent_ns;
	}
	look->tick_ns = fmax(look->tick_ns, tick_of(all, from->n, arena));
	return n;
}

/*
 * The time between values next to each other, where there are few. A clock
 * that leaves no more of them than a service may have takes many for 0.
 */
static void look_at_latencies(int64_t *took, size_t n, int64_t unit_ns,
			      struct look *look)
{
	size_t from = n / 20, until = n - n / 20, values = 1, all = 1;

	sort_i64(took, n);
	for (size_t i = 1; i < n; i++) {
		all += took[i] != took[i - 1];
		values += i > from && i < until && took[i] != took[i - 1];
	}
	if (n && values >= VALUES && (all > EXACT || !took[n / 1000]) &&
	    (until - from) / values >= ALIKE)
		look->grain_ns = (double)(took[until - 1] - took[from]) /
				 (double)(values - 1);
	for (size_t i = 0; i < n && took[i] <= 10 * unit_ns; i++)
		*(took[i] ? &look->few : &look->zero) += 1;
}

/* Of one agent's lines, in their order. */
struct order {
	int64_t last_ns, end_ns, back_ns, reply_ns;
	int64_t both_ns;	/* back_ns where replies step back, too */
	size_t steps, replies;	/* that are before the line above */
};

/* Rounding may put replies out of order by `unit_ns` each. */
static void line_up(struct order *order, const struct sample *s,
		    int64_t unit_ns)
{
	int64_t sent_ns = s->sent_ns, back = order->last_ns - sent_ns;
	bool in_order = false;

	order->steps += back > 0;
	if (s->outcome == OUTCOME_RECEIVED) {
		in_order = s->received_ns + 2 * unit_ns >= order->reply_ns;
		order->replies += !in_order;
		order->reply_ns = s->received_ns;
	}
	order->back_ns = back > order->back_ns ? back : order->back_ns;
	if (!in_order && back > order->both_ns)
		order->both_ns = back;
	order->last_ns = sent_ns;
	order->end_ns = sent_ns > order->end_ns ? sent_ns : order->end_ns;
}

/*
 * How far one agent's lines step back, if few do. A log in order of replies
 * has few steps, too, where few overtake others: these are none.
 */
static int64_t back_of(const struct order *order, size_t lines)
{
	int64_t back_ns = order->replies <= BACKWARDS ? order->both_ns
						      : order->back_ns;

	/* Files that were put one after the other step back by all. */
	return order->steps <= BACKWARDS && lines > 1000 * order->steps &&
	       back_ns < order->end_ns / 4 ? back_ns : 0;
}

/* In the order of the lines, all but a few of which are in that of time. */
static int64_t set_back(const struct point_data *data, size_t lines,
			struct arena *arena)
{
	const struct sample **line = arena_array(arena, lines, sizeof(*line));
	struct order *of = arena_array(arena, data->nsamples, sizeof(*of));
	int64_t back = 0;

	memset(of, 0, data->nsamples * sizeof(*of));
	for (size_t i = 0; i < data->nsamples; i++) {
		const struct point_samples *from = &data->samples[i];

		of[i].last_ns = -SAMPLE_TIME_MAX;
		of[i].reply_ns = -SAMPLE_TIME_MAX;
		for (size_t k = 0; k < from->n; k++)
			line[from->sample[k].seq] = &from->sample[k];
	}
	for (size_t i = 0; i < lines; i++)
		line_up(&of[line[i]->conn], line[i],
			data->sent_unit_ns > data->reply_unit_ns
				? data->sent_unit_ns : data->reply_unit_ns);
	for (size_t i = 0; i < data->nsamples; i++) {
		int64_t one = back_of(&of[i], data->samples[i].n);

		back = one > back ? one : back;
	}
	return back;
}

static struct look look_of(const struct point_data *data, struct arena *arena)
{
	struct look look = { 0 };
	size_t n = 0;
	int64_t *took;

	for (size_t i = 0; i < data->nsamples; i++)
		n += data->samples[i].n;
	took = arena_array(arena, n, sizeof(*took));
	look.back_ns = set_back(data, n, arena);
	n = 0;
	for (size_t i = 0; i < data->nsamples; i++)
		n += look_at(&data->samples[i], took + n, &look, arena);
	look_at_latencies(took, n, data->reply_unit_ns, &look);
	return look;
}

/* --- what is wrong, or NULL; effect and threshold are of that ------------- */

static const char *coarse(const struct point_data *data, double median_ns,
			  const struct look *look, const struct stamps *levels,
			  struct check_result *out, struct arena *arena)
{
	double gap_ns = 1e9 * data->duration_s / (double)data->counts.intended;
	double unit = fmax((double)data->reply_unit_ns, look->grain_ns);
	double tick = look->tick_ns > 0
		? fmax((double)data->sent_unit_ns, look->tick_ns) : 0;

	out->effect = unit / median_ns;
	out->threshold = levels->coarse;
	if (out->effect > out->threshold && unit > 1)
		return arena_printf(arena,
			"latencies are multiples of %.0f ns, which is %.0f%% "
			"of their median (%.0f%% allowed)", unit,
			100 * out->effect, 100 * levels->coarse);
	out->effect = tick / gap_ns;
	out->threshold = 1;
	return out->effect <= 1 ? NULL : arena_printf(arena,
		"sends are multiples of %.0f ns, %.1f mean gaps: too coarse to "
		"know when they were", tick, out->effect);
}

static const char *wrong(const struct point_data *data, double median_ns,
			 const struct look *look, const struct stamps *levels,
			 struct check_result *out, struct arena *arena)
{
	double n = (double)data->counts.intended;
	double gap_ns = 1e9 * data->duration_s / n;

	out->effect = (double)look->same / n;
	out->threshold = levels->twice;
	/* Equal instants are no wonder where they are rounded. */
	if (out->effect > out->threshold &&
	    100 * (double)data->sent_unit_ns < gap_ns)
		return arena_printf(arena,
			"%zu lines are the same as another (%.1f%% allowed)",
			look->same, 100 * levels->twice);
	if (median_ns < 1)
		return "the typical latency is 0; are they in ns?";
	out->effect = (double)look->zero / n;
	/* Unless it is rounded from what many are near. */
	if (out->effect > out->threshold && look->zero > look->few)
		return arena_printf(arena,
			"%zu requests have a latency of 0 ns (%.1f%% allowed)",
			look->zero, 100 * levels->twice);
	/* No request takes as little, where the others take far longer. */
	out->effect = (double)(look->zero + look->few) / n;
	if (out->effect > out->threshold && data->reply_unit_ns == 1 &&
	    median_ns > TINY)
		return arena_printf(arena,
			"%zu requests have a latency of at most 10 ns, the "
			"median is %.0f (%.1f%% allowed)",
			look->zero + look->few, median_ns,
			100 * levels->twice);
	if (look->back_ns)
		return arena_printf(arena,
			"lines are in order of time, but for one that is %.3g "
			"ms before the line above it: the clock was set back",
			(double)look->back_ns / 1e6);
	return coarse(data, median_ns, look, levels, out, arena);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct result_quantile *p50 =
		result_quantile(&data->response, .5);
	struct look look = look_of(data, arena);

	out->statistic = (double)look.same;
	out->reason = wrong(data, p50 ? p50->value : (double)NAN, &look,
			    options, out, arena);
	out->status = out->reason ? CHECK_FAIL : CHECK_PASS;
	if (!out->reason)
		out->reason = arena_printf(arena,
			"sends are multiples of %lld ns, latencies of %lld; "
			"%zu lines are the same as another",
			(long long)data->sent_unit_ns,
			(long long)data->reply_unit_ns, look.same);
}

const struct check_ops check_stamps = {
	.kind = {
		.name = "stamps",
		.help = "timestamps of a file are fine enough, and no request "
			"is there twice",
		.options = rows,
		.options_size = sizeof(struct stamps),
	},
	.of = CHECK_FILES,
	.run = run,
};
