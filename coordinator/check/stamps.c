/* stamps.c - are the instants of a file fine, and each request there once? */
#include <math.h>
#include <stdlib.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"

struct stamps {
	double coarse;
	double twice;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct stamps, coarse, 0, "10%", 0, 100,
	       "unit of the latencies over their median: what rounding moves "
	       "a quantile by; the unit of sends may be a mean gap"),
	OPTION(PERCENT, struct stamps, twice, 0, "0.1%", 0, 1,
	       "share of lines that may be the same as another, to the "
	       "nanosecond: as many as may be lost"),
	{ 0 },
};

static int by_send(const void *left, const void *right)
{
	const struct sample *a = *(const struct sample *const *)left;
	const struct sample *b = *(const struct sample *const *)right;

	if (a->sent_ns != b->sent_ns)
		return a->sent_ns < b->sent_ns ? -1 : 1;
	if (a->received_ns != b->received_ns)
		return a->received_ns < b->received_ns ? -1 : 1;
	return a->class < b->class ? -1 : a->class > b->class;
}

/* Lines that say of an agent what another says, and all of its lines. */
static size_t twice(const struct point_samples *from, struct arena *arena)
{
	const struct sample **all = arena_array(arena, from->n, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++)
		all[i] = &from->sample[i];
	qsort(all, from->n, sizeof(*all), by_send);
	for (size_t i = 1; i < from->n; i++)
		n += by_send(&all[i - 1], &all[i]) == 0;
	return n;
}

/* What is wrong, or NULL; effect and threshold are of that. */
static const char *wrong(const struct point_data *data, double median_ns,
			 size_t same, const struct stamps *levels,
			 struct check_result *out, struct arena *arena)
{
	double n = (double)data->counts.intended;
	double gap_ns = 1e9 * data->duration_s / n;

	out->effect = (double)same / n;
	out->threshold = levels->twice;
	/* Equal instants are no wonder where they are rounded. */
	if (out->effect > out->threshold &&
	    100 * (double)data->sent_unit_ns < gap_ns)
		return arena_printf(arena,
			"%zu lines are the same as another (%.1f%% allowed)",
			same, 100 * levels->twice);
	if (median_ns < 1)
		return "the typical latency is 0; are they in ns?";
	out->effect = (double)data->reply_unit_ns / median_ns;
	out->threshold = levels->coarse;
	if (out->effect > out->threshold && data->reply_unit_ns > 1)
		return arena_printf(arena,
			"latencies are multiples of %lld ns, which is %.0f%% "
			"of their median (%.0f%% allowed)",
			(long long)data->reply_unit_ns, 100 * out->effect,
			100 * levels->coarse);
	if ((double)data->sent_unit_ns <= gap_ns)
		return NULL;
	out->effect = (double)data->sent_unit_ns / gap_ns;
	out->threshold = 1;
	return arena_printf(arena,
		"sends are multiples of %lld ns, %.1f mean gaps: nobody can "
		"say when they were", (long long)data->sent_unit_ns,
		out->effect);
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct stamps *levels = options;
	const struct result_quantile *p50 =
		result_quantile(&data->response, .5);
	size_t same = 0;

	for (size_t i = 0; i < data->nsamples; i++)
		same += twice(&data->samples[i], arena);
	out->statistic = (double)same;
	out->reason = wrong(data, p50 ? p50->value : (double)NAN, same, levels,
			    out, arena);
	out->status = out->reason ? CHECK_FAIL : CHECK_PASS;
	if (!out->reason)
		out->reason = arena_printf(arena,
			"sends are multiples of %lld ns, latencies of %lld; "
			"%zu lines are the same as another",
			(long long)data->sent_unit_ns,
			(long long)data->reply_unit_ns, same);
}

const struct check_ops check_stamps = {
	.kind = {
		.name = "stamps",
		.help = "instants of a file are fine enough, and no request "
			"is there twice",
		.options = rows,
		.options_size = sizeof(struct stamps),
	},
	.of = CHECK_FILES,
	.run = run,
};
