/* expire.c - timeouts where requests are not sent in order, or differ in them */
#include "agents/worker.h"

/*
 * Each timeout has a line of the requests with it, in order of their sending:
 * whatever the others do, the first of a line is its next to time out.
 */
static uint32_t line_of(const struct worker *w, uint32_t class)
{
	return w->flight.lines > 1 ? class : 0;
}

struct sample *expire_take(struct worker *w, const struct intent *intent)
{
	uint32_t line = line_of(w, intent->class);

	/* As many were sent since the first, and some finished. */
	if (flight_line_full(&w->flight, line)) {
		struct sample *first = flight_first(&w->flight, line);

		if (first && flight_line_full(&w->flight, line))
			loop_abandon(w, first, OUTCOME_LOST);
		flight_first(&w->flight, line);
	}
	return flight_take_lined(&w->flight, line, intent->seq);
}

void expire_lines(struct worker *w)
{
	for (uint32_t i = 0; i < w->flight.lines; i++) {
		struct sample *s;

		while ((s = flight_first(&w->flight, i)) &&
		       w->now_ns - s->sent_ns > w->line_timeout_ns[i])
			loop_abandon(w, s, OUTCOME_TIMEOUT);
	}
}

int64_t expire_next_ns(struct worker *w)
{
	int64_t next = INT64_MAX;

	for (uint32_t i = 0; i < w->flight.lines; i++) {
		const struct sample *s = flight_first(&w->flight, i);

		if (s && s->sent_ns + w->line_timeout_ns[i] < next)
			next = s->sent_ns + w->line_timeout_ns[i];
	}
	return next;
}

uint32_t expire_init(struct worker *w)
{
	const struct config_workload *c = &w->params.config->workload;
	const struct config_class *class = c->classes.items;
	uint32_t n = w->params.pick == PICK_STICKY;

	w->timeout_ns = config_timeout_ns(w->params.config);
	for (size_t i = 0; i < c->classes.n; i++)
		if (class[i].timeout_ns)
			n = (uint32_t)c->classes.n;
	w->line_timeout_ns = arena_array(&w->arena, n + 1,
					 sizeof(*w->line_timeout_ns));
	w->line_timeout_ns[0] = w->timeout_ns;
	for (size_t i = 0; i < c->classes.n && n > 1; i++)
		w->line_timeout_ns[i] = class[i].timeout_ns ?
			class[i].timeout_ns : c->timeout_ns;
	return n;
}
