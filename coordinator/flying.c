/* flying.c - how many requests were in flight when each was sent */
#include "coordinator/flying.h"

#include <stdlib.h>

#include "lancet/core/arena.h"
#include "lancet/core/sample.h"
#include "lancet/core/sort.h"

static int by_send(const void *left, const void *right)
{
	const struct flying *a = left, *b = right;

	return (a->at_ns > b->at_ns) - (a->at_ns < b->at_ns);
}

struct flying *flying_of(const struct sample *sample, size_t nsamples,
			 int64_t slack_ns, size_t *n, struct arena *arena)
{
	struct flying *all = arena_array(arena, nsamples, sizeof(*all));
	int64_t *reply = arena_array(arena, nsamples, sizeof(*reply));
	size_t replies = 0, back = 0;

	*n = 0;
	for (size_t i = 0; i < nsamples; i++) {
		const struct sample *s = &sample[i];

		if (s->outcome == OUTCOME_UNSENT)
			continue;
		all[*n].at_ns = s->sent_ns;
		all[*n].took_ns = -1;
		if (s->outcome == OUTCOME_RECEIVED) {
			all[*n].took_ns = s->received_ns - s->sent_ns;
			reply[replies++] = s->received_ns;
		}
		++*n;
	}
	qsort(all, *n, sizeof(*all), by_send);
	sort_i64(reply, replies);
	for (size_t i = 0, sent = 0; i < *n; i++) {
		sent += all[i].took_ns >= 0;
		while (back < replies &&
		       reply[back] - slack_ns <= all[i].at_ns)
			back++;
		all[i].n = (uint32_t)(sent > back ? sent - back : 0);
		all[i].since_ns = back ? all[i].at_ns - reply[back - 1]
				       : INT64_MAX;
	}
	return all;
}
