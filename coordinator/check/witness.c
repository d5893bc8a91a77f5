/* witness.c - has the capture that stamps come from seen all of them? */
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/option.h"

struct witness {
	double limit;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct witness, limit, 0, "0.1%", 0, 1,
	       "allowed share of requests, or of replies, missing in the "
	       "capture; if its buffer overflowed, all count as missing"),
	{ 0 },
};

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct witness *levels = options;
	const struct wire_stamps *s = &data->stamps;

	if (!s->source || strcmp(s->source, "pcap")) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = "no stamps of a capture were asked for";
		return;
	}
	if (!s->asked) {
		out->reason = "no request with stamps was sent";
		return;
	}
	check_missing(s, levels->limit, CHECK_FAIL,
		      ": the capture lost packets: offer less load, or "
		      "measure for a shorter time", arena, out);
}

const struct check_ops check_witness = {
	.kind = {
		.name = "witness",
		.help = "the capture that stamps the run has all packets",
		.options = rows,
		.options_size = sizeof(struct witness),
	},
	.of = CHECK_RUNS,
	.run = run,
};
