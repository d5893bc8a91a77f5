/* words_wire.c - what the stamps of the wire tell, in words */
#include <stdio.h>

#include "lancet/core/text.h"
#include "reports/words.h"

static void add_time(const struct result_metric *metric, double q,
		     const char *name, char *text, size_t size)
{
	const struct result_quantile *at = result_quantile(metric, q);
	char time[40];

	text_add(text, size, "%s %s", name,
		 words_time(at ? at->value : (double)NAN, time, sizeof(time)));
}

char *words_wire(const struct result_point *point, char *text, size_t size)
{
	const struct result_stamps *s = &point->timestamps;
	char time[40];

	text[0] = '\0';
	if (point->wire_ns) {
		add_time(point->wire_ns, .5, "p50", text, size);
		add_time(point->wire_ns, .99, ", p99", text, size);
		text_add(text, size, "; %s stamps of %.3g%% of the requests, "
			 "within %s", s->source, 100 * s->share,
			 words_time(s->uncertainty_ns, time, sizeof(time)));
		if (s->lost_tx || s->lost_rx)
			text_add(text, size, ", %lld out and %lld in lost",
				 (long long)s->lost_tx, (long long)s->lost_rx);
	}
	if (s->reason)
		text_add(text, size, "%s%s", text[0] ? "; " : "", s->reason);
	return text;
}

char *words_one_way(const struct result_one_way *way, char *text, size_t size)
{
	struct {
		const char *what;
		double ns;
	} part[] = {
		{ "there p50", way->request_p50_ns },
		{ ", p99", way->request_p99_ns },
		{ ", back p50", way->reply_p50_ns },
		{ ", p99", way->reply_p99_ns },
		{ ", within", way->uncertainty_ns },
	};
	char time[40];

	text[0] = '\0';
	if (way->reason) {
		text_add(text, size, "not told: %s", way->reason);
		return text;
	}
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		text_add(text, size, "%s %s", part[i].what,
			 words_time(part[i].ns, time, sizeof(time)));
	return text;
}

char *words_legs(const struct result_breakdown *legs, char *text, size_t size)
{
	struct {
		const char *what;
		double ns;
	} leg[] = {
		{ "until sent", legs->queue_ns },
		{ "to the queueing discipline", legs->sched_ns },
		{ "to the wire", legs->wire_out_ns },
		{ "on the wire and in the target", legs->wire_ns },
		{ "until received", legs->wire_in_ns },
	};
	char time[40];

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(leg) / sizeof(leg[0]); i++)
		if (!isnan(leg[i].ns))
			text_add(text, size, "%s%s %s", text[0] ? ", " : "",
				 words_time(leg[i].ns, time, sizeof(time)),
				 leg[i].what);
	return text;
}
