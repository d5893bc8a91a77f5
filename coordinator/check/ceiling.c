/* ceiling.c - do latencies of a file end at one value that many share? */
#include "coordinator/check.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"

#define BELOW 10	/* units: how crowded it is next to the highest */
#define LEAST 10	/* so many of one value are no luck */
#define CROWDED 10	/* times as many as in a unit below */

struct ceiling {
	double share;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct ceiling, share, 0, "0.1%", 0, 1,
	       "allowed share of latencies that equal the highest to the "
	       "nanosecond: as many as may be lost"),
	{ 0 },
};

struct top {
	int64_t highest_ns;
	size_t n, highest, below;
};

static int64_t latency(const struct sample *s)
{
	return s->received_ns - s->sent_ns;
}

static struct top top_of(const struct point_samples *from, size_t nfrom,
			 int64_t unit_ns)
{
	struct top top = { .highest_ns = -1 };

	for (size_t i = 0; i < nfrom; i++)
		for (size_t k = 0; k < from[i].n; k++) {
			const struct sample *s = &from[i].sample[k];

			if (s->outcome == OUTCOME_RECEIVED &&
			    latency(s) > top.highest_ns)
				top.highest_ns = latency(s);
		}
	for (size_t i = 0; i < nfrom; i++)
		for (size_t k = 0; k < from[i].n; k++) {
			const struct sample *s = &from[i].sample[k];
			int64_t under_ns = top.highest_ns - latency(s);

			if (s->outcome != OUTCOME_RECEIVED)
				continue;
			top.n++;
			top.highest += under_ns == 0;
			top.below += under_ns && under_ns <= BELOW * unit_ns;
		}
	return top;
}

/*
 * A density that falls off leaves few at its very end. Where all are one, it
 * is no end: a server may well take the same time each time.
 */
static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct ceiling *levels = options;
	struct top top;

	top = top_of(data->samples, data->nsamples, data->reply_unit_ns);
	out->statistic = (double)top.highest;
	out->effect = top.n ? (double)top.highest / (double)top.n : 0;
	out->threshold = levels->share;
	out->status = CHECK_PASS;
	if (top.highest >= LEAST && out->effect > levels->share &&
	    top.highest < top.n &&
	    BELOW * top.highest > CROWDED * (top.below + BELOW))
		out->status = CHECK_FAIL;
	out->reason = arena_printf(arena, out->status == CHECK_PASS
		? "%zu of %zu latencies are the highest, %lld ns"
		: "%zu of %zu latencies are the highest, %lld ns: slower ones "
		  "were cut off, or are timeouts, which are lost requests",
		top.highest, top.n, (long long)top.highest_ns);
}

const struct check_ops check_ceiling = {
	.kind = {
		.name = "ceiling",
		.help = "latencies of a file are not cut off at a highest "
			"value",
		.options = rows,
		.options_size = sizeof(struct ceiling),
	},
	.of = CHECK_FILES,
	.run = run,
};
