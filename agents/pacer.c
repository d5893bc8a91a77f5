/* pacer.c - drawing requests before they are due */
#include "agents/pacer.h"

#include <string.h>

#include "lancet/core/clock.h"

int pacer_init(struct pacer *p, const struct workload *workload,
	       const struct rng_key *key, const struct arrival_share *share,
	       struct arena *arena, struct err *err)
{
	memset(p, 0, sizeof(*p));
	return schedule_init(&p->schedule, workload, key, share, arena, err);
}

void pacer_refill(struct pacer *p)
{
	uint32_t at = p->tail % PACER_AHEAD;

	/* A batch never wraps: both sizes are powers of two. */
	if (!pacer_low(p))
		return;
	p->tail += (uint32_t)schedule_next(&p->schedule, &p->ahead[at],
					   PACER_BATCH - at % PACER_BATCH);
}

int64_t pacer_await(struct pacer *p, int64_t now_ns, int64_t within_ns)
{
	int64_t due_ns = pacer_next_ns(p);

	if (due_ns - now_ns > within_ns)
		return now_ns;
	while (now_ns < due_ns)
		now_ns = clock_now_ns();
	return now_ns;
}

void pacer_begin(struct pacer *p, int64_t at_ns, int64_t from_ns,
		 int64_t until_ns)
{
	const struct intent *next;

	p->base_ns = p->due_ns = at_ns - from_ns;
	p->until_ns = until_ns;
	while ((next = pacer_next(p)) && next->intended_ns < from_ns)
		pacer_pop(p);
	pacer_refill(p);
}
