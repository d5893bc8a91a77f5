/* completeness.c - did every request get one answer, and every record home? */
#include "coordinator/check.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"

struct completeness {
	double limit;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct completeness, limit, 0, "0.1%", 0, 1,
	       "allowed share of requests without an answer, or with a "
	       "second one: beyond it p99.9 has no upper bound"),
	{ 0 },
};

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct completeness *levels = options;
	const struct result_counts *c = &data->counts;
	int64_t without = c->intended - c->received;

	if (!c->intended) {
		out->reason = "no request was intended after the warm-up";
		return;
	}
	out->statistic = (double)without;
	out->effect = (double)without / (double)c->intended;
	out->threshold = levels->limit;
	out->status = out->effect <= out->threshold ? CHECK_PASS : CHECK_FAIL;
	out->reason = arena_printf(arena,
		"%lld of %lld requests have no good answer (%.3g%% allowed; "
		"unsent %lld, refused %lld, errors %lld, timeouts %lld, lost "
		"%lld; late replies %lld)", (long long)without,
		(long long)c->intended, 100 * out->threshold,
		(long long)c->unsent, (long long)c->nacked,
		(long long)c->error, (long long)c->timeout,
		(long long)c->lost, (long long)c->late_replies);
	/* Any of them may have been the slowest. */
	if (without > 0)
		out->reason = arena_printf(arena,
			"%s: nothing is known beyond p%.5g", out->reason,
			100 * (1 - out->effect));
	if (c->error > 0 && point_broken(data))
		out->reason = arena_printf(arena,
			"%s; the target closed connections, or took none, %lld "
			"times", out->reason, (long long)point_broken(data));
	if (data->bad_replies) {
		out->status = CHECK_FAIL;
		out->reason = arena_printf(arena,
			"%llu replies could not be parsed by the protocol; %s",
			(unsigned long long)data->bad_replies, out->reason);
	}
	if ((double)data->unasked > levels->limit * (double)c->intended) {
		out->status = CHECK_FAIL;
		out->reason = arena_printf(arena,
			"%llu replies were duplicates or had no request: which "
			"one was counted is arbitrary; %s",
			(unsigned long long)data->unasked, out->reason);
	}
	if (!data->records_dropped)
		return;
	out->status = CHECK_FAIL;
	out->reason = arena_printf(arena,
		"%llu records were dropped because an agent's ring was full",
		(unsigned long long)data->records_dropped);
}

const struct check_ops check_completeness = {
	.kind = {
		.name = "completeness",
		.help = "requests were answered, and none went unrecorded",
		.options = rows,
		.options_size = sizeof(struct completeness),
	},
	.run = run,
};
