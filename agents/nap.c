/* nap.c - block mode: how long a measuring thread sleeps */
#include <time.h>

#include "agents/worker.h"
#include "lancet/core/clock.h"

#define NAP_NS 100000000	/* longest sleep: to hear a stop, */
#define NAP_DOWN_NS 10000000	/* and to mend a connection */
#define NAP_OPEN_NS 2000000	/* where a standstill would delay replies */
#define NAP_HELD_NS 1000000	/* between offers of what was refused */
#define NAP_GRACE_NS 1000000

/* How long nothing has to be done, if nothing comes in: never in the past. */
static int64_t nap_end(struct worker *w)
{
	const struct sample *oldest = flight_oldest(&w->flight, FLIGHT_STEPS);
	int64_t longest = w->pool.down ? NAP_DOWN_NS : NAP_NS, until;

	if (w->flight.open > 0)
		longest = w->out.n > 0 ? NAP_HELD_NS : NAP_OPEN_NS;
	until = w->now_ns + longest;
	/* What comes due while all are busy only joins those that wait. */
	if (!w->full)
		until = clock_sooner(until, pacer_next_ns(&w->pacer));
	if (w->flight.lines)
		until = clock_sooner(until, expire_next_ns(w));
	else if (oldest)
		until = clock_sooner(until, oldest->sent_ns + w->timeout_ns);
	if (w->now_ns < w->end_ns)
		until = clock_sooner(until, w->end_ns);
	else
		until = clock_sooner(until, w->drain_end_ns);
	return until > w->now_ns ? until : w->now_ns;
}

/*
 * Deaf to what comes: waking up costs as much as a request does, so that
 * many are cheaper when they are served together. Where nothing is expected
 * any sleep ends with the first event, and that is early enough.
 */
static void gather(struct worker *w, int64_t until_ns)
{
	const struct timespec at = { until_ns / 1000000000,
				     until_ns % 1000000000 };

	if (w->flight.open > 0 || pacer_next_ns(&w->pacer) < until_ns)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/*
 * Sleep until input, or until something has to be done. A sleeper wakes up 50 to
 * 150 us late as a rule, which lateness shows; what is later than
 * NAP_GRACE_NS is a stall. Nobody knows when in a sleep a standstill began:
 * sleeps are short while a reply is awaited, so that little of it is missed.
 */
void worker_nap(struct worker *w)
{
	int64_t until;

	w->now_ns = clock_now_ns();
	stall_turn(&w->stalls, w->now_ns);
	until = nap_end(w);
	if (w->params.coalesce_ns) {
		int64_t soonest = w->now_ns + w->params.coalesce_ns;

		gather(w, soonest);
		until = until > soonest ? until : soonest;
	}
	w->transport.ops->wait(w->transport.state, until);
	w->now_ns = clock_now_ns();
	stall_begin(&w->stalls, clock_sooner(w->now_ns, until + NAP_GRACE_NS));
}
