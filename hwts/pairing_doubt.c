/* pairing_doubt.c - a card that mistakes one send for another is found out */
#include "hwts/pairing_doubt.h"

#include "hwts/pairing.h"

/* A card's queue is empty by then, whether the reply came or not. */
#define FORGOTTEN_NS 100000000

static bool stamped(const struct pairing_send *s)
{
	return s->at_ns[TSOURCE_SND] &&
	       !(s->disputed & TSOURCE_BIT(TSOURCE_SND));
}

static void reject(struct pairing *p, struct pairing_send *s)
{
	s->at_ns[TSOURCE_SND] = 0;
	p->count.disputed++;
}

/* Both of each two neighbours that are out of order, until none are. */
static bool reject_inversions(struct pairing *p, size_t first, size_t end)
{
	bool any = false, again = true;

	while (again) {
		struct pairing_send *last = NULL;

		again = false;
		for (size_t i = first; i < end; i++) {
			struct pairing_send *s = &p->send[i];

			if (!stamped(s))
				continue;
			if (last && last->key < s->key &&
			    last->at_ns[TSOURCE_SND] > s->at_ns[TSOURCE_SND]) {
				reject(p, last);
				reject(p, s);
				any = again = true;
				last = NULL;
			} else {
				last = s;
			}
		}
	}
	return any;
}

/* Until when a send without a stamp of its own was on its way. */
static int64_t under_way_ns(const struct pairing_send *s)
{
	const struct sample *of = s->sample;

	if (stamped(s) || !of)
		return INT64_MIN;
	return of->received_ns ? of->received_ns : of->sent_ns + FORGOTTEN_NS;
}

/* Is one after i, sent before the instant, without a stamp of its own? */
static bool later_could_be(const struct pairing *p, size_t i, size_t end,
			   int64_t at_ns)
{
	for (size_t k = i + 1; k < end; k++) {
		const struct pairing_send *s = &p->send[k];

		if (s->sample && s->sample->sent_ns > at_ns + p->bound_ns)
			return false;
		if (under_way_ns(s) >= at_ns - p->bound_ns)
			return true;
	}
	return false;
}

/* Each one that goes leaves a send without a stamp: until none goes. */
static void reject_doubtful(struct pairing *p, size_t first, size_t end)
{
	bool again = true;

	while (again) {
		int64_t until_ns = INT64_MIN; /* of those before i, the last */

		again = false;
		for (size_t i = first; i < end; i++) {
			struct pairing_send *s = &p->send[i];
			int64_t at_ns = s->at_ns[TSOURCE_SND], under_way;

			if (stamped(s) && (until_ns >= at_ns - p->bound_ns ||
					   later_could_be(p, i, end, at_ns))) {
				reject(p, s);
				again = true;
			}
			under_way = under_way_ns(s);
			if (under_way > until_ns)
				until_ns = under_way;
		}
	}
}

void pairing_doubt(struct pairing *p, size_t first, size_t end)
{
	if (reject_inversions(p, first, end) || p->count.disputed ||
	    p->count.stray || p->count.misplaced)
		reject_doubtful(p, first, end);
}
