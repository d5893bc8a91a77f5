/* wire.c - did the stamps that were asked for come back? */
#include <string.h>

#include "coordinator/check.h"
#include "coordinator/plan.h"
#include "coordinator/point.h"
#include "lancet/core/arena.h"
#include "lancet/core/config.h"
#include "lancet/core/option.h"

struct wire {
	double limit;
};

static const struct option_row rows[] = {
	OPTION(PERCENT, struct wire, limit, 0, "25%", 0, 1,
	       "allowed share of requests, or of replies, without the stamp "
	       "that was asked for: fewer may be those that were easy to "
	       "stamp"),
	{ 0 },
};

/* Response times need no stamps: only who asked for them by name is let down. */
static enum check_status when_lost(const struct point_data *data)
{
	return data->plan->config->timestamps == STAMPS_AUTO
		? CHECK_NOT_APPLICABLE : CHECK_FAIL;
}

static void run(const struct point_data *data, const void *options,
		struct arena *arena, struct check_result *out)
{
	const struct wire *levels = options;
	const struct wire_stamps *s = &data->stamps;

	if (!s->source || !s->asked || !strcmp(s->source, "pcap")) {
		out->status = CHECK_NOT_APPLICABLE;
		out->reason = "no stamps of the kernel's or a card's were "
			      "asked for";
		return;
	}
	check_missing(s, levels->limit, when_lost(data),
		      ": wire times and breakdown are of the others; stamp "
		      "fewer (measure: {stamps: 1%}), or offer less load",
		      arena, out);
}

const struct check_ops check_wire = {
	.kind = {
		.name = "wire",
		.help = "stamps of the wire were not lost",
		.options = rows,
		.options_size = sizeof(struct wire),
	},
	.of = CHECK_RUNS,
	.run = run,
};
