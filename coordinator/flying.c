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

void flying_count(struct flights *f, int64_t slack_ns)
{
	size_t back = 0, sent = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct flying *s = &f->send[i];

		sent += s->took_ns >= 0;
		while (back < f->replies &&
		       f->reply_ns[back] - slack_ns <= s->at_ns)
			back++;
		s->n = (uint32_t)(sent > back ? sent - back : 0);
		s->since_ns = back ? s->at_ns - f->reply_ns[back - 1]
				   : INT64_MAX;
	}
}

struct flights flying_of(const struct sample *sample, size_t n,
			 struct arena *arena)
{
	struct flights f = {
		.send = arena_array(arena, n, sizeof(*f.send)),
		.reply_ns = arena_array(arena, n, sizeof(*f.reply_ns)),
	};

	for (size_t i = 0; i < n; i++) {
		const struct sample *s = &sample[i];

		if (s->outcome == OUTCOME_UNSENT)
			continue;
		f.send[f.n].at_ns = s->sent_ns;
		f.send[f.n].took_ns = -1;
		if (s->outcome == OUTCOME_RECEIVED) {
			f.send[f.n].took_ns = s->received_ns - s->sent_ns;
			f.reply_ns[f.replies++] = s->received_ns;
		}
		f.n++;
	}
	qsort(f.send, f.n, sizeof(*f.send), by_send);
	sort_i64(f.reply_ns, f.replies);
	flying_count(&f, 0);
	return f;
}
