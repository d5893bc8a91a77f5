/* pairing_stream.c - when requests of a stream left, by stamps of few bytes */
#include "hwts/pairing_stream.h"

#include "hwts/pairing.h"

/* What a request may be off that has another's stamp. */
#define OPEN_NS 5000
#define OPEN_SHARE 100	/* or one in so many of its response time */
#define SEGMENT 1200	/* fits in one of any path (RFC 8200: 1280, less 60) */

static int64_t sooner(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

static void forget(struct pairing_send *s)
{
	s->at_ns[TSOURCE_SND] = s->at_ns[TSOURCE_SCHED] = 0;
}

/* Bytes leave in order: one that left before those before it is in doubt. */
static void look_forth(struct pairing *p, size_t first, size_t end,
		       const struct pairing_rules *rules)
{
	int64_t before_ns = 0;

	for (size_t i = first; i < end; i++) {
		struct pairing_send *s = &p->send[i];
		int64_t own = s->at_ns[TSOURCE_SND];

		if (i > first && s[-1].opening != s->opening)
			before_ns = 0;
		s->resent = s->resent || rules->unrecorded;
		s->unsure = s->unsure || rules->unrecorded;
		if ((own && own + p->bound_ns < before_ns) ||
		    (s->resent && s->len_bytes > SEGMENT))
			s->unsure = true;
		before_ns = own > before_ns ? own : before_ns;
	}
}

/* And so is one that left behind those after it. When had those left? */
static void look_back(struct pairing *p, size_t first, size_t end)
{
	int64_t later_ns = 0;

	for (size_t i = end; i-- > first;) {
		struct pairing_send *s = &p->send[i];
		int64_t own = s->at_ns[TSOURCE_SND];

		if (i + 1 < end && s[1].opening != s->opening)
			later_ns = 0;
		s->later_ns = later_ns = sooner(later_ns, s->later_ns);
		if (own && (s->unsure ||
			    (later_ns && own > later_ns + p->bound_ns))) {
			p->count.misplaced++;
			forget(s);
		}
		later_ns = sooner(later_ns, own);
	}
}

/* Where it was on its way no longer than that may matter. */
static bool is_close(const struct pairing_send *s, int64_t before_ns)
{
	const struct sample *of = s->sample;
	int64_t from = before_ns > of->sent_ns ? before_ns : of->sent_ns;
	int64_t open = (of->received_ns - of->sent_ns) / OPEN_SHARE;

	return s->later_ns - from <= (open > OPEN_NS ? open : OPEN_NS);
}

static bool one_write(const struct pairing_send *a, const struct pairing_send *b)
{
	return a->sample && b->sample && a->opening == b->opening &&
	       a->sample->sent_ns == b->sample->sent_ns;
}

/* Is send i of a write that is one segment? Its end has the stamp. */
static bool in_segment(const struct pairing *p, size_t i, size_t first,
		       size_t end, const struct pairing_rules *rules)
{
	const struct pairing_send *send = p->send;
	size_t from = i, last = i;

	while (from > first && one_write(&send[from - 1], &send[i]))
		from--;
	while (last + 1 < end && one_write(&send[last + 1], &send[i]))
		last++;
	return rules->every && from > first &&
	       send[from - 1].opening == send[i].opening &&
	       send[last].key - send[from - 1].key <= SEGMENT &&
	       send[last].at_ns[TSOURCE_SND] == send[i].later_ns;
}

/* The stamp of a later byte's packet, where that is, or might as well be, its. */
static bool may_share(const struct pairing *p, const struct pairing_send *s)
{
	const struct sample *of = s->sample;

	return of && s->later_ns && !(s->own & TSOURCE_BIT(TSOURCE_SND)) &&
	       s->later_ns + p->bound_ns >= of->sent_ns &&
	       (!of->received_ns ||
		s->later_ns <= of->received_ns + p->bound_ns);
}

void pairing_stream(struct pairing *p, size_t first, size_t end,
		    const struct pairing_rules *rules)
{
	int64_t before_ns = 0;	/* a byte before it left then */

	look_forth(p, first, end, rules);
	look_back(p, first, end);
	for (size_t i = first; i < end; i++) {
		struct pairing_send *s = &p->send[i];

		if (i > first && s[-1].opening != s->opening)
			before_ns = 0;
		if (s->own & TSOURCE_BIT(TSOURCE_SND) && s->at_ns[TSOURCE_SND])
			before_ns = s->at_ns[TSOURCE_SND];
		if (!may_share(p, s))
			continue;
		if ((rules->witness && !rules->unrecorded) ||
		    (is_close(s, before_ns) &&
		     (!s->resent || in_segment(p, i, first, end, rules)))) {
			s->at_ns[TSOURCE_SND] = s->later_ns;
			p->count.shared++;
		}
	}
}
