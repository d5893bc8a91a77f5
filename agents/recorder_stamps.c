/* recorder_stamps.c - stamps become instants of requests, after a segment */
#include "agents/recorder.h"

#include <stdlib.h>
#include <string.h>

#include "agents/stamping.h"
#include "agents/stamps.h"
#include "agents/worker.h"
#include "hwts/pairing.h"
#include "lancet/core/arena.h"
#include "lancet/core/clock.h"

/* --- the log -------------------------------------------------------------- */

void recorder_fold_log(struct recorder *r, uint32_t thread, struct ring *ring)
{
	struct recorder_log *log = &r->log[thread];
	size_t n = ring_ready(ring);

	if (log->n + n > log->room) {
		size_t room = 2 * (log->n + n);
		void *more = realloc(log->entry, room * sizeof(*log->entry));

		if (!more) {
			r->failed = true;
			n = 0;
		} else {
			log->entry = more;
			log->room = room;
		}
	}
	for (size_t i = 0; i < n; i++)
		memcpy(&log->entry[log->n++], ring_at(ring, i),
		       sizeof(*log->entry));
	ring_release(ring, n);
}

/* --- ways ----------------------------------------------------------------- */

static int32_t leg(int64_t from_ns, int64_t to_ns)
{
	int64_t ns = to_ns - from_ns;

	return ns > INT32_MAX ? INT32_MAX : ns < 0 ? 0 : (int32_t)ns;
}

/* Of two clocks, or one looked at twice: it may be a little below 0. */
static int32_t one_way(int64_t from_ns, int64_t to_ns)
{
	int64_t ns = to_ns - from_ns;

	return ns > INT32_MAX ? INT32_MAX : (int32_t)ns;
}

static void add_way(const struct recorder *r, const struct pairing_send *send,
		    struct wire_way *to)
{
	const struct sample *s = send->sample;
	int64_t out = s->sent_ns + s->wire_out_ns;
	int64_t sched = send->at_ns[TSOURCE_SCHED];

	to->window = (uint32_t)((s->intended_ns - r->base_ns) / r->window_ns);
	to->leg_ns[LEG_QUEUE] = leg(s->intended_ns, s->sent_ns);
	to->leg_ns[LEG_SCHED] = sched ? leg(s->sent_ns, sched) : WIRE_NO_LEG;
	to->leg_ns[LEG_OUT] = leg(sched ? sched : s->sent_ns, out);
	to->leg_ns[LEG_WIRE] = leg(0, sample_wire_ns(s));
	to->leg_ns[LEG_IN] = leg(0, s->wire_in_ns);
	to->request_ns = to->reply_ns = WIRE_NO_LEG;
	if (!send->arrived_ns)
		return;
	to->request_ns = one_way(out, send->arrived_ns);
	to->reply_ns = one_way(send->released_ns,
			       s->received_ns - s->wire_in_ns);
}

static bool whole_way(const struct pairing_send *send)
{
	return send->sample && send->sample->outcome == OUTCOME_RECEIVED &&
	       sample_stamped(send->sample) &&
	       send->asked & ~TSOURCE_BIT(TSOURCE_SND);
}

/* Each so-manieth of those that asked for more, all over the segment. */
static void add_ways(const struct recorder *r, const struct pairing *p,
		     struct wire_way *way, size_t most, size_t *n)
{
	size_t whole = 0, each, i = 0;

	for (size_t k = 0; k < p->n; k++)
		whole += whole_way(&p->send[k]);
	each = whole / most + 1;
	for (size_t k = 0; k < p->n; k++)
		if (whole_way(&p->send[k]) && i++ % each == 0)
			add_way(r, &p->send[k], &way[(*n)++]);
}

/* --- one thread ----------------------------------------------------------- */

static void add_counts(struct wire_stamps *to, const struct pairing *p)
{
	const struct pairing_counts *c = &p->count;

	to->asked += c->asked;
	to->replies += c->replies;
	to->lost_tx += c->lost_tx;
	to->lost_rx += c->lost_rx;
	to->stray += c->stray;
	to->twice += c->twice;
	to->disputed += c->disputed;
	to->misplaced += c->misplaced;
	to->unclear += c->unclear;
	to->shared += c->shared;
	to->told += c->told;
	to->foreign += c->foreign;
	to->misfit += c->misfit;
	if (p->bound_ns > to->uncertainty_ns)
		to->uncertainty_ns = p->bound_ns;
}

/* Of those that asked: answered without both stamps is an outcome, too. */
static void fold_wire(struct recorder *r, const struct sample *sample, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sample s = sample[i];
		int64_t wire_ns = 0;

		if (s.wire_out_ns == SAMPLE_NO_STAMP)
			continue;
		if (s.outcome == OUTCOME_RECEIVED && !sample_stamped(&s))
			s.outcome = WIRE_UNSTAMPED;
		else if (s.outcome == OUTCOME_RECEIVED)
			wire_ns = sample_wire_ns(&s);
		if (!recorder_table_add(&r->wire, r, &s, wire_ns))
			r->failed = true;
	}
}

/* The samples of a thread stand together: [*first, end). */
static size_t samples_of(const struct recorder *r, uint32_t thread,
			 size_t first)
{
	while (first < r->nsamples && r->sample[first].thread == thread)
		first++;
	return first;
}

static void keep_wanted(struct recorder *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nsamples; i++)
		if (recorder_wants(r, &r->sample[i]))
			r->sample[n++] = r->sample[i];
	r->nsamples = n;
}

void recorder_report_stamps(struct recorder *r, struct worker *const *worker,
			    struct wire_report *report, struct arena *arena)
{
	size_t most = WIRE_WAYS / r->threads, first = 0, end;
	struct wire_way *way = NULL;
	struct pairing pairing;
	bool any = false;

	stamping_describe(worker, r->threads, &report->stamps);
	for (uint32_t i = 0; i < r->threads; i++, first = end) {
		struct stamps *stamps = worker[i]->stamps;

		end = samples_of(r, i, first);
		if (!stamps)
			continue;
		if (!any)
			way = arena_array(arena, WIRE_WAYS, sizeof(*way));
		any = true;
		stamping_join(worker[i], &pairing, r->log[i].entry,
			      r->log[i].n, r->sample + first, end - first,
			      arena);
		add_counts(&report->stamps, &pairing);
		report->stamps.log_dropped +=
			(int64_t)stamps->log.full;
		add_ways(r, &pairing, way, most ? most : 1, &report->nways);
		fold_wire(r, r->sample + first, end - first);
	}
	report->way = way;
	report->nwire = recorder_table_report(&r->wire, &report->wire, arena);
	if (any)
		keep_wanted(r);
	report->stamps.uncertainty_ns += clock_error_ns();
}
