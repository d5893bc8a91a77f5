/* pairing.c - which stamp belongs to which request, found after the run */
#include "hwts/pairing.h"

#include <string.h>

#include "hwts/pairing_doubt.h"
#include "hwts/pairing_stream.h"
#include "hwts/wall.h"
#include "lancet/core/arena.h"

#define TOLD_NS 1000	/* that a target's conversion of its stamps adds */

/* Of one connection: its place in pairing.send, and where keys stand. */
struct conn {
	size_t first;		/* of all its sends */
	size_t begin, end;	/* of those since it was opened */
	uint64_t sent, heard;	/* the last keys, without their wrap */
	uint32_t opening;
};

struct join {
	struct pairing *p;
	const struct pairing_rules *rules;
	struct sample *sample;
	size_t nsamples;
	struct conn *conn;
};

static struct sample *sample_of(const struct join *j, uint32_t seq)
{
	size_t lo = 0, hi = j->nsamples;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (j->sample[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < j->nsamples && j->sample[lo].seq == seq ? &j->sample[lo]
							    : NULL;
}

/* In our clock; false: it cannot be told, and that is counted. */
static bool instant(const struct join *j, const struct pairing_entry *e,
		    int64_t near_ns, struct wall_instant *to)
{
	const struct pairing_rules *r = j->rules;
	bool clear = true;

	*to = (struct wall_instant){ .mono_ns = e->ns };
	if (e->clock == TSOURCE_REALTIME)
		clear = wall_mono(r->wall, e->ns, near_ns, to);
	else if (e->clock == TSOURCE_PHC)
		clear = r->phc_mono && r->phc_mono(r->phc, e->ns, near_ns,
						   &to->mono_ns, &to->bound_ns);
	j->p->count.unclear += !clear;
	return clear;
}

static void believe(const struct join *j, const struct wall_instant *at)
{
	if (at->bound_ns > j->p->bound_ns)
		j->p->bound_ns = at->bound_ns;
}

/* --- out ------------------------------------------------------------------ */

static void take_sent(struct join *j, const struct pairing_entry *e)
{
	struct conn *c = &j->conn[e->conn];
	struct pairing_send *to = &j->p->send[c->end];

	c->sent += (uint32_t)(e->key - (uint32_t)c->sent);
	if (c->end++ == c->begin)
		c->heard = c->sent;
	*to = (struct pairing_send){
		.key = c->sent,
		.sample = sample_of(j, e->seq),
		.opening = c->opening,
		.len_bytes = (uint32_t)e->ns,
		.asked = e->kind,
	};
}

/* The first send whose key is not below this one. */
static size_t find_send(const struct join *j, const struct conn *c,
			uint64_t key)
{
	size_t lo = c->begin, hi = c->end;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (j->p->send[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool too_early(const struct pairing_send *s,
		      const struct wall_instant *at)
{
	return s->sample && at->mono_ns + at->bound_ns < s->sample->sent_ns;
}

static bool too_late(const struct pairing_send *s, enum tsource_kind kind,
		     const struct wall_instant *at)
{
	return s->sample && s->sample->received_ns && kind != TSOURCE_ACK &&
	       at->mono_ns - at->bound_ns > s->sample->received_ns;
}

/* Another stamp of a kind that it has. */
static void take_again(struct join *j, struct pairing_send *s,
		       enum tsource_kind kind, const struct wall_instant *at)
{
	if (at->mono_ns == s->at_ns[kind]) {
		j->p->count.twice++;
	} else if (!j->rules->stream) {
		j->p->count.disputed++;
		s->disputed |= (uint8_t)TSOURCE_BIT(kind);
	} else {
		j->p->count.twice++;
		if (at->mono_ns < s->at_ns[kind])
			s->at_ns[kind] = at->mono_ns;
	}
}

static void give_stamp(struct join *j, struct pairing_send *s,
		       const struct pairing_entry *e)
{
	struct wall_instant at;

	s->own |= (uint8_t)TSOURCE_BIT(e->kind);
	if (e->kind == TSOURCE_SND &&
	    j->rules->hardware != !!(e->quality & TSOURCE_HARDWARE))
		return;
	if (!instant(j, e, s->sample ? s->sample->sent_ns : e->ns, &at))
		return;
	if (too_early(s, &at) || too_late(s, e->kind, &at)) {
		j->p->count.misplaced++;
		return;
	}
	if (s->at_ns[e->kind]) {
		take_again(j, s, e->kind, &at);
		return;
	}
	believe(j, &at);
	s->at_ns[e->kind] = at.mono_ns;
}

/* Of a byte behind the last one of this send: it had left by then. */
static void give_later(struct join *j, struct pairing_send *s,
		       const struct pairing_entry *e)
{
	struct wall_instant at;

	if (e->kind != TSOURCE_SND || !s->sample ||
	    j->rules->hardware != !!(e->quality & TSOURCE_HARDWARE) ||
	    !instant(j, e, s->sample->sent_ns, &at) || too_early(s, &at))
		return;
	believe(j, &at);
	if (!s->later_ns || at.mono_ns < s->later_ns)
		s->later_ns = at.mono_ns;
}

/* Those that went in one record have one key. */
static void take_stamp(struct join *j, const struct pairing_entry *e)
{
	struct conn *c = &j->conn[e->conn];
	uint64_t key = c->heard + (uint64_t)(int32_t)(e->key -
						      (uint32_t)c->heard);
	size_t i = find_send(j, c, key);

	if (i == c->end || j->p->send[i].key != key) {
		/* A write ends in a request, or with one that did not ask. */
		if (!j->rules->stream || (i == c->end && j->rules->every))
			j->p->count.stray++;
		else if (i > c->begin)
			give_later(j, &j->p->send[i - 1], e);
		return;
	}
	c->heard = key;
	for (; i < c->end && j->p->send[i].key == key; i++)
		give_stamp(j, &j->p->send[i], e);
}

/* --- in ------------------------------------------------------------------- */

static void take_received(struct join *j, const struct pairing_entry *e)
{
	struct sample *s = sample_of(j, e->seq);
	struct wall_instant at;
	int64_t before;

	if (!s || !s->received_ns || s->wire_in_ns != SAMPLE_LOST_STAMP ||
	    j->rules->hardware != !!(e->quality & TSOURCE_HARDWARE) ||
	    !instant(j, e, s->received_ns, &at))
		return;
	before = s->received_ns - at.mono_ns;
	if (before < -at.bound_ns || before > INT32_MAX ||
	    at.mono_ns + at.bound_ns < s->sent_ns) {
		j->p->count.misplaced++;
		return;
	}
	believe(j, &at);
	s->wire_in_ns = (int32_t)before;
}

/* --- the target's own account --------------------------------------------- */

/* Few were sent since, or its reply would not have come first. */
static struct pairing_send *send_of(const struct join *j,
				    const struct conn *c, uint32_t seq)
{
	const struct sample *sample = sample_of(j, seq);

	for (size_t i = c->end; sample && i-- > c->begin;)
		if (j->p->send[i].sample == sample)
			return &j->p->send[i];
	return NULL;
}

static void take_told(struct join *j, const struct pairing_entry *e)
{
	struct pairing_send *s = send_of(j, &j->conn[e->conn], e->seq);

	if (!s)
		return;
	if (e->what == PAIRING_FOREIGN)
		j->p->count.foreign++;
	else if (e->what == PAIRING_ARRIVED)
		s->arrived_ns = e->ns;
	else
		s->released_ns = e->ns;
}

/* Ours by its name only: then it does not fit between the stamps. */
static void settle_told(struct join *j, struct pairing_send *s)
{
	int64_t within_ns = TOLD_NS + 2 * j->p->bound_ns;

	if (!s->arrived_ns || !s->released_ns || !s->sample ||
	    !sample_stamped(s->sample)) {
		s->arrived_ns = s->released_ns = 0;
		return;
	}
	j->p->count.told++;
	if (s->arrived_ns >= s->sample->sent_ns + s->sample->wire_out_ns -
				     within_ns &&
	    s->released_ns >= s->arrived_ns &&
	    s->released_ns <= s->sample->received_ns - s->sample->wire_in_ns +
				      within_ns)
		return;
	j->p->count.misfit++;
	s->arrived_ns = s->released_ns = 0;
}

/* --- the log -------------------------------------------------------------- */

static void take_entry(struct join *j, const struct pairing_entry *e)
{
	struct conn *c = &j->conn[e->conn];

	switch (e->what) {
	case PAIRING_STAMP:
		take_stamp(j, e);
		break;
	case PAIRING_SENT:
		take_sent(j, e);
		break;
	case PAIRING_RECEIVED:
		take_received(j, e);
		break;
	case PAIRING_OPENED:
		c->begin = c->end;
		c->sent = c->heard = 0;
		c->opening++;
		break;
	case PAIRING_RESENT:
		for (size_t i = c->begin; i < c->end; i++) {
			j->p->send[i].resent = true;
			j->p->send[i].unsure |= e->key;
		}
		break;
	case PAIRING_ARRIVED:
	case PAIRING_RELEASED:
	case PAIRING_FOREIGN:
		take_told(j, e);
		break;
	}
}

/* Room for each connection's sends, one behind the other. */
static void lay_out(struct join *j, const struct pairing_entry *log, size_t n,
		    struct arena *arena)
{
	struct pairing *p = j->p;
	size_t at = 0;

	j->conn = arena_array(arena, j->rules->connections, sizeof(*j->conn));
	for (size_t i = 0; i < n; i++)
		if (log[i].what == PAIRING_SENT)
			j->conn[log[i].conn].first++;
	for (uint32_t i = 0; i < j->rules->connections; i++) {
		struct conn *c = &j->conn[i];
		size_t count = c->first;

		c->first = c->begin = c->end = at;
		at += count;
	}
	p->n = at;
	p->send = arena_array(arena, p->n, sizeof(*p->send));
}

/* --- judgement ------------------------------------------------------------ */

/* Out of order with what came before it on the way: none is believed. */
static void settle_send(struct join *j, struct pairing_send *s)
{
	int64_t sched, out;

	for (int k = 0; k < TSOURCE_KINDS; k++)
		if (s->disputed & TSOURCE_BIT(k))
			s->at_ns[k] = 0;
	out = s->at_ns[TSOURCE_SND];
	sched = s->at_ns[TSOURCE_SCHED];
	if (sched && out && sched > out + j->p->bound_ns) {
		j->p->count.misplaced++;
		s->at_ns[TSOURCE_SCHED] = s->at_ns[TSOURCE_SND] = out = 0;
	}
	if (out && s->sample && out - s->sample->sent_ns <= INT32_MAX)
		s->sample->wire_out_ns = (int32_t)(out - s->sample->sent_ns);
}

/* What was asked of requests that came to nothing is not lost. */
static void settle_sample(struct join *j, struct sample *s)
{
	struct pairing_counts *count = &j->p->count;

	if (s->wire_out_ns == SAMPLE_NO_STAMP)
		return;
	if (!s->sent_ns || s->outcome == OUTCOME_UNSENT) {
		s->wire_out_ns = s->wire_in_ns = SAMPLE_NO_STAMP;
		return;
	}
	count->asked++;
	if (!s->received_ns)
		s->wire_in_ns = SAMPLE_NO_STAMP;
	else
		count->replies++;
	/* Came in before it left: one of them is wrong, nobody knows which. */
	if (sample_stamped(s) && sample_wire_ns(s) + j->p->bound_ns < 0) {
		count->misplaced++;
		s->wire_out_ns = s->wire_in_ns = SAMPLE_LOST_STAMP;
	}
	count->lost_tx += s->wire_out_ns == SAMPLE_LOST_STAMP;
	count->lost_rx += s->wire_in_ns == SAMPLE_LOST_STAMP;
}

void pairing_join(struct pairing *p, const struct pairing_entry *log,
		  size_t n, struct sample *sample, size_t nsamples,
		  const struct pairing_rules *rules, struct arena *arena)
{
	struct join j = { .p = p, .rules = rules, .sample = sample,
			  .nsamples = nsamples };

	memset(p, 0, sizeof(*p));
	lay_out(&j, log, n, arena);
	for (size_t i = 0; i < n; i++)
		take_entry(&j, &log[i]);
	for (uint32_t i = 0; rules->stream && i < rules->connections; i++)
		pairing_stream(p, j.conn[i].first, j.conn[i].end, rules);
	for (uint32_t i = 0; rules->hardware && i < rules->connections; i++)
		pairing_doubt(p, j.conn[i].first, j.conn[i].end);
	for (size_t i = 0; i < p->n; i++)
		settle_send(&j, &p->send[i]);
	for (size_t i = 0; i < nsamples; i++)
		settle_sample(&j, &sample[i]);
	for (size_t i = 0; i < p->n; i++)
		settle_told(&j, &p->send[i]);
}
